import { freshbooks } from '../src-main/adapters/freshbooks/index.ts';
import { aBill as freshBooksBill, freshbooksBench } from '../src-main/adapters/freshbooks/testing/samples.ts';
import type { AnyAdapter } from '../src-main/adapters/kit/adapter.ts';
import type { LedgerDocument } from '../src-main/adapters/kit/ledger.ts';
import { quickbooks } from '../src-main/adapters/quickbooks/index.ts';
import { aBill as quickBooksBill, quickbooksBench } from '../src-main/adapters/quickbooks/testing/samples.ts';
import { postAll } from '../src-main/adapters/testing/batch.ts';
import { type BenchOptions, openBench } from '../src-main/adapters/testing/bench.ts';
import { xero } from '../src-main/adapters/xero/index.ts';
import { xeroBench, aBill as xeroBill } from '../src-main/adapters/xero/testing/samples.ts';
import { differences } from '../src-main/engine/exports/compare.ts';
import { type BenchRow, benchRow } from './row.ts';

const documents = 100;
const linesEach = 50;

interface Ledger {
  readonly adapter: AnyAdapter;
  readonly bench: BenchOptions;
  readonly like: LedgerDocument;
  /** Calls below this address count. */
  readonly path: string;
  /** What the vendor documents, or where it documents nothing, the pace we keep. */
  readonly callsPerMinute: number;
  readonly limit: string;
}

/** The vendor's own limits, which the tests of QuickBooks widen. */
const { prepare: _widened, ...strictQuickBooks } = quickbooksBench;
const ledgers: readonly Ledger[] = [
  { adapter: xero, bench: xeroBench, like: xeroBill(), path: '/api.xro/', callsPerMinute: 60, limit: '60 a minute' },
  {
    ...{ adapter: quickbooks, bench: strictQuickBooks, like: quickBooksBill(), path: '/v3/' },
    ...{ callsPerMinute: 500, limit: '500 a minute' },
  },
  {
    ...{ adapter: freshbooks, bench: freshbooksBench, like: freshBooksBill(), path: '/account/' },
    ...{ callsPerMinute: 240, limit: 'none published; our own 4 a second' },
  },
];

/** 5,000 lines posted, read back and compared, on a moved clock with the real pacing, beside what so many calls must take. */
export async function ledgersBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { adapter, bench, like, path, callsPerMinute, limit } of ledgers) {
    const opened = await openBench(adapter, bench);
    try {
      const batch = Array.from({ length: documents }, (_, index) => aDocument(like, index));
      const { ms, copies } = await postAll(adapter, opened, adapter.settings.schema.parse(bench.settings), batch);
      const byNumber = new Map(copies.map((copy) => [copy.invoiceNumber, copy]));
      const verified = batch.filter((document) => {
        const copy = byNumber.get(document.invoiceNumber);
        return copy !== undefined && differences(document, copy).length === 0;
      });
      if (verified.length < documents) {
        throw new Error(`${adapter.manifest.name}: ${verified.length} of ${documents} documents are verified`);
      }
      const { id, name } = adapter.manifest;
      const calls = opened.sandbox.received(id).filter((one) => one.path.includes(path)).length;
      rows.push(
        benchRow(
          `5,000 lines to ${name} verified, ${calls.toLocaleString('en-GB')} calls (${limit})`,
          ms / 60_000,
          'minutes',
          calls / callsPerMinute,
          { atMost: 1.05 },
        ),
      );
    } finally {
      await opened.close();
    }
  }
  return rows;
}

/** The lines of a sample in turn, so many of them, with the sums to match. */
function aDocument(like: LedgerDocument, index: number): LedgerDocument {
  const number = String(index).padStart(8, '0');
  const pence = (text: string) => Math.round(Number(text) * 100);
  const pounds = (sum: number) => `${Math.floor(sum / 100)}.${String(sum % 100).padStart(2, '0')}`;
  const lines = Array.from({ length: linesEach }, (_, at) => {
    const line = like.lines[at % like.lines.length] ?? like.lines[0];
    if (line === undefined) throw new Error('A sample has at least one line');
    return line;
  });
  const net = lines.reduce((sum, line) => sum + pence(line.net), 0);
  const vat = lines.reduce((sum, line) => sum + pence(line.vat), 0);
  return {
    ...like,
    reference: `WS:${number}`,
    invoiceNumber: `INV-${number}`,
    supplier: { name: `Supplier ${index % 7} Ltd`, country: 'GB', vatNumber: '' },
    lines,
    totals: { net: pounds(net), vat: pounds(vat), gross: pounds(net + vat) },
  };
}
