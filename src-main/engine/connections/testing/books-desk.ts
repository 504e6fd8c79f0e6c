import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { z } from 'zod';
import { NeedsAttentionError } from '../../../../src-shared/domain/failure.ts';
import { type AnyAdapter, adapterKit } from '../../../adapters/kit/adapter.ts';
import { failureOf } from '../../../adapters/kit/classify.ts';
import { createHttp } from '../../../platform/http.ts';
import { createMemorySecrets } from '../../../platform/memory-secrets.ts';
import { createPracticeHttp } from '../../../platform/practice-http.ts';
import { createRedactor } from '../../../platform/redactor.ts';
import { systemClock } from '../../../platform/runtime.ts';
import type { SecretStore, SecretStoreState } from '../../../ports/secrets.ts';
import type { Store } from '../../../ports/store.ts';
import { openStore } from '../../../testing/open-store.ts';
import { testRuntime } from '../../../testing/runtime.ts';
import type { AuditInput } from '../../audit/audit.ts';
import { practiceOrganisationId as org, seedPractice } from '../../organisations/seed-practice.ts';
import type { createConnections } from '../connections.ts';
import { connectionsOver } from './connections-over.ts';

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
export const books: AnyAdapter = kit.adapter({
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
    return { ...vendor.reference };
  },
});

/** What the vendor says while nothing is wrong. */
const healthy = () => ({
  /** The only access token it takes, and the next it gives. */
  valid: 'access-1',
  /** The books it offers. */
  offered: [{ id: 't-1', name: 'Bluebell Ltd', detail: 'UK' }],
  seen: [] as { path: string; headers: IncomingMessage['headers']; body: string }[],
  reference: {
    taxes: [
      { code: 'INPUT2', label: '20% (VAT on Expenses)', rate: '20' },
      { code: 'NONE', label: 'No VAT', rate: '0' },
    ],
    accounts: [{ code: '463', label: 'Software' }],
    proposedTaxes: { uk_standard: 'INPUT2' } as Record<string, string | null>,
    proposedAccount: '463',
    currencies: ['GBP'],
    lockedUntil: null,
  },
});
export const vendor = healthy();
export const machine: { keychain: SecretStoreState } = { keychain: 'ready' };

export const folder = mkdtempSync(join(tmpdir(), 'connections-'));
export const runtime = testRuntime();
export const http = createHttp({ clock: systemClock, redactor: createRedactor() });
export let store: Store;
let server: Server;
let sandboxUrl = '';
export let entries: AuditInput[];
/** Systems whose connection was opened again. */
export let released: string[];
export let memory: SecretStore;
export let connections: ReturnType<typeof createConnections>;

/** One connection to `books`, in the state of before the first sign-in for every test of the file. */
export function booksDesk(): void {
  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const path = (request.url ?? '').replace('/ledger.example', '');
        vendor.seen.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString() });
        const say = (status: number, body: unknown) =>
          void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        if (path === '/token')
          return say(200, { access_token: vendor.valid, refresh_token: 'refresh-1', expires_in: 1800 });
        if (path === '/revoke') return say(200, {});
        if (request.headers.authorization !== `Bearer ${vendor.valid}`) return say(401, { error: 'no' });
        if (path === '/accounts') return say(200, vendor.offered);
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
    [entries, released] = [[], []];
    Object.assign(vendor, healthy());
    machine.keychain = 'ready';
    const inner = createMemorySecrets();
    const guarded =
      <A extends unknown[], T>(work: (...inputs: A) => Promise<T>) =>
      async (...inputs: A) => {
        if (machine.keychain !== 'ready')
          throw new NeedsAttentionError('auth', 'The keychain is locked', { scope: 'connection' });
        return work(...inputs);
      };
    memory = {
      durability: 'memory',
      state: async () => machine.keychain,
      read: guarded(inner.read),
      write: guarded(inner.write),
      forget: guarded(inner.forget),
      list: guarded(inner.list),
    };
    const audit = async (_tx: unknown, entry: AuditInput) => void entries.push(entry);
    await seedPractice({ store, runtime, audit });
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
    connections = connectionsOver({ store, runtime, registry: [books], worlds: { real, practice }, audit });
    connections.onOpened((_organisation, system) => released.push(system));
  });
}

export const by = (personId: string | null = 'alex') => ({ personId, channel: 'window', correlationId: 'c' });
export const save = (
  wish: { settings?: Record<string, string | number>; secrets?: Record<string, string> },
  person = 'alex',
) => connections.save(org, 'xero', { settings: wish.settings ?? {}, secrets: wish.secrets ?? {} }, by(person));
export const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (thrown) => thrown.toFailure(),
  );
export const never = new AbortController().signal;

export const signIn = () => signInWith({ clientId: 'client-canary-1' });

export async function signInWith(typed: Record<string, string>): Promise<void> {
  await save({ secrets: typed });
  const { url } = await connections.beginSignIn(org, 'xero', by());
  const query = new URL(url).searchParams;
  const back = `${query.get('redirect_uri')}?code=c&state=${query.get('state')}`;
  expect((await http.send({ method: 'GET', url: back })).status).toBe(200);
  await expect.poll(async () => (await connections.get(org, 'xero')).state).not.toBe('not_connected');
  await expect.poll(() => entries.some(({ action }) => action === 'connection.account')).toBe(true);
}
