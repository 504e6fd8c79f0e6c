import { z } from 'zod';
import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { HttpReply } from '../../ports/http.ts';
import type { Clock } from '../../ports/runtime.ts';
import type { Context } from '../kit/adapter.ts';
import { failureOf } from '../kit/classify.ts';
import { apiUrl, pace, refusal, webhookRefusal } from './quirks.ts';

const Answer = z.discriminatedUnion('ok', [
  z.looseObject({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), error: z.string(), needed: z.string().optional() }),
]);
type Ctx = Pick<Context<unknown, unknown>, 'http' | 'clock' | 'signal'>;

const times = { firstByteMs: 4_000, wholeMs: 10_000 } as const;

/** `ok: false` with the reason Slack gave, for the few reasons an action handles itself. */
export type Called =
  | { readonly ok: true; readonly reply: HttpReply }
  | { readonly ok: false; readonly error: string; readonly thrown: Error };

/**
 * One call of the Web API. Slack's own client would repeat by itself for half an hour and hides whether a byte left, so
 * calls go through the console's http port. Throws IntegrationError for everything but `ok: false`.
 */
export async function call(
  ctx: Ctx,
  method: string,
  token: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<Called> {
  const reply = await ctx.http.send({
    method: 'POST',
    url: `${apiUrl}/${method}`,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': body ? 'application/json; charset=utf-8' : 'application/x-www-form-urlencoded',
    },
    ...(body === undefined ? {} : { json: body }),
    ...times,
    signal: ctx.signal,
  });
  if (reply.status < 200 || reply.status > 299) throw failureOf(reply, { 429: tooFast });
  const answer = Answer.safeParse(reply.json);
  if (!answer.success)
    throw new RetryableError('timeout', `Slack answered ${reply.status}, but not with what was asked for`);
  if (answer.data.ok) return { ok: true, reply };
  const { error, needed } = answer.data;
  return { ok: false, error, thrown: refusal(error, needed ?? null, reply.retryAfterMs) };
}

/** As `call`; every refusal is thrown. */
export async function called(...args: Parameters<typeof call>): Promise<HttpReply> {
  const done = await call(...args);
  if (done.ok) return done.reply;
  throw done.thrown;
}

/** An incoming webhook or the address Slack gave with a click; both answer text. */
export async function postTo(ctx: Ctx, url: string, body: Readonly<Record<string, unknown>>): Promise<void> {
  const reply = await ctx.http.send({ method: 'POST', url, json: body, ...times, signal: ctx.signal });
  if (reply.status === 200 && /^(ok|\{"ok":true\})$/.test(reply.text.trim())) return;
  if (reply.status === 200) throw new RetryableError('timeout', 'Slack answered 200, but not "ok"');
  throw webhookRefusal(reply.status, reply.text) ?? failureOf(reply, { 429: tooFast });
}

const tooFast = (reply: Pick<HttpReply, 'retryAfterMs'>) =>
  new RetryableError('rate-limited', 'Slack asked us to slow down', { retryAfterMs: reply.retryAfterMs ?? 1_000 });

/** Tokens left a channel may use at once, and when they were counted. By clock: one per process or test. */
const buckets = new WeakMap<Clock, Map<string, { left: number; at: number }>>();

/** Waits for this channel's turn, at most a few seconds; beyond that the outbox comes back later. */
export async function turn({ clock, signal }: Ctx, place: string): Promise<void> {
  const byPlace = buckets.get(clock) ?? new Map<string, { left: number; at: number }>();
  buckets.set(clock, byPlace);
  const now = clock.monotonicMs();
  const held = byPlace.get(place) ?? { left: pace.burst, at: now };
  const left = Math.min(pace.burst, held.left + ((now - held.at) / 1_000) * pace.perSecond);
  const waitMs = left >= 1 ? 0 : ((1 - left) / pace.perSecond) * 1_000;
  if (waitMs > pace.longestWaitMs) {
    throw new RetryableError(
      'rate-limited',
      'This Slack channel gets one message a second; others wait before this one',
      {
        retryAfterMs: Math.ceil(waitMs),
      },
    );
  }
  byPlace.set(place, { left: left - 1, at: now });
  if (waitMs > 0) await clock.sleep(waitMs, signal);
  if (signal.aborted) throw new RetryableError('network', 'Cancelled while waiting for Slack’s rate limit');
}

export function needed(token: string | undefined, name: string): string {
  if (token !== undefined) return token;
  throw new NeedsAttentionError('auth', `Slack: ${name} is missing`, {
    scope: 'connection',
    hint: 'Enter it under Settings, Slack.',
  });
}
