import { z } from 'zod';
import { type IntegrationError, NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { HttpReply, HttpRequest } from '../../ports/http.ts';
import type { Clock } from '../../ports/runtime.ts';
import { adapterKit, type Context } from '../kit/adapter.ts';
import { failureOf, type Overrides } from '../kit/classify.ts';
import { pushEndsOn, secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type PowerBiContext = Context<z.output<typeof settings>, z.output<typeof secrets>>;

const Token = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });
const EntraError = z.object({ error_description: z.string().optional(), error_codes: z.array(z.number()).optional() });
const PowerBiError = z.object({ error: z.object({ code: z.string().optional(), message: z.string().optional() }) });
/** There is no refresh token in this flow: a new one is asked for this long before the old one ends. */
const earlyMs = 300_000;
const times = { firstByteMs: 30_000, wholeMs: 60_000 } as const;

interface Kept {
  token: string | null;
  endsAt: number;
}
/** By clock, which lives as long as its process or its test; one entry a tenant and application. */
const memory = new WeakMap<Clock, Map<string, Kept>>();

function keptFor({ clock, organisationId, settings: { tenantId, clientId } }: PowerBiContext): Kept {
  const all = memory.get(clock) ?? new Map<string, Kept>();
  memory.set(clock, all);
  const key = [organisationId, tenantId, clientId].join(' ');
  const kept = all.get(key) ?? { token: null, endsAt: 0 };
  all.set(key, kept);
  return kept;
}

export const errorCodeOf = (reply: Pick<HttpReply, 'json'>) => PowerBiError.safeParse(reply.json).data?.error.code;

const overrides: Overrides = {
  400: (reply) =>
    errorCodeOf(reply) === 'FeatureDeprecatedError'
      ? new NeedsAttentionError('misconfigured', 'Microsoft makes no push models in this tenant any more', {
          scope: 'connection',
          hint: `Choose "refresh" in the settings of Power BI; push models end on ${pushEndsOn}.`,
        })
      : failureOf(reply),
  403: ({ excerpt }) =>
    new NeedsAttentionError('forbidden', `Power BI does not let the application in: ${excerpt}`, {
      scope: 'connection',
      hint: 'Allow service principals in the admin portal, and add the application to the workspace as Contributor.',
    }),
};

/** One call below `/v1.0/myorg`, signed in; a token that ended early is replaced once. Throws unless `good` holds the status. */
export async function powerBiCall(
  ctx: PowerBiContext,
  method: HttpRequest['method'],
  path: string,
  { json, good = [200] }: { readonly json?: unknown; readonly good?: readonly number[] } = {},
): Promise<HttpReply> {
  const kept = keptFor(ctx);
  const send = async () =>
    ctx.http.send({
      method,
      url: `https://api.powerbi.com/v1.0/myorg/groups/${ctx.settings.workspaceId}${path}`,
      headers: { authorization: `Bearer ${await tokenOf(ctx)}`, accept: 'application/json' },
      ...(json === undefined ? {} : { json }),
      ...times,
      signal: ctx.signal,
    });
  const before = kept.token;
  let reply = await send();
  if (reply.status === 401 && before !== null && before === kept.token) {
    kept.token = null;
    reply = await send();
  }
  if (reply.status === 401) kept.token = null;
  if (!good.includes(reply.status)) throw reply.status < 300 ? notItsOwn() : failureOf(reply, overrides);
  return reply;
}

async function tokenOf(ctx: PowerBiContext): Promise<string> {
  const kept = keptFor(ctx);
  if (kept.token !== null && kept.endsAt - ctx.clock.now() > earlyMs) return kept.token;
  const reply = await ctx.http.send({
    method: 'POST',
    url: `https://login.microsoftonline.com/${ctx.settings.tenantId}/oauth2/v2.0/token`,
    form: {
      grant_type: 'client_credentials',
      client_id: ctx.settings.clientId,
      client_secret: ctx.secrets.clientSecret,
      scope: 'https://analysis.windows.net/powerbi/api/.default',
    },
    ...times,
    signal: ctx.signal,
  });
  if (reply.status !== 200) throw failureOf(reply, { 400: wrongKey, 401: wrongKey });
  const token = Token.safeParse(reply.json);
  if (!token.success) throw notItsOwn();
  kept.token = token.data.access_token;
  kept.endsAt = ctx.clock.now() + token.data.expires_in * 1_000;
  return kept.token;
}

/** Entra's own numbers, in people's words. */
const entraCodes: Readonly<Record<number, string>> = {
  7000215: 'The client secret is wrong: enter its value, not its id',
  7000222: 'The client secret has expired',
  90002: 'There is no such directory (tenant)',
  700016: 'The directory does not know this application',
};

function wrongKey({ json, excerpt }: Pick<HttpReply, 'json' | 'excerpt'>): IntegrationError {
  const said = EntraError.safeParse(json).data;
  const known = said?.error_codes?.map((code) => entraCodes[code]).find((words) => words !== undefined);
  return new NeedsAttentionError('auth', known ?? `Microsoft did not accept the application: ${excerpt}`, {
    scope: 'connection',
    hint: 'Make a new client secret under App registrations, Certificates & secrets, and enter its value.',
  });
}

export const notItsOwn = () => new RetryableError('timeout', 'Power BI answered, but not in its own form');

/** Waits, or throws when the work was told to stop: nothing is under way then that could not be taken up again. */
export async function pause(ctx: PowerBiContext, ms: number): Promise<void> {
  await ctx.clock.sleep(ms, ctx.signal);
  if (ctx.signal.aborted) throw new RetryableError('network', 'Cancelled while waiting for Power BI');
}
