import { z } from 'zod';
import { PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { keptFor, type LookerContext, lookerCall } from './kit.ts';

const Datagroup = z.looseObject({
  id: z.string(),
  model_name: z.string().optional(),
  name: z.string().optional(),
  /** Unix seconds. */
  stale_before: z.number().nullish(),
  trigger_error: z.string().nullish(),
});
export type Datagroup = z.infer<typeof Datagroup>;

/** Looker's clock and ours differ; a moment in its future is refused. */
const skewSeconds = 5;
const monthMs = 31 * 86_400_000;

/** Calls that one reset costs: a login, since the token of the one before has ended, and the reset itself. */
const callsPerReset = 2;

/**
 * How long to leave between two resets, ms: at least an hour, and so long that a month of them takes four fifths of the
 * quota. Nothing is lost meanwhile: Looker asks the warehouse itself every five minutes.
 */
export const spacingMs = (callsPerMonth: number) =>
  Math.max(3_600_000, Math.ceil((callsPerReset * monthMs) / (0.8 * callsPerMonth)));

/** Throws `gone` where the model of the console is not in this Looker yet. */
export async function findDatagroup(ctx: LookerContext): Promise<Datagroup> {
  const reply = await lookerCall(ctx, 'GET', '/datagroups');
  const all = z.array(Datagroup).safeParse(reply.json);
  if (!all.success) throw notItsOwn();
  const { model, datagroup } = ctx.settings;
  const found = all.data.find((one) => one.model_name === model && one.name === datagroup);
  if (!found) {
    throw new PermanentError('gone', `There is no datagroup ${datagroup} in the model ${model} of this Looker`, {
      hint: 'Add the console’s LookML to a project and deploy it, or let the API user see the model.',
    });
  }
  const kept = keptFor(ctx);
  kept.datagroup = found.id;
  kept.resetAt ??= (found.stale_before ?? 0) * 1_000;
  return found;
}

/** Drops what Looker remembers of the rows. `null`: left to Looker itself, to spare the quota. */
export async function resetCache(ctx: LookerContext): Promise<Datagroup | null> {
  const kept = keptFor(ctx);
  const now = ctx.clock.now();
  const wait = spacingMs(ctx.settings.callsPerMonth);
  // What it says of itself counts as well: the console may have been started anew since.
  if (kept.datagroup === null) await findDatagroup(ctx);
  if (kept.resetAt !== null && now - kept.resetAt < wait) return null;
  const path = `/datagroups/${encodeURIComponent(kept.datagroup ?? '')}`;
  const reply = await lookerCall(ctx, 'PATCH', path, { stale_before: Math.floor(now / 1_000) - skewSeconds }).catch(
    (thrown: unknown) => {
      // Made anew since, under another id: looked up again at the next try.
      if (thrown instanceof PermanentError && thrown.code === 'gone') kept.datagroup = null;
      throw thrown;
    },
  );
  const after = Datagroup.safeParse(reply.json);
  if (!after.success) throw notItsOwn();
  kept.resetAt = now;
  return after.data;
}

const notItsOwn = () => new RetryableError('timeout', 'Looker answered, but not in its own form');
