import { z } from 'zod';
import { type IntegrationError, NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { HttpReply, HttpRequest } from '../../ports/http.ts';
import type { Clock } from '../../ports/runtime.ts';
import { adapterKit, type Context } from '../kit/adapter.ts';
import { failureOf, type Overrides } from '../kit/classify.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type LookerContext = Context<z.output<typeof settings>, z.output<typeof secrets>>;

const Login = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
/** A new token is fetched this long before the old one ends. */
const earlyMs = 60_000;
const times = { firstByteMs: 15_000, wholeMs: 30_000 } as const;

interface Kept {
  token: string | null;
  endsAt: number;
  /** Of the datagroup; asked for once, since each call counts. */
  datagroup: string | null;
  /** When its cache was last dropped, ms UTC; null: not known yet. */
  resetAt: number | null;
  /** When health last was well, monotonic ms. */
  wellAt: number | null;
}
/** By clock, which lives as long as its process or its test; one entry a Looker and key. */
const memory = new WeakMap<Clock, Map<string, Kept>>();

export function keptFor({
  clock,
  organisationId,
  settings: { address, clientId, model, datagroup },
}: LookerContext): Kept {
  const all = memory.get(clock) ?? new Map<string, Kept>();
  memory.set(clock, all);
  const key = [organisationId, address, clientId, model, datagroup].join(' ');
  const kept = all.get(key) ?? { token: null, endsAt: 0, datagroup: null, resetAt: null, wellAt: null };
  all.set(key, kept);
  return kept;
}

const overrides: Overrides = {
  // Looker names no wait; its quota is one of a month.
  429: ({ excerpt, retryAfterMs }) =>
    new RetryableError('rate-limited', excerpt || 'Looker’s quota of calls is used up for now', {
      retryAfterMs: retryAfterMs ?? 60_000,
      scope: 'connection',
    }),
};

/** One call of API 4.0, signed in; a token that ended early is replaced once. Each login counts against the quota. */
export async function lookerCall(
  ctx: LookerContext,
  method: HttpRequest['method'],
  path: string,
  json?: unknown,
): Promise<HttpReply> {
  const kept = keptFor(ctx);
  const fresh = kept.token === null || kept.endsAt - ctx.clock.now() <= earlyMs;
  let reply = await send(ctx, { method, path, json, token: await tokenOf(ctx) });
  if (reply.status === 401 && !fresh) {
    kept.token = null;
    reply = await send(ctx, { method, path, json, token: await tokenOf(ctx) });
  }
  if (reply.status === 401) kept.token = null;
  if (reply.status !== 200) throw failureOf(reply, overrides);
  return reply;
}

async function tokenOf(ctx: LookerContext): Promise<string> {
  const kept = keptFor(ctx);
  if (kept.token !== null && kept.endsAt - ctx.clock.now() > earlyMs) return kept.token;
  const url = `${base(ctx)}/login`;
  const reply = await ctx.http.send({
    method: 'POST',
    url,
    // In the body: the query form ends with 2026, and addresses are written to logs.
    form: { client_id: ctx.settings.clientId, client_secret: ctx.secrets.clientSecret },
    ...times,
    ...trust(url),
    signal: ctx.signal,
  });
  if (reply.status !== 200) {
    // A wrong key is answered with 404 there.
    throw failureOf(reply, { ...overrides, 400: wrongKey, 401: wrongKey, 404: wrongKey });
  }
  const login = Login.safeParse(reply.json);
  if (!login.success) throw new RetryableError('timeout', 'Looker answered the sign-in, but not in its own form');
  kept.token = login.data.access_token;
  kept.endsAt = ctx.clock.now() + login.data.expires_in * 1_000;
  return kept.token;
}

const wrongKey = ({ excerpt }: Pick<HttpReply, 'excerpt'>): IntegrationError =>
  new NeedsAttentionError('auth', `Looker did not accept the key: ${excerpt}`, {
    scope: 'connection',
    hint: 'Make a new API key for the console’s user under Admin, Users, and enter both halves.',
  });

function send(
  ctx: LookerContext,
  { method, path, json, token }: { method: HttpRequest['method']; path: string; json: unknown; token: string },
): Promise<HttpReply> {
  const url = `${base(ctx)}${path}`;
  return ctx.http.send({
    method,
    url,
    headers: { authorization: `token ${token}`, accept: 'application/json' },
    ...(json === undefined ? {} : { json }),
    ...times,
    ...trust(url),
    signal: ctx.signal,
  });
}

const base = ({ settings: { address } }: LookerContext) => `${address.replace(/\/+$/, '')}/api/4.0`;
/** Looker's own hosts are known; any other address is a person's, and checked against private ranges (SEC-36). */
const trust = (url: string): Pick<HttpRequest, 'untrustedHost'> =>
  new URL(url).hostname.endsWith('.cloud.looker.com') ? {} : { untrustedHost: true };
