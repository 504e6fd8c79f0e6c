import { z } from 'zod';
import { type Failure, RetryableError, toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { failureOf } from '../kit/classify.ts';
import { metricTimes, sendOtlp } from '../kit/metric-send.ts';
import type { MetricBatch } from '../kit/metrics.ts';
import { encodeRemoteWrite, remoteWriteHeaders } from '../kit/remote-write.ts';
import { basic, type GrafanaContext, grafanaCall, trust, writeQuirks } from './kit.ts';

const failing = (check: () => Promise<unknown>): Promise<Failure | null> => check().then(() => null, toFailure);

/** A sample of our own is the only question a write address answers. */
function heartbeat({ clock, organisationId }: GrafanaContext): MetricBatch {
  const now = clock.now();
  const at = now - (now % 1_000);
  return {
    org: organisationId.toLowerCase().replace(/[^a-z0-9_-]/g, '-'),
    instance: 'console-health',
    points: [
      {
        metric: 'exporter_heartbeat',
        type: 'gauge',
        unit: 'count',
        description: 'The console was here.',
        value: '1',
        at,
        season: 'peak',
        venue: '',
        region: '',
      },
    ],
  };
}

async function write(ctx: GrafanaContext): Promise<void> {
  const { writeUrl, protocol } = ctx.settings;
  if (protocol === 'otlp') {
    const headers = { authorization: basic(ctx) };
    await sendOtlp(
      ctx,
      'Grafana',
      { url: writeUrl, headers, temporality: 'cumulative', form: 'protobuf', ...trust(writeUrl) },
      heartbeat(ctx),
      writeQuirks,
    );
    return;
  }
  const reply = await ctx.http.send({
    method: 'POST',
    url: writeUrl,
    headers: { ...remoteWriteHeaders, authorization: basic(ctx) },
    bytes: encodeRemoteWrite(heartbeat(ctx)),
    ...metricTimes,
    ...trust(writeUrl),
    signal: ctx.signal,
  });
  if (reply.status < 200 || reply.status > 299) throw failureOf(reply, writeQuirks);
}

/** Writing, and with a service account token also Grafana's own API. */
export async function checkHealth(ctx: GrafanaContext): Promise<HealthCheck[]> {
  const checks: HealthCheck[] = [
    { id: 'write', label: 'Metrics address', neededFor: ['push-metrics'], failure: await failing(() => write(ctx)) },
  ];
  if (ctx.settings.grafanaUrl === '' || ctx.secrets.serviceToken === undefined) return checks;
  return [
    ...checks,
    {
      id: 'api',
      label: 'Dashboards and annotations',
      neededFor: ['annotate', 'save-dashboard'],
      failure: await failing(async () => {
        const reply = await grafanaCall(ctx, 'GET', '/api/org');
        if (!z.object({ id: z.number() }).safeParse(reply.json).success) {
          throw new RetryableError('timeout', 'Grafana answered, but not in its own form');
        }
      }),
    },
  ];
}
