import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

/** Writes a CSV of `rows` supplier invoices, one a row, of 700 suppliers at home and abroad over three months. */
export async function writePlainFile(path: string, rows: number): Promise<void> {
  const out = createWriteStream(path);
  out.write('Invoice number,Date,Supplier,Country,Description,Currency,Net,VAT,Total\n');
  for (let index = 0; index < rows; index++) {
    if (!out.write(rowOf(index))) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

function rowOf(index: number): string {
  const home = index % 3 === 0;
  const net = 10_000 + (index % 9_973) * 100;
  const vat = home ? net / 5 : 0;
  const pounds = (pence: number) => (pence / 100).toFixed(2);
  const day = `2026-${String(7 + (index % 3)).padStart(2, '0')}-${String(1 + (index % 28)).padStart(2, '0')}`;
  return `N-${index},${day},Harbour ${index % 700},${home ? 'GB' : 'US'},Seats of plan ${index % 50},GBP,${pounds(net)},${pounds(vat)},${pounds(net + vat)}\n`;
}
