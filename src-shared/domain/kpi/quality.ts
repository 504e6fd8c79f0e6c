import { formatCounted } from '../../format/number.ts';
import { Big, decimal } from '../money/index.ts';
import { kpiOf } from './catalogue.ts';
import type { Grain } from './kpi.ts';

export interface GatePoint {
  readonly kpi: string;
  readonly grain: Grain;
  /** Start of its interval, ms UTC. */
  readonly at: number;
  readonly venue: string;
  readonly region: string;
  readonly value: string | null;
  readonly reason: string | null;
}

export interface GateInput {
  /** The points of one data set, as they would be exported. */
  readonly points: readonly GatePoint[];
  readonly now: number;
  /** Net cost by month (`YYYY-MM`) as the ledger of cost lines adds up, decimal pounds. */
  readonly ledger: ReadonlyMap<string, string>;
  /** Cost lines by month whose pounds nobody knows yet; a day with one of them has no value. */
  readonly unpriced?: ReadonlyMap<string, number>;
  /** Starts of the intervals that must have a point, by grain. */
  readonly expected: Readonly<Partial<Record<Grain, readonly number[]>>>;
  /** KPIs of the set that must reconcile, whether or not it has points of them. */
  readonly reconciling?: readonly string[];
  /** Whether a label names a couple; such a row must not leave (X13). */
  readonly couplesIn?: (label: string) => boolean;
  /** The local month (`YYYY-MM`) an instant lies in. */
  readonly monthOf: (at: number) => string;
}

export type Check = 'completeness' | 'range' | 'freshness' | 'reconciliation' | 'privacy';

/** One row that does not fit. */
export interface Finding {
  readonly check: Check;
  readonly kpi: string;
  /** Month or ISO instant it concerns. */
  readonly where: string;
  readonly expected: string;
  readonly found: string;
}

export interface GateResult {
  readonly passed: boolean;
  /** At most `mostFindings`; `total` counts them all. */
  readonly findings: readonly Finding[];
  readonly total: number;
  /** Told, and blocks nothing: points that are unknown for a stated reason. */
  readonly unknown: number;
}

export const mostFindings = 200;

/**
 * The data-quality gate in front of a BI sync (K3): completeness, range, freshness, and the sums of money against the
 * ledger to the penny. Pure. An unknown value with its reason is honest and passes; a value out of range does not.
 */
export function qualityGate({ points, ...input }: GateInput): GateResult {
  const gate = openGate(input);
  for (const point of points) gate.add(point);
  return gate.result();
}

/** The same for points that come in pieces; it keeps the totals and lets the others go. */
export function openGate(input: Omit<GateInput, 'points'>) {
  const findings: Finding[] = [];
  let total = 0;
  let unknown = 0;
  const find = (finding: Finding) => {
    total++;
    if (findings.length < mostFindings) findings.push(finding);
  };
  const byKpi = new Map<string, GatePoint[]>();

  function judge(id: string, points: readonly GatePoint[]): void {
    const kpi = kpiOf(id);
    if (!kpi) return;
    const newest = points.reduce((latest, point) => Math.max(latest, point.at), 0);
    const grain = points[0]?.grain ?? kpi.grains[0] ?? 'month';
    const allowed = kpi.quality.freshHours * 3_600_000 + lengthMs[grain];
    if (input.now - newest > allowed) {
      find({
        check: 'freshness',
        kpi: id,
        where: iso(newest),
        expected: `not older than ${kpi.quality.freshHours} h`,
        found: `${Math.floor((input.now - newest) / 3_600_000)} h old`,
      });
    }
    const there = new Set(points.map((point) => point.at));
    for (const at of input.expected[grain] ?? []) {
      if (!there.has(at))
        find({ check: 'completeness', kpi: id, where: iso(at), expected: `a point for the ${grain}`, found: 'none' });
    }
  }

  const named = new Set<string>();
  function checkPrivacy({ kpi, venue, region }: GatePoint): void {
    const label = [venue, region].find((one) => input.couplesIn?.(one) === true);
    if (label === undefined || named.has(label)) return;
    named.add(label);
    find({ check: 'privacy', kpi, where: label, expected: 'a venue or region', found: 'the name of a couple' });
  }

  return {
    add(point: GatePoint): void {
      if (point.value === null) unknown++;
      else checkRange(point, find);
      if (point.venue !== '' || point.region !== '') {
        checkPrivacy(point);
        return;
      }
      const list = byKpi.get(point.kpi);
      if (list) list.push(point);
      else byKpi.set(point.kpi, [point]);
    },
    result(): GateResult {
      for (const [id, points] of byKpi) judge(id, points);
      // Money is held against the ledger even where not one point of it is there.
      for (const id of new Set([...byKpi.keys(), ...(input.reconciling ?? [])])) {
        if (kpiOf(id)?.quality.reconciles) reconcile(id, byKpi.get(id) ?? [], input, find);
      }
      return { passed: total === 0, findings, total, unknown };
    },
  };
}

const lengthMs: Readonly<Record<Grain, number>> = { hour: 3_600_000, day: 86_400_000, month: 31 * 86_400_000 };
const iso = (at: number) => new Date(at).toISOString();

function checkRange(point: GatePoint, find: (finding: Finding) => void): void {
  const kpi = kpiOf(point.kpi);
  const where = `${iso(point.at)}${point.venue === '' ? '' : ` ${point.venue}`}`;
  if (!kpi) {
    find({ check: 'range', kpi: point.kpi, where, expected: 'a KPI of the catalogue', found: point.kpi });
    return;
  }
  let value: Big;
  try {
    value = decimal(point.value ?? '');
  } catch {
    find({ check: 'range', kpi: point.kpi, where, expected: 'a number', found: String(point.value).slice(0, 40) });
    return;
  }
  const { min, max } = kpi.quality;
  if ((min !== null && value.lt(decimal(min))) || (max !== null && value.gt(decimal(max)))) {
    find({
      check: 'range',
      kpi: point.kpi,
      where,
      expected: `${min ?? 'any'} to ${max ?? 'any'}`,
      found: value.toFixed(),
    });
  }
}

/** Points against cost lines, month by month; a month only one side knows is a difference as well. */
function reconcile(
  kpi: string,
  points: readonly GatePoint[],
  { ledger, unpriced, monthOf }: Pick<GateInput, 'ledger' | 'unpriced' | 'monthOf'>,
  find: (finding: Finding) => void,
): void {
  const sums = new Map<string, Big>();
  for (const point of points) {
    const month = monthOf(point.at);
    sums.set(month, (sums.get(month) ?? new Big(0)).plus(numberOr0(point.value)));
  }
  for (const month of [...new Set([...sums.keys(), ...ledger.keys()])].sort()) {
    const found = sums.get(month) ?? new Big(0);
    const expected = decimal(ledger.get(month) ?? '0');
    if (!found.eq(expected)) {
      const lines = unpriced?.get(month) ?? 0;
      const why =
        lines === 0
          ? ''
          : `; ${formatCounted(lines, 'cost line', 'cost lines')} of the month ${lines === 1 ? 'has' : 'have'} no exchange rate yet`;
      find({
        check: 'reconciliation',
        kpi,
        where: month,
        expected: `£${expected.toFixed(2)} in the ledger`,
        found: `£${found.toFixed(2)}, £${found.minus(expected).toFixed(2)} different${why}`,
      });
    }
  }
}

function numberOr0(value: string | null): Big {
  try {
    return decimal(value ?? '0');
  } catch {
    return new Big(0);
  }
}
