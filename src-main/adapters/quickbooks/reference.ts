import { z } from 'zod';
import type { LedgerReference } from '../kit/adapter.ts';
import { openQuickBooks } from './client.ts';
import { assertUk, company } from './company.ts';
import { home, noCode } from './documents.ts';
import type { QuickBooksContext } from './kit.ts';
import { percentOf, proposals, purchaseCodes } from './tax-codes.ts';

const Account = z.object({
  Id: z.string(),
  Name: z.string(),
  FullyQualifiedName: z.string().default(''),
  AcctNum: z.string().default(''),
  Active: z.boolean().default(true),
});

/** Software and the like first; otherwise a person chooses. */
const preferred = [/cloud|ai services/i, /software|technology/i];
/** Where several currencies are switched on, QuickBooks takes any it knows; these are the ones suppliers bill in. */
const others = [
  'USD',
  'EUR',
  'AUD',
  'CAD',
  'CHF',
  'CZK',
  'DKK',
  'HKD',
  'INR',
  'JPY',
  'NOK',
  'NZD',
  'PLN',
  'SEK',
  'SGD',
  'ZAR',
];
/** Costs without VAT: all that books without VAT can hold. */
const withoutVat = ['no_vat_unregistered_supplier', 'outside_scope', 'unregistered_cost'];

/** Tax codes, accounts, currencies and the closing date of the company, read now. */
export async function reference(ctx: QuickBooksContext): Promise<LedgerReference> {
  const qb = openQuickBooks(ctx);
  const books = await company(qb, ctx.account?.id ?? '');
  assertUk(books);
  const day = new Date(ctx.clock.now()).toISOString().slice(0, 10);
  const codes = books.keepsVat ? await purchaseCodes(qb, day) : [];
  const statement = "select * from Account where Classification = 'Expense' and Active = true";
  const accounts = (await qb.rows('Account', statement, Account))
    .filter((account) => account.Active)
    .map(({ Id, Name, FullyQualifiedName, AcctNum }) => ({
      code: Id,
      label: [AcctNum, FullyQualifiedName || Name].filter((one) => one !== '').join(' '),
    }));
  return {
    taxes: books.keepsVat
      ? codes.map((code) => ({ code: code.id, label: code.name, rate: percentOf(code) }))
      : [{ code: noCode, label: 'No VAT (VAT is switched off in this company)', rate: '0' }],
    accounts,
    proposedTaxes: books.keepsVat
      ? proposals(codes)
      : Object.fromEntries(withoutVat.map((treatment) => [treatment, noCode])),
    proposedAccount:
      preferred
        .map((name) => accounts.find((account) => name.test(account.label))?.code)
        .find((code) => code !== undefined) ?? null,
    currencies: books.multiCurrency ? [home, ...others] : [home],
    lockedUntil: books.closedUntil,
  };
}
