import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { type AnyAdapter, adapterKit } from '../../adapters/kit/adapter.ts';
import { failureOf } from '../../adapters/kit/classify.ts';
import { systemEntropy } from '../../platform/entropy.ts';
import { createEnvironmentSecrets } from '../../platform/environment-secrets.ts';
import { createHttp } from '../../platform/http.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { createOAuthReturn } from '../../platform/oauth-return.ts';
import { createPracticeHttp } from '../../platform/practice-http.ts';
import { createRedactor } from '../../platform/redactor.ts';
import { systemClock } from '../../platform/runtime.ts';
import type { SecretStore, SecretStoreState } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../store/open.ts';
import { testRuntime } from '../../testing/runtime.ts';
import type { AuditInput } from '../audit/audit.ts';
import { createOrganisations } from '../organisations/organisations.ts';
import { practiceOrganisationId as org, seedPractice } from '../organisations/seed-practice.ts';
import { environmentVariables } from './adapter-facts.ts';
import { createConnections } from './connections.ts';

const settings = z.object({
  address: z.url().default('https://ledger.example').meta({ label: 'Address', control: 'url', protected: true }),
  days: z.number().int().min(1).default(30).meta({ label: 'Days to pay', control: 'number' }),
  terms: z.string().default('').meta({ label: 'Terms', env: 'BOOKS_TERMS' }),
});
const secrets = z.object({
  clientId: z.string().min(4, 'is too short').meta({ label: 'Client id', env: 'BOOKS_CLIENT_ID' }),
});
const kit = adapterKit({ settings, secrets });

/** A small ledger with a sign-in, two books and three codes; the vendor is a real server on loopback. */
const books: AnyAdapter = kit.adapter({
  manifest: {
    id: 'xero',
    name: 'Books',
    category: 'accounting',
    auth: 'oauth2',
    hosts: ['ledger.example'],
    helpPage: 'x',
  },
  limits: { concurrency: 5, perMinute: 60 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  oauth: {
    authorizeUrl: 'https://ledger.example/authorize',
    tokenUrl: 'https://ledger.example/token',
    revokeUrl: 'https://ledger.example/revoke',
    scopes: ['bills'],
    pkce: true,
    redirectPorts: [0],
  },
  actions: {
    bill: kit.action({
      label: 'Bill',
      payload: z.object({ number: z.string(), host: z.string().default('ledger.example') }),
      payloadVersion: 1,
      deliveryClass: 'never-twice',
      idempotency: 'native-key',
      plan: ({ number, host }, { days }) => ({ summary: number, target: host, fields: [], body: { number, days } }),
      async deliver(plan, stamp, ctx) {
        if (plan.summary === 'BUG') throw new TypeError(`undefined is not ${ctx.secrets.clientId}`);
        const reply = await ctx.http.send({
          method: 'POST',
          url: `https://${plan.target}/bills`,
          headers: { 'idempotency-key': stamp.idempotencyKey },
          json: plan.body,
        });
        if (reply.status !== 200) throw failureOf(reply);
        return { vendorId: String(ctx.account?.id), note: JSON.stringify(reply.json) };
      },
      find: async () => null,
    }),
  },
  receivers: {},
  async checkHealth() {
    return [{ id: 'api', label: 'API', neededFor: ['bill'], failure: null }];
  },
  async accounts(ctx) {
    const reply = await ctx.http.send({ method: 'GET', url: 'https://ledger.example/accounts' });
    if (reply.status !== 200) throw failureOf(reply);
    return z.array(z.object({ id: z.string(), name: z.string(), detail: z.string() })).parse(reply.json);
  },
  async reference() {
    return { ...reference };
  },
});
let reference = {
  taxes: [
    { code: 'INPUT2', label: '20% (VAT on Expenses)', rate: '20' },
    { code: 'NONE', label: 'No VAT', rate: '0' },
  ],
  accounts: [{ code: '463', label: 'Software' }],
  proposedTaxes: { uk_standard: 'INPUT2' } as Record<string, string | null>,
  proposedAccount: '463',
  currencies: ['GBP'],
  lockedUntil: null,
};

const folder = mkdtempSync(join(tmpdir(), 'connections-'));
const runtime = testRuntime();
const http = createHttp({ clock: systemClock, redactor: createRedactor() });
let store: Store;
let server: Server;
let sandboxUrl = '';
let seen: { path: string; headers: IncomingMessage['headers']; body: string }[] = [];
let offered: unknown[] = [];
let entries: AuditInput[] = [];
let released: string[] = [];
let keychain: SecretStoreState = 'ready';
let memory: SecretStore;
let connections: ReturnType<typeof createConnections>;
let valid = 'access-1';

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const path = (request.url ?? '').replace('/ledger.example', '');
      seen.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString() });
      const say = (status: number, body: unknown) =>
        void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (path === '/token') return say(200, { access_token: valid, refresh_token: 'refresh-1', expires_in: 1800 });
      if (path === '/revoke') return say(200, {});
      if (request.headers.authorization !== `Bearer ${valid}`) return say(401, { error: 'no' });
      if (path === '/accounts') return say(200, offered);
      return say(200, { ok: true });
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  sandboxUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  store = await openStore({ folder, runtime });
});
afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  server.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  [seen, entries, released] = [[], [], []];
  offered = [{ id: 't-1', name: 'Bluebell Ltd', detail: 'UK' }];
  keychain = 'ready';
  valid = 'access-1';
  const inner = createMemorySecrets();
  const guarded =
    <A extends unknown[], T>(work: (...inputs: A) => Promise<T>) =>
    async (...inputs: A) => {
      if (keychain !== 'ready')
        throw new NeedsAttentionError('auth', 'The keychain is locked', { scope: 'connection' });
      return work(...inputs);
    };
  memory = {
    durability: 'memory',
    state: async () => keychain,
    read: guarded(inner.read),
    write: guarded(inner.write),
    forget: guarded(inner.forget),
    list: guarded(inner.list),
  };
  const audit = async (_tx: unknown, entry: AuditInput) => void entries.push(entry);
  const events = { publish: () => undefined };
  await seedPractice({ store, runtime, entropy: systemEntropy, audit });
  await store.transaction(async (tx) => {
    await tx.deleteFrom('ledger_map').execute();
    await tx.deleteFrom('connection').execute();
  });
  const practice = {
    http: createPracticeHttp({ http, sandboxUrl }),
    secrets: memory,
    signInPage: (url: string) => url.replace('https:/', sandboxUrl),
  };
  const real = { ...practice, http: { send: async () => Promise.reject(new Error('the real world was touched')) } };
  connections = createConnections({
    store,
    runtime,
    registry: [books],
    worlds: { real, practice },
    redactor: createRedactor(),
    entropy: systemEntropy,
    oauthReturn: createOAuthReturn({ clock: systemClock }),
    organisations: createOrganisations({
      store,
      runtime,
      entropy: systemEntropy,
      audit,
      events,
      buyerChanged: async () => undefined,
    }),
    audit,
    events,
  });
  connections.onOpened((_organisation, system) => released.push(system));
});

const by = (personId: string | null = 'alex') => ({ personId, channel: 'window', correlationId: 'c' });
const save = (
  wish: { settings?: Record<string, string | number>; secrets?: Record<string, string> },
  person = 'alex',
) => connections.save(org, 'xero', { settings: wish.settings ?? {}, secrets: wish.secrets ?? {} }, by(person));
const job = (payload: unknown = { number: 'INV-1' }) =>
  OutboxJob.parse({
    id: 'j-1',
    organisationId: org,
    connectionId: `${org}/xero`,
    system: 'xero',
    action: 'bill',
    deliveryClass: 'never-twice',
    priority: 4,
    payload,
    payloadVersion: 1,
    idempotencyKey: 'key-1',
    orderKey: null,
    state: 'sending',
    attempts: 1,
    inDoubt: false,
    doubtSince: null,
    lookups: 0,
    runAt: 1,
    expiresAt: null,
    leaseOwner: 'o',
    leaseUntil: 2,
    lastFailure: null,
    receipt: null,
    createdAt: 1,
    settledAt: null,
  });
const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (thrown) => thrown.toFailure(),
  );
const never = new AbortController().signal;

const signIn = () => signInWith({ clientId: 'client-canary-1' });

async function signInWith(typed: Record<string, string>): Promise<void> {
  await save({ secrets: typed });
  const { url } = await connections.beginSignIn(org, 'xero', by());
  const query = new URL(url).searchParams;
  const back = `${query.get('redirect_uri')}?code=c&state=${query.get('state')}`;
  expect((await http.send({ method: 'GET', url: back })).status).toBe(200);
  await expect.poll(async () => (await connections.get(org, 'xero')).state).not.toBe('not_connected');
  await expect.poll(() => entries.some(({ action }) => action === 'connection.account')).toBe(true);
}

test('a system nobody connected shows its form, with the secret as a field to type and no value', async () => {
  expect(await connections.list(org)).toMatchObject([
    { system: 'xero', state: 'not_connected', secretsPresent: [], auth: 'oauth2', mode: 'on', problem: null },
  ]);
  const [view] = await connections.list(org);
  expect(view?.fields.map(({ name, secret }) => [name, secret])).toEqual([
    ['address', false],
    ['days', false],
    ['terms', false],
    ['clientId', true],
  ]);
});

test('a secret goes to the secret store and nowhere else', async () => {
  const view = await save({ settings: { days: 14 }, secrets: { clientId: ' client-canary-1 ' } });
  expect(view).toMatchObject({ settings: { days: 14 }, secretsPresent: ['clientId'] });
  expect(await memory.read({ organisationId: org, system: 'xero', name: 'clientId' })).toBe('client-canary-1');
  expect(JSON.stringify([view, entries])).not.toContain('canary');
  await store.backup(join(folder, 'copy.db'));
  expect(readFileSync(join(folder, 'copy.db')).includes('client-canary-1')).toBe(false);
  rmSync(join(folder, 'copy.db'));
});

test.each([
  [{ settings: { days: 0 } }, 'Days to pay'],
  [{ settings: { colour: 'red' } }, 'colour'],
  [{ secrets: { clientId: 'abc' } }, 'Client id: is too short'],
  [{ secrets: { other: 'abcdef' } }, 'other'],
])('%j is refused with the field named, and nothing is saved', async (wish, named) => {
  await expect(save(wish)).rejects.toThrow(named);
  expect(await connections.get(org, 'xero')).toMatchObject({ settings: {}, secretsPresent: [] });
});

test('moving a protected address forgets the secrets; another setting does not', async () => {
  await save({ secrets: { clientId: 'client-1' } });
  expect((await save({ settings: { days: 7 } })).secretsPresent).toEqual(['clientId']);
  expect((await save({ settings: { address: 'https://elsewhere.example' } })).secretsPresent).toEqual([]);
  expect(entries.at(-1)).toMatchObject({ action: 'connection.saved', after: { secretsForgotten: true } });
});

test('only administrators connect; ops may pause, with a reason', async () => {
  await expect(save({}, 'sam')).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  await expect(connections.beginSignIn(org, 'xero', by('priya'))).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  await expect(connections.setMode(org, 'xero', 'paused', ' ', by('sam'))).rejects.toMatchObject({ code: 'REFUSED' });
  expect((await connections.setMode(org, 'xero', 'paused', 'month end', by('sam'))).mode).toBe('paused');
  expect(released).toEqual([]);
  await connections.setMode(org, 'xero', 'on', 'done', by('sam'));
  expect(released).toEqual(['xero']);
});

test('signing in stores the tokens, takes the only account, and opens the connection', async () => {
  await signIn();
  await expect
    .poll(() => connections.get(org, 'xero'))
    .toMatchObject({ state: 'connected', account: 'Bluebell Ltd', problem: null, secretsPresent: ['clientId'] });
  expect(released).toContain('xero');
  expect(seen.find(({ path }) => path === '/token')?.body).toMatch(/code_verifier=/);
});

test('a refused sign-in is a problem on the connection, in words', async () => {
  await save({ secrets: { clientId: 'client-1' } });
  const { url } = await connections.beginSignIn(org, 'xero', by());
  const query = new URL(url).searchParams;
  await http.send({
    method: 'GET',
    url: `${query.get('redirect_uri')}?error=access_denied&state=${query.get('state')}`,
  });
  await expect.poll(async () => (await connections.get(org, 'xero')).problem).toBe('Access was not granted');
});

test('with two accounts a person must choose one', async () => {
  offered = [...offered, { id: 't-2', name: 'Other Ltd', detail: 'UK' }];
  await signIn();
  expect(await connections.get(org, 'xero')).toMatchObject({
    state: 'needs_attention',
    problem: 'Choose which books to use.',
  });
  await expect(connections.chooseAccount(org, 'xero', 't-9', by())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await connections.chooseAccount(org, 'xero', 't-2', by())).toMatchObject({
    state: 'connected',
    account: 'Other Ltd',
  });
});

test('delivery carries the token, the account and the settings, and renews after a 401 once', async () => {
  await signIn();
  seen = [];
  valid = 'access-2';
  const receipt = await connections.deliverer.deliver(job(), never);
  expect(receipt.vendorId).toBe('t-1');
  expect(seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/bills', 'Bearer access-1'],
    ['/token', undefined],
    ['/bills', 'Bearer access-2'],
  ]);
  expect(seen[2]).toMatchObject({ body: '{"number":"INV-1","days":30}' });
  expect(connections.deliverer.limits(`${org}/xero`).perMinute).toBe(60);
  expect(connections.deliverer.idempotency(job())).toBe('native-key');
});

test('every way delivery can stop is named', async () => {
  const { deliverer } = connections;
  expect(await failure(deliverer.deliver(job(), never))).toMatchObject({ code: 'misconfigured', scope: 'connection' });
  await save({});
  expect(await failure(deliverer.deliver(job(), never))).toMatchObject({ code: 'auth', scope: 'connection' });
  await signIn();
  expect(await failure(deliverer.deliver(job({ nothing: 1 }), never))).toMatchObject({ code: 'defect' });
  expect(await failure(deliverer.deliver({ ...job(), action: 'gone' }, never))).toMatchObject({ code: 'unsupported' });
  expect(await failure(deliverer.deliver({ ...job(), payloadVersion: 2 }, never))).toMatchObject({
    code: 'unsupported',
  });
  const elsewhere = await failure(deliverer.deliver(job({ number: 'x', host: 'evil.example' }), never));
  expect(elsewhere).toMatchObject({ code: 'misconfigured', message: 'evil.example is not a host of this system' });
  keychain = 'locked';
  expect(await failure(deliverer.deliver(job(), never))).toMatchObject({ code: 'auth', scope: 'connection' });
});

test('a secret deleted while it is in use stops the next delivery, and a person sees what is missing (FT-79)', async () => {
  const { deliverer } = connections;
  await signIn();
  await deliverer.deliver(job(), never);
  await memory.forget({ organisationId: org, system: 'xero', name: 'tokens' });
  expect(await failure(deliverer.deliver(job(), never))).toMatchObject({ code: 'auth', scope: 'connection' });
  expect((await connections.get(org, 'xero')).state).not.toBe('connected');
  await signIn();
  await memory.forget({ organisationId: org, system: 'xero', name: 'clientId' });
  expect(await failure(deliverer.deliver(job(), never))).toMatchObject({ scope: 'connection' });
  expect((await connections.get(org, 'xero')).secretsPresent).toEqual([]);
});

test('a mistake of ours inside an adapter holds the job and its log line carries no secret', async () => {
  await signIn();
  expect(await failure(connections.deliverer.deliver(job({ number: 'BUG' }), never))).toMatchObject({
    code: 'defect',
    scope: 'job',
  });
  expect(runtime.log.lines.at(-1)).toMatchObject({
    event: 'adapter.defect',
    fields: { error: 'TypeError: undefined is not [secret]' },
  });
});

test('a locked keychain is a problem to read, not a page that fails', async () => {
  await signIn();
  keychain = 'locked';
  expect(await connections.list(org)).toMatchObject([{ state: 'needs_attention', problem: 'The keychain is locked' }]);
  await expect(save({ settings: { days: 9 }, secrets: { clientId: 'client-2' } })).rejects.toThrow('locked');
  keychain = 'ready';
  expect((await connections.get(org, 'xero')).settings).toMatchObject({ days: 30 });
});

test('disconnecting revokes at the vendor and forgets every secret, the account and the codes', async () => {
  await signIn();
  await connections.ledgers.confirm(org, 'xero', { taxes: { uk_standard: 'INPUT2' }, accounts: {} }, by());
  expect(await connections.disconnect(org, 'xero', by())).toMatchObject({
    state: 'not_connected',
    account: null,
    secretsPresent: [],
  });
  expect(seen.at(-1)).toMatchObject({ path: '/revoke' });
  expect(await memory.list(org)).toEqual([]);
  expect(await store.read.selectFrom('ledger_map').selectAll().execute()).toEqual([]);
});

test('disconnecting works when the vendor does not', async () => {
  await signIn();
  const practice = await connections.contexts.worldOf(org);
  const send = practice.http.send;
  Object.assign(practice.http, { send: async () => Promise.reject(new RetryableError('network', 'down')) });
  expect(await connections.disconnect(org, 'xero', by())).toMatchObject({ state: 'not_connected' });
  Object.assign(practice.http, { send });
  expect(entries.at(-1)).toMatchObject({ after: { revoked: false } });
});

test('a passing health check opens a parked connection again', async () => {
  await signIn();
  await store.transaction(async (tx) => {
    await tx
      .updateTable('connection')
      .set({ parked_code: 'auth', parked_message: 'Xero no longer accepts us' })
      .execute();
  });
  expect(await connections.get(org, 'xero')).toMatchObject({
    state: 'needs_attention',
    problem: 'Xero no longer accepts us',
  });
  released = [];
  await connections.checkHealth(org, 'xero');
  expect(released).toEqual(['xero']);
  expect(await connections.get(org, 'xero')).toMatchObject({ state: 'connected' });
});

test('ledger codes are proposed, confirmed by a person, and void when the ledger changes them', async () => {
  await signIn();
  const proposed = await connections.ledgers.map(org, 'xero');
  expect(proposed.taxes[0]).toMatchObject({ treatment: 'uk_standard', code: 'INPUT2', rate: '20', confirmed: false });
  expect(proposed.accounts).toMatchObject([{ category: '', code: '463', label: 'Software' }]);
  expect((await connections.ledgers.books(org, 'xero')).taxes).toMatchObject({ uk_standard: null });

  const choice = { taxes: { uk_standard: 'INPUT2', outside_scope: 'NONE' }, accounts: { '': '463' } };
  await expect(connections.ledgers.confirm(org, 'xero', choice, by('sam'))).rejects.toMatchObject({
    code: 'NOT_ALLOWED',
  });
  const wrong = { taxes: { uk_standard: 'INPUT9' }, accounts: {} };
  await expect(connections.ledgers.confirm(org, 'xero', wrong, by())).rejects.toThrow('INPUT9');
  expect(await connections.ledgers.confirm(org, 'xero', choice, by())).toBe(3);
  expect(await connections.ledgers.books(org, 'xero')).toMatchObject({
    taxes: { uk_standard: 'INPUT2', outside_scope: 'NONE', exempt: null },
    accounts: { '': '463' },
  });

  const before = reference;
  reference = { ...reference, taxes: [{ code: 'INPUT2', label: '20% (VAT on Expenses)', rate: '22' }], accounts: [] };
  const after = await connections.ledgers.books(org, 'xero');
  expect([after.taxes.uk_standard, after.taxes.outside_scope, after.accounts['']]).toEqual([null, null, null]);
  expect((await connections.ledgers.map(org, 'xero')).taxes[0]).toMatchObject({ confirmed: false });
  reference = before;
});

test('on an agent the environment gives a setting and a secret; disconnecting keeps them, moving the address is refused', async () => {
  const practice = await connections.contexts.worldOf(org);
  const outside = createEnvironmentSecrets({
    environment: { BOOKS_CLIENT_ID: 'from-outside', BOOKS_TERMS: 'net' },
    variables: environmentVariables([books]),
    organisationId: org,
    behind: memory,
  });
  Object.assign(practice, { secrets: outside });
  await save({});
  expect((await connections.contexts.oauthClient(org, 'xero')).id).toBe('from-outside');
  await signInWith({});
  const ctx = await connections.contexts.contextOf(org, 'xero', never);
  expect(ctx.settings).toMatchObject({ terms: 'net', days: 30 });
  await expect(save({ settings: { address: 'https://elsewhere.example' } })).rejects.toMatchObject({
    code: 'misconfigured',
  });
  await connections.disconnect(org, 'xero', by());
  expect(await memory.list(org)).toEqual([]);
  expect((await connections.get(org, 'xero')).secretsPresent).toEqual(['clientId']);
});

test('the agent learns from the adapters which variables to read', () => {
  expect(environmentVariables([books])).toEqual([
    { variable: 'BOOKS_TERMS', system: 'xero', name: 'terms' },
    { variable: 'BOOKS_CLIENT_ID', system: 'xero', name: 'clientId' },
  ]);
});
