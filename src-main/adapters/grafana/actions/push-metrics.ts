import { z } from 'zod';
import type { PermanentError } from '../../../../src-shared/domain/failure.ts';
import type { Plan } from '../../kit/adapter.ts';
import { failureOf } from '../../kit/classify.ts';
import { metricTimes, notItsOwn, sendHalving, sendOtlp } from '../../kit/metric-send.ts';
import { asBody, MetricBatch, type MetricOutcome, previewOf, receiptOf, summaryOf } from '../../kit/metrics.ts';
import { encodeRemoteWrite, remoteWriteHeaders } from '../../kit/remote-write.ts';
import { basic, type GrafanaContext, kit, trust, writeQuirks } from '../kit.ts';

const Body = z.object({ batch: MetricBatch, protocol: z.enum(['remote-write', 'otlp']) });

/**
 * Metrics to Prometheus or Grafana Cloud. Counters go as running totals, so a push that is lost or repeated changes no
 * sum; the same sample again is accepted there in silence.
 */
export const pushMetrics = kit.action({
  label: 'Send metrics',
  payload: MetricBatch,
  payloadVersion: 1,
  deliveryClass: 'telemetry',
  idempotency: 'native-key',

  plan(batch, settings): Plan {
    return {
      summary: `Send ${summaryOf(batch)} to ${new URL(settings.writeUrl).host}`,
      target: `POST ${new URL(settings.writeUrl).pathname}`,
      fields: previewOf(batch, 'totals'),
      body: asBody(batch, settings.protocol),
    };
  },

  async deliver(plan, _stamp, ctx) {
    const { batch, protocol } = Body.parse(plan.body);
    const outcome = await sendHalving(batch.points, splits, (points) => {
      const part = { ...batch, points: [...points] };
      return protocol === 'otlp' ? otlp(ctx, part) : remoteWrite(ctx, part);
    });
    return receiptOf(null, outcome);
  },
});

/** A request is rolled back whole for one sample that is out of order, too old or a conflicting duplicate. */
const splits = (error: PermanentError) => error.code === 'too-large' || oneBadSample.test(error.message);
const oneBadSample = /out of order|out of bounds|too old|duplicate sample|too far in the future/i;

async function remoteWrite(ctx: GrafanaContext, batch: MetricBatch): Promise<MetricOutcome> {
  const { writeUrl } = ctx.settings;
  const reply = await ctx.http.send({
    method: 'POST',
    url: writeUrl,
    headers: { ...remoteWriteHeaders, authorization: basic(ctx) },
    bytes: encodeRemoteWrite(batch),
    ...metricTimes,
    ...trust(writeUrl),
    signal: ctx.signal,
  });
  if (reply.status < 200 || reply.status > 299) throw failureOf(reply, writeQuirks);
  // A receiver answers with nothing; a page comes from something in between.
  if (reply.text !== '') throw notItsOwn('The metrics address', reply);
  return { accepted: batch.points.length, dropped: [] };
}

function otlp(ctx: GrafanaContext, batch: MetricBatch): Promise<MetricOutcome> {
  const { writeUrl } = ctx.settings;
  return sendOtlp(
    ctx,
    'Grafana',
    {
      url: writeUrl,
      headers: { authorization: basic(ctx) },
      temporality: 'cumulative',
      form: 'protobuf',
      ...trust(writeUrl),
    },
    batch,
    writeQuirks,
  );
}
