import { expect, onTestFinished, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { freshbooks } from '../freshbooks/index.ts';
import * as freshbooksSamples from '../freshbooks/testing/samples.ts';
import type { AnyAdapter } from '../kit/adapter.ts';
import type { LedgerDocument } from '../kit/ledger.ts';
import { quickbooks } from '../quickbooks/index.ts';
import { parseQuery } from '../quickbooks/sandbox/query.ts';
import * as quickbooksSamples from '../quickbooks/testing/samples.ts';
import { xero } from '../xero/index.ts';
import { parseWhere } from '../xero/sandbox/where.ts';
import * as xeroSamples from '../xero/testing/samples.ts';
import { type BenchOptions, openBench, timePasses } from './bench.ts';

const ledgers: readonly [AnyAdapter, BenchOptions, (change?: Partial<LedgerDocument>) => LedgerDocument][] = [
  [xero, xeroSamples.xeroBench, xeroSamples.aBill],
  [quickbooks, quickbooksSamples.quickbooksBench, quickbooksSamples.aBill],
  [freshbooks, freshbooksSamples.freshbooksBench, freshbooksSamples.aBill],
];

test.each(ledgers)(
  '$manifest.id lists what stands there on the days asked for, both ends included, and nothing else',
  async (adapter, options, aBill) => {
    const opened = await openBench(adapter, options);
    onTestFinished(() => opened.close());
    const { clock } = opened;
    const post = async (document: LedgerDocument) => {
      const stamp = { idempotencyKey: document.reference, at: Instant.parse(0), attempt: 1 };
      const plan = adapter.actions['post-bill']?.plan(document, adapter.settings.schema.parse(options.settings), stamp);
      const delivered = adapter.actions['post-bill']?.deliver(plan as never, stamp, opened.context({ clock }));
      return (await timePasses(clock, delivered as never, 200)) as { vendorId: string };
    };
    const days = ['2026-07-09', '2026-07-10', '2026-07-17', '2026-07-18'];
    const made: string[] = [];
    for (const [i, date] of days.entries()) {
      made.push(
        (await post(aBill({ date, dueDate: date, reference: `WS:ddd0000${i}`, invoiceNumber: `N-${i}` }))).vendorId,
      );
    }
    const line = { ...aBill().lines[0], net: '10.00', vat: '2.00' } as LedgerDocument['lines'][number];
    const credit = aBill({
      ...{ documentType: 'credit_note', date: '2026-07-11', reference: 'WS:ddd00009', invoiceNumber: 'CN-9' },
      lines: [line],
      totals: { net: '10.00', vat: '2.00', gross: '12.00' },
    });
    const creditId = (await post(credit)).vendorId;
    const listed = adapter.entries?.(opened.context({ clock }), { from: '2026-07-10', to: '2026-07-17' });
    const found = (await timePasses(clock, listed as never, 200)) as Awaited<NonNullable<typeof listed>>;
    expect(new Set(found.map(({ vendorId }) => vendorId))).toEqual(new Set([made[1], made[2], creditId]));
    const { supplier, currency, totals } = aBill();
    expect(found.find(({ vendorId }) => vendorId === made[1])).toMatchObject({
      ...{ documentType: 'invoice', supplier: supplier.name, invoiceNumber: 'N-1', date: '2026-07-10', currency },
      ...{ gross: totals.gross, linkable: true },
    });
    expect(found.find(({ vendorId }) => vendorId === creditId)).toMatchObject({
      ...{ documentType: 'credit_note', invoiceNumber: 'CN-9', gross: credit.totals.gross },
    });
  },
);

test.each([
  'Date>=2026-07-10',
  'Date>="2026-07-10"',
  'Date>=DateTime(2026,13,10)',
  'Date>=DateTime(2026,02,30)',
  'InvoiceNumber>=DateTime(2026,07,10)',
  'InvoiceNumber>="A"',
  'Date=="2026-07-10"',
])('Xero would not understand %s', (where) => {
  expect(parseWhere(where)).toBeNull();
});

test.each([
  'select * from Bill where TxnDate >= 2026-07-10',
  "select * from Bill where TxnDate >= 'July'",
  "select * from Bill where DocNumber >= 'A'",
  "select * from Bill where TxnDate => '2026-07-10'",
])('QuickBooks would not understand %s', (statement) => {
  expect(parseQuery(statement)).toBeTypeOf('string');
});

test('FreshBooks refuses a search by something that is no day', async () => {
  const opened = await openBench(freshbooks, freshbooksSamples.freshbooksBench);
  onTestFinished(() => opened.close());
  await expect(freshbooks.entries?.(opened.context(), { from: 'July', to: '2026-07-17' })).rejects.toThrow(
    'Invalid date',
  );
});
