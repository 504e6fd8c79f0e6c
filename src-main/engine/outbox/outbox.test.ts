import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutboxJob, Receipt } from '../../../src-shared/domain/delivery/job.ts';
import { NeedsAttentionError, PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { Found, Limits } from '../../adapters/kit/adapter.ts';
import type { Store } from '../../ports/store.ts';
import { countJobs, getJob, listAttempts, listJobs } from '../../store/repositories/outbox.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createEvents } from '../events.ts';
import type { Deliverer } from './deliverer.ts';
import { deliveryKey, type Enqueue } from './enqueue.ts';
import { createOutbox, type Outbox } from './outbox.ts';

const s = 1_000;
const org = 'bluebell';

let store: Store;
let runtime: ReturnType<typeof testRuntime>;
let outbox: Outbox;
let sent: { key: string; at: number; attempt: number }[];
let answer: (job: OutboxJob) => Promise<Receipt>;
let search: (job: OutboxJob) => Promise<Found | null>;
let limits: Limits;

function makeOutbox(): Outbox {
  const deliverer: Deliverer = {
    limits: () => limits,
    idempotency: (job) => (job.action === 'no-key' ? 'none' : 'native-key'),
    deliver(job) {
      sent.push({ key: job.idempotencyKey, at: runtime.clock.now(), attempt: job.attempts });
      return answer(job);
    },
    find: (job) => search(job),
  };
  return createOutbox({ store, runtime, events: createEvents(), deliverer, stopWaitMs: 1 });
}

beforeAll(async () => {
  store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'outbox-')), runtime: testRuntime() });
});
afterAll(() => store.close());

beforeEach(async () => {
  runtime = testRuntime();
  const tables = ['outbox_attempt', 'outbox_job', 'connection', 'organisation'];
  await store.batch(tables.map((table) => ({ sql: `DELETE FROM ${table}`, params: [] })));
  sent = [];
  answer = async () => ({ vendorId: 'v-1' });
  search = async () => null;
  limits = { concurrency: 4 };
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: org, name: 'Bluebell', created_at: 0 }).execute();
    for (const system of ['slack', 'xero', 'tave']) {
      const row = { id: `${org}/${system}`, organisation_id: org, system, created_at: 0, updated_at: 0 };
      await tx.insertInto('connection').values(row).execute();
    }
  });
  outbox = makeOutbox();
});

afterEach(async () => {
  const done = outbox.stop();
  await runtime.clock.advance(10 * s);
  await done;
});

const alert: Enqueue = {
  organisationId: org,
  system: 'slack',
  action: 'post-alert',
  deliveryClass: 'never-miss',
  priority: 1,
  payload: { title: 'AI gallery slow' },
  payloadVersion: 1,
  idempotencyKey: 'k-1',
};
const bill: Enqueue = { ...alert, system: 'xero', action: 'post-bill', deliveryClass: 'never-twice', priority: 4 };

function put(job: Enqueue): Promise<string> {
  return store.transaction(async (tx) => (await outbox.enqueue(tx, job)).id);
}

function putAll(jobs: readonly Enqueue[]): Promise<unknown> {
  return store.transaction((tx) => Promise.all(jobs.map((job) => outbox.enqueue(tx, job))));
}

/** Lets the database threads answer; the clock does not move. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    if (await condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('It never came to that');
}

async function job(id: string): Promise<OutboxJob> {
  const found = await getJob(store.read, org, id);
  if (!found) throw new Error('no such job');
  return found;
}

const inState = (id: string, state: OutboxJob['state']) => until(async () => (await job(id)).state === state);

/** Moves the clock to where the job is due again, and lets the worker see it. */
async function due(id: string): Promise<void> {
  const { runAt } = await job(id);
  await runtime.clock.advance(Math.max(0, runAt - runtime.clock.now()) + 1);
}

describe('enqueueing', () => {
  it('commits the job with the fact, and not without it', async () => {
    await expect(
      store.transaction(async (tx) => {
        await outbox.enqueue(tx, alert);
        throw new Error('the fact failed');
      }),
    ).rejects.toThrow('the fact failed');
    expect((await listJobs(store.read, org, {}, null, 10)).total).toBe(0);
  });

  it('takes the same key once', async () => {
    const first = await store.transaction((tx) => outbox.enqueue(tx, alert));
    const second = await store.transaction((tx) => outbox.enqueue(tx, { ...alert, payload: 'other' }));
    expect([first.added, second.added, second.id === first.id]).toEqual([true, false, true]);
  });

  it('refuses a system that is not connected', async () => {
    await expect(put({ ...alert, system: 'sms' })).rejects.toThrow('Nothing is connected as bluebell/sms');
  });

  it('cancels new work of a system that is switched off, and keeps that of a paused one (R13)', async () => {
    await store.batch([{ sql: "UPDATE connection SET mode = 'off' WHERE system = 'tave'", params: [] }]);
    await store.batch([{ sql: "UPDATE connection SET mode = 'paused' WHERE system = 'slack'", params: [] }]);
    const off = await store.transaction((tx) => outbox.enqueue(tx, { ...alert, system: 'tave' }));
    const paused = await put(alert);
    await outbox.start();
    await runtime.clock.advance(60 * s);
    expect(off.state).toBe('cancelled');
    expect((await job(paused)).state).toBe('queued');
    expect(sent).toEqual([]);
    await store.batch([{ sql: "UPDATE connection SET mode = 'on' WHERE system = 'slack'", params: [] }]);
    outbox.wake();
    await inState(paused, 'delivered');
  });

  it('makes an unsent older state of the same object pointless (R10)', async () => {
    const older = await put({ ...alert, orderKey: 'alert-7' });
    const newer = await put({ ...alert, idempotencyKey: 'k-2', orderKey: 'alert-7', supersedes: true });
    expect(await job(older)).toMatchObject({ state: 'failed', lastFailure: { code: 'superseded' } });
    await outbox.start();
    await inState(newer, 'delivered');
    expect(sent.map(({ key }) => key)).toEqual(['k-2']);
  });

  it('keeps keys printable and short (R24)', () => {
    expect(deliveryKey('o', 'xero', 'bill', '7', '1')).toBe('o:xero:bill:7:1');
    const long = deliveryKey('o', 'xero', 'bill', 'é'.repeat(300), '1');
    expect(long).toMatch(/^xero:bill:[0-9a-f]{64}$/);
  });
});

describe('sending', () => {
  it('delivers by itself after the commit and keeps the receipt and the attempt', async () => {
    await outbox.start();
    const id = await put(alert);
    await inState(id, 'delivered');
    expect(await job(id)).toMatchObject({ attempts: 1, receipt: { vendorId: 'v-1' }, leaseOwner: null });
    expect(await listAttempts(store.read, org, id)).toMatchObject([{ number: 1, stage: 'send', receipt: 'accepted' }]);
  });

  it('keeps the order of one object, whatever the priorities, and holds others up by nothing', async () => {
    const ids = [
      await put({ ...alert, idempotencyKey: 'a1', orderKey: 'a', priority: 7 }),
      await put({ ...alert, idempotencyKey: 'a2', orderKey: 'a', priority: 0 }),
      await put({ ...alert, idempotencyKey: 'b1', orderKey: 'b', priority: 5 }),
    ];
    await outbox.start();
    for (const id of ids) await inState(id, 'delivered');
    const keys = sent.map(({ key }) => key);
    expect(keys.indexOf('a1')).toBeLessThan(keys.indexOf('a2'));
    expect(keys).toHaveLength(3);
  });

  it('sends the urgent first', async () => {
    limits = { concurrency: 1 };
    const ids = [];
    for (const [index, priority] of [7, 5, 0, 4].entries()) {
      ids.push(await put({ ...alert, idempotencyKey: `p${priority}`, priority, payload: index }));
    }
    await outbox.start();
    for (const id of ids) await inState(id, 'delivered');
    expect(sent[0]?.key).toBe('p0');
  });

  it('never runs more at once than the connection allows', async () => {
    limits = { concurrency: 3 };
    let now = 0;
    let most = 0;
    answer = async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return { vendorId: null };
    };
    await putAll(Array.from({ length: 40 }, (_, index) => ({ ...alert, idempotencyKey: `m${index}` })));
    await outbox.start();
    await until(async () => (await countJobs(store.read, org)).waiting === 0);
    expect(most).toBe(3);
    expect(sent).toHaveLength(40);
  });

  it('keeps to the calls a minute of the connection', async () => {
    limits = { concurrency: 10, perMinute: 5 };
    await putAll(Array.from({ length: 12 }, (_, index) => ({ ...alert, idempotencyKey: `r${index}` })));
    await outbox.start();
    await until(() => sent.length === 5);
    await runtime.clock.advance(30 * s);
    expect(sent).toHaveLength(5);
    await runtime.clock.advance(31 * s);
    await until(() => sent.length === 10);
  });

  it('tries again by the table, counting tries', async () => {
    answer = async () => {
      throw new RetryableError('network', 'refused');
    };
    await outbox.start();
    const id = await put(alert);
    await until(async () => (await job(id)).attempts === 1 && (await job(id)).state === 'queued');
    const first = await job(id);
    expect(first.runAt - runtime.clock.now()).toBeGreaterThanOrEqual(1.6 * s);
    expect(first.runAt - runtime.clock.now()).toBeLessThanOrEqual(2.4 * s);
    answer = async () => ({ vendorId: 'v-2' });
    await due(id);
    await inState(id, 'delivered');
    expect((await job(id)).attempts).toBe(2);
  });

  it('fails for good what is refused for good, and offers to try again', async () => {
    answer = async () => {
      throw new PermanentError('rejected', 'no such channel');
    };
    await outbox.start();
    const id = await put(alert);
    await inState(id, 'failed');
    answer = async () => ({ vendorId: 'v' });
    await store.transaction((tx) => outbox.tryAgain(tx, org, id));
    await inState(id, 'delivered');
    expect((await job(id)).attempts).toBe(1);
  });

  it('fails as expired what is too late to be of use', async () => {
    await store.batch([{ sql: "UPDATE connection SET mode = 'paused' WHERE system = 'slack'", params: [] }]);
    await outbox.start();
    const id = await put({ ...alert, expiresAt: (runtime.clock.now() + 5 * s) as OutboxJob['runAt'] });
    await runtime.clock.advance(40 * s);
    await inState(id, 'failed');
    expect((await job(id)).lastFailure?.code).toBe('expired');
    expect(sent).toEqual([]);
  });

  it('parks the connection when it is the connection that needs a person, and spreads its jobs on release (R17)', async () => {
    limits = { concurrency: 1 };
    answer = async () => {
      throw new NeedsAttentionError('auth', 'Sign in again', { scope: 'connection' });
    };
    const ids = [];
    for (const key of ['a', 'b', 'c', 'd']) ids.push(await put({ ...bill, idempotencyKey: key }));
    await outbox.start();
    await until(async () => (await countJobs(store.read, org)).held === 1);
    await runtime.clock.advance(60 * s);
    expect(sent).toHaveLength(1);
    answer = async () => ({ vendorId: 'v' });
    await store.transaction((tx) => outbox.release(tx, org, `${org}/xero`));
    const due = await Promise.all(ids.map(async (id) => (await job(id)).runAt - runtime.clock.now()));
    expect(Math.max(...due)).toBeGreaterThan(5 * s);
    expect(Math.max(...due)).toBeLessThanOrEqual(10 * s);
    await runtime.clock.advance(11 * s);
    for (const id of ids) await inState(id, 'delivered');
  });

  it('stops calling a system that is down, lets another one go on, and probes it later (R20)', async () => {
    limits = { concurrency: 1 };
    answer = async ({ system }) => {
      if (system === 'tave') throw new RetryableError('vendor-down', '503');
      return { vendorId: 'v' };
    };
    const push = { ...alert, system: 'tave', deliveryClass: 'keyed-upsert', priority: 5 } as const;
    await putAll(Array.from({ length: 12 }, (_, index) => ({ ...push, idempotencyKey: `t${index}` })));
    await outbox.start();
    await until(() => sent.length === 5);
    await runtime.clock.advance(10 * s);
    expect(sent).toHaveLength(5);
    await inState(await put(alert), 'delivered');
    await runtime.clock.advance(27 * s);
    await until(() => sent.length === 7);
    const [row] = await store.read.selectFrom('connection').select('breaker').where('system', '=', 'tave').execute();
    await until(async () => JSON.parse(row?.breaker ?? '{}').state === 'open');
  });

  it('waits as long as the vendor says, for the whole connection where it is concerned', async () => {
    limits = { concurrency: 1 };
    answer = async () => {
      throw new RetryableError('rate-limited', '429', { retryAfterMs: 90 * s, scope: 'connection' });
    };
    await put({ ...bill, idempotencyKey: 'a' });
    const second = await put({ ...bill, idempotencyKey: 'b' });
    await outbox.start();
    await until(async () => (await job(second)).state === 'queued' && sent.length === 1);
    answer = async () => ({ vendorId: 'v' });
    await runtime.clock.advance(80 * s);
    expect(sent).toHaveLength(1);
    await runtime.clock.advance(20 * s);
    await inState(second, 'delivered');
  });
});

describe('never-twice work', () => {
  beforeEach(() => {
    answer = async () => {
      throw new RetryableError('timeout', 'no answer');
    };
  });

  it('is searched for before anything is repeated; found and equal is delivered', async () => {
    await outbox.start();
    const id = await put(bill);
    await until(async () => (await job(id)).inDoubt);
    expect((await countJobs(store.read, org)).inDoubt).toBe(1);
    search = async () => ({ receipt: { vendorId: 'bill-9' }, same: true });
    await due(id);
    await inState(id, 'delivered');
    expect(await job(id)).toMatchObject({ inDoubt: false, receipt: { vendorId: 'bill-9' } });
    expect(sent).toHaveLength(1);
  });

  it('is sent once more with the same key when four searches found nothing, and then never by itself', async () => {
    await outbox.start();
    const id = await put(bill);
    const at: number[] = [];
    const start = runtime.clock.now();
    search = async () => {
      at.push(Math.round((runtime.clock.now() - start) / s));
      return null;
    };
    for (let lookups = 1; lookups <= 4; lookups += 1) {
      await until(async () => (await job(id)).inDoubt);
      await due(id);
      await until(async () => (await job(id)).lookups === lookups || (await job(id)).state === 'held');
    }
    await inState(id, 'held');
    expect(at).toEqual([5, 30, 120, 600]);
    expect(sent.map(({ key }) => key)).toEqual(['k-1', 'k-1']);
    expect((await job(id)).lastFailure?.code).toBe('outcome-unknown');
    await expect(store.transaction((tx) => outbox.tryAgain(tx, org, id))).rejects.toThrow('decide first');
    await store.transaction((tx) => outbox.decide(tx, org, id, { exists: true, receipt: { vendorId: 'seen' } }));
    expect((await job(id)).state).toBe('delivered');
  });

  it('goes on when a person put right what it was held for: looked for where it may exist, else tried anew', async () => {
    answer = async () => {
      throw new NeedsAttentionError('misconfigured', 'no such account');
    };
    await outbox.start();
    const id = await put(bill);
    await inState(id, 'held');
    answer = async () => ({ vendorId: 'bill-7' });
    await store.transaction((tx) => outbox.goOn(tx, org, id));
    await inState(id, 'delivered');
    answer = async () => {
      throw new RetryableError('timeout', 'no answer');
    };
    const other = await put({ ...bill, action: 'no-key', idempotencyKey: 'k-2' });
    await inState(other, 'held');
    const before = sent.length;
    search = async () => ({ receipt: { vendorId: 'bill-8' }, same: true });
    expect((await store.transaction((tx) => outbox.goOn(tx, org, other))).inDoubt).toBe(true);
    expect(sent).toHaveLength(before);
  });

  it('asks a person at once where nothing can be searched', async () => {
    await outbox.start();
    const id = await put({ ...bill, action: 'no-key' });
    await inState(id, 'held');
    expect(await job(id)).toMatchObject({ inDoubt: true, lastFailure: { code: 'outcome-unknown' } });
  });

  it('asks a person when what is there differs', async () => {
    await outbox.start();
    const id = await put(bill);
    await until(async () => (await job(id)).inDoubt);
    search = async () => ({ receipt: { vendorId: 'x' }, same: false, difference: 'gross 12.01 instead of 12.00' });
    await due(id);
    await inState(id, 'held');
    expect((await job(id)).lastFailure?.message).toContain('12.01');
    expect(sent).toHaveLength(1);
  });
});

describe('a dead owner', () => {
  it.each([
    ['never-miss', 'queued', false],
    ['never-twice', 'queued', true],
  ] as const)('leaves %s work that the next start takes back (R7)', async (deliveryClass, state, inDoubt) => {
    const id = await put({ ...bill, deliveryClass });
    await store.batch([
      {
        sql: "UPDATE outbox_job SET state = 'sending', attempts = 1, lease_owner = 'gone', lease_until = 0 WHERE id = ?",
        params: [id],
      },
      { sql: "UPDATE connection SET mode = 'paused'", params: [] },
    ]);
    await outbox.start();
    expect(await job(id)).toMatchObject({ state, inDoubt, attempts: 1, leaseOwner: null });
    expect((await listAttempts(store.read, org, id)).map(({ stage }) => stage)).toEqual(['recover']);
  });
});

describe('a damaged row', () => {
  it('is held and stops nobody else', async () => {
    const broken = await put({ ...alert, idempotencyKey: 'broken' });
    await store.batch([{ sql: "UPDATE outbox_job SET receipt = '{}' WHERE id = ?", params: [broken] }]);
    await outbox.start();
    await inState(await put(alert), 'delivered');
    const state = { sql: 'SELECT state FROM outbox_job WHERE id = ?', params: [broken] };
    await until(async () => (await store.batch([state]))[0]?.rows[0]?.state === 'held');
  });
});

describe('what follows from a settled job', () => {
  it('is written in the same transaction', async () => {
    const seen: string[] = [];
    outbox.onSettled({ system: 'slack', action: 'post-alert' }, async (tx, { id, state }) => {
      seen.push(state);
      await tx.updateTable('organisation').set({ name: id }).where('id', '=', org).execute();
    });
    await outbox.start();
    const id = await put(alert);
    await inState(id, 'delivered');
    const [row] = await store.read.selectFrom('organisation').select('name').execute();
    expect([row?.name, seen]).toEqual([id, ['delivered']]);
  });

  it('holds the job, in doubt where it may not be repeated, when it fails', async () => {
    outbox.onSettled({ system: 'xero' }, async (_tx, settled) => {
      if (settled.state === 'delivered') throw new Error('a mistake of ours');
    });
    await outbox.start();
    const id = await put(bill);
    await inState(id, 'held');
    expect(await job(id)).toMatchObject({
      inDoubt: true,
      receipt: { vendorId: 'v-1' },
      lastFailure: { code: 'defect' },
    });
  });
});

describe('stopping', () => {
  it('gives back what was not started and stores what came back', async () => {
    let release = (): void => undefined;
    limits = { concurrency: 2 };
    answer = () =>
      new Promise((resolve) => {
        release = () => resolve({ vendorId: 'v' });
      });
    await putAll(Array.from({ length: 9 }, (_, index) => ({ ...alert, idempotencyKey: `s${index}` })));
    await outbox.start();
    await until(() => sent.length === 2);
    const done = outbox.stop();
    release();
    await runtime.clock.advance(5 * s);
    await done;
    const { rows } = await listJobs(store.read, org, {}, null, 20);
    const states = rows.map(({ state, attempts }) => `${state} ${attempts}`);
    expect(states.filter((state) => state === 'queued 0')).toHaveLength(7);
    expect(states.filter((state) => state === 'delivered 1')).toHaveLength(1);
    expect(states.filter((state) => state === 'sending 1')).toHaveLength(1);
  });
});
