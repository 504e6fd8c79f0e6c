import { z } from 'zod';
import { toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { read } from './client.ts';
import type { PagerDutyContext } from './kit.ts';

const Abilities = z.object({ abilities: z.array(z.string()) });

/** An integration key cannot be asked about without making an event; the REST key can. */
export async function checkHealth(ctx: PagerDutyContext): Promise<readonly HealthCheck[]> {
  const events = {
    id: 'events',
    label: 'Integration key (send a test to be sure)',
    neededFor: ['send-alert'],
    failure: null,
  };
  const { apiToken } = ctx.secrets;
  if (apiToken === undefined) return [events];
  const failure = await read(ctx, apiToken, '/abilities', Abilities).then(() => null, toFailure);
  return [events, { id: 'rest', label: 'REST API key: hearing acknowledgements', neededFor: [], failure }];
}
