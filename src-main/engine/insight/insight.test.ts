import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../ports/store.ts';
import { insertOrganisation, updateOrganisation } from '../../store/repositories/organisations.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { assessLines, createRechecks } from '../review/index.ts';
import { costLine } from '../review/testing/cost-lines.ts';
import { createInsight, type Insight } from './index.ts';

const org = 'org';
const runtime = testRuntime('2026-11-22T12:00:00Z');
const alex = { personId: 'alex', name: 'Alex Morgan', channel: 'cli', correlationId: 'c' };
let folder: string;
let store: Store;
let insight: Insight;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'insight-'));
  store = await openStore({ folder, runtime });
  await store.transaction((tx) =>
    insertOrganisation(tx, {
      id: org,
      name: 'Test',
      created_at: 1,
      vat_registered: 1,
      vat_number: null,
      registered_from: null,
    }),
  );
  insight = createInsight({
    store,
    runtime,
    audit: async () => undefined,
    publish: () => undefined,
    rechecks: createRechecks({ store, runtime, publish: () => undefined }),
  });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const abroad = { supplier_country: 'US', supplier_vat_number: '', vat: '0.00' };
async function given(...lines: ReturnType<typeof costLine>[]): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.insertInto('cost_line').values(lines).execute();
    await assessLines(tx, org, 'all', runtime.clock.now());
  });
}

test('costs of a period stand by month, season, supplier and category beside the year before, and the bridge adds up', async () => {
  await given(
    costLine('a', { line_date: '2026-09-10', category: 'Cloud hosting' }),
    costLine('b', { line_date: '2026-10-10', category: 'AI', net: '40.00', vat: '8.00', gross: '48.00' }),
    costLine('c', { line_date: '2025-10-10', net: '30.00', vat: '6.00', gross: '36.00' }),
    costLine('d', { line_date: '2026-10-11', net: '5.00', vat: '1.00', gross: '6.00' }),
  );
  await store.transaction(async (tx) => {
    await tx.updateTable('cost_line').set({ state: 'excluded' }).where('id', '=', 'd').execute();
    await tx
      .insertInto('wedding')
      .values(
        ['w1', 'w2'].map((key) => ({
          organisation_id: org,
          key,
          series: key,
          sequence: 0,
          status: 'confirmed' as const,
          date: '2026-10-03',
          last_date: '2026-10-03',
          starts_at: null,
          venue: 'Barn',
          region: 'South',
          reference: '',
          updated_at: 1,
          import_id: null,
        })),
      )
      .execute();
  });
  const year = await insight.costs(org, '2026');
  expect(year).toMatchObject({ net: '140.00', yearBefore: '30.00', weddings: 2, perWedding: '70.00' });
  expect(year.months[9]).toEqual({
    month: '2026-10',
    season: 'shoulder',
    net: '40.00',
    yearBefore: '30.00',
    weddings: 2,
    perWedding: '20.00',
  });
  expect(year.bySeason.map(({ label, net }) => [label, net])).toEqual([
    ['peak', '100.00'],
    ['shoulder', '40.00'],
  ]);
  expect(year.byCategory.map(({ label }) => label)).toEqual(['Cloud hosting', 'AI']);
  const [first, ...rest] = year.bridge;
  const ledger = rest.pop();
  const left = rest.reduce((sum, { net }) => sum + Number(net), Number(first?.net));
  expect(left).toBe(Number(ledger?.net));
});

test('the boxes of a period are told apart by what the ledger has proven', async () => {
  await given(
    costLine('a', { line_date: '2026-09-10' }),
    costLine('b', { ...abroad, line_date: '2026-09-12', gross: '100.00' }),
    costLine('c', { line_date: '2026-10-01' }),
  );
  const q3 = await insight.vatReturn(org, '2026-Q3');
  expect(q3).toMatchObject({
    lines: 2,
    all: { box1: '20.00', box4: '40.00', box5: '-20.00', box7: '200.00' },
    locked: false,
  });
  expect(q3.missing).toEqual(q3.all);
  expect(q3.verified.box4).toBe('0.00');
});

test('what a check blocks is in no box of the return until it is mended, and is told beside it', async () => {
  await given(
    costLine('a', { line_date: '2026-09-10' }),
    costLine('b', { line_date: '2026-09-10', supplier: 'Supplier a Ltd', invoice_number: 'INV-a' }),
    costLine('c', { line_date: '2026-09-11', document_type: 'proforma' }),
    costLine('d', { line_date: '2026-09-12', description: 'Gift cards' }),
  );
  expect(await insight.vatReturn(org, '2026-09')).toMatchObject({
    lines: 4,
    all: { box4: '40.00', box7: '200.00' },
    missing: { box4: '40.00', box7: '200.00' },
    blocked: { lines: 2, box4: '40.00', box7: '200.00' },
  });
});

test('under cash accounting input tax belongs to the return of its payment; a reverse charge keeps its tax point', async () => {
  await store.transaction((tx) => updateOrganisation(tx, org, { vat_scheme: 'cash' }));
  await given(
    costLine('a', { line_date: '2026-09-28', paid_on: '2026-10-05' }),
    costLine('b', { line_date: '2026-09-29' }),
    costLine('c', { ...abroad, line_date: '2026-09-12', gross: '100.00' }),
  );
  expect((await insight.vatReturn(org, '2026-Q3')).all).toMatchObject({ box1: '20.00', box4: '20.00', box7: '100.00' });
  expect((await insight.vatReturn(org, '2026-Q4')).all).toMatchObject({ box1: '0.00', box4: '20.00', box7: '100.00' });
});

test('services from abroad and typed-in sales count towards the threshold of their day; passing it names the dates', async () => {
  await store.transaction((tx) => updateOrganisation(tx, org, { vat_registered: 0 }));
  await given(costLine('a', { ...abroad, line_date: '2026-08-10', net: '12000.00', gross: '12000.00' }));
  await insight.setSales(org, { month: '2026-03', net: '70000.00' }, alex);
  expect(await insight.threshold(org)).toMatchObject({
    state: 'near',
    rolling: '82000.00',
    register: '90000.00',
    passed: null,
  });
  const over = await insight.setSales(org, { month: '2026-07', net: '9000.00' }, alex);
  expect(over).toMatchObject({
    state: 'above',
    rolling: '91000.00',
    passed: { monthEnd: '2026-08-31', notifyBy: '2026-09-30', registeredFrom: '2026-10-01' },
  });
  await store.transaction((tx) => updateOrganisation(tx, org, { vat_registered: 1 }));
  expect((await insight.threshold(org)).state).toBe('registered');
});

test('a month with usage spreads its cost over the features by requests, to the penny; one without says nothing', async () => {
  await given(costLine('a', { line_date: '2026-09-10' }), costLine('b', { line_date: '2026-10-10' }));
  await store.transaction((tx) =>
    tx
      .insertInto('usage_month')
      .values(
        [
          ['chat', 2],
          ['gallery', 1],
        ].map(([feature, requests]) => ({
          organisation_id: org,
          month: '2026-09',
          vendor_id: 'v',
          feature: String(feature),
          requests: Number(requests),
          successful: 1,
          in_window: 0,
          seconds: 1,
          latest_day: '2026-09-10',
        })),
      )
      .execute(),
  );
  expect((await insight.costs(org, '2026')).byFeature).toEqual([
    { label: 'chat', requests: 2, net: '66.67' },
    { label: 'gallery', requests: 1, net: '33.33' },
  ]);
});

test('paper that asks for no money costs nothing: a pro forma and a statement tell of what an invoice tells again', async () => {
  await given(
    costLine('a', { line_date: '2026-10-10', net: '50.00', vat: '10.00', gross: '60.00' }),
    costLine('b', { line_date: '2026-10-11', net: '500.00', vat: '0.00', gross: '500.00', document_type: 'proforma' }),
    costLine('c', { line_date: '2026-10-12', net: '60.00', vat: '0.00', gross: '60.00', document_type: 'statement' }),
    costLine('d', { line_date: '2025-10-12', net: '7.00', vat: '0.00', gross: '7.00', document_type: 'order' }),
    costLine('e', { ...abroad, line_date: '2026-10-13', net: '900.00', gross: '900.00', document_type: 'proforma' }),
  );
  const costs = await insight.costs(org, '2026-10');
  expect(costs).toMatchObject({ net: '50.00', yearBefore: null });
  expect(costs.bySupplier.reduce((sum, { net }) => sum + Number(net), 0)).toBe(50);
  expect(costs.bridge.map(({ net }) => Number(net) + 0).slice(0, -1)).toEqual([1510, 0, -1460, -50, 0]);
  expect((await insight.threshold(org)).rolling).toBe('0.00');
});
