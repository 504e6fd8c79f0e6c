import { z } from 'zod';
import { PermanentError } from '../../../../src-shared/domain/failure.ts';
import type { Plan } from '../../kit/adapter.ts';
import { failureOf } from '../../kit/classify.ts';
import { gzipped, joined, metricTimes, notItsOwn, sendHalving, sendOtlp, withinWindow } from '../../kit/metric-send.ts';
import {
  asBody,
  labelsOf,
  MetricBatch,
  type MetricOutcome,
  type MetricPoint,
  previewOf,
  receiptOf,
  summaryOf,
} from '../../kit/metrics.ts';
import { type DatadogContext, kit } from '../kit.ts';
import { bodyBytes, quirks, window } from '../quirks.ts';

const Body = z.object({ batch: MetricBatch, protocol: z.enum(['series', 'otlp']) });
const Answer = z.object({ errors: z.array(z.string()).default([]) });
const kinds = { counter: 1, gauge: 3 } as const;

/**
 * Metrics to Datadog. The last write for the same series and second wins there, so a repeat of the same points changes
 * nothing; counters go as what they grew by, with the interval they grew in.
 */
export const pushMetrics = kit.action({
  label: 'Send metrics',
  payload: MetricBatch,
  payloadVersion: 1,
  deliveryClass: 'telemetry',
  idempotency: 'native-key',

  plan(batch, settings): Plan {
    return {
      summary: `Send ${summaryOf(batch)} to Datadog (${settings.site})`,
      target: settings.protocol === 'otlp' ? 'POST /v1/metrics' : 'POST /api/v2/series',
      fields: previewOf(batch),
      body: asBody(batch, settings.protocol),
    };
  },

  async deliver(plan, _stamp, ctx) {
    const { batch, protocol } = Body.parse(plan.body);
    const { good, ...late } = withinWindow(batch.points, ctx.clock.now(), window);
    if (good.length === 0) return receiptOf(null, { accepted: 0, ...late });
    const tooLarge = (error: PermanentError) => error.code === 'too-large';
    const outcome = await sendHalving(good, tooLarge, (points) =>
      protocol === 'otlp' ? otlp(ctx, { ...batch, points: [...points] }) : series(ctx, points, batch.org),
    );
    return receiptOf(null, joined(outcome, late));
  },
});

function otlp(ctx: DatadogContext, batch: MetricBatch): Promise<MetricOutcome> {
  const { site } = ctx.settings;
  return sendOtlp(
    ctx,
    'Datadog',
    {
      url: `https://otlp.${site}/v1/metrics`,
      headers: { 'dd-api-key': ctx.secrets.apiKey },
      // Cumulative sums are an error there.
      temporality: 'delta',
      form: 'json',
    },
    batch,
  );
}

/** One metric of `POST /api/v2/series`; seconds, whole ones. */
export function seriesOf(point: MetricPoint, org: string) {
  const timestamp = Math.floor(point.at / 1_000);
  return {
    metric: `wedsync.${point.metric}`,
    type: kinds[point.type],
    ...(point.type === 'counter'
      ? { interval: Math.max(1, timestamp - Math.floor((point.from ?? point.at - 60_000) / 1_000)) }
      : {}),
    points: [{ timestamp, value: Number(point.type === 'counter' ? (point.delta ?? '0') : point.value) }],
    tags: Object.entries(labelsOf(point, org)).map(([name, value]) => `${name}:${value}`),
  };
}

async function series(ctx: DatadogContext, points: readonly MetricPoint[], org: string): Promise<MetricOutcome> {
  // A counter that did not grow has nothing to add.
  const told = points.filter((point) => point.type === 'gauge' || Number(point.delta ?? 0) > 0);
  if (told.length === 0) return { accepted: points.length, dropped: [] };
  const { bytes, rawBytes } = await gzipped({ series: told.map((point) => seriesOf(point, org)) });
  if (bytes.length > bodyBytes.sent || rawBytes > bodyBytes.raw) {
    throw new PermanentError('too-large', `${rawBytes} bytes are more than Datadog takes at once`);
  }
  const { site } = ctx.settings;
  const reply = await ctx.http.send({
    method: 'POST',
    url: `https://api.${site}/api/v2/series`,
    headers: {
      'dd-api-key': ctx.secrets.apiKey,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    },
    bytes,
    ...metricTimes,
    signal: ctx.signal,
  });
  if (reply.status < 200 || reply.status > 299) throw failureOf(reply, quirks(reply, site));
  const answer = Answer.safeParse(reply.json);
  if (!answer.success || reply.status !== 202) throw notItsOwn('Datadog', reply);
  const { errors } = answer.data;
  // 202 with errors inside: it does not say which, so each error stands for a point.
  const lost = Math.min(points.length, errors.length);
  return {
    accepted: points.length - lost,
    dropped: lost === 0 ? [] : [{ reason: errors.join('; ').slice(0, 200), points: lost }],
  };
}
