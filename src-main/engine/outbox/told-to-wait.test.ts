import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { RetryableError } from '../../../src-shared/domain/failure.ts';
import { getJob } from '../../store/repositories/outbox.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createEvents } from '../events.ts';
import { createOutbox } from './outbox.ts';

const org = 'bluebell';
const s = 1_000;
const hour = 3_600 * s;

async function desk() {
  const runtime = testRuntime();
  const store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'told-to-wait-')), runtime });
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: org, name: 'Bluebell', created_at: 0 }).execute();
    for (const system of ['xero', 'slack']) {
      const row = { id: `${org}/${system}`, organisation_id: org, system, created_at: 0, updated_at: 0 };
      await tx.insertInto('connection').values(row).execute();
    }
  });
  const sent: string[] = [];
  let said: RetryableError | null = null;
  const make = () =>
    createOutbox({
      store,
      runtime,
      events: createEvents(),
      stopWaitMs: 1,
      deliverer: {
        limits: () => ({ concurrency: 1 }),
        idempotency: () => 'native-key',
        async deliver({ system, idempotencyKey }) {
          sent.push(idempotencyKey);
          if (system === 'xero' && said) throw said;
          return { vendorId: 'v' };
        },
        find: async () => null,
      },
    });
  let outbox = make();
  await outbox.start();
  async function stop(): Promise<void> {
    const done = outbox.stop();
    await runtime.clock.advance(10);
    await done;
  }
  onTestFinished(async () => {
    await stop();
    await store.close();
  });
  const put = (key: string, system = 'xero', deliveryClass: OutboxJob['deliveryClass'] = 'never-twice') =>
    store.transaction(
      async (tx) =>
        (
          await outbox.enqueue(tx, {
            ...{ organisationId: org, system, action: 'do', payload: {}, payloadVersion: 1 },
            ...{ deliveryClass, priority: 4, idempotencyKey: key },
          })
        ).id,
    );
  const inState = (id: string, state: OutboxJob['state']) =>
    expect.poll(async () => (await getJob(store.read, org, id))?.state).toBe(state);
  const tried = (id: string) =>
    expect.poll(async () => {
      const job = await getJob(store.read, org, id);
      return job && [job.state, job.attempts];
    });
  let others = 0;
  return {
    ...{ put, inState, tried, sent, runtime, hook: () => outbox.onSettled({ system: 'xero' }, async () => undefined) },
    says(what: RetryableError | null) {
      said = what;
    },
    /** That much later; another system's delivery proves that the outbox has looked at everything since. */
    async passes(ms: number): Promise<void> {
      await runtime.clock.advance(ms);
      for (let turn = 0; turn < 2; turn += 1) await inState(await put(`other ${others++}`, 'slack'), 'delivered');
    },
    /** Of this system alone. */
    calls: () => sent.filter((key) => !key.startsWith('other')),
    async restarts(): Promise<void> {
      await stop();
      outbox = make();
      await outbox.start();
    },
  };
}

const wait = (ms: number, scope: 'connection' | 'job') =>
  new RetryableError('rate-limited', '429', { retryAfterMs: ms, scope });

test('told to wait, the whole connection waits as long as it was told, also over a restart (R16, FT-49)', async () => {
  const { put, inState, tried, says, passes, calls, restarts } = await desk();
  says(wait(90 * s, 'connection'));
  const first = await put('a');
  await tried(first).toEqual(['queued', 1]);
  const second = await put('b');
  await passes(40 * s);
  expect(calls()).toEqual(['a']);
  await restarts();
  await passes(45 * s);
  expect(calls()).toEqual(['a']);
  says(null);
  await passes(30 * s);
  await inState(first, 'delivered');
  await inState(second, 'delivered');
});

test.each([false, true])(
  'what was fetched ahead does not go on calling who asked for a wait (followed: %s)',
  async (followed) => {
    const { put, inState, says, passes, calls, hook } = await desk();
    if (followed) hook();
    // From the second claim on several are fetched at once.
    for (const key of ['1', '2', '3', '4']) await inState(await put(key, 'xero', 'keyed-upsert'), 'delivered');
    says(wait(90 * s, 'connection'));
    const ids = await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => put(key, 'xero', 'keyed-upsert')),
    );
    await passes(80 * s);
    expect(calls().slice(4)).toHaveLength(1);
    says(null);
    await passes(30 * s);
    for (const id of ids) await inState(id, 'delivered');
  },
);

test('what was said of one job alone holds up that job alone', async () => {
  const { put, inState, tried, says, passes, calls } = await desk();
  says(wait(90 * s, 'job'));
  const first = await put('a');
  await tried(first).toEqual(['queued', 1]);
  says(null);
  await inState(await put('b'), 'delivered');
  await passes(80 * s);
  expect(calls()).toEqual(['a', 'b']);
  await passes(12 * s);
  await inState(first, 'delivered');
});

test.each([
  ['never-twice', 24 * hour],
  ['never-miss', hour],
] as const)('of %s work no word makes it wait longer than %i ms', async (deliveryClass, longest) => {
  const { put, inState, tried, says, passes, calls } = await desk();
  says(wait(48 * hour, 'connection'));
  const id = await put('a', 'xero', deliveryClass);
  await tried(id).toEqual(['queued', 1]);
  says(null);
  await passes(longest - 60 * s);
  expect(calls()).toEqual(['a']);
  await passes(61 * s);
  await inState(id, 'delivered');
});
