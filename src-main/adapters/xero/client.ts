import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { type IntegrationError, NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { HttpReply, HttpRequest } from '../../ports/http.ts';
import type { Clock } from '../../ports/runtime.ts';
import type { Context, Stamp } from '../kit/adapter.ts';
import { failureOf } from '../kit/classify.ts';
import { afterRead, parsed } from '../kit/ledger-calls.ts';
import { apiUrl, callsPerMinute, dayReserve, dayWaitMs, keptCalls, quirks } from './quirks.ts';

type Ctx = Pick<Context<unknown, unknown>, 'account' | 'http' | 'clock' | 'signal' | 'organisationId'>;
type Query = Readonly<Record<string, string | number | boolean>>;

interface Write {
  readonly query?: Query;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly contentType?: string;
  /** `Idempotency-Key`; see {@link keyFor}. */
  readonly key: string;
}

/**
 * One delivery's calls to the Accounting API. xero-node supplies the document types only: which requests may be repeated
 * hangs on whether a byte of them left this machine (R15), and its client does not tell.
 */
export interface Xero {
  read<S extends z.ZodType>(path: string, schema: S, query?: Query): Promise<z.output<S>>;
  write<S extends z.ZodType>(method: 'PUT' | 'POST', path: string, schema: S, write: Write): Promise<z.output<S>>;
  /** @throws RetryableError when too few of today's calls are left to begin a new document */
  keepReserve(): void;
}

export function openXero(ctx: Ctx): Xero {
  const { account } = ctx;
  if (!account) {
    throw new NeedsAttentionError('misconfigured', 'No Xero organisation is chosen', {
      scope: 'connection',
      hint: 'Choose the organisation under Settings, Xero.',
    });
  }
  const tenantId = account.id;
  const who = `${ctx.organisationId} ${tenantId}`;
  let written = false;
  let dayLeft: number | null = null;

  async function send(request: HttpRequest): Promise<HttpReply> {
    const call = await takeTurn(ctx.clock, who, ctx.signal);
    const reply = await ctx.http
      .send({
        ...request,
        headers: { accept: 'application/json', 'xero-tenant-id': tenantId, ...request.headers },
        signal: ctx.signal,
      })
      .finally(() => {
        // Xero counted it some time before now: only from now on is its minute over for both of us.
        call.at = ctx.clock.monotonicMs();
      });
    learn(ctx.clock, who, reply.headers['x-minlimit-remaining']);
    const left = Number(reply.headers['x-daylimit-remaining'] ?? Number.NaN);
    if (Number.isInteger(left)) dayLeft = left;
    if (reply.status === 429) throw tooFast(reply);
    if (reply.status < 200 || reply.status > 299) throw failureOf(reply, quirks);
    return reply;
  }

  return {
    async read(path, schema, query = {}) {
      try {
        return parsed(await send({ method: 'GET', url: urlOf(path, query) }), schema, 'Xero');
      } catch (error) {
        throw afterRead(error, written);
      }
    },
    async write(method, path, schema, { query = {}, json, bytes, contentType, key }) {
      written = true;
      const reply = await send({
        method,
        url: urlOf(path, query),
        headers: { 'idempotency-key': key, ...(contentType === undefined ? {} : { 'content-type': contentType }) },
        ...(bytes === undefined ? { json } : { bytes }),
      });
      return parsed(reply, schema, 'Xero');
    },
    keepReserve() {
      if (dayLeft !== null && dayLeft < dayReserve) {
        throw new RetryableError(
          'rate-limited',
          `Xero allows ${dayLeft} more calls today; they are kept for checking`,
          {
            retryAfterMs: dayWaitMs,
            scope: 'connection',
          },
        );
      }
    },
  };
}

/** A key per step: the same on every repeat of that step, at most 128 characters (1.9). */
export function keyFor(stamp: Pick<Stamp, 'idempotencyKey'>, step: string): string {
  return createHash('sha256').update(`${stamp.idempotencyKey}|${step}`).digest('hex');
}

function urlOf(path: string, query: Query): string {
  const url = new URL(`${apiUrl}${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return url.href;
}

/** The body of a 429 may be empty; the header says which of four limits it was. */
function tooFast(reply: HttpReply): IntegrationError {
  const problem = reply.headers['x-rate-limit-problem'] ?? 'minute';
  const usual = problem === 'day' ? dayWaitMs : problem === 'concurrency' ? 1_000 : 60_000;
  return new RetryableError('rate-limited', `Xero asked us to slow down (limit: ${problem})`, {
    retryAfterMs: reply.retryAfterMs ?? usual,
    scope: 'connection',
  });
}

interface Pace {
  /** The calls of the last minute, by the monotonic ms of their answer; those under way by that of their start. */
  calls: { at: number }[];
  /** How many a minute may hold, as learned from the last answer. */
  limit: number;
}

/**
 * A call is remembered a little longer than its minute: what Xero says is left was true when it looked, and a call that fell
 * out of our count on the way would make its answer look like somebody else's calls, and stop us for a minute.
 */
const rememberedMs = 60_250;

/** By clock and organisation; a clock lives as long as its process or its test. */
const paces = new WeakMap<Clock, Map<string, Pace>>();

function paceOf(clock: Clock, who: string): Pace {
  const byOrganisation = paces.get(clock) ?? new Map<string, Pace>();
  paces.set(clock, byOrganisation);
  const pace = byOrganisation.get(who) ?? { calls: [], limit: callsPerMinute };
  byOrganisation.set(who, pace);
  const now = clock.monotonicMs();
  pace.calls = pace.calls.filter(({ at }) => at > now - rememberedMs);
  return pace;
}

/** Waits until one more call fits into the minute. Calls differ per job, so this counts calls, not jobs. */
async function takeTurn(clock: Clock, who: string, signal: AbortSignal): Promise<{ at: number }> {
  for (;;) {
    const pace = paceOf(clock, who);
    const now = clock.monotonicMs();
    if (pace.calls.length < pace.limit) {
      const call = { at: now };
      pace.calls.push(call);
      return call;
    }
    await clock.sleep(Math.min(...pace.calls.map(({ at }) => at)) + rememberedMs - now + 1, signal);
    if (signal.aborted) throw new RetryableError('network', 'Cancelled while waiting for Xero’s rate limit');
  }
}

/** What Xero says is left counts more than our own count: it remembers the calls of before a restart. */
function learn(clock: Clock, who: string, left: string | undefined): void {
  const remaining = Number(left ?? Number.NaN);
  if (!Number.isInteger(remaining)) return;
  const pace = paceOf(clock, who);
  pace.limit = Math.max(1, pace.calls.length + remaining - keptCalls);
}
