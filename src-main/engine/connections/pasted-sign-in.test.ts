import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshbooks } from '../../adapters/freshbooks/index.ts';
import { freshbooksSandbox } from '../../adapters/freshbooks/sandbox.ts';
import { tokensName } from '../../adapters/kit/oauth.ts';
import { quickbooks } from '../../adapters/quickbooks/index.ts';
import { quickbooksSandbox } from '../../adapters/quickbooks/sandbox.ts';
import { createHttp } from '../../platform/http.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { createOAuthReturn } from '../../platform/oauth-return.ts';
import { createPracticeHttp } from '../../platform/practice-http.ts';
import { createRedactor } from '../../platform/redactor.ts';
import { systemClock } from '../../platform/runtime.ts';
import type { HttpClient } from '../../ports/http.ts';
import type { SecretStore } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { openStore } from '../../testing/open-store.ts';
import { type TestClock, testClock, testRuntime } from '../../testing/runtime.ts';
import type { AuditInput } from '../audit/audit.ts';
import { practiceOrganisationId as org, seedPractice } from '../organisations/seed-practice.ts';
import type { createConnections } from './connections.ts';
import { connectionsOver } from './testing/connections-over.ts';

const folder = mkdtempSync(join(tmpdir(), 'pasted-'));
const by = { personId: 'alex', channel: 'window', correlationId: 'c-1' };
const direct = createHttp({ clock: systemClock, redactor: createRedactor() });
let clock: TestClock;
let store: Store;
let sandbox: Sandbox;
let http: HttpClient;
let secrets: SecretStore;
let entries: AuditInput[];
let connections: ReturnType<typeof createConnections>;

beforeAll(async () => {
  store = await openStore({ folder, runtime: testRuntime() });
  const audit = async () => undefined;
  await seedPractice({ store, runtime: testRuntime(), audit });
});
afterAll(async () => {
  await direct.close();
  await store.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  clock = testClock('2026-11-22T10:00:00Z');
  // Time passes by itself where an adapter waits for its turn.
  const sleep = (ms: number) => clock.advance(ms);
  const runtime = { ...testRuntime(), clock: { ...clock, sleep } };
  sandbox = await startSandbox({ systems: [quickbooksSandbox, freshbooksSandbox], clock });
  http = createPracticeHttp({ http: direct, sandboxUrl: sandbox.url });
  secrets = createMemorySecrets();
  entries = [];
  const audit = async (_tx: unknown, entry: AuditInput) => void entries.push(entry);
  const world = { http, secrets, signInPage: (url: string) => url };
  connections = connectionsOver({
    store,
    runtime,
    registry: [quickbooks, freshbooks],
    worlds: { real: world, practice: world },
    oauthReturn: createOAuthReturn({ clock }),
    audit,
  });
  await store.transaction(async (tx) => {
    await tx.deleteFrom('connection').execute();
  });
  return () => sandbox.close();
});

const clientSecret = 'a-secret-of-our-own-app-0001';
const typed = (system: string) => connections.save(org, system, { settings: {}, secrets: { clientSecret } }, by);

/** The address the browser ends at once a person has agreed. */
async function agreed(system: string, more = ''): Promise<string> {
  const { url, answer } = await connections.beginSignIn(org, system, by);
  expect(answer).toBe('pasted');
  const reply = await http.send({ method: 'GET', url: `${url}&decision=allow${more}` });
  return reply.headers.location ?? '';
}

test('the pasted address signs in; its company becomes the account, by name', async () => {
  await typed('quickbooks');
  const address = await agreed('quickbooks');
  expect(await connections.completeSignIn(org, 'quickbooks', `  ${address}\n`, by)).toMatchObject({
    state: 'connected',
    account: 'Bluebell & Co (sample)',
    tokenExpiresAt: '2027-03-03T10:00:00.000Z',
  });
  expect(await connections.chosenAccount(org, 'quickbooks')).toMatchObject({ id: '9341450000000001' });
  expect(entries.map(({ action }) => action)).toEqual([
    'connection.saved',
    'connection.sign_in_begun',
    'connection.signed_in',
    'connection.account',
  ]);
  const code = new URL(address).searchParams.get('code') ?? 'none';
  expect(JSON.stringify(entries)).not.toContain(code);
});

test('the query alone will do, and only the business with books is offered', async () => {
  await typed('freshbooks');
  const address = await agreed('freshbooks');
  expect(await connections.completeSignIn(org, 'freshbooks', new URL(address).search, by)).toMatchObject({
    state: 'connected',
    account: 'Bluebell & Co (sample)',
  });
});

test('signing in to another company forgets the codes that were confirmed for the first', async () => {
  await typed('quickbooks');
  await connections.completeSignIn(org, 'quickbooks', await agreed('quickbooks'), by);
  const choice = { taxes: { uk_standard: '31' }, accounts: { '': '88' } };
  await connections.ledgers.confirm(org, 'quickbooks', choice, by);
  const irish = await agreed('quickbooks', '&company=9341450000000002');
  await connections.completeSignIn(org, 'quickbooks', irish, by);
  expect(await connections.chosenAccount(org, 'quickbooks')).toMatchObject({ name: 'Bluebell Ireland (sample)' });
  expect(await store.read.selectFrom('ledger_map').selectAll().execute()).toEqual([]);
});

test('an address counts once, within fifteen minutes, and for the sign-in that led to it', async () => {
  await typed('quickbooks');
  const nothingWaits = 'No sign-in is waiting for this address.';
  const first = await agreed('quickbooks');
  const second = await agreed('quickbooks');
  await expect(connections.completeSignIn(org, 'quickbooks', first, by)).rejects.toMatchObject({
    code: 'auth',
    message: 'The answer belongs to another sign-in',
  });
  await expect(connections.completeSignIn(org, 'quickbooks', second, by)).rejects.toThrow(nothingWaits);
  const third = await agreed('quickbooks');
  clock.jump(15 * 60_000 + 1);
  await expect(connections.completeSignIn(org, 'quickbooks', third, by)).rejects.toThrow(nothingWaits);
  expect((await secrets.list(org)).map(({ name }) => name)).not.toContain(tokensName);
});

test.each(['', 'https://ops.bluebell.example/quickbooks', 'hello', 'https://x.example/?code=abc'])(
  'something else (%s) is refused, and the sign-in still waits',
  async (pasted) => {
    await typed('quickbooks');
    const address = await agreed('quickbooks');
    await expect(connections.completeSignIn(org, 'quickbooks', pasted, by)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await connections.completeSignIn(org, 'quickbooks', address, by)).toMatchObject({ state: 'connected' });
  },
);

test('access that was not granted says so and stays a problem on screen', async () => {
  await typed('quickbooks');
  const { url } = await connections.beginSignIn(org, 'quickbooks', by);
  const reply = await http.send({ method: 'GET', url: `${url}&decision=deny` });
  await expect(connections.completeSignIn(org, 'quickbooks', reply.headers.location ?? '', by)).rejects.toMatchObject({
    message: 'Access was not granted',
  });
  expect(await connections.get(org, 'quickbooks')).toMatchObject({
    state: 'needs_attention',
    problem: 'Access was not granted',
  });
});

test('only an administrator completes a sign-in', async () => {
  await typed('quickbooks');
  const address = await agreed('quickbooks');
  await expect(
    connections.completeSignIn(org, 'quickbooks', address, { ...by, personId: 'sam' }),
  ).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
});

test('disconnecting takes the tokens back as JSON under the app’s name and forgets the secret', async () => {
  await typed('quickbooks');
  await connections.completeSignIn(org, 'quickbooks', await agreed('quickbooks'), by);
  await connections.disconnect(org, 'quickbooks', by);
  const last = sandbox.received('quickbooks').at(-1);
  expect(last).toMatchObject({
    path: '/developer.api.intuit.com/v2/oauth2/tokens/revoke',
    headers: { authorization: 'Basic ***' },
    body: { token: '***' },
  });
  expect(entries.at(-1)).toMatchObject({ action: 'connection.disconnected', after: { revoked: true } });
  expect(await secrets.list(org)).toEqual([]);
});
