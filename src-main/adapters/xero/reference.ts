import { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import { decimal } from '../../../src-shared/domain/money/index.ts';
import type { LedgerReference } from '../kit/adapter.ts';
import { openXero } from './client.ts';
import type { XeroContext } from './kit.ts';
import { lockedUntil, organisation, unsuitable } from './organisation.ts';

const TaxRates = z.object({
  TaxRates: z.array(
    z.object({
      Name: z.string(),
      TaxType: z.string(),
      Status: z.string().default('ACTIVE'),
      CanApplyToExpenses: z.boolean().default(false),
      EffectiveRate: z.number().default(0),
    }),
  ),
});
const Accounts = z.object({
  Accounts: z.array(
    z.object({
      Code: z.string().default(''),
      Name: z.string(),
      Type: z.string().default(''),
      Class: z.string().default(''),
      Status: z.string().default('ACTIVE'),
      SystemAccount: z.string().default(''),
    }),
  ),
});
const Currencies = z.object({ Currencies: z.array(z.object({ Code: z.string() })).default([]) });

/** Treatment -> Xero's code and the rate it must show, percent. The domestic reverse charge is found by name (1.4). */
const literals: Readonly<Record<string, readonly [code: string, rate: string]>> = {
  uk_standard: ['INPUT2', '20'],
  uk_reduced: ['RRINPUT', '5'],
  uk_zero: ['ZERORATEDINPUT', '0'],
  exempt: ['EXEMPTINPUT', '0'],
  reverse_charge: ['REVERSECHARGES', '20'],
  flat_rate_no_claim: ['INPUT2', '20'],
  no_vat_unregistered_supplier: ['NONE', '0'],
  outside_scope: ['NONE', '0'],
  unregistered_cost: ['NONE', '0'],
};

/** Software and the like first; otherwise a person chooses. */
const preferred = [/cloud|ai services/i, /software|technology/i];

/** Tax codes, accounts, currencies and the lock date of the chosen books, read now. */
export async function reference(ctx: XeroContext): Promise<LedgerReference> {
  const xero = openXero(ctx);
  const books = await organisation(xero);
  const problem = unsuitable(books);
  if (problem !== null) {
    throw new NeedsAttentionError('misconfigured', `${books.Name}: ${problem}`, {
      scope: 'connection',
      hint: 'Choose a UK organisation under Settings, Xero.',
    });
  }
  const { TaxRates: rates } = await xero.read('/TaxRates', TaxRates);
  const where = 'Class=="EXPENSE" AND Status=="ACTIVE"';
  const { Accounts: found } = await xero.read('/Accounts', Accounts, { where });
  const { Currencies: enabled } = await xero.read('/Currencies', Currencies);

  const taxes = rates
    .filter((rate) => rate.Status === 'ACTIVE' && rate.CanApplyToExpenses)
    .map((rate) => ({ code: rate.TaxType, label: rate.Name, rate: decimal(String(rate.EffectiveRate)).toFixed() }));
  const accounts = found
    .filter((account) => account.Code !== '' && account.SystemAccount === '' && account.Status === 'ACTIVE')
    .map((account) => ({ code: account.Code, label: account.Name }));
  // A company outside VAT keeps every line at "No VAT".
  const proposed = (treatment: string, code: string, percent: string) => {
    const wanted = books.PaysTax ? code : 'NONE';
    const rate = books.PaysTax ? percent : '0';
    return [treatment, taxes.find((tax) => tax.code === wanted && tax.rate === rate)?.code ?? null] as const;
  };
  const domestic = taxes.find(
    (tax) => /domestic reverse charge/i.test(tax.label) && /on expenses/i.test(tax.label) && tax.rate === '20',
  );
  return {
    taxes,
    accounts,
    proposedTaxes: {
      ...Object.fromEntries(
        Object.entries(literals).map(([treatment, [code, rate]]) => proposed(treatment, code, rate)),
      ),
      domestic_reverse_charge: books.PaysTax ? (domestic?.code ?? null) : 'NONE',
    },
    proposedAccount:
      preferred
        .map((name) => accounts.find((account) => name.test(account.label))?.code)
        .find((code) => code !== undefined) ?? null,
    currencies: [books.BaseCurrency, ...enabled.map((one) => one.Code).filter((code) => code !== books.BaseCurrency)],
    lockedUntil: lockedUntil(books),
  };
}
