import { z } from 'zod';
import { PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { Json } from '../kit/adapter.ts';
import { failureOf, type Overrides } from '../kit/classify.ts';
import { hostsOf, type PagerDutyContext } from './kit.ts';

const Taken = z.object({ status: z.literal('success'), dedup_key: z.string().optional() });
const Refused = z.object({ message: z.string().catch(''), errors: z.array(z.string()).catch([]) });
const times = { firstByteMs: 4_000, wholeMs: 10_000 } as const;

/** From the excerpt, which is free of secrets, and may be cut. */
function wordsOf(excerpt: string): string {
  try {
    const { message, errors } = Refused.parse(JSON.parse(excerpt));
    return [message, ...errors].filter((each) => each !== '').join(': ');
  } catch {
    return excerpt === '' ? 'no reason given' : excerpt;
  }
}

/** Not ingested; PagerDuty asks to wait half a minute when it does not say how long. */
const slowDown: Overrides = {
  429: (reply) =>
    new RetryableError('rate-limited', 'PagerDuty asked us to slow down', {
      retryAfterMs: reply.retryAfterMs ?? 30_000,
      scope: 'connection',
    }),
};

const quirks: Overrides = {
  ...slowDown,
  400: (reply) =>
    new PermanentError('rejected', `PagerDuty refused the event: ${wordsOf(reply.excerpt)}`, {
      hint: 'Check the integration key under Settings, PagerDuty.',
    }),
};

/** One event of the Events API v2. 202 means taken, not that somebody was called. */
export async function enqueue(
  ctx: PagerDutyContext,
  routingKey: string,
  event: Readonly<Record<string, Json>>,
): Promise<string> {
  const reply = await ctx.http.send({
    method: 'POST',
    url: `${hostsOf(ctx.settings).events}/v2/enqueue`,
    headers: { accept: 'application/json' },
    json: { routing_key: routingKey, ...event },
    ...times,
    signal: ctx.signal,
  });
  if (reply.status < 200 || reply.status > 299) throw failureOf(reply, quirks);
  const taken = Taken.safeParse(reply.json);
  if (reply.status !== 202 || !taken.success)
    throw new RetryableError('timeout', `PagerDuty answered ${reply.status}, but not that it took the event`);
  return taken.data.dedup_key ?? '';
}

/** One read of the REST API. */
export async function read<S extends z.ZodType>(
  ctx: PagerDutyContext,
  token: string,
  path: string,
  schema: S,
): Promise<z.output<S>> {
  const reply = await ctx.http.send({
    method: 'GET',
    url: `${hostsOf(ctx.settings).api}${path}`,
    headers: {
      authorization: `Token token=${token}`,
      accept: 'application/vnd.pagerduty+json;version=2',
      'content-type': 'application/json',
    },
    ...times,
    signal: ctx.signal,
  });
  if (reply.status < 200 || reply.status > 299) throw failureOf(reply, slowDown);
  const parsed = schema.safeParse(reply.json);
  if (parsed.success) return parsed.data;
  throw new RetryableError('timeout', `PagerDuty answered ${reply.status}, but not with what was asked for`);
}
