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
const rightly = '2026-11-23T12:00:00Z';
/** A computer that believes this until it has asked for the time. */
const wrongly = '2038-01-19T03:14:09Z';

async function desk() {
  const runtime = testRuntime(rightly);
  const store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'set-back-')), runtime });
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: org, name: 'Bluebell', created_at: 0 }).execute();
    const row = { id: `${org}/slack`, organisation_id: org, system: 'slack', created_at: 0, updated_at: 0 };
    await tx.insertInto('connection').values(row).execute();
  });
  const answers: (() => Promise<{ vendorId: string }>)[] = [];
  const sent: string[] = [];
  const outbox = createOutbox({
    store,
    runtime,
    events: createEvents(),
    stopWaitMs: 1,
    deliverer: {
      limits: () => ({ concurrency: 4 }),
      idempotency: () => 'native-key',
      deliver(job) {
        sent.push(job.idempotencyKey);
        return answers.shift()?.() ?? Promise.resolve({ vendorId: 'v' });
      },
      find: async () => null,
    },
  });
  onTestFinished(async () => {
    const done = outbox.stop();
    await runtime.clock.advance(10_000);
    await done;
    await store.close();
  });
  const now = (instant: string) => runtime.clock.jump(Date.parse(instant) - runtime.clock.now());
  const put = (key: string) =>
    store.transaction(
      async (tx) =>
        (
          await outbox.enqueue(tx, {
            ...{ organisationId: org, system: 'slack', action: 'post-alert', payload: {}, payloadVersion: 1 },
            ...{ deliveryClass: 'never-miss', priority: 1, idempotencyKey: key },
          })
        ).id,
    );
  const state = async (id: string): Promise<OutboxJob['state'] | undefined> =>
    (await getJob(store.read, org, id))?.state;
  /** Minutes of the right time go by, far from years. */
  const delivered = (id: string) =>
    expect
      .poll(async () => {
        await runtime.clock.advance(1_000);
        return state(id);
      })
      .toBe('delivered');
  return { runtime, outbox, answers, sent, now, put, state, delivered };
}

test('what was brought under a wrong clock goes out once the clock is right, not when it is that late', async () => {
  const { outbox, now, put, delivered, sent } = await desk();
  now(wrongly);
  const id = await put('brought');
  now(rightly);
  await outbox.start();
  await delivered(id);
  expect(sent).toEqual(['brought']);
});

test('what is to be tried again is tried although the clock was set back meanwhile', async () => {
  const { outbox, answers, now, put, state, delivered, sent } = await desk();
  answers.push(() => Promise.reject(new RetryableError('network', 'down')));
  const id = await put('again');
  now(wrongly);
  await outbox.start();
  await expect.poll(() => sent.length).toBe(1);
  await expect.poll(() => state(id)).toBe('queued');
  now(rightly);
  await delivered(id);
  expect(sent).toEqual(['again', 'again']);
});

test('what is planned for later by the right clock keeps its time', async () => {
  const { runtime, outbox, answers, now, put, state, sent } = await desk();
  answers.push(() => Promise.reject(new RetryableError('rate-limited', 'busy', { retryAfterMs: 3_600_000 })));
  const id = await put('later');
  await outbox.start();
  await expect.poll(() => sent.length).toBe(1);
  await expect.poll(() => state(id)).toBe('queued');
  await runtime.clock.advance(600_000);
  now(new Date(runtime.clock.now() - 5_000).toISOString());
  await runtime.clock.advance(120_000);
  expect(sent).toEqual(['later']);
});
