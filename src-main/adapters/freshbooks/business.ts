import { z } from 'zod';
import type { Account, LedgerReference } from '../kit/adapter.ts';
import { parsed } from '../kit/ledger-calls.ts';
import { openFreshBooks } from './client.ts';
import { codeOf, noTax } from './documents.ts';
import type { FreshBooksContext } from './kit.ts';
import { failureIn, host } from './quirks.ts';

const Me = z.object({
  response: z.object({
    business_memberships: z
      .array(
        z.object({
          role: z.string().default(''),
          business: z.object({ name: z.string().default(''), account_id: z.string().nullish() }),
        }),
      )
      .default([]),
  }),
});

/** The businesses this sign-in reaches. Where we are staff only there are no books, and no account. */
export async function accounts(ctx: Pick<FreshBooksContext, 'http' | 'signal'>): Promise<Account[]> {
  const reply = await ctx.http.send({
    method: 'GET',
    url: `${host}/auth/api/v1/users/me`,
    headers: { accept: 'application/json' },
    signal: ctx.signal,
  });
  const failure = failureIn(reply, 1);
  if (failure) throw failure;
  const { business_memberships: found } = parsed(reply, Me, 'FreshBooks').response;
  return found.flatMap(({ role, business }) =>
    business.account_id ? [{ id: business.account_id, name: business.name, detail: role || 'member' }] : [],
  );
}

const Tax = z.object({
  name: z.string(),
  amount: z.union([z.string(), z.number()]).transform(String),
  compound: z.boolean().nullish(),
});
const Category = z.object({
  categoryid: z.union([z.string(), z.number()]).transform(String),
  category: z.string(),
  vis_state: z.number().default(0),
});

/** Software and the like first; otherwise a person chooses. */
const preferred = [/cloud|ai services/i, /software|technology/i];
/** FreshBooks takes bills in any currency; these are the ones suppliers bill in. */
const currencies = ['GBP', 'USD', 'EUR', 'AUD', 'CAD', 'CHF', 'DKK', 'JPY', 'NOK', 'NZD', 'SEK'];

const reverseCharge = {
  check: 'FB-RC',
  reason:
    'FreshBooks keeps no VAT return boxes, so it cannot hold a reverse charge. Export this line to a file, or to Xero or QuickBooks.',
};

/** Taxes, categories and what these books cannot hold, read now. */
export async function reference(ctx: FreshBooksContext): Promise<LedgerReference> {
  const fb = openFreshBooks(ctx);
  const found = await fb.all('/taxes/taxes', 'taxes', Tax);
  const categories = await fb.all('/expenses/categories', 'categories', Category);
  const taxes = found
    .filter((tax) => !tax.compound)
    .map(({ name, amount }) => ({ code: codeOf(name, amount), label: name, rate: codeOf('', amount).slice(1) }));
  const vat = (rate: string) => taxes.find((tax) => tax.rate === rate && /vat/i.test(tax.label))?.code ?? null;
  const accounts = categories
    .filter((category) => category.vis_state === 0)
    .map(({ categoryid, category }) => ({ code: categoryid, label: category }));
  return {
    taxes: [...taxes, { code: noTax, label: 'No tax', rate: '0' }],
    accounts,
    proposedTaxes: {
      uk_standard: vat('20'),
      uk_reduced: vat('5'),
      uk_zero: noTax,
      exempt: noTax,
      reverse_charge: null,
      domestic_reverse_charge: null,
      flat_rate_no_claim: noTax,
      no_vat_unregistered_supplier: noTax,
      outside_scope: noTax,
      unregistered_cost: noTax,
    },
    proposedAccount:
      preferred
        .map((name) => accounts.find((account) => name.test(account.label))?.code)
        .find((code) => code !== undefined) ?? null,
    currencies,
    // FreshBooks locks no periods.
    lockedUntil: null,
    cannotHold: {
      reverse_charge: reverseCharge,
      domestic_reverse_charge: reverseCharge,
      credit_note: {
        check: 'FB-CREDIT',
        reason:
          'FreshBooks keeps no supplier credits. Enter it there by hand, or export it to a file, Xero or QuickBooks.',
      },
    },
    // FreshBooks would claim any VAT it is shown; on the flat rate it is part of the cost.
    grossCost: ['flat_rate_no_claim'],
  };
}
