import { type Failure, NeedsAttentionError, toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { failureOf } from '../kit/classify.ts';
import { metricTimes } from '../kit/metric-send.ts';
import { ask, canRead, nrql } from './graph.ts';
import { addressesOf, type NewRelicContext } from './kit.ts';
import { quirks } from './quirks.ts';

const sending = ['push-metrics'];
const failing = (check: () => Promise<void>): Promise<Failure | null> => check().then(() => null, toFailure);

/** The last hour's refusals of metrics that a 202 had been given for. */
const refusals =
  "SELECT count(*) AS n FROM NrIntegrationError WHERE newRelicFeature = 'Metrics' FACET category, message SINCE 1 hour ago";

/**
 * The licence key can only be tried by sending: a heartbeat. With a user key, what New Relic refused after its 202 is
 * looked up as well, since nothing else ever tells.
 */
export async function checkHealth(ctx: NewRelicContext): Promise<HealthCheck[]> {
  const key: HealthCheck = {
    id: 'ingest',
    label: 'Licence key and region',
    neededFor: sending,
    failure: await failing(() => heartbeat(ctx)),
  };
  if (!canRead(ctx)) return [key];
  return [
    key,
    {
      id: 'user-key',
      label: 'User key',
      neededFor: [],
      failure: await failing(async () => void (await ask(ctx, '{ requestContext { userId apiKey } }'))),
    },
    {
      id: 'stored',
      label: 'Metrics taken were also stored',
      neededFor: [],
      failure: await failing(async () => {
        const rows = await nrql(ctx, refusals);
        const refused = rows.filter((row) => Number(row.n ?? 0) > 0);
        if (refused.length === 0) return;
        const facets = refused.map((row) => `${Number(row.n)} × ${[row.facet].flat().join(', ')}`);
        throw new NeedsAttentionError(
          'misconfigured',
          `Refused after they were taken: ${facets.join('; ')}`.slice(0, 400),
          {
            hint: 'The points are gone. Read the reason, correct it, and the next ones will stay.',
          },
        );
      }),
    },
  ];
}

async function heartbeat(ctx: NewRelicContext): Promise<void> {
  const reply = await ctx.http.send({
    method: 'POST',
    url: addressesOf(ctx).metrics,
    headers: { 'api-key': ctx.secrets.licenceKey },
    json: [{ metrics: [{ name: 'wedsync.exporter.heartbeat', type: 'gauge', value: 1, timestamp: ctx.clock.now() }] }],
    ...metricTimes,
    signal: ctx.signal,
  });
  if (reply.status !== 202) throw failureOf(reply, quirks);
}
