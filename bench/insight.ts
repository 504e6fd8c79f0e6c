import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInsight } from '../src-main/engine/insight/index.ts';
import { createRechecks } from '../src-main/engine/review/index.ts';
import { costLine } from '../src-main/engine/review/testing/cost-lines.ts';
import { systemClock, systemIds, systemRandom } from '../src-main/platform/runtime.ts';
import type { Bindable, Store } from '../src-main/ports/store.ts';
import { openStore } from '../src-main/store/open.ts';
import { testLog } from '../src-main/testing/runtime.ts';
import { type BenchRow, benchRow } from './row.ts';

const lines = 1_000_000;
const slice = 20_000;
/** What a line has of its own; the rest is as in any sound line. */
const own: Readonly<Record<string, string>> = {
  id: "printf('%07d', n)",
  document_key: "printf('%07d', n)",
  supplier: "'Supplier ' || (n % 700)",
  invoice_number: "'N-' || n",
  tax_date: "printf('2026-%02d-%02d', 1 + n % 12, 1 + n % 28)",
  line_date: "printf('2026-%02d-%02d', 1 + n % 12, 1 + n % 28)",
  net_gbp_minor: '1000 + n % 9973',
  vat_gbp_minor: '(1000 + n % 9973) / 5',
  treatment: "CASE n % 3 WHEN 0 THEN 'domestic_20' ELSE 'reverse_charge' END",
  state: "CASE n % 10 WHEN 0 THEN 'review' ELSE 'ready' END",
};

/** What the insight screen waits for over a year of a million lines. */
export async function insightBench(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-insight-'));
  const runtime = { clock: systemClock, ids: systemIds, random: systemRandom, log: testLog() };
  const store = await openStore({ folder, runtime });
  try {
    await fill(store);
    const publish = () => undefined;
    const insight = createInsight({
      store,
      runtime,
      audit: async () => undefined,
      publish,
      rechecks: createRechecks({ store, runtime, publish }),
    });
    const rows: BenchRow[] = [];
    const timed = async (name: string, work: () => Promise<unknown>) => {
      const started = performance.now();
      await work();
      rows.push(
        benchRow(`a year of 1,000,000 lines: ${name}`, performance.now() - started, 'ms', 1_000, { atMost: 1 }),
      );
    };
    const year = () => insight.costs('org', '2026');
    // As after an import, before anybody asks.
    await insight.prepare('org');
    await insight.settled('org');
    await timed('costs by whom, for whom and by what', year);
    await store.batch([{ sql: "UPDATE cost_line SET category = 'Cloud' WHERE id = '0000007'", params: [] }]);
    await timed('the same after a line changed', year);
    await insight.settled('org');
    await store.batch([
      { sql: "UPDATE cost_line SET category = 'Web' WHERE id IN ('0000000', '0000011')", params: [] },
    ]);
    await timed('the same after lines of the first and the last month changed', year);
    await insight.settled('org');
    await timed('the VAT return of a quarter', () => insight.vatReturn('org', '2026-Q3'));
    await timed('the watch on the registration threshold', () => insight.threshold('org'));
    return rows;
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Written by SQLite itself: what is measured is the reading. */
async function fill(store: Store): Promise<void> {
  await store.transaction((tx) =>
    tx.insertInto('organisation').values({ id: 'org', name: 'Bench', vat_registered: 1, created_at: 0 }).execute(),
  );
  const columns = Object.entries(costLine('x'));
  const params = columns.filter(([name]) => own[name] === undefined).map(([, value]) => value as Bindable);
  const sql = `WITH RECURSIVE numbers(n) AS (SELECT CAST(? AS INTEGER) UNION ALL SELECT n + 1 FROM numbers LIMIT ${slice})
    INSERT INTO cost_line (${columns.map(([name]) => name).join(', ')})
    SELECT ${columns.map(([name]) => own[name] ?? '?').join(', ')} FROM numbers`;
  for (let from = 0; from < lines; from += slice) await store.batch([{ sql, params: [from, ...params] }]);
}
