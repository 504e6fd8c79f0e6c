import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type IntegrationError, PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { HttpReply } from '../../ports/http.ts';
import type { Context } from './adapter.ts';
import { failureOf, type Overrides } from './classify.ts';
import type { MetricBatch, MetricOutcome, MetricPoint } from './metrics.ts';
import { encodeOtlpJson, encodeOtlpProto, OtlpReply, type Temporality } from './otlp.ts';

const compress = promisify(gzip);
export const metricTimes = { firstByteMs: 10_000, wholeMs: 20_000 } as const;
type Ctx = Pick<Context<unknown, unknown>, 'http' | 'signal'>;

/** Off the main thread: a body of five hundred points is a tenth of a megabyte. */
export async function gzipped(json: unknown): Promise<{ bytes: Uint8Array; rawBytes: number }> {
  const raw = Buffer.from(JSON.stringify(json));
  return { bytes: new Uint8Array(await compress(raw)), rawBytes: raw.length };
}

interface Dropped {
  readonly reason: string;
  readonly points: number;
}

/**
 * Takes out what a system would silently ignore for its time stamp: levels are lost with their moment, what a counter grew by
 * is not.
 */
export function withinWindow(
  points: readonly MetricPoint[],
  now: number,
  window: { readonly backMs: number; readonly aheadMs: number },
): { readonly good: readonly MetricPoint[] } & Required<Pick<MetricOutcome, 'dropped' | 'returned'>> {
  const fits = ({ at }: MetricPoint) => at >= now - window.backMs && at <= now + window.aheadMs;
  const late = points.filter((point) => !fits(point));
  const counts = late.filter(({ type }) => type === 'counter');
  const lost = late.length - counts.length;
  const hours = window.backMs / 3_600_000;
  return {
    good: points.filter(fits),
    dropped: lost === 0 ? [] : [{ reason: `older than the ${hours} h it accepts, or in the future`, points: lost }],
    returned: counts.map(({ metric, venue, region }) => ({ metric, venue, region })),
  };
}

/** Requests that halving may cost before it is given up. */
const mostRequests = 64;

/**
 * Sends points, halving where the whole is refused for its size or for a point in it, so that one bad point costs only
 * itself. When nothing at all is taken, the refusal is thrown.
 */
export async function sendHalving(
  points: readonly MetricPoint[],
  splits: (error: PermanentError) => boolean,
  send: (points: readonly MetricPoint[]) => Promise<MetricOutcome>,
): Promise<MetricOutcome> {
  let requests = 0;
  let refusal: PermanentError | null = null;
  async function attempt(part: readonly MetricPoint[]): Promise<MetricOutcome> {
    requests++;
    try {
      return await send(part);
    } catch (error) {
      if (!(error instanceof PermanentError) || !splits(error) || requests > mostRequests) throw error;
      refusal ??= error;
      if (part.length === 1) return { accepted: 0, dropped: [{ reason: error.message.slice(0, 200), points: 1 }] };
      const middle = Math.ceil(part.length / 2);
      return joined(await attempt(part.slice(0, middle)), await attempt(part.slice(middle)));
    }
  }
  const outcome = await attempt(points);
  if (outcome.accepted === 0 && refusal) throw refusal;
  return outcome;
}

export function joined(
  a: MetricOutcome,
  b: Pick<MetricOutcome, 'dropped' | 'returned'> & { readonly accepted?: number },
): MetricOutcome {
  const dropped = new Map<string, number>();
  for (const { reason, points } of [...a.dropped, ...b.dropped])
    dropped.set(reason, (dropped.get(reason) ?? 0) + points);
  return {
    accepted: a.accepted + (b.accepted ?? 0),
    dropped: [...dropped].map(([reason, points]) => ({ reason, points })),
    returned: [...(a.returned ?? []), ...(b.returned ?? [])],
  };
}

/** An answer of 2xx that is not the system's own: it may have taken the points, or a proxy may have answered for it. */
export function notItsOwn(name: string, reply: HttpReply): IntegrationError {
  return new RetryableError('timeout', `${name} answered ${reply.status}, but not in its own form: ${reply.excerpt}`);
}

export interface OtlpTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly temporality: Temporality;
  /** The reply has the form of the request; JSON says in full what was refused, protobuf is what Grafana Cloud wants. */
  readonly form: 'json' | 'protobuf';
  readonly untrustedHost?: boolean;
}

/** OTLP over http. A 500 must not be repeated there, and a 200 may have refused points inside (monitoring notes 5.2). */
export async function sendOtlp(
  ctx: Ctx,
  name: string,
  target: OtlpTarget,
  batch: MetricBatch,
  overrides: Overrides = {},
): Promise<MetricOutcome> {
  const everything = { accepted: batch.points.length, dropped: [] };
  const json = target.form === 'json' ? encodeOtlpJson(batch, target.temporality) : null;
  const bytes = target.form === 'json' ? null : encodeOtlpProto(batch, target.temporality);
  if (json === null && bytes === null) return everything;
  const reply = await ctx.http.send({
    method: 'POST',
    url: target.url,
    headers: {
      ...target.headers,
      'content-type': bytes === null ? 'application/json' : 'application/x-protobuf',
    },
    ...(bytes === null ? { json } : { bytes }),
    ...metricTimes,
    ...(target.untrustedHost === true ? { untrustedHost: true } : {}),
    signal: ctx.signal,
  });
  if (reply.status < 200 || reply.status > 299) {
    throw failureOf(reply, {
      500: ({ excerpt }) =>
        new PermanentError('rejected', `${name} answered 500, which OTLP does not repeat: ${excerpt}`),
      ...overrides,
    });
  }
  const rejected = rejectedBy(name, reply, batch.points.length);
  return rejected === null ? everything : { accepted: batch.points.length - rejected.points, dropped: [rejected] };
}

/** Prometheus answers nothing at all, and protobuf is empty when all is well. */
function rejectedBy(name: string, reply: HttpReply, sent: number): Dropped | null {
  if (reply.text === '') return null;
  if ((reply.headers['content-type'] ?? '').startsWith('application/x-protobuf')) {
    // Partial success with its message; the count inside is binary, so all that is certain is that it is not zero.
    const words = reply.text.replace(/[^\x20-\x7e]+/g, ' ').trim();
    return { reason: words || 'refused without a reason', points: 1 };
  }
  const json = OtlpReply.safeParse(reply.json);
  if (!json.success) throw notItsOwn(name, reply);
  const { rejectedDataPoints = 0, errorMessage = '' } = json.data.partialSuccess ?? {};
  const points = Math.min(sent, Number(rejectedDataPoints));
  return points === 0 ? null : { reason: errorMessage || 'refused without a reason', points };
}
