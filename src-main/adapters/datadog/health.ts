import { z } from 'zod';
import { toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { failureOf } from '../kit/classify.ts';
import { metricTimes, notItsOwn } from '../kit/metric-send.ts';
import type { DatadogContext } from './kit.ts';
import { quirks } from './quirks.ts';

const Valid = z.object({ valid: z.literal(true) });

/** Whether this site knows the key; it proves nothing about the points themselves. */
export async function checkHealth(ctx: DatadogContext): Promise<HealthCheck[]> {
  const { site } = ctx.settings;
  const failure = await (async () => {
    const reply = await ctx.http.send({
      method: 'GET',
      url: `https://api.${site}/api/v1/validate`,
      headers: { 'dd-api-key': ctx.secrets.apiKey },
      ...metricTimes,
      signal: ctx.signal,
    });
    if (reply.status !== 200) throw failureOf(reply, quirks(reply, site));
    if (!Valid.safeParse(reply.json).success) throw notItsOwn('Datadog', reply);
    return null;
  })().catch(toFailure);
  return [{ id: 'key', label: `API key at ${site}`, neededFor: ['push-metrics'], failure }];
}
