import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { tave } from '../../adapters/tave/index.ts';
import { taveSandbox } from '../../adapters/tave/sandbox.ts';
import { createHttp } from '../../platform/http.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { createPracticeHttp } from '../../platform/practice-http.ts';
import { createRedactor } from '../../platform/redactor.ts';
import type { Store } from '../../ports/store.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { openStore } from '../../store/open.ts';
import { insertConnection } from '../../store/repositories/connections.ts';
import { getMapping } from '../../store/repositories/crm.ts';
import { insertOrganisation } from '../../store/repositories/organisations.ts';
import { addUsageSums } from '../../store/repositories/usage.ts';
import { testIds, testLog, testRandom } from '../../testing/runtime.ts';
import type { AuditInput } from '../audit/audit.ts';
import { createEvents } from '../events.ts';
import type { Deliverer } from '../outbox/deliverer.ts';
import { createOutbox, type Outbox } from '../outbox/outbox.ts';
import { suggestionsFor } from './directory.ts';
import { type Crm, createCrm } from './index.ts';

const org = 'bluebell';
const alex = { actor: 'person:alex', name: 'Alex Morgan', channel: 'cli', correlationId: 'c-1' };
let folder: string;
let store: Store;
let sandbox: Sandbox;
let outbox: Outbox;
let crm: Crm;
let entries: AuditInput[];
let closeHttp: () => Promise<void>;
/** Only grows: paces are remembered by the clock. */
let shift = 0;

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

const usage = (vendor: string, month: string, requests: number) =>
  store.transaction((tx) =>
    addUsageSums(
      tx,
      org,
      [[month, vendor, 'chat', requests, requests, 10, 0, `${month}-30`]],
      Array.from({ length: 14 }, (_, index) => [month, vendor, 'chat', `c${index}`] as const),
    ),
  );
const prepared = async (readAgain = true) => {
  // So that a studio's quota, which real time would give back, holds nobody up.
  shift += 20_000;
  await crm.prepare(org, { period: '2026-10', readAgain }, 'c');
  return crm.previews(org, { period: '2026-10' });
};
async function settled(ids: readonly string[]) {
  shift += 20_000;
  for (let tries = 0; tries < 400; tries++) {
    const pushes = await Promise.all(ids.map((id) => crm.push(org, id)));
    if (pushes.every(({ state }) => state !== 'sending')) return pushes;
    await clock.sleep(20);
  }
  throw new Error('still sending');
}
async function sendAll() {
  const ids = (await prepared()).filter(({ changes }) => changes > 0).map(({ id }) => id);
  const { done } = await crm.approve(org, ids, alex);
  await crm.send(org, { ids: done }, alex);
  return settled(done);
}
const edit = (field: string, value: string) =>
  sandbox.misbehave({ system: 'tave', fault: 'edit', value: `practice-tave-lens-and-light|${field}|${value}` });
/** Of figures; subscriptions are none. */
const writes = () =>
  sandbox.received('tave').filter(({ method, path }) => method !== 'GET' && !path.includes('/rest-hook')).length;
const lens = (pushes: Awaited<ReturnType<typeof prepared>>) => {
  const found = pushes.find(({ vendorId }) => vendorId === 'lens-and-light');
  if (!found) throw new Error('no push');
  return found;
};

describe('CRM pushes', () => {
  test('a preview shows every field beside what is there, with its formula, and writes nothing', async () => {
    const push = lens(await prepared());
    expect(push).toMatchObject({ state: 'to_approve', action: 'create', changes: 9, saving: '62.50' });
    expect(push.fields.slice(0, 5).map(({ key, now, next, formula }) => [key, now, next, formula])).toEqual([
      ['ai_requests', null, '25', 'counted'],
      ['minutes_saved', null, '375', '25 × 15'],
      ['cost_savings_gbp', null, '62.50', '25 × £2.50'],
      ['revenue_impact_gbp', null, '250.00', '4 × £62.50'],
      ['clients_retained', null, '2', '15 % of 14 = 2.1'],
    ]);
    expect(writes()).toBe(0);
    expect((await crm.send(org, { period: '2026-10' }, alex)).done).toEqual([]);
  });

  test('figures whose usage was taken back are not sent as they were approved: they are nought, to be approved anew', async () => {
    const { id } = lens(await prepared());
    await crm.approve(org, [id], alex);
    await store.transaction(async (tx) => {
      for (const table of ['usage_month', 'usage_client'] as const)
        await tx.deleteFrom(table).where('vendor_id', '=', 'lens-and-light').execute();
    });
    const after = lens(await prepared());
    expect(after).toMatchObject({ id, state: 'to_approve', saving: '0.00' });
    expect(after.fields.slice(0, 3).map(({ next }) => next)).toEqual(['0', '0', '0.00']);
    expect((await crm.send(org, { ids: [id] }, alex)).done).toEqual([]);
    expect(writes()).toBe(0);
  });

  test('what the CRM holds afterwards is the approved preview, field by field, and repeating everything changes nothing', async () => {
    const before = await prepared();
    const sent = await sendAll();
    expect(sent.map(({ state }) => state)).toEqual(['verified', 'verified']);
    const after = await prepared();
    for (const push of after) {
      const approved = before.find(({ id }) => id === push.id);
      expect(push.fields.map(({ key, now }) => [key, now])).toEqual(
        approved?.fields.map(({ key, next }) => [key, next]),
      );
      expect(push.readBack).toEqual(Object.fromEntries(approved?.fields.map(({ key, next }) => [key, next]) ?? []));
    }
    const count = writes();
    expect(await sendAll()).toEqual([]);
    expect(
      (
        await crm.approve(
          org,
          after.map(({ id }) => id),
          alex,
        )
      ).refused,
    ).toHaveLength(2);
    await crm.send(org, { period: '2026-10' }, alex);
    expect(writes()).toBe(count);
    expect(entries.filter(({ action }) => action === 'push.verified')).toHaveLength(2);
  });

  test('prepared twice at once, each vendor has one push, and both know it', async () => {
    const wish = { period: '2026-10' };
    const [one, two] = await Promise.all([crm.prepare(org, wish, 'a'), crm.prepare(org, wish, 'b')]);
    expect(one.pushes).toBe(2);
    expect(two.ids.toSorted()).toEqual(one.ids.toSorted());
    expect((await crm.previews(org, wish)).map(({ id }) => id).toSorted()).toEqual(one.ids.toSorted());
  });

  test('new usage makes a new push with only what differs', async () => {
    await sendAll();
    await usage('lens-and-light', '2026-10', 5);
    const push = lens(await prepared());
    expect(push).toMatchObject({ state: 'to_approve', action: 'update' });
    expect(push.fields.filter(({ changed }) => changed).map(({ key, now, next }) => [key, now, next])).toContainEqual([
      'ai_requests',
      '25',
      '30',
    ]);
    const [sent] = await sendAll();
    expect(sent?.readBack).toMatchObject({ ai_requests: '30', cost_savings_gbp: '75.00' });
  });

  test('an edit between approval and sending is a conflict, never overwritten, and a person chooses per field (FT-59)', async () => {
    await sendAll();
    await usage('lens-and-light', '2026-10', 5);
    const push = lens(await prepared());
    await crm.approve(org, [push.id], alex);
    edit('WedSync AI requests', '99');
    const count = writes();
    await crm.send(org, { ids: [push.id] }, alex);
    const [stopped] = await settled([push.id]);
    expect(stopped).toMatchObject({ state: 'conflict' });
    expect(writes()).toBe(count);
    const seen = lens(await prepared());
    expect(seen.state).toBe('conflict');
    expect(seen.fields.filter(({ conflict }) => conflict).map(({ key, now }) => [key, now])).toEqual([
      ['ai_requests', '99'],
    ]);
    expect((await crm.approve(org, [push.id], alex)).refused[0]?.reason).toContain('choose per field');
    await crm.choose(org, push.id, { ai_requests: 'theirs' }, alex);
    await crm.approve(org, [push.id], alex);
    await crm.send(org, { ids: [push.id] }, alex);
    expect((await settled([push.id]))[0]).toMatchObject({ state: 'verified' });
    const end = lens(await prepared());
    expect(end.fields.find(({ key }) => key === 'ai_requests')).toMatchObject({ now: '99', take: 'theirs' });
    expect(end.fields.find(({ key }) => key === 'cost_savings_gbp')).toMatchObject({ now: '75.00' });
  });

  test('an edit found while preparing is a conflict as well', async () => {
    await sendAll();
    edit('WedSync AI cost savings GBP', '1.00');
    expect(lens(await prepared())).toMatchObject({ state: 'conflict', action: 'conflict' });
  });

  test('an approval counts for what was seen, and for a day', async () => {
    const push = lens(await prepared());
    expect((await crm.approve(org, [push.id], alex, { [push.id]: 'another' })).refused[0]?.reason).toContain(
      'changed since you looked',
    );
    await crm.approve(org, [push.id], alex, { [push.id]: push.hash });
    shift += 86_500_000;
    expect((await crm.send(org, { ids: [push.id] }, alex)).refused[0]?.reason).toContain('older than a day');
    expect(await crm.push(org, push.id)).toMatchObject({ state: 'to_approve', approvedBy: null });
    expect(writes()).toBe(0);
  });

  test('an automatic vendor goes by itself up to its ceiling, and waits for a person above it', async () => {
    await expect(
      crm.automatic(org, { vendorId: 'lens-and-light', crm: 'tave', on: true, ceilingPercent: 50, why: ' ' }, alex),
    ).rejects.toThrow('need a reason');
    await crm.automatic(
      org,
      { vendorId: 'lens-and-light', crm: 'tave', on: true, ceilingPercent: 50, why: 'asked for' },
      alex,
    );
    const push = lens(await prepared());
    expect((await settled([push.id]))[0]).toMatchObject({ state: 'verified', approvedBy: 'Automatic' });
    await usage('lens-and-light', '2026-10', 50);
    expect(lens(await prepared())).toMatchObject({
      state: 'to_approve',
      problem: expect.stringContaining('more than the 50 %'),
    });
  });

  test('a new client’s event prepares that vendor alone, and an automatic one is in the CRM within seconds (V7)', async () => {
    await crm.automatic(
      org,
      { vendorId: 'lens-and-light', crm: 'tave', on: true, ceilingPercent: 50, why: 'asked for' },
      alex,
    );
    const at = performance.now();
    const { vendorId, pushes } = await crm.newClient(org, 'hello@LENS-AND-LIGHT.example');
    expect(vendorId).toBe('lens-and-light');
    const [push] = await settled(pushes);
    expect(push).toMatchObject({ state: 'verified', eventAt: expect.any(String) });
    expect(performance.now() - at).toBeLessThan(5_000);
    expect((await crm.previews(org, { period: '2026-10' })).map((one) => one.vendorId)).toEqual(['lens-and-light']);
    await expect(crm.newClient(org, 'nobody')).rejects.toThrow('No vendor');
  });

  test('usage of two months at once: an automatic vendor gets the later one, and its own write is nobody’s edit', async () => {
    await crm.automatic(
      org,
      { vendorId: 'lens-and-light', crm: 'tave', on: true, ceilingPercent: 1_000, why: 'asked for' },
      alex,
    );
    await usage('lens-and-light', '2026-11', 30);
    crm.usageChanged(org, ['2026-10', '2026-11']);
    const ofLens = async () => {
      shift += 20_000;
      const pushes = await crm.previews(org, { vendorId: 'lens-and-light' });
      return new Map(pushes.map(({ period, state, problem }) => [period, { state, problem }]));
    };
    await expect
      .poll(async () => (await ofLens()).get('2026-11'), { timeout: 15_000 })
      .toEqual({ state: 'verified', problem: null });
    expect((await ofLens()).get('2026-10')).toEqual({
      state: 'to_approve',
      problem: expect.stringContaining('later period'),
    });
  });

  test('another push on its way to an automatic vendor: the next is read and sent once it is there', async () => {
    await crm.automatic(
      org,
      { vendorId: 'lens-and-light', crm: 'tave', on: true, ceilingPercent: 1_000, why: 'asked for' },
      alex,
    );
    await crm.prepare(org, { period: '2026-10' }, 'c');
    await usage('lens-and-light', '2026-11', 30);
    const { pushes } = await crm.newClient(org, 'lens-and-light');
    await expect.poll(async () => (await crm.push(org, pushes[0] ?? '')).state, { timeout: 15_000 }).toBe('verified');
    expect((await getMapping(store.read, org, 'lens-and-light', 'tave'))?.last_period).toBe('2026-11');
  });

  test('two periods of a vendor sent together: the later goes, the other waits for approval again, and no delivery dies', async () => {
    await usage('lens-and-light', '2026-11', 30);
    const wish = { vendorId: 'lens-and-light' };
    for (const period of ['2026-10', '2026-11']) await crm.prepare(org, { ...wish, period }, 'c');
    const ids = (await crm.previews(org, wish)).map(({ id }) => id);
    await crm.approve(org, ids, alex);
    const { refused } = await crm.send(org, { ids }, alex);
    expect(refused).toEqual([{ id: expect.any(String), reason: expect.stringContaining('later period (2026-11)') }]);
    const states = async () => {
      shift += 20_000;
      return (await crm.previews(org, wish)).map(({ period, state, problem }) => [period, state, problem]).toSorted();
    };
    await expect.poll(states, { timeout: 10_000, interval: 200 }).toEqual([
      ['2026-10', 'to_approve', expect.stringContaining('later period')],
      ['2026-11', 'verified', null],
    ]);
    const jobs = await store.read.selectFrom('outbox_job').select('state').execute();
    expect(jobs.map(({ state }) => state)).toEqual(['delivered']);
  });

  test('a vendor’s studio is asked to tell of new clients with its key, and told to stop before the key goes (V7)', async () => {
    const urls = () =>
      sandbox
        .documents<{ url: string; studio: string }>('tave', 'hooks')
        .all()
        .map(({ url, studio }) => [studio, new URL(url).searchParams.get('vendor')]);
    expect(urls()).toEqual([
      ['practice-tave-lens-and-light', 'lens-and-light'],
      ['practice-tave-castle-mead', 'castle-mead'],
    ]);
    shift += 20_000;
    const off = await crm.watchClients(org, { vendorId: 'castle-mead', crm: 'tave', on: false }, alex);
    expect(off.mappings[0]?.watchesClients).toBe(false);
    await crm.watchClients(org, { vendorId: 'castle-mead', crm: 'tave', on: true }, alex);
    await crm.unmap(org, 'lens-and-light', 'tave', alex);
    expect(urls()).toEqual([['practice-tave-castle-mead', 'castle-mead']]);
    await expect(crm.watchClients(org, { vendorId: 'lens-and-light', crm: 'tave', on: true }, alex)).rejects.toThrow(
      'does not use',
    );
    expect(entries.map(({ action }) => action)).toContain('vendor.clients-unwatched');
  });

  test('the values from before can be put back, after an approval of their own', async () => {
    await sendAll();
    await usage('lens-and-light', '2026-10', 5);
    const [second] = (await sendAll()).filter(({ vendorId }) => vendorId === 'lens-and-light');
    if (!second) throw new Error('no push');
    const back = await crm.putBack(org, second.id, 'wrong month', alex).then(() => crm.push(org, second.id));
    expect(back.fields.find(({ key }) => key === 'ai_requests')).toMatchObject({ now: '30', next: '25' });
    await crm.approve(org, [second.id], alex);
    await crm.send(org, { ids: [second.id] }, alex);
    expect((await settled([second.id]))[0]?.readBack).toMatchObject({ ai_requests: '25' });
  });

  test('what was written is remembered with the vendor, so that an edit is seen', async () => {
    await sendAll();
    const mapping = await getMapping(store.read, org, 'lens-and-light', 'tave');
    expect(JSON.parse(mapping?.last_written ?? '{}')).toMatchObject({ ai_requests: '25', period: '2026-10' });
    expect(JSON.parse(mapping?.target ?? '{}')).toHaveProperty('contactId');
  });

  test('a vendor’s value report is a PDF that names the vendor and its figures', async () => {
    const { download, name, bytes } = await crm.report(org, 'lens-and-light', '2026-10');
    expect(name).toBe('wedsync-value-lens-and-light-2026-10.pdf');
    expect(readFileSync(download).subarray(0, 5).toString()).toBe('%PDF-');
    expect(bytes).toBeGreaterThan(1_000);
  });
});

test('an unknown vendor may be one we know: by e-mail, then domain, then name', () => {
  const known = [
    { id: 'a', name: 'Lens & Light Ltd', email: 'hello@lens.example' },
    { id: 'b', name: 'Petal Events', email: 'x@gmail.com' },
  ];
  const asked = (name: string, email: string) =>
    suggestionsFor({ id: 'n', name, email }, known).map(({ vendorId, why }) => [vendorId, why]);
  expect(asked('Somebody', 'HELLO@lens.example')).toEqual([['a', 'the same e-mail']]);
  expect(asked('Somebody', 'other@lens.example')).toEqual([['a', 'the same domain, lens.example']]);
  expect(asked('lens and light', '')).toEqual([['a', 'the same name']]);
  expect(asked('Somebody', 'y@gmail.com')).toEqual([]);
});
