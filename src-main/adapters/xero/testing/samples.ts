import type { LedgerDocument } from '../../kit/ledger.ts';
import type { BenchOptions } from '../../testing/bench.ts';
import { billsOf, consent, evidenceFiles } from '../../testing/ledger.ts';
import { tenants } from '../sandbox/books.ts';
import { xeroSandbox } from '../sandbox.ts';

const taxes = { standard: 'INPUT2', zero: 'ZERORATEDINPUT' };
const accounts = { cloud: '463', software: '429' };

export const xeroBench: BenchOptions = {
  systems: [xeroSandbox],
  settings: { clientId: 'PRACTICECLIENTID0001' },
  account: { id: tenants[0].tenantId, name: tenants[0].tenantName, detail: 'UK' },
  consent,
  files: evidenceFiles,
};

export const aBill = billsOf(taxes, accounts);

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
