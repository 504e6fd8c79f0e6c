import { createHash } from 'node:crypto';
import { z } from 'zod';
import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { HttpClient, HttpReply, HttpRequest } from '../../ports/http.ts';
import type { Clock } from '../../ports/runtime.ts';
import type { Entropy, SecretAddress, SecretStore } from '../../ports/secrets.ts';
import type { OAuthSpec } from './adapter.ts';
import { failureOf } from './classify.ts';

/** What is kept of a sign-in: one secret, JSON. */
export const TokenSet = z.object({
  accessToken: z.string().min(1),
  refreshToken: z.string().nullable(),
  /** ms UTC; null: the vendor named no end. */
  expiresAt: z.number().int().nullable(),
  scope: z.string().nullable(),
  /** When the sign-in itself runs out, however often it is renewed, ms UTC; null: the vendor names no such end. */
  endsAt: z.number().int().nullable().default(null),
  /**
   * A refresh was started with this refresh token and its answer was not stored. It may be used up, so it is never sent
   * again (R22).
   */
  spent: z.boolean().default(false),
});
export type TokenSet = z.infer<typeof TokenSet>;

export interface OAuthClient {
  readonly id: string;
  readonly secret: string | null;
  /** The page of `OAuthSpec.redirect: 'page'`. */
  readonly redirectUrl?: string | null;
}

/** RFC 6749 section 5.1, as far as vendors keep to it. */
const TokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.coerce.number().positive().optional(),
  scope: z.string().optional(),
  /** Intuit's own: seconds until the refresh token ends when unused, and in any case. */
  x_refresh_token_expires_in: z.coerce.number().positive().optional(),
  x_refresh_token_hard_expires_in: z.coerce.number().positive().optional(),
});

/** A new token is fetched this long before the old one ends. */
const earlyMs = 60_000;

export const tokensName = 'tokens';

/** The first half of a sign-in: the page to open, and what must be remembered until the answer comes. */
export function authorization(
  spec: OAuthSpec,
  client: OAuthClient,
  redirectUri: string,
  state: string,
  entropy: Entropy,
): { readonly url: string; readonly verifier: string | null } {
  const verifier = spec.pkce ? entropy.text(48) : null;
  const url = new URL(spec.authorizeUrl);
  url.searchParams.set('response_type', 'code');
  url.searchParams.set('client_id', client.id);
  url.searchParams.set('redirect_uri', redirectUri);
  if (spec.scopes.length > 0) url.searchParams.set('scope', spec.scopes.join(' '));
  url.searchParams.set('state', state);
  if (verifier !== null) {
    url.searchParams.set('code_challenge', createHash('sha256').update(verifier).digest('base64url'));
    url.searchParams.set('code_challenge_method', 'S256');
  }
  return { url: url.href, verifier };
}

/** The second half: the code of the answer for tokens. Throws IntegrationError; nothing is stored. */
export async function exchangeCode(
  deps: { readonly http: HttpClient; readonly clock: Clock },
  spec: OAuthSpec,
  client: OAuthClient,
  answer: Readonly<Record<string, string>>,
  expected: { readonly state: string; readonly redirectUri: string; readonly verifier: string | null },
): Promise<TokenSet> {
  if (answer.state !== expected.state) throw signIn('The answer belongs to another sign-in');
  // RFC 9207: an answer of another issuer must not be taken to this one's token address.
  if (spec.issuer !== undefined && answer.iss !== undefined && answer.iss !== spec.issuer) {
    throw signIn('The answer came from another issuer');
  }
  if (answer.error !== undefined) {
    throw signIn(answer.error === 'access_denied' ? 'Access was not granted' : `Refused: ${answer.error}`);
  }
  const code = answer.code;
  if (code === undefined) throw signIn('The answer carries no code');
  const reply = await ask(deps.http, spec, client, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: expected.redirectUri,
    ...(expected.verifier === null ? {} : { code_verifier: expected.verifier }),
  });
  return tokensOf(reply, deps.clock, null);
}

/** Takes the tokens back at the vendor, as far as it offers that. Throws IntegrationError. */
export async function revoke(http: HttpClient, spec: OAuthSpec, client: OAuthClient, tokens: TokenSet): Promise<void> {
  if (spec.revokeUrl === undefined) return;
  const token = tokens.refreshToken ?? tokens.accessToken;
  const {
    method,
    url,
    headers = {},
    untrustedHost = false,
    ...body
  } = tokenRequest(spec.revokeUrl, spec, client, { token });
  const asked = spec.revokeBody === 'json' ? { json: { token } } : body;
  const reply = await http.send({ method, url, headers, untrustedHost, ...asked });
  if (reply.status >= 300) throw failureOf(reply);
}

export interface TokenSource {
  /** A token that is good for at least the next minute. Throws NeedsAttentionError('auth') when a person must reconnect. */
  access(): Promise<string>;
  /** After a 401 with `refused`: a newer token; one call serves everybody who asks meanwhile. */
  renew(refused: string): Promise<string>;
  /** True while a token is being read or renewed. */
  busy(): boolean;
  /** The sign-in ended or was replaced: what a renewal still under way brings is not stored any more. */
  close(): void;
}

/**
 * The tokens of one connection. Refreshing is single-flight; the used refresh token is marked in the secret store before
 * it is sent and the new one is stored before it is used, so neither a kill nor a lost answer sends it twice (R22).
 * Keep one source per connection: the single flight is its memory.
 */
export function createTokenSource(deps: {
  readonly spec: OAuthSpec;
  readonly client: () => Promise<OAuthClient>;
  readonly secrets: SecretStore;
  readonly address: Omit<SecretAddress, 'name'>;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Told every token as soon as it is known. */
  readonly know: (secret: string) => void;
}): TokenSource {
  const { spec, client, secrets, http, clock, know } = deps;
  const address: SecretAddress = { ...deps.address, name: tokensName };
  let flight: Promise<TokenSet> | null = null;
  /** Fetched but not yet stored, because the secret store failed in between: losing it would lose the connection. */
  let unstored: TokenSet | null = null;
  let closed = false;

  async function write(tokens: TokenSet): Promise<void> {
    if (closed) throw signIn('The sign-in was replaced meanwhile');
    await secrets.write(address, JSON.stringify(tokens));
  }

  async function stored(): Promise<TokenSet> {
    if (unstored !== null) {
      await store(unstored);
      return unstored ?? (await stored());
    }
    const text = await secrets.read(address);
    if (text === null) throw signIn('Not signed in yet');
    const tokens = readTokens(text);
    know(tokens.accessToken);
    if (tokens.refreshToken !== null) know(tokens.refreshToken);
    return tokens;
  }

  async function store(tokens: TokenSet): Promise<void> {
    unstored = tokens;
    await write(tokens);
    unstored = null;
  }

  async function refreshed(tokens: TokenSet): Promise<TokenSet> {
    if (tokens.spent) throw signIn('A renewal of the sign-in was interrupted');
    if (tokens.refreshToken === null) throw signIn('The sign-in has run out');
    await write({ ...tokens, spent: true });
    let next: TokenSet;
    try {
      const app = await client();
      const repeated = spec.tokenBody === 'json-with-redirect' ? { redirect_uri: app.redirectUrl ?? '' } : {};
      const reply = await ask(http, spec, app, {
        grant_type: 'refresh_token',
        refresh_token: tokens.refreshToken,
        ...repeated,
      });
      next = tokensOf(reply, clock, tokens);
    } catch (thrown) {
      // Only a lost or unreadable answer leaves the token in doubt; a refusal or "not sent" says that nothing was used.
      if (thrown instanceof RetryableError && thrown.code === 'timeout') {
        throw signIn('The answer to a renewal of the sign-in was lost', thrown);
      }
      await write(tokens);
      throw thrown;
    }
    know(next.accessToken);
    if (next.refreshToken !== null) know(next.refreshToken);
    await store(next);
    return next;
  }

  function current(isGood: (tokens: TokenSet) => boolean): Promise<TokenSet> {
    flight ??= (async () => {
      const tokens = await stored();
      return isGood(tokens) ? tokens : refreshed(tokens);
    })().finally(() => {
      flight = null;
    });
    return flight;
  }

  return {
    busy: () => flight !== null,
    close() {
      closed = true;
    },
    async access() {
      const tokens = await current(({ expiresAt }) => expiresAt === null || expiresAt - clock.now() > earlyMs);
      return tokens.accessToken;
    },
    async renew(refused) {
      // A flight under way may have been started with another question; what it brings is asked again.
      await flight?.catch(() => undefined);
      const tokens = await current(({ accessToken }) => accessToken !== refused);
      return tokens.accessToken;
    },
  };
}

/** Adds the access token, and after a 401 renews it and tries once more: the vendor has refused before doing anything. */
export function bearerHttp(http: HttpClient, tokens: TokenSource): HttpClient {
  return {
    async send(request) {
      const withToken = (token: string) =>
        http.send({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
      const token = await tokens.access();
      const reply = await withToken(token);
      return reply.status === 401 ? withToken(await tokens.renew(token)) : reply;
    },
  };
}

/** Throws NeedsAttentionError('auth') when the stored text is not ours. */
export function readTokens(text: string): TokenSet {
  try {
    return TokenSet.parse(JSON.parse(text));
  } catch (cause) {
    throw signIn('The stored sign-in cannot be read', cause);
  }
}

async function ask(
  http: HttpClient,
  spec: OAuthSpec,
  client: OAuthClient,
  form: Readonly<Record<string, string>>,
): Promise<HttpReply> {
  const reply = await http.send(tokenRequest(spec.tokenUrl, spec, client, form));
  if (reply.status === 200) return reply;
  const error = z.object({ error: z.string() }).safeParse(reply.json);
  if (reply.status < 500 && error.success && /^(invalid_|unauthorized_|access_denied)/.test(error.data.error)) {
    throw signIn(`The sign-in was refused (${error.data.error})`);
  }
  throw failureOf(reply);
}

function tokenRequest(
  url: string,
  spec: OAuthSpec,
  client: OAuthClient,
  fields: Readonly<Record<string, string>>,
): HttpRequest {
  const inBasic = spec.clientAuth === 'basic' && client.secret !== null;
  const body = {
    ...fields,
    ...(inBasic ? {} : { client_id: client.id }),
    ...(spec.clientAuth === 'body' && client.secret !== null ? { client_secret: client.secret } : {}),
  };
  return {
    method: 'POST',
    url,
    ...(spec.untrustedHost === true ? { untrustedHost: true } : {}),
    headers: {
      accept: 'application/json',
      ...(inBasic ? { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` } : {}),
      ...spec.tokenHeaders,
    },
    ...(spec.tokenBody === 'json-with-redirect' ? { json: body } : { form: body }),
  };
}

function tokensOf(reply: HttpReply, clock: Clock, before: TokenSet | null): TokenSet {
  const answer = TokenAnswer.safeParse(reply.json);
  // Answered, yet without a token: whether the old one was used up is unknown.
  if (!answer.success) throw new RetryableError('timeout', 'The token address answered without a token');
  const { access_token, refresh_token, expires_in, scope } = answer.data;
  const lives = [answer.data.x_refresh_token_expires_in, answer.data.x_refresh_token_hard_expires_in];
  const endsIn = Math.min(...lives.filter((seconds) => seconds !== undefined));
  return {
    accessToken: access_token,
    refreshToken: refresh_token ?? before?.refreshToken ?? null,
    expiresAt: expires_in === undefined ? null : clock.now() + Math.round(expires_in * 1_000),
    scope: scope ?? before?.scope ?? null,
    endsAt: Number.isFinite(endsIn) ? clock.now() + Math.round(endsIn * 1_000) : null,
    spent: false,
  };
}

function signIn(message: string, cause?: unknown): NeedsAttentionError {
  return new NeedsAttentionError('auth', message, { hint: 'Reconnect', scope: 'connection', cause });
}
