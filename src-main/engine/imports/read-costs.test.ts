import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Statement, StatementResult } from '../../ports/store.ts';
import { importCosts } from './read-costs.ts';

const folder = mkdtempSync(join(tmpdir(), 'read-costs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const header =
  'BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,InvoiceIssuerName,ServiceName,InvoiceId,ResourceId';

/** Imports a FOCUS file of so many rows; each batch of them is written a turn of the event loop later. */
async function importRows(
  rows: number,
  hears: { tell?(rows: number, written: number): void; settle?(open: number): void },
) {
  const path = join(folder, `${rows}.csv`);
  const lines = Array.from(
    { length: rows },
    (_, index) => `0.1,acct,GBP,2026-10-01,2026-11-01,Usage,Nimbus,Compute,INV-1,res-${index}`,
  );
  writeFileSync(path, `${[header, ...lines].join('\n')}\n`);
  let [written, open] = [0, 0];
  await importCosts({
    task: {
      mode: 'import',
      kind: 'costs',
      path,
      organisationId: 'org',
      importId: 'import',
      format: 'focus',
      plain: null,
      known: {},
      buyer: null,
      suppliers: null,
      unread: [],
      now: 0,
      seeds: { lines: '', suppliers: '' },
      writer: null,
      database: '',
    },
    writer: {
      async runBatch(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
        open++;
        await new Promise((resolve) => setImmediate(resolve));
        open--;
        for (const { sql, rows } of statements) if (sql.includes('INTO cost_row')) written += rows?.length ?? 0;
        return [];
      },
    },
    tell: (message) => {
      if (message.type === 'progress') hears.tell?.(message.rows, written);
    },
    hand: async () => undefined,
    look: { has: () => false, rows: () => [], settle: () => hears.settle?.(open), close: () => undefined },
  });
}

test('what is told as done was written, not only read', async () => {
  const told: number[] = [];
  await importRows(20_000, {
    tell(rows, written) {
      expect(rows).toBeLessThanOrEqual(written);
      told.push(rows);
    },
  });
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect([told[0], told.at(-1)]).toEqual([0, 20_000]);
  expect(told.length).toBeGreaterThan(10);
});

test('the log is moved into the database while the writer still works, and again when nothing is open, so that it starts anew', async () => {
  const open: number[] = [];
  await importRows(30_000, { settle: (batches) => void open.push(batches) });
  expect(open).toEqual([expect.toSatisfy((batches: number) => batches > 0), 0, 0]);
});
