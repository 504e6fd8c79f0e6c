import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHttp } from '../../platform/http.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { createOAuthReturn } from '../../platform/oauth-return.ts';
import { systemClock } from '../../platform/runtime.ts';
import type { SecretStore } from '../../ports/secrets.ts';
import { type TestClock, testClock, testIds } from '../../testing/runtime.ts';
import type { OAuthSpec } from './adapter.ts';
import { authorization, bearerHttp, createTokenSource, exchangeCode, revoke, type TokenSet } from './oauth.ts';

type Grant = (form: URLSearchParams, request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let url = '';
let grants: URLSearchParams[] = [];
let grant: Grant;
let clock: TestClock;
let http: ReturnType<typeof createHttp>;

const answer = (response: ServerResponse, status: number, body: unknown) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** Like a vendor with single-use refresh tokens: each refresh gives a new pair, a used one is refused. */
function rotating(): Grant {
  let valid = 'refresh-0';
  let count = 0;
  return (form, _request, response) => {
    if (form.get('refresh_token') !== valid) return answer(response, 400, { error: 'invalid_grant' });
    valid = `refresh-${++count}`;
    answer(response, 200, {
      access_token: `access-${count}`,
      refresh_token: valid,
      expires_in: 1800,
      token_type: 'Bearer',
    });
  };
}

beforeEach(async () => {
  grants = [];
  grant = rotating();
  clock = testClock();
  // Real time for the wire; the test clock only says how old a token is.
  http = createHttp({ clock: systemClock, redactor: { redact: (text) => text } });
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      if (request.url === '/api') {
        const good = request.headers.authorization === 'Bearer access-1';
        return answer(response, good ? 200 : 401, { saw: request.headers.authorization });
      }
      grants.push(form);
      grant(form, request, response);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;
});
afterEach(async () => {
  await http.close();
  server.closeAllConnections();
  server.close();
});

const spec = (more: Partial<OAuthSpec> = {}): OAuthSpec => ({
  authorizeUrl: `${url}/authorize`,
  tokenUrl: `${url}/token`,
  revokeUrl: `${url}/revoke`,
  scopes: ['offline_access', 'bills'],
  pkce: true,
  redirectPorts: [0],
  ...more,
});
const client = { id: 'client-1', secret: null };
const where = { organisationId: 'oak', system: 'xero' };
const tokensAt = { ...where, name: 'tokens' };
const entropy = { text: (bytes: number) => testIds('e').next().padEnd(bytes, 'x') };

async function signedIn(more: Partial<TokenSet> = {}, secrets: SecretStore = createMemorySecrets()) {
  const tokens: TokenSet = {
    accessToken: 'access-0',
    refreshToken: 'refresh-0',
    expiresAt: clock.now() + 1_800_000,
    scope: null,
    endsAt: null,
    spent: false,
    ...more,
  };
  await secrets.write(tokensAt, JSON.stringify(tokens));
  const known: string[] = [];
  const make = () =>
    createTokenSource({
      spec: spec(),
      client: async () => client,
      secrets,
      address: where,
      http,
      clock,
      know: (one) => known.push(one),
    });
  const kept = async (): Promise<TokenSet> => JSON.parse((await secrets.read(tokensAt)) ?? 'null');
  return { source: make(), make, secrets, kept, known };
}
/** The whole connection waits for a person (FT-53). */
const auth = { code: 'auth', kind: 'needs-attention', detail: { scope: 'connection' } };

test('the page to open carries an S256 challenge of a verifier that stays here', () => {
  const { url: page, verifier } = authorization(spec(), client, 'http://localhost:41731/callback', 'state-1', entropy);
  const query = new URL(page).searchParams;
  expect(Object.fromEntries(query)).toMatchObject({
    response_type: 'code',
    client_id: 'client-1',
    redirect_uri: 'http://localhost:41731/callback',
    scope: 'offline_access bills',
    state: 'state-1',
    code_challenge_method: 'S256',
    code_challenge: createHash('sha256')
      .update(verifier ?? '')
      .digest('base64url'),
  });
  expect(page).not.toContain(verifier);
  expect(verifier?.length).toBeGreaterThanOrEqual(43);
});

test('a whole sign-in: the answer at the loopback page becomes tokens', async () => {
  grant = (_form, _request, response) =>
    answer(response, 200, { access_token: 'a', refresh_token: 'r', expires_in: '1800' });
  const back = await createOAuthReturn({ clock: systemClock }).listen({
    ports: [0],
    path: '/callback',
    state: 's1',
    waitMs: 60_000,
  });
  const reply = await http.send({ method: 'GET', url: `${back.redirectUri}?state=s1&code=c1` });
  expect(reply.status).toBe(200);
  expect(reply.text).not.toContain('c1');
  const expected = { state: 's1', redirectUri: back.redirectUri, verifier: 'v'.repeat(43) };
  const tokens = await exchangeCode({ http, clock }, spec(), client, (await back.answer) ?? {}, expected);
  expect(tokens).toMatchObject({ accessToken: 'a', refreshToken: 'r', expiresAt: clock.now() + 1_800_000 });
  expect(Object.fromEntries(grants[0] ?? [])).toEqual({
    grant_type: 'authorization_code',
    code: 'c1',
    redirect_uri: back.redirectUri,
    code_verifier: 'v'.repeat(43),
    client_id: 'client-1',
  });
});

test.each([
  ['another state', { state: 'other', code: 'c' }],
  ['another issuer', { state: 's', code: 'c', iss: 'https://evil.example' }],
  ['a refusal', { state: 's', error: 'access_denied' }],
  ['no code', { state: 's' }],
])('an answer with %s asks for no token', async (_what, query) => {
  const expected = { state: 's', redirectUri: 'x', verifier: 'v' };
  await expect(
    exchangeCode({ http, clock }, spec({ issuer: 'https://login.example' }), client, query, expected),
  ).rejects.toMatchObject(auth);
  expect(grants).toEqual([]);
});

test('a client secret goes where the vendor wants it', async () => {
  const secretClient = { id: 'id', secret: 'shh' };
  let header: string | undefined;
  grant = (_form, request, response) => {
    header = request.headers.authorization;
    answer(response, 200, { access_token: 'a' });
  };
  const expected = { state: 's', redirectUri: 'x', verifier: null };
  await exchangeCode({ http, clock }, spec({ clientAuth: 'basic' }), secretClient, { state: 's', code: 'c' }, expected);
  expect(header).toBe(`Basic ${Buffer.from('id:shh').toString('base64')}`);
  expect(grants[0]?.get('client_secret')).toBeNull();
  await exchangeCode({ http, clock }, spec({ clientAuth: 'body' }), secretClient, { state: 's', code: 'c' }, expected);
  expect(header).toBeUndefined();
  expect(grants[1]?.get('client_secret')).toBe('shh');
});

test('a token is used until a minute before its end, then renewed and stored before use', async () => {
  const { source, kept, known } = await signedIn();
  expect(await source.access()).toBe('access-0');
  expect(grants).toEqual([]);
  await clock.advance(1_741_000);
  expect(await source.access()).toBe('access-1');
  expect(await kept()).toMatchObject({ accessToken: 'access-1', refreshToken: 'refresh-1', spent: false });
  expect(known).toEqual(expect.arrayContaining(['access-0', 'refresh-0', 'access-1', 'refresh-1']));
});

test('a rotating refresh token works again and again, across restarts', async () => {
  const { make, kept } = await signedIn();
  for (let round = 1; round <= 5; round++) {
    await clock.advance(1_800_000);
    expect(await make().access()).toBe(`access-${round}`);
  }
  expect(await kept()).toMatchObject({ refreshToken: 'refresh-5' });
});

test('twenty callers at once make one refresh', async () => {
  const { source } = await signedIn({ expiresAt: 0 });
  const got = await Promise.all(Array.from({ length: 20 }, () => source.access()));
  expect(new Set(got)).toEqual(new Set(['access-1']));
  expect(grants).toHaveLength(1);
});

test('a 401 renews once and the request is made once more; callers with the same refused token share it', async () => {
  const { source } = await signedIn();
  const api = bearerHttp(http, source);
  const replies = await Promise.all([1, 2, 3].map(() => api.send({ method: 'GET', url: `${url}/api` })));
  expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200]);
  expect(grants).toHaveLength(1);
});

test('a vendor that refuses every token gets two tries, not a loop', async () => {
  grant = (_form, _request, response) =>
    answer(response, 200, { access_token: 'never-good', refresh_token: 'refresh-9' });
  const { source } = await signedIn();
  expect((await bearerHttp(http, source).send({ method: 'GET', url: `${url}/api` })).status).toBe(401);
  expect(grants).toHaveLength(1);
});

test('a lost answer means reconnect, and the used token is never sent again, not even after a restart', async () => {
  grant = (_form, request) => request.socket.destroy();
  const { source, make, kept } = await signedIn({ expiresAt: 0 });
  await expect(source.access()).rejects.toMatchObject(auth);
  expect(await kept()).toMatchObject({ spent: true });
  grant = rotating();
  await expect(source.access()).rejects.toMatchObject(auth);
  await expect(make().access()).rejects.toMatchObject(auth);
  expect(grants).toHaveLength(1);
});

test('an answer without a token is a lost one', async () => {
  grant = (_form, _request, response) => answer(response, 200, { hello: 'world' });
  const { source } = await signedIn({ expiresAt: 0 });
  await expect(source.access()).rejects.toMatchObject(auth);
  await expect(source.access()).rejects.toMatchObject(auth);
  expect(grants).toHaveLength(1);
});

test('an outage of the token address is waited out, not taken for a lost sign-in', async () => {
  grant = (_form, _request, response) => answer(response, 503, {});
  const { source, kept } = await signedIn({ expiresAt: 0 });
  await expect(source.access()).rejects.toMatchObject({ code: 'vendor-down' });
  expect(await kept()).toMatchObject({ spent: false });
  grant = rotating();
  expect(await source.access()).toBe('access-1');
});

test('a refused refresh token means reconnect', async () => {
  const { source } = await signedIn({ expiresAt: 0, refreshToken: 'revoked' });
  await expect(source.access()).rejects.toMatchObject(auth);
});

test('tokens the secret store would not take are kept until it does', async () => {
  const inner = createMemorySecrets();
  let locked = false;
  let writes = 0;
  const secrets: SecretStore = {
    ...inner,
    async write(address, value) {
      if (locked && ++writes === 2) throw new Error('locked in between');
      await inner.write(address, value);
    },
  };
  const { source, kept } = await signedIn({ expiresAt: 0 }, secrets);
  locked = true;
  await expect(source.access()).rejects.toThrow('locked in between');
  expect(await source.access()).toBe('access-1');
  expect(await kept()).toMatchObject({ accessToken: 'access-1', refreshToken: 'refresh-1' });
  expect(grants).toHaveLength(1);
});

test('a renewal that ends after the sign-in was replaced does not bring the old tokens back', async () => {
  let go: () => void = () => undefined;
  const answered = rotating();
  grant = (form, request, response) => {
    go = () => answered(form, request, response);
  };
  const { source, secrets, kept } = await signedIn({ expiresAt: 0 });
  const late = source.access();
  late.catch(() => undefined);
  await expect.poll(() => grants.length).toBe(1);
  source.close();
  await secrets.write(
    tokensAt,
    JSON.stringify({ accessToken: 'new', refreshToken: null, expiresAt: null, scope: null }),
  );
  go();
  await expect(late).rejects.toMatchObject(auth);
  expect(await kept()).toMatchObject({ accessToken: 'new' });
});

test('disconnecting takes the tokens back at the vendor', async () => {
  grant = (_form, _request, response) => answer(response, 200, {});
  await revoke(http, spec(), client, {
    accessToken: 'a',
    refreshToken: 'r',
    expiresAt: null,
    scope: null,
    endsAt: null,
    spent: false,
  });
  expect(grants[0]?.get('token')).toBe('r');
});
