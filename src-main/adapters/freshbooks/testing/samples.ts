import type { HttpClient } from '../../../ports/http.ts';
import type { LedgerDocument } from '../../kit/ledger.ts';
import type { BenchOptions } from '../../testing/bench.ts';
import { memberships } from '../sandbox/books.ts';
import { freshbooksSandbox } from '../sandbox.ts';

export const evidence = new TextEncoder().encode('line,net\nAPI credits July,100.00\n');
/** Ids of the sample business. */
export const categories = { cloud: '3012675', software: '3012676' } as const;

/** A person who presses "Authorise". */
export async function consent(http: HttpClient, url: string): Promise<Record<string, string>> {
  const reply = await http.send({ method: 'GET', url: `${url}&decision=allow` });
  return Object.fromEntries(new URL(reply.headers.location ?? '').searchParams);
}

export const freshbooksBench: BenchOptions = {
  systems: [freshbooksSandbox],
  settings: { clientId: 'PRACTICECLIENTID0001', redirectUrl: 'https://ops.bluebell.example/freshbooks' },
  secrets: { clientSecret: 'a-client-secret-of-practice-0001' },
  account: { id: memberships[0].accountId, name: memberships[0].name, detail: 'owner' },
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
      {
        description: 'API credits July',
        net: '100.00',
        vat: '20.00',
        taxType: 'VAT|20',
        accountCode: categories.cloud,
      },
      { description: 'Training', net: '10.05', vat: '0.00', taxType: 'NO TAX', accountCode: categories.software },
    ],
    totals: { net: '110.05', vat: '20.00', gross: '130.05' },
    evidence: [
      { fileName: 'WS-9f2c41d0-evidence.csv', contentType: 'text/csv', fileId: 'file-1', size: evidence.length },
    ],
    note: 'WedSync export B-12 approved by Priya Shah',
    ...change,
  };
}

/** The supplier rounded down: 20 % of 33.33 is 6.67, and a bill would say so. */
export const aRoundedBill = (): LedgerDocument =>
  aBill({
    reference: 'WS:0c0c0c0c',
    invoiceNumber: 'OA-"0666"',
    lines: [{ description: 'x', net: '33.33', vat: '6.66', taxType: 'VAT|20', accountCode: categories.cloud }],
    totals: { net: '33.33', vat: '6.66', gross: '39.99' },
  });
