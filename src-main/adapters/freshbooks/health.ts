import { z } from 'zod';
import { type Failure, NeedsAttentionError, toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { accounts } from './business.ts';
import { openFreshBooks } from './client.ts';
import type { FreshBooksContext } from './kit.ts';

const writing = ['post-bill', 'reverse-bill'];
const all = [...writing, 'read-back'];
const Anything = z.unknown();

/** The sign-in, then each permission by the smallest thing it allows to be read. */
export async function checkHealth(ctx: FreshBooksContext): Promise<HealthCheck[]> {
  const signIn = await failureOf(async () => {
    const reached = await accounts(ctx);
    if (ctx.account && !reached.some(({ id }) => id === ctx.account?.id)) {
      throw new NeedsAttentionError('forbidden', `${ctx.account.name} is out of reach of this sign-in`, {
        scope: 'connection',
        hint: 'Sign in again as a member of that business.',
      });
    }
  });
  const first: HealthCheck = { id: 'sign-in', label: 'Sign-in', neededFor: all, failure: signIn };
  if (signIn || !ctx.account) return [first];
  const fb = openFreshBooks(ctx);
  const check = async (id: string, label: string, neededFor: string[], path: string, name: string, query = {}) => ({
    id,
    label,
    neededFor,
    failure: await failureOf(() => fb.one(path, name, Anything, { per_page: '1', ...query })),
  });
  return [
    first,
    await check('taxes', 'Taxes', all, '/taxes/taxes', 'taxes'),
    await check('expenses', 'Expenses', all, '/expenses/expenses', 'expenses'),
    await check('bills', 'Bills', all, '/bills/bills', 'bills'),
    await check('vendors', 'Bill vendors', all, '/bill_vendors/bill_vendors', 'bill_vendors'),
  ];
}

async function failureOf(ask: () => Promise<unknown>): Promise<Failure | null> {
  try {
    await ask();
    return null;
  } catch (error) {
    return toFailure(error);
  }
}
