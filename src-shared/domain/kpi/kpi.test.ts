import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate, kpiOf, kpis } from './catalogue.ts';
import { otherSlug, slugOf } from './dimensions.ts';
import { parity, parityProducts, parityTable } from './feature-parity.ts';
import { type InputName, inputLabels, type KpiDefinition } from './kpi.ts';
import { type GatePoint, mostFindings, qualityGate } from './quality.ts';
import { crossing, thresholds } from './thresholds.ts';

const kpi = (id: string): KpiDefinition => {
  const found = kpiOf(id);
  if (!found) throw new Error(`no KPI ${id}`);
  return found;
};

test('the KPIs of K1 are there, each once, whole and with an owner', () => {
  const ids = kpis.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of [
    'weddings_ai_assisted',
    'vendor_efficiency_gain',
    'client_satisfaction_score',
    'peak_season_readiness',
    'capacity_utilization',
    'wedding_requests_per_hour',
    'ai_cost_gbp',
    'cost_per_wedding_gbp',
    'ai_roi',
    'vendor_retention',
    'feature_parity',
  ]) {
    expect(ids).toContain(id);
  }
  for (const one of kpis) {
    expect(one.formula.length).toBeGreaterThan(2);
    expect(one.grains.length).toBeGreaterThan(0);
    if (one.benchmark) expect(one.benchmark.source).not.toBe('');
    if (one.benchmark?.value) expect(one.benchmark.asOf).toMatch(/^\d{4}-\d\d$/);
  }
});

test('no inputs, whatever they are, give anything but a finite value or a reason', () => {
  const names = Object.keys(inputLabels) as InputName[];
  const amount = fc.oneof(
    fc.constant('0'),
    fc.nat(1_000_000).map(String),
    fc.integer({ min: -9_999, max: 9_999 }).map((n) => (n / 100).toFixed(2)),
  );
  const inputs = fc.dictionary(fc.constantFrom(...names), amount);
  fc.assert(
    fc.property(inputs, (given) => {
      for (const one of kpis) {
        const outcome = evaluate(one, given);
        if (outcome.known) expect(Number.isFinite(outcome.value.toNumber())).toBe(true);
        else expect(outcome.reason.length).toBeGreaterThan(5);
      }
    }),
  );
});

test('a zero denominator is unknown for a reason a person can read', () => {
  expect(evaluate(kpi('cost_per_wedding_gbp'), { ai_cost_gbp: '12', assisted_weddings: '0' })).toEqual({
    known: false,
    reason: 'AI helped with no wedding in this period.',
  });
  expect(evaluate(kpi('ai_roi'), { time_value_gbp: '12' })).toMatchObject({ known: false });
});

test.each([
  ['Cotswold Barn', 'cotswold-barn'],
  ['St. Mary’s & Co', 'st-marys-and-co'],
  ['Château d’Été', 'chateau-dete'],
])('%s becomes %s', (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});

test('any name becomes a label every system keeps; names that only lose different emoji stay apart', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 400, unit: 'grapheme' }), (name) => {
      expect(slugOf(name)).toMatch(/^[a-z0-9_-]{1,64}$/);
      expect(slugOf(name)).toBe(slugOf(name));
    }),
  );
  expect(slugOf('💒 Manor')).not.toBe(slugOf('🎉 Manor'));
  expect(slugOf(`${'a'.repeat(300)}1`)).not.toBe(slugOf(`${'a'.repeat(300)}2`));
  expect(otherSlug).toBe('other');
});

test('every season has its thresholds, the peak the strictest for delay and errors', () => {
  for (const list of Object.values(thresholds)) {
    for (const one of list) {
      expect(kpiOf(one.kpi)).not.toBeNull();
      expect(Number(one.critical)).toBeGreaterThan(Number(one.warning));
    }
  }
  expect(crossing('ai_error_rate', '0.02', 'peak')).toMatchObject({ severity: 'warning' });
  expect(crossing('ai_error_rate', '0.02', 'off_season')).toBeNull();
  expect(crossing('ai_error_rate', '0.03', 'peak')).toEqual({ severity: 'critical', limit: '0.03' });
  expect(crossing('ai_roi', '0', 'peak')).toBeNull();
});

test('the comparison names a source for whatever it claims of others', () => {
  for (const { others } of parityTable) {
    expect(Object.keys(others).sort()).toEqual([...parityProducts].sort());
    for (const { has, source } of Object.values(others)) if (has !== 'unknown') expect(source).toMatch(/\./);
  }
  expect(parity.ours).toBeLessThanOrEqual(parity.market);
});

const now = Date.parse('2026-11-20T12:00:00Z');
const october = Date.parse('2026-10-01T00:00:00Z');
const point = (change: Partial<GatePoint>): GatePoint => ({
  kpi: 'ai_error_rate',
  grain: 'month',
  at: october,
  venue: '',
  region: '',
  value: '0.01',
  reason: null,
  ...change,
});
const judge = (points: readonly GatePoint[], more: object = {}) =>
  qualityGate({
    points,
    now,
    ledger: new Map(),
    expected: {},
    monthOf: (at) => new Date(at).toISOString().slice(0, 7),
    ...more,
  });

test('the gate lets honest gaps through and names what is wrong: range, no number, age, a missing interval', () => {
  expect(judge([point({ value: null, reason: 'No requests.' })])).toMatchObject({ passed: true, unknown: 1 });
  expect(judge([point({ value: '1.2' })])).toMatchObject({
    passed: false,
    findings: [{ check: 'range', expected: '0 to 1', found: '1.2' }],
  });
  expect(judge([point({ value: 'NaN' })]).findings).toMatchObject([{ check: 'range', found: 'NaN' }]);
  expect(judge([point({ at: Date.parse('2026-01-01') })]).findings).toMatchObject([{ check: 'freshness' }]);
  expect(judge([point({})], { expected: { month: [october, Date.parse('2026-11-01')] } }).findings).toMatchObject([
    { check: 'completeness', where: '2026-11-01T00:00:00.000Z' },
  ]);
});

test('a penny between points and ledger blocks, whichever side has it', () => {
  const cost = point({ kpi: 'ai_cost_gbp', grain: 'day', value: '10.00', at: Date.parse('2026-10-05') });
  expect(judge([cost], { ledger: new Map([['2026-10', '10.00']]) }).passed).toBe(true);
  expect(judge([cost], { ledger: new Map([['2026-10', '10.01']]) }).findings).toMatchObject([
    { check: 'reconciliation', found: '£10.00, £-0.01 different' },
  ]);
  expect(
    judge([cost], {
      ledger: new Map([
        ['2026-10', '10.00'],
        ['2026-09', '5.00'],
      ]),
    }).passed,
  ).toBe(false);
});

test('a flood of findings is counted whole and listed in part', () => {
  const bad = Array.from({ length: 1_000 }, (_, i) => point({ value: '2', venue: `v${i}` }));
  const { total, findings } = judge(bad);
  expect(total).toBe(1_000);
  expect(findings).toHaveLength(mostFindings);
});
