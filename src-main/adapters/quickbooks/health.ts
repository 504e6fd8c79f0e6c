import { type Failure, toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { openQuickBooks } from './client.ts';
import { assertUk, company, companyInfo } from './company.ts';
import type { QuickBooksContext } from './kit.ts';

const posting = ['post-bill', 'reverse-bill', 'read-back'];

/** The sign-in and the company; Intuit grants one permission for all of its accounting, so there is no more to ask. */
export async function checkHealth(ctx: QuickBooksContext): Promise<HealthCheck[]> {
  const realmId = ctx.account?.id ?? '';
  const signIn = await failureOf(() => companyInfo(openQuickBooks(ctx), realmId));
  const first: HealthCheck = { id: 'sign-in', label: 'Sign-in', neededFor: posting, failure: signIn };
  if (signIn) return [first];
  const books = await failureOf(async () => assertUk(await company(openQuickBooks(ctx), realmId)));
  return [first, { id: 'company', label: 'Company and its currency', neededFor: posting, failure: books }];
}

async function failureOf(check: () => Promise<unknown>): Promise<Failure | null> {
  try {
    await check();
    return null;
  } catch (error) {
    return toFailure(error);
  }
}
