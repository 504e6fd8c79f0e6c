import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { Instant } from '../../../../src-shared/domain/time-and-ids.ts';
import { tave } from '../../../adapters/tave/index.ts';
import { taveSandbox } from '../../../adapters/tave/sandbox.ts';
import { createHttp } from '../../../platform/http.ts';
import { createMemorySecrets } from '../../../platform/memory-secrets.ts';
import { createPracticeHttp } from '../../../platform/practice-http.ts';
import { createRedactor } from '../../../platform/redactor.ts';
import type { Store } from '../../../ports/store.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/server.ts';
import { insertConnection } from '../../../store/repositories/connections.ts';
import { insertOrganisation } from '../../../store/repositories/organisations.ts';
import { addUsageSums } from '../../../store/repositories/usage.ts';
import { openStore } from '../../../testing/open-store.ts';
import { testIds, testLog, testRandom } from '../../../testing/runtime.ts';
import type { AuditInput } from '../../audit/audit.ts';
import { createEvents } from '../../events.ts';
import type { Deliverer } from '../../outbox/deliverer.ts';
import { createOutbox, type Outbox } from '../../outbox/outbox.ts';
import { type Crm, createCrm } from '../index.ts';

export const org = 'bluebell';
export const alex = { actor: 'person:alex', name: 'Alex Morgan', channel: 'cli', correlationId: 'c-1' };
let folder: string;
export let store: Store;
export let sandbox: Sandbox;
let outbox: Outbox;
export let crm: Crm;
export let entries: AuditInput[];
let closeHttp: () => Promise<void>;
/** Only grows: paces are remembered by the clock. */
let shift = 0;
export const timePasses = (ms: number) => {
  shift += ms;
};

/** Real time, which a test moves on: deliveries run by themselves. */
const start = Date.parse('2026-11-03T09:00:00Z') - performance.now();

const clock = {
  now: () => Instant.parse(Math.round(start + performance.now() + shift)),
  monotonicMs: () => performance.now() + shift,
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, 50));
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

/** Two vendors with usage in October, each with a studio in Táve: made anew for every test of the file. */
export function crmDesk(): void {
  beforeEach(async () => {
    entries = [];
    folder = mkdtempSync(join(tmpdir(), 'crm-'));
    const runtime = { clock, ids: testIds(), random: testRandom(), log: testLog() };
    store = await openStore({ folder, runtime });
    sandbox = await startSandbox({ systems: [taveSandbox], clock });
    const redactor = createRedactor();
    const direct = createHttp({ clock, redactor });
    closeHttp = () => direct.close();
    const http = createPracticeHttp({ http: direct, sandboxUrl: sandbox.url });
    const secrets = createMemorySecrets();
    const contextOf = async (organisationId: string, system: string, signal: AbortSignal) => ({
      organisationId,
      settings: tave.settings.schema.parse({}),
      secrets: {},
      account: null,
      http,
      clock,
      random: runtime.random,
      log: runtime.log,
      signal,
      secret: (name: string) => secrets.read({ organisationId, system, name }),
    });
    const action = tave.actions['push-value'];
    if (!action) throw new Error('no action');
    const deliverer: Deliverer = {
      limits: () => ({ concurrency: 8 }),
      idempotency: () => action.idempotency,
      async deliver(job, signal) {
        const stamp = { idempotencyKey: job.idempotencyKey, at: clock.now(), attempt: job.attempts };
        const ctx = await contextOf(job.organisationId, job.system, signal);
        return action.deliver(action.plan(action.payload.parse(job.payload), ctx.settings, stamp), stamp, ctx);
      },
      find: async () => null,
    };
    const events = createEvents();
    outbox = createOutbox({ store, runtime, events, deliverer });
    crm = createCrm({
      store,
      runtime,
      audit: async (_tx, entry) => void entries.push(entry),
      publish: events.publish,
      enqueue: outbox.enqueue,
      adapters: [tave],
      contextOf,
      secretsOf: async () => secrets,
      connected: async () => true,
      hookAddress: async () => 'http://127.0.0.1:9/webhooks/bluebell/tave?token=practice-tave-secret',
      files: { offer: async (path: string) => path, peek: async () => null, take: async () => null },
      temporaryFolder: folder,
    });
    outbox.onSettled({ system: 'tave' }, crm.settled);
    await store.transaction(async (tx) => {
      await insertOrganisation(tx, {
        id: org,
        name: 'Bluebell',
        vat_registered: 0,
        vat_number: null,
        registered_from: null,
        created_at: 1,
      });
      await insertConnection(tx, {
        id: `${org}/tave`,
        organisation_id: org,
        system: 'tave',
        settings: '{}',
        settings_version: 1,
        parked_code: null,
        parked_message: null,
        not_before: null,
        breaker: null,
        account: null,
        created_at: 1,
        updated_at: 1,
      });
    });
    for (const id of ['lens-and-light', 'castle-mead']) {
      await crm.saveVendor(org, { id, name: id, email: `hello@${id}.example`, aliases: [] }, alex);
      await crm.map(org, { vendorId: id, crm: 'tave', target: {}, key: `practice-tave-${id}` }, alex);
      await usage(id, '2026-10', 25);
    }
    await outbox.start();
  });
  afterEach(async () => {
    await crm.close();
    await outbox.stop();
    await sandbox.close();
    await closeHttp();
    await store.close();
    rmSync(folder, { recursive: true });
  });
}

export const usage = (vendor: string, month: string, requests: number) =>
  store.transaction((tx) =>
    addUsageSums(
      tx,
      org,
      [[month, vendor, 'chat', requests, requests, 10, 0, `${month}-30`]],
      Array.from({ length: 14 }, (_, index) => [month, vendor, 'chat', `c${index}`] as const),
    ),
  );
export const prepared = async (readAgain = true) => {
  // So that a studio's quota, which real time would give back, holds nobody up.
  timePasses(20_000);
  await crm.prepare(org, { period: '2026-10', readAgain }, 'c');
  return crm.previews(org, { period: '2026-10' });
};
export async function settled(ids: readonly string[]) {
  timePasses(20_000);
  for (let tries = 0; tries < 400; tries++) {
    const pushes = await Promise.all(ids.map((id) => crm.push(org, id)));
    if (pushes.every(({ state }) => state !== 'sending')) return pushes;
    await clock.sleep(20);
  }
  throw new Error('still sending');
}
export async function sendAll() {
  const ids = (await prepared()).filter(({ changes }) => changes > 0).map(({ id }) => id);
  const { done } = await crm.approve(org, ids, alex);
  await crm.send(org, { ids: done }, alex);
  return settled(done);
}
export const edit = (field: string, value: string) =>
  sandbox.misbehave({ system: 'tave', fault: 'edit', value: `practice-tave-lens-and-light|${field}|${value}` });
/** Of figures; subscriptions are none. */
export const writes = () =>
  sandbox.received('tave').filter(({ method, path }) => method !== 'GET' && !path.includes('/rest-hook')).length;
export const lens = (pushes: Awaited<ReturnType<typeof prepared>>) => {
  const found = pushes.find(({ vendorId }) => vendorId === 'lens-and-light');
  if (!found) throw new Error('no push');
  return found;
};
