import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../ports/store.ts';
import { type CostLineRow, insertLines } from '../../store/repositories/costs.ts';
import { insertLinesStatement } from '../../store/repositories/import-statements.ts';
import { keptSums, sumsOfLines } from '../../store/repositories/month-sums.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { costLine } from '../review/testing/cost-lines.ts';
import { createMonthSums, type MonthSums } from './month-sums.ts';

const org = 'org';
const months = ['2026-08', '2026-09', '2026-10'];
let folder: string;
let store: Store;
let sums: MonthSums;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sums-'));
  const runtime = testRuntime('2026-11-22T12:00:00Z');
  store = await openStore({ folder, runtime });
  sums = createMonthSums({ store, runtime });
  // Two large months, and one that is not.
  const rows = Array.from({ length: 10_500 }, (_, i) => {
    const month = i < 5_000 ? '08' : i < 10_000 ? '09' : '10';
    const day = `2026-${month}-${String(1 + (i % 28)).padStart(2, '0')}`;
    const facts = { tax_date: day, net_gbp_minor: 100 + i, vat_gbp_minor: i % 7, supplier: `Supplier ${i % 30}` };
    return { ...costLine(String(i).padStart(6, '0'), { ...facts, import_id: 'first' }) } as CostLineRow;
  });
  for (let at = 0; at < rows.length; at += 1_000) await store.batch([insertLinesStatement(rows.slice(at, at + 1_000))]);
});
afterEach(async () => {
  await sums.settled(org);
  await store.close();
  rmSync(folder, { recursive: true });
});

const sorted = (all: readonly object[]) => all.map((one) => JSON.stringify(Object.entries(one).sort())).sort();
/** What they say, after checking that it is what the lines say. */
async function checked() {
  const said = await sums.of(org, months);
  expect(
    sorted(
      said.map(({ month, supplier, category, treatment, state, lines, net, vat }) => ({
        month,
        supplier,
        category,
        treatment,
        state,
        lines,
        net,
        vat,
      })),
    ),
  ).toEqual(sorted(await sumsOfLines(store.read, org, months)));
  await sums.settled(org);
  return [...(await keptSums(store.read, org, months)).months].sort();
}

test('sums of large months are kept, and any change of a line, or of what is seen, makes them anew', async () => {
  expect(await checked()).toEqual(['2026-08', '2026-09']);
  expect(await checked()).toEqual(['2026-08', '2026-09']);
  await store.transaction(async (tx) => {
    await tx.updateTable('cost_line').set({ category: 'Cloud' }).where('id', '=', '000007').execute();
  });
  expect([...(await keptSums(store.read, org, months)).months]).toEqual(['2026-09']);
  expect(await checked()).toEqual(['2026-08', '2026-09']);
  await store.transaction(async (tx) => {
    await tx.updateTable('cost_line').set({ tax_date: '2026-09-03' }).where('id', '=', '000008').execute();
    await tx.deleteFrom('cost_line').where('id', '=', '000009').execute();
  });
  expect(await checked()).toEqual(['2026-09']);
  await store.batch([
    { sql: 'INSERT INTO import_hidden (import_id, organisation_id) VALUES (?, ?)', params: ['first', org] },
  ]);
  expect(await sums.of(org, months)).toEqual([]);
  await store.batch([{ sql: 'DELETE FROM import_hidden', params: [] }]);
  expect(await checked()).toEqual(['2026-09']);
});

test('new lines make the sums of their months and the figures of their days anew', async () => {
  expect(await checked()).toEqual(['2026-08', '2026-09']);
  await store.batch([{ sql: 'DELETE FROM kpi_dirty', params: [] }]);
  const facts = { tax_date: '2026-08-09', net_gbp_minor: 250, vat_gbp_minor: 50 };
  await store.transaction((tx) => insertLines(tx, [{ ...costLine('new', facts) } as CostLineRow]));
  expect([...(await keptSums(store.read, org, months)).months]).toEqual(['2026-09']);
  const dirty = await store.read.selectFrom('kpi_dirty').select(['kind', 'at']).execute();
  expect(dirty).toEqual([{ kind: 'cost', at: '2026-08-09' }]);
  expect(await checked()).toEqual(['2026-08', '2026-09']);
});

test('a line that changes while sums are being made keeps them from counting', async () => {
  const first = sums.of(org, months);
  await first;
  // Beside the making of the sums, whenever it is.
  await store.batch([{ sql: "UPDATE cost_line SET net_gbp_minor = 5 WHERE id IN ('000001', '006000')", params: [] }]);
  await sums.settled(org);
  await checked();
});
