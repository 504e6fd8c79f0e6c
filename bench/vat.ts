import { fileURLToPath } from 'node:url';
import { assess } from '../src-shared/domain/vat/assess.ts';
import { DocumentHistory } from '../src-shared/domain/vat/history.ts';
import { readDescription, type VatLine } from '../src-shared/domain/vat/line.ts';

export interface VatBench {
  /** All checks over 100,000 lines; limit 1,500 ms. */
  readonly ms100k: number;
  /** All checks over a million lines. */
  readonly ms1m: number;
  /** Time a line of the million over time a line of the hundred thousand: 1 is linear. */
  readonly growth: number;
}

/** Ten kinds of line as they come in files: UK, foreign, credit, wrong, dated, duplicate; the same ones every run. */
function lines(count: number): VatLine[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = i % 10;
    const foreign = kind < 4;
    const net = 100 + (i % 9_973);
    const wrong = kind === 9 ? 3 : 0;
    const vat = foreign ? 0 : net / 5 + wrong;
    const day = String(1 + (i % 28)).padStart(2, '0');
    // One in a hundred repeats a number of shortly before.
    const number = i % 100 === 99 ? i - 10_000 : i;
    const { text, attributes } = readDescription(
      `Usage of service ${i % 50}; inv=N-${number}; period=2026-09-01/2026-09-30${kind === 6 ? '; doc=receipt' : ''}`,
      String(i),
    );
    return {
      id: String(i),
      date: `2026-10-${day}`,
      supplier: `Supplier ${i % 700} Ltd`,
      supplierCountry: foreign ? 'US' : 'GB',
      supplierVatNumber: foreign ? '' : 'GB 713 0246 81',
      customerRegistered: true,
      customerCountry: 'GB',
      text,
      currency: foreign ? 'USD' : 'GBP',
      net: net.toFixed(2),
      vat: vat.toFixed(2),
      gross: (net + vat).toFixed(2),
      hint: kind === 5 ? 'standard' : '',
      fx: foreign ? { unitsPerGbp: '1.3404' } : null,
      attributes,
    };
  });
}

function timed(count: number): number {
  const input = lines(count);
  const history = new DocumentHistory();
  const start = performance.now();
  let fired = 0;
  for (const line of input) fired += assess(line, { history }).checks.length;
  const ms = performance.now() - start;
  if (fired < count / 100) throw new Error('The checks did not run');
  return ms;
}

/** All VAT checks with one duplicate history, over a hundred thousand and over a million lines. Best of three, after a warm-up. */
export function vatBench(): VatBench {
  timed(20_000);
  const ms100k = Math.min(timed(100_000), timed(100_000), timed(100_000));
  const ms1m = timed(1_000_000);
  return { ms100k, ms1m, growth: ms1m / (10 * ms100k) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { ms100k, ms1m, growth } = vatBench();
  console.log(`VAT checks, 100,000 lines: ${ms100k.toFixed(0)} ms (limit 1500 ms)`);
  console.log(`VAT checks, 1,000,000 lines: ${ms1m.toFixed(0)} ms (${growth.toFixed(2)} of linear)`);
}
