import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { LedgerTarget } from '../../../src-shared/contract/exports.ts';
import type { OpenConsole } from '../cli/console.ts';

export const organisationId = 'bluebell';

/** A made-up number with the right check digits (modulus 97). */
function vatNumber(digits: number): string {
  const sum = [...String(digits)].reduce((total, digit, at) => total + Number(digit) * (8 - at), 0);
  return `GB${digits}${String(97 - (sum % 97)).padStart(2, '0')}`;
}

export interface Approved {
  readonly batchId: string;
  readonly sums: { readonly net: string; readonly vat: string; readonly gross: string };
}

/**
 * Brings so many bills of a month in and has a second person approve them; answers the batch and the sums the file says.
 * Bills of different months are not alike, so none looks like a duplicate.
 */
export async function approvedBatch(
  open: Pick<OpenConsole, 'client' | 'offer'>,
  folder: string,
  target: LedgerTarget,
  bills: number,
  month = '2026-09',
): Promise<Approved> {
  const suppliers = Array.from({ length: Math.min(8, bills) }, (_, index) => ({
    name: `Supplier ${index} Ltd`,
    number: vatNumber(7_130_240 + index),
  }));
  const pounds = (pence: number) => `${Math.floor(pence / 100)}.${String(pence % 100).padStart(2, '0')}`;
  const sums = { net: 0, vat: 0, gross: 0 };
  const rows = Array.from({ length: bills }, (_, index) => {
    const { name, number } = suppliers[index % suppliers.length] ?? { name: '', number: '' };
    const net = 1_000 * Number(month.slice(5)) + index * 5;
    const vat = net / 5;
    sums.net += net;
    sums.vat += vat;
    sums.gross += net + vat;
    const invoice = `KP-${month.slice(5)}-${String(index).padStart(3, '0')}`;
    return `${month}-28,${name},${invoice},Compute,GBP,${pounds(net)},${pounds(vat)},${pounds(net + vat)},GB,${number}`;
  });
  const head = 'Date,Supplier,Invoice number,Description,Currency,Net,VAT,Gross,Supplier country,Supplier VAT number';
  const file = join(folder, `costs-${month}.csv`);
  await writeFile(file, [head, ...rows, ''].join('\n'));

  const { client } = open;
  const { importId } = await client.imports.start({ organisationId, file: await open.offer(file), kind: 'costs' });
  for await (const _ of await client.imports.progress({ organisationId, importId }));
  for (const { name, number } of suppliers) {
    const known = (await client.exports.suppliers({ organisationId })).find((one) => one.name === name);
    await client.exports.saveSupplier({
      organisationId,
      supplier: {
        ...(known ? { id: known.id } : {}),
        ...{ name, country: 'GB', vatNumber: number, ukEstablishment: false, aliases: known?.aliases ?? [] },
      },
    });
  }
  return {
    batchId: await approved(open, target, month),
    sums: { net: pounds(sums.net), vat: pounds(sums.vat), gross: pounds(sums.gross) },
  };
}

/** What is ready of a month, prepared and approved. */
export async function approved(
  { client }: Pick<OpenConsole, 'client'>,
  target: LedgerTarget,
  period: string,
): Promise<string> {
  const { batchId } = await client.exports.prepare({ organisationId, period, target });
  await client.exports.approve({ organisationId, batchId, approver: 'priya', pin: '2468' });
  return batchId;
}

/** What the sandbox's books hold in a collection (`Invoices`, `Bill`, `bills`…), read beside its back. */
export function booksHold<T>(vendorFolder: string, system: string, collection: string): T[] {
  const db = new Database(join(vendorFolder, 'sandbox.db'), { readonly: true });
  try {
    return db
      .prepare('SELECT body FROM document WHERE system = ? AND collection LIKE ?')
      .pluck()
      .all(system, `${collection} %`)
      .map((body) => JSON.parse(String(body)) as T);
  } finally {
    db.close();
  }
}

/** How many there are. */
export function booksCount(vendorFolder: string, system: string, collection: string): number {
  const db = new Database(join(vendorFolder, 'sandbox.db'), { readonly: true });
  try {
    const count = db.prepare('SELECT count(*) FROM document WHERE system = ? AND collection LIKE ?').pluck();
    return Number(count.get(system, `${collection} %`));
  } finally {
    db.close();
  }
}

/** Tells the sandbox how to misbehave. */
export async function misbehave(sandboxUrl: string, fault: object): Promise<void> {
  const { status } = await fetch(`${sandboxUrl}/_misbehave`, { method: 'POST', body: JSON.stringify(fault) });
  if (status !== 204) throw new Error(`The sandbox did not take ${JSON.stringify(fault)}`);
}
