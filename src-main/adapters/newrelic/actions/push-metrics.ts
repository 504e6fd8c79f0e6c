import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PermanentError } from '../../../../src-shared/domain/failure.ts';
import type { Plan, Stamp } from '../../kit/adapter.ts';
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
import { canRead, nrql } from '../graph.ts';
import { addressesOf, kit, type NewRelicContext } from '../kit.ts';
import { bodyBytes, quirks, window } from '../quirks.ts';

const Body = z.object({ batch: MetricBatch, protocol: z.enum(['metric-api', 'otlp']) });
const Answer = z.object({ requestId: z.string().min(1) });

/**
 * Metrics to New Relic. Two copies of a count add up there, so before a repeat the console asks whether the counts of that
 * second arrived; without a user key to ask with, they are sent again. A 202 is receipt, not storage: health looks for
 * what was refused later.
 */
export const pushMetrics = kit.action({
  label: 'Send metrics',
  payload: MetricBatch,
  payloadVersion: 1,
  deliveryClass: 'telemetry',
  idempotency: 'none',

  plan(batch, settings): Plan {
    return {
      summary: `Send ${summaryOf(batch)} to New Relic`,
      target: settings.protocol === 'otlp' ? 'POST /v1/metrics' : 'POST /metric/v1',
      fields: previewOf(batch),
      body: asBody(batch, settings.protocol),
    };
  },

  async deliver(plan, stamp, ctx) {
    const { batch, protocol } = Body.parse(plan.body);
    const { good, ...late } = withinWindow(batch.points, ctx.clock.now(), window);
    const told = good.filter((point) => point.type === 'gauge' || Number(point.delta ?? 0) > 0);
    const silent = good.length - told.length;
    // OTLP names and places the points otherwise; there a repeat is a repeat (see the help page).
    const arrived = stamp.attempt > 1 && protocol === 'metric-api' ? await arrivedCounts(ctx, told, batch) : [];
    const open = told.filter((point) => !arrived.includes(point));
    const before: MetricOutcome = { accepted: silent + arrived.length, ...late };
    if (open.length === 0) return receiptOf(null, before);
    let requestId: string | null = null;
    const outcome = await sendHalving(
      open,
      (error) => error.code === 'too-large',
      async (points) => {
        if (protocol === 'otlp') return otlp(ctx, { ...batch, points: [...points] });
        requestId = await metricApi(ctx, points, batch, stamp);
        return { accepted: points.length, dropped: [] };
      },
    );
    return receiptOf(requestId, joined(outcome, before));
  },
});

/** Counts of this batch that are there already. Counts of one batch travel in one request: they arrive together or not. */
async function arrivedCounts(
  ctx: NewRelicContext,
  points: readonly MetricPoint[],
  batch: MetricBatch,
): Promise<readonly MetricPoint[]> {
  const counts = points.filter(({ type }) => type === 'counter');
  const [first] = counts;
  if (!first || !canRead(ctx)) return [];
  const from = first.from ?? first.at - 60_000;
  const rows = await nrql(
    ctx,
    `SELECT count(*) AS n FROM Metric WHERE metricName = 'wedsync.${first.metric}' AND org = '${batch.org}' AND instance = '${batch.instance}' SINCE ${from} UNTIL ${first.at}`,
  );
  return Number(rows[0]?.n ?? 0) > 0 ? counts : [];
}

function otlp(ctx: NewRelicContext, batch: MetricBatch): Promise<MetricOutcome> {
  return sendOtlp(
    ctx,
    'New Relic',
    {
      url: addressesOf(ctx).otlp,
      headers: { 'api-key': ctx.secrets.licenceKey },
      temporality: 'delta',
      form: 'json',
    },
    batch,
    quirks,
  );
}

/** One block of the Metric API: what all points share stands once. */
export function blockOf(points: readonly MetricPoint[], batch: Pick<MetricBatch, 'org' | 'instance'>) {
  return {
    common: {
      attributes: {
        'service.name': 'wedsync-ops-console',
        context: 'wedding_industry',
        org: batch.org,
        instance: batch.instance,
      },
    },
    metrics: points.map((point) => {
      const { context: _context, org: _org, ...attributes } = labelsOf(point, batch.org);
      const from = point.from ?? point.at - 60_000;
      return point.type === 'counter'
        ? {
            name: `wedsync.${point.metric}`,
            type: 'count',
            value: Number(point.delta ?? '0'),
            // The start of the interval it grew in.
            timestamp: from,
            'interval.ms': Math.max(1, point.at - from),
            attributes,
          }
        : {
            name: `wedsync.${point.metric}`,
            type: 'gauge',
            value: Number(point.value),
            timestamp: point.at,
            attributes,
          };
    }),
  };
}

async function metricApi(
  ctx: NewRelicContext,
  points: readonly MetricPoint[],
  batch: MetricBatch,
  stamp: Stamp,
): Promise<string> {
  const { bytes, rawBytes } = await gzipped([blockOf(points, batch)]);
  if (rawBytes > bodyBytes)
    throw new PermanentError('too-large', `${rawBytes} bytes are more than New Relic takes at once`);
  const reply = await ctx.http.send({
    method: 'POST',
    url: addressesOf(ctx).metrics,
    headers: {
      'api-key': ctx.secrets.licenceKey,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'x-request-id': uuidOf(`${stamp.idempotencyKey} ${points.length} ${points[0]?.metric} ${points[0]?.venue}`),
    },
    bytes,
    ...metricTimes,
    signal: ctx.signal,
  });
  if (reply.status < 200 || reply.status > 299) throw failureOf(reply, quirks);
  const answer = Answer.safeParse(reply.json);
  if (!answer.success || reply.status !== 202) throw notItsOwn('New Relic', reply);
  return answer.data.requestId;
}

/** The same for every repeat of the same bytes, in the form of a version 4 UUID. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
