import { z } from 'zod';
import { NeedsAttentionError, RetryableError, toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { SYNC_KPIS } from '../kit/bi.ts';
import { findDatagroup } from './datagroup.ts';
import { keptFor, type LookerContext, lookerCall } from './kit.ts';

/** Every call counts against a month's quota: what was well is taken for well that long. */
const believedMs = 6 * 3_600_000;
const User = z.looseObject({ id: z.string() });

/** Key, and whether the console's model is there and its datagroup can ask the warehouse. */
export async function checkHealth(ctx: LookerContext): Promise<HealthCheck[]> {
  const kept = keptFor(ctx);
  const well = (id: string, label: string, failure: HealthCheck['failure'] = null): HealthCheck => ({
    id,
    label,
    neededFor: [SYNC_KPIS],
    failure,
  });
  const now = ctx.clock.monotonicMs();
  const labels = ['Signed in', 'Model and datagroup'] as const;
  if (kept.wellAt !== null && now - kept.wellAt < believedMs) return [well('key', labels[0]), well('model', labels[1])];
  const key = await signedIn(ctx).then(() => null, toFailure);
  const model = key ?? (await modelThere(ctx).then(() => null, toFailure));
  kept.wellAt = key === null && model === null ? now : null;
  return [well('key', labels[0], key), well('model', labels[1], model)];
}

async function signedIn(ctx: LookerContext): Promise<void> {
  const reply = await lookerCall(ctx, 'GET', '/user?fields=id,display_name');
  if (!User.safeParse(reply.json).success)
    throw new RetryableError('timeout', 'Looker answered, but not in its own form');
}

async function modelThere(ctx: LookerContext): Promise<void> {
  const { trigger_error: error } = await findDatagroup(ctx);
  if (error) {
    throw new NeedsAttentionError('misconfigured', `Looker cannot ask the warehouse: ${error.slice(0, 200)}`, {
      hint: 'Test the database connection in Looker, under Admin, Connections.',
    });
  }
}
