import { z } from 'zod';
import { NeedsAttentionError, toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { openTave } from './client.ts';
import type { TaveContext } from './kit.ts';

const Studio = z.object({
  name: z.string(),
  currencyCode: z.string().nullable().default(null),
  readonlyEnabled: z.boolean().default(false),
});

/** Why a studio may not get our figures, with the way out; null when it may. */
export function studioProblem({ name, currencyCode, readonlyEnabled }: z.infer<typeof Studio>) {
  if (readonlyEnabled) {
    return { message: `The studio ${name} is read-only`, hint: 'Its subscription may have lapsed; ask the vendor.' };
  }
  if (currencyCode !== 'GBP') {
    return {
      message: `The studio ${name} works in ${currencyCode ?? 'no currency'}, and our figures are pounds`,
      hint: 'Push to studios in pounds only.',
    };
  }
  return null;
}

/** One call that changes nothing. Without a key of the organisation's own each vendor's key is proven by their pushes. */
export async function checkHealth(ctx: TaveContext): Promise<HealthCheck[]> {
  const neededFor = ['push-value'];
  if (ctx.secrets.apiKey === undefined) {
    return [{ id: 'key', label: 'Keys are the vendors’ own; each push proves its own', neededFor, failure: null }];
  }
  try {
    const problem = studioProblem(await (await openTave(ctx, null)).get('/studio/me', Studio));
    if (problem) throw new NeedsAttentionError('misconfigured', problem.message, { hint: problem.hint });
    return [{ id: 'key', label: 'API key, currency and write access', neededFor, failure: null }];
  } catch (thrown) {
    return [{ id: 'key', label: 'API key, currency and write access', neededFor, failure: toFailure(thrown) }];
  }
}
