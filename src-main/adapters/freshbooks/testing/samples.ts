import type { LedgerDocument } from '../../kit/ledger.ts';
import type { BenchOptions } from '../../testing/bench.ts';
import { billsOf, consent, evidenceFiles } from '../../testing/ledger.ts';
import { memberships } from '../sandbox/books.ts';
import { freshbooksSandbox } from '../sandbox.ts';

/** Ids of the sample business. */
export const categories = { cloud: '3012675', software: '3012676' } as const;

const taxes = { standard: 'VAT|20', zero: 'NO TAX' };

export const freshbooksBench: BenchOptions = {
  systems: [freshbooksSandbox],
  settings: { clientId: 'PRACTICECLIENTID0001', redirectUrl: 'https://ops.bluebell.example/freshbooks' },
  secrets: { clientSecret: 'a-client-secret-of-practice-0001' },
  account: { id: memberships[0].accountId, name: memberships[0].name, detail: 'owner' },
  consent,
  files: evidenceFiles,
};

export const aBill = billsOf(taxes, categories);

/** The supplier rounded down: 20 % of 33.33 is 6.67, and a bill would say so. */
export const aRoundedBill = (): LedgerDocument =>
  aBill({
    reference: 'WS:0c0c0c0c',
    invoiceNumber: 'OA-"0666"',
    lines: [{ description: 'x', net: '33.33', vat: '6.66', taxType: 'VAT|20', accountCode: categories.cloud }],
    totals: { net: '33.33', vat: '6.66', gross: '39.99' },
  });
