import type { HttpClient } from '../../../ports/http.ts';
import type { LedgerDocument } from '../../kit/ledger.ts';
import type { BenchOptions } from '../../testing/bench.ts';
import { tenants } from '../sandbox/books.ts';
import { xeroSandbox } from '../sandbox.ts';

export const evidence = new TextEncoder().encode('line,net\nAPI credits July,100.00\n');

/** A person who presses "Allow access". */
async function consent(http: HttpClient, url: string): Promise<Record<string, string>> {
  const reply = await http.send({ method: 'GET', url: `${url}&decision=allow` });
  return Object.fromEntries(new URL(reply.headers.location ?? '').searchParams);
}

export const xeroBench: BenchOptions = {
  systems: [xeroSandbox],
  settings: { clientId: 'PRACTICECLIENTID0001' },
  account: { id: tenants[0].tenantId, name: tenants[0].tenantName, detail: 'UK' },
  consent,
  files: new Map([['file-1', evidence]]),
};

export function aBill(change: Partial<LedgerDocument> = {}): LedgerDocument {
  return {
    documentType: 'invoice',
    reference: 'WS:9f2c41d0',
    supplier: { name: 'Sunrise Compute Ltd', country: 'GB', vatNumber: 'GB123456782' },
    invoiceNumber: 'OA-0001',
    date: '2026-07-31',
    dueDate: '2026-08-30',
    currency: 'GBP',
    lineAmounts: 'exclusive',
    lines: [
      { description: 'API credits July', net: '100.00', vat: '20.00', taxType: 'INPUT2', accountCode: '463' },
      { description: 'Training', net: '10.05', vat: '0.00', taxType: 'ZERORATEDINPUT', accountCode: '429' },
    ],
    totals: { net: '110.05', vat: '20.00', gross: '130.05' },
    evidence: [
      { fileName: 'WS-9f2c41d0-evidence.csv', contentType: 'text/csv', fileId: 'file-1', size: evidence.length },
    ],
    note: 'WedSync export B-12 approved by Priya Shah',
    ...change,
  };
}

/** Services from abroad: nothing is added to what is owed, the buyer accounts for the VAT. */
export const aForeignBill = (): LedgerDocument =>
  aBill({
    reference: 'WS:00aa11bb',
    supplier: { name: 'Lakeside Models, Inc.', country: 'US', vatNumber: '' },
    invoiceNumber: 'INV "7"',
    currency: 'USD',
    currencyRate: '1.3404',
    lines: [{ description: 'Tokens', net: '2481.37', vat: '0.00', taxType: 'REVERSECHARGES', accountCode: '464' }],
    totals: { net: '2481.37', vat: '0.00', gross: '2481.37' },
  });
