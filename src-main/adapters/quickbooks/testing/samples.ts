import type { LedgerDocument } from '../../kit/ledger.ts';
import type { BenchOptions } from '../../testing/bench.ts';
import { billsOf, consent, evidenceFiles } from '../../testing/ledger.ts';
import { companies } from '../sandbox/books.ts';
import { quickbooksSandbox } from '../sandbox.ts';

/** Ids of the sample company. */
export const codes = { standard: '31', zero: '33', noVat: '35', reverse: '38' } as const;
export const accounts = { cloud: '88', software: '89' } as const;

export const quickbooksBench: BenchOptions = {
  systems: [quickbooksSandbox],
  settings: { clientId: 'PRACTICECLIENTID0001', redirectUrl: 'https://ops.bluebell.example/quickbooks' },
  secrets: { clientSecret: 'a-client-secret-of-practice-0001' },
  account: { id: companies[0].realmId, name: companies[0].name, detail: 'UK' },
  consent,
  // Most tests stand still in time, where any number of calls falls into one second.
  prepare: (sandbox) => sandbox.misbehave({ system: 'quickbooks', fault: 'limits', value: '100000,100000' }),
  files: evidenceFiles,
};

export const aBill = billsOf(codes, accounts);

/** Services from abroad: nothing is added to what is owed, the buyer accounts for the VAT. */
export const aForeignBill = (): LedgerDocument =>
  aBill({
    reference: 'WS:00aa11bb',
    supplier: { name: "Lakeside: Models' Inc.", country: 'US', vatNumber: '' },
    invoiceNumber: "INV-2026-07-'7'-of-a-long-series",
    currency: 'USD',
    currencyRate: '1.3404',
    lines: [
      { description: 'Tokens', net: '2481.37', vat: '0.00', taxType: codes.reverse, accountCode: accounts.cloud },
    ],
    totals: { net: '2481.37', vat: '0.00', gross: '2481.37' },
  });

/** The supplier rounded down: 20 % of 33.33 is 6.67. */
export const aRoundedBill = (): LedgerDocument =>
  aBill({
    reference: 'WS:0c0c0c0c',
    invoiceNumber: 'OA-0666',
    lines: [
      { description: 'x', net: '33.33', vat: '6.66', taxType: codes.standard, accountCode: accounts.cloud },
      { description: 'Services', net: '50.00', vat: '0.00', taxType: codes.reverse, accountCode: accounts.cloud },
    ],
    totals: { net: '83.33', vat: '6.66', gross: '89.99' },
  });
