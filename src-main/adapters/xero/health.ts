import { z } from 'zod';
import { type Failure, IntegrationError, NeedsAttentionError, toFailure } from '../../../src-shared/domain/failure.ts';
import type { Clock } from '../../ports/runtime.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { openXero } from './client.ts';
import type { XeroContext } from './kit.ts';
import { connections, organisation, unsuitable } from './organisation.ts';

const writing = ['post-bill', 'reverse-bill'];
const posting = [...writing, 'read-back'];

/** A probe reads as little as there is; what comes back does not matter. */
const Anything = z.unknown();
const nobody = '00000000-0000-0000-0000-000000000000';

async function failureOf(check: () => Promise<unknown>): Promise<Failure | null> {
  try {
    await check();
    return null;
  } catch (error) {
    // No such document is a good answer to a question about permission.
    if (error instanceof IntegrationError && error.code === 'gone') return null;
    return toFailure(error);
  }
}

/** Permissions change only with a new consent, and every probe is a call of the day's allowance. */
const probeEveryMs = 3_600_000;
const proven = new WeakMap<Clock, Map<string, number>>();

/**
 * Which permissions we hold and what stops without each. Xero answers 401 for a missing scope as it does for a dead
 * sign-in; as the sign-in is proven first, a 401 afterwards is a permission that was not granted. The sign-in and the
 * organisation are asked every time; the other permissions, once proven, once an hour.
 */
export async function checkHealth(ctx: XeroContext): Promise<HealthCheck[]> {
  const signIn = await failureOf(async () => {
    const reached = await connections(ctx);
    if (ctx.account && !reached.some((one) => one.tenantId === ctx.account?.id)) {
      throw new NeedsAttentionError('forbidden', `${ctx.account.name} is no longer connected to this app in Xero`, {
        scope: 'connection',
        hint: 'Reconnect Xero and allow that organisation.',
      });
    }
  });
  const first: HealthCheck = { id: 'sign-in', label: 'Sign-in', neededFor: posting, failure: signIn };
  if (signIn || !ctx.account) return [first];

  const xero = openXero(ctx);
  const times = proven.get(ctx.clock) ?? new Map<string, number>();
  proven.set(ctx.clock, times);
  const permission = async (
    id: string,
    label: string,
    neededFor: string[],
    everyMs: number,
    probe: () => Promise<unknown>,
  ) => {
    const key = `${ctx.organisationId} ${ctx.account?.id} ${id}`;
    const now = ctx.clock.monotonicMs();
    const at = times.get(key);
    if (at !== undefined && now - at < everyMs) return { id, label, neededFor, failure: null };
    const failure = await failureOf(probe);
    if (failure) times.delete(key);
    else times.set(key, now);
    return { id, label, neededFor, failure: failure?.code === 'auth' ? notGranted(failure, label) : failure };
  };
  return [
    first,
    await permission('organisation', 'Organisation, accounts and tax rates', posting, 0, async () => {
      const books = await organisation(xero);
      const problem = unsuitable(books);
      if (problem === null) return;
      throw new NeedsAttentionError('misconfigured', `${books.Name}: ${problem}`, { scope: 'connection' });
    }),
    await permission('bills', 'Bills and credit notes', posting, probeEveryMs, () =>
      xero.read('/Invoices', Anything, { page: 1, pageSize: 1, summaryOnly: true }),
    ),
    await permission('contacts', 'Suppliers', writing, probeEveryMs, () =>
      xero.read('/Contacts', Anything, { page: 1, pageSize: 1, summaryOnly: true }),
    ),
    await permission('attachments', 'Evidence files', writing, probeEveryMs, () =>
      xero.read(`/Invoices/${nobody}/Attachments`, Anything),
    ),
  ];
}

function notGranted(failure: Failure, label: string): Failure {
  return {
    ...failure,
    code: 'forbidden',
    message: `Xero did not grant: ${label.toLowerCase()}`,
    hint: 'Reconnect Xero and allow it.',
  };
}
