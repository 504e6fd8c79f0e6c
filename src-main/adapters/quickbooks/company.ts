import { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { Account } from '../kit/adapter.ts';
import { openQuickBooks, type QuickBooks } from './client.ts';
import { home } from './documents.ts';
import type { QuickBooksContext } from './kit.ts';

const CompanyInfo = z.object({
  CompanyInfo: z.object({ CompanyName: z.string().default(''), Country: z.string().default('') }),
});
const Preferences = z.object({
  Preferences: z.object({
    TaxPrefs: z.object({ UsingSalesTax: z.boolean().default(false) }).default({ UsingSalesTax: false }),
    CurrencyPrefs: z
      .object({
        MultiCurrencyEnabled: z.boolean().default(false),
        HomeCurrency: z.object({ value: z.string() }).default({ value: '' }),
      })
      .default({ MultiCurrencyEnabled: false, HomeCurrency: { value: '' } }),
    AccountingInfoPrefs: z.object({ BookCloseDate: z.string().optional() }).default({}),
  }),
});

export interface Company {
  readonly name: string;
  readonly country: string;
  readonly currency: string;
  readonly keepsVat: boolean;
  readonly multiCurrency: boolean;
  /** Nothing on or before this day; null: nothing is closed. */
  readonly closedUntil: string | null;
}

export async function companyInfo(qb: QuickBooks, realmId: string) {
  return (await qb.read(`/companyinfo/${encodeURIComponent(realmId)}`, CompanyInfo)).CompanyInfo;
}

export async function company(qb: QuickBooks, realmId: string): Promise<Company> {
  const info = await companyInfo(qb, realmId);
  const { TaxPrefs, CurrencyPrefs, AccountingInfoPrefs } = (await qb.read('/preferences', Preferences)).Preferences;
  return {
    name: info.CompanyName,
    country: info.Country,
    currency: CurrencyPrefs.HomeCurrency.value,
    keepsVat: TaxPrefs.UsingSalesTax,
    multiCurrency: CurrencyPrefs.MultiCurrencyEnabled,
    closedUntil: AccountingInfoPrefs.BookCloseDate ?? null,
  };
}

/** @throws NeedsAttentionError when these books cannot take our bills */
export function assertUk({ name, country, currency }: Pick<Company, 'name' | 'country' | 'currency'>): void {
  if (country === 'GB' && currency === home) return;
  const what = [country, currency].filter((one) => one !== '').join(', ');
  throw new NeedsAttentionError('misconfigured', `${name}: not UK books (${what})`, {
    scope: 'connection',
    hint: 'Sign in again under Settings, QuickBooks, and choose a UK company.',
  });
}

/** The one company the sign-in is for: Intuit asks for it on its own page. */
export async function accounts(ctx: QuickBooksContext): Promise<Account[]> {
  if (!ctx.account) return [];
  const info = await companyInfo(openQuickBooks(ctx), ctx.account.id);
  const usable = info.Country === 'GB' ? 'UK' : `Cannot be used: not UK books (${info.Country})`;
  const sandbox = ctx.settings.companies === 'sandbox' ? ' · sandbox company' : '';
  return [{ id: ctx.account.id, name: info.CompanyName, detail: `${usable}${sandbox} · ${ctx.account.id}` }];
}
