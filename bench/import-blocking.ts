import { performance } from 'node:perf_hooks';
import { importCosts } from '../src-main/engine/imports/read-costs.ts';
import { knownSuppliers } from '../src-main/engine/imports/stored-suppliers.ts';
import { buyerOf } from '../src-main/engine/review/assess-lines.ts';
import { systemClock, systemIds } from '../src-main/platform/runtime.ts';
import type { Statement } from '../src-main/ports/store.ts';
import { openConnection, statementRunner } from '../src-main/store/connection.ts';
import { unwired } from '../src-main/store/link.ts';
import { importStore } from './import-store.ts';

/**
 * The same lines read, judged and written by the same code, but on one thread and in one transaction: nobody else gets a
 * turn before the end. Without the last step, which makes them visible.
 */
export async function blockingImport(folder: string, file: string) {
  const store = await importStore(folder);
  const buyer = await buyerOf(store.read, 'bench', systemClock.now());
  const suppliers = await knownSuppliers(store.read, 'bench');
  await store.close();
  const db = openConnection(store.file, 'writer');
  const run = statementRunner(db);
  const ask = ({ sql, params, rows }: Statement) => unwired(run(sql, params, rows));
  let imported = 0;
  const started = performance.now();
  db.exec('BEGIN IMMEDIATE');
  await importCosts({
    task: {
      mode: 'import',
      kind: 'costs',
      path: file,
      organisationId: 'bench',
      importId: 'import',
      format: 'csv',
      plain: null,
      known: {},
      buyer,
      suppliers,
      unread: [],
      now: systemClock.now(),
      seeds: { lines: systemIds.next(), suppliers: systemIds.next() },
      writer: null,
      database: store.file,
    },
    writer: { runBatch: async (statements) => statements.map(ask) },
    tell(message) {
      if (message.type === 'finished') imported = message.counts.imported;
    },
    hand: async () => undefined,
    look: {
      has: (sql, params) => ask({ sql, params }).rows.length > 0,
      rows: (sql, params) => ask({ sql, params }).rows as Record<string, unknown>[],
      settle: () => undefined,
      close: () => undefined,
    },
  });
  db.exec('COMMIT');
  const ms = performance.now() - started;
  db.close();
  return { ms, imported };
}
