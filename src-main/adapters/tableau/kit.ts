import { z } from 'zod';
import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { HttpReply, HttpRequest } from '../../ports/http.ts';
import type { Clock } from '../../ports/runtime.ts';
import { adapterKit, type Context } from '../kit/adapter.ts';
import { failureOf, type Overrides } from '../kit/classify.ts';
import type { multipart } from '../kit/multipart.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type TableauContext = Context<z.output<typeof settings>, z.output<typeof secrets>>;

const ServerInfo = z.object({ serverInfo: z.object({ restApiVersion: z.string().regex(/^\d+\.\d+$/) }) });
const SignedIn = z.object({
  credentials: z.object({ token: z.string().min(1), site: z.object({ id: z.string().min(1) }) }),
});
const Refusal = z.object({ error: z.object({ code: z.string() }) });
/** A session lasts two hours on Tableau Cloud and cannot be prolonged. */
const renewMs = 90 * 60_000;
/** Any version answers this one question, an old one everywhere. */
const firstVersion = '2.4';
const times = { firstByteMs: 60_000, wholeMs: 300_000 } as const;

export interface Session {
  readonly token: string;
  readonly siteId: string;
  readonly version: string;
  readonly renewAt: number;
}
interface Kept {
  session: Promise<Session> | null;
}
/**
 * By clock, which lives as long as its process or its test. One session an access token: signing in a second time ends the
 * first, so whoever comes while a sign-in is under way waits for that one.
 */
const memory = new WeakMap<Clock, Map<string, Kept>>();

function keptFor({ clock, organisationId, settings: { address, site, tokenName } }: TableauContext): Kept {
  const all = memory.get(clock) ?? new Map<string, Kept>();
  memory.set(clock, all);
  const key = [organisationId, address, site, tokenName].join(' ');
  const kept = all.get(key) ?? { session: null };
  all.set(key, kept);
  return kept;
}

const overrides: Overrides = {
  401: ({ json, excerpt }) =>
    new NeedsAttentionError('auth', codeOf(json) === '401001' ? 'Tableau did not accept the access token' : excerpt, {
      scope: 'connection',
      hint: 'A token dies after 15 days without use and after a year. Make a new one for this console alone, and enter it.',
    }),
  403: ({ excerpt }) =>
    new NeedsAttentionError('forbidden', `Tableau does not let this user publish: ${excerpt}`, {
      scope: 'connection',
      hint: 'The user of the token needs the site role Explorer (can publish) and may save to the project.',
    }),
};

export const codeOf = (json: unknown) => Refusal.safeParse(json).data?.error.code;

interface Call {
  readonly method: HttpRequest['method'];
  /** Below the version, from the session's site. */
  readonly path: (siteId: string) => string;
  readonly good: number;
  readonly body?: ReturnType<typeof multipart>;
}

/** One call of the REST API, signed in; a session that ended early is replaced once. */
export async function tableauCall(ctx: TableauContext, { method, path, good, body }: Call): Promise<HttpReply> {
  const send = async () => {
    const session = await sessionOf(ctx);
    const reply = await request(ctx, {
      method,
      path: `/${session.version}${path(session.siteId)}`,
      headers: {
        'x-tableau-auth': session.token,
        ...(body === undefined ? {} : { 'content-type': body.contentType }),
      },
      ...(body === undefined ? {} : { bytes: body.bytes }),
    });
    return { reply, session };
  };
  const kept = keptFor(ctx);
  const before = kept.session;
  let { reply, session } = await send();
  if (reply.status === 401 && kept.session === before && before !== null) {
    kept.session = null;
    ({ reply, session } = await send());
  }
  if (reply.status === 401 && (await kept.session?.catch(() => null)) === session) kept.session = null;
  if (reply.status !== good) throw reply.status < 300 ? notItsOwn() : failureOf(reply, overrides);
  return reply;
}

export async function sessionOf(ctx: TableauContext): Promise<Session> {
  const kept = keptFor(ctx);
  const known = await kept.session;
  if (known !== null && known.renewAt > ctx.clock.now()) return known;
  // Somebody else may have begun one while this one waited.
  if (kept.session === null || (await kept.session) === known) {
    const fresh = signIn(ctx);
    kept.session = fresh;
    fresh.catch(() => {
      if (kept.session === fresh) kept.session = null;
    });
  }
  return kept.session;
}

async function signIn(ctx: TableauContext): Promise<Session> {
  const { site, tokenName } = ctx.settings;
  const version = await versionOf(ctx);
  const reply = await request(ctx, {
    method: 'POST',
    path: `/${version}/auth/signin`,
    json: {
      credentials: {
        personalAccessTokenName: tokenName,
        personalAccessTokenSecret: ctx.secrets.tokenSecret,
        site: { contentUrl: site },
      },
    },
  });
  if (reply.status !== 200) throw failureOf(reply, overrides);
  const signedIn = SignedIn.safeParse(reply.json);
  if (!signedIn.success) throw notItsOwn();
  const { token, site: found } = signedIn.data.credentials;
  return { token, siteId: found.id, version, renewAt: ctx.clock.now() + renewMs };
}

/** Parquet needs 3.15 (Server 2022.1). */
async function versionOf(ctx: TableauContext): Promise<string> {
  const reply = await request(ctx, { method: 'GET', path: `/${firstVersion}/serverinfo` });
  if (reply.status !== 200) throw failureOf(reply, overrides);
  const info = ServerInfo.safeParse(reply.json);
  if (!info.success) throw notItsOwn();
  const version = info.data.serverInfo.restApiVersion;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 3 || (major === 3 && minor < 15)) {
    throw new NeedsAttentionError('misconfigured', `This Tableau speaks API ${version} and takes no Parquet files`, {
      scope: 'connection',
      hint: 'Tableau Server 2022.1 or newer is needed, or Tableau Cloud.',
    });
  }
  return version;
}

function request(
  ctx: TableauContext,
  { path, headers = {}, ...rest }: Pick<HttpRequest, 'method' | 'json' | 'bytes' | 'headers'> & { path: string },
): Promise<HttpReply> {
  const url = `${ctx.settings.address.replace(/\/+$/, '')}/api${path}`;
  const known = new URL(url).hostname.endsWith('.online.tableau.com');
  return ctx.http.send({
    ...rest,
    url,
    // Without it Tableau answers in XML.
    headers: { accept: 'application/json', ...headers },
    ...times,
    // Its own hosts are known; any other address is a person's, and checked against private ranges (SEC-36).
    ...(known ? {} : { untrustedHost: true }),
    signal: ctx.signal,
  });
}

export const notItsOwn = () => new RetryableError('timeout', 'Tableau answered, but not in its own form');
