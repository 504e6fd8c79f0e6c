import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createEvents } from '../events.ts';
import { createOutbox } from './outbox.ts';

const org = 'bluebell';

/** An outbox whose other side answers at once until `holds`, and then only when told. */
async function desk() {
  const runtime = testRuntime();
  const store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'stopping-')), runtime });
  onTestFinished(() => store.close());
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: org, name: 'Bluebell', created_at: 0 }).execute();
    const row = { id: `${org}/slack`, organisation_id: org, system: 'slack', created_at: 0, updated_at: 0 };
    await tx.insertInto('connection').values(row).execute();
  });
  const held: (() => void)[] = [];
  let holding = false;
  const outbox = createOutbox({
    store,
    runtime,
    events: createEvents(),
    deliverer: {
      limits: () => ({ concurrency: 2 }),
      idempotency: () => 'native-key',
      deliver: () =>
        holding
          ? new Promise((resolve) => held.push(() => resolve({ vendorId: 'v' })))
          : Promise.resolve({ vendorId: 'v' }),
      find: async () => null,
    },
  });
  const rows = () =>
    store.read.selectFrom('outbox_job').select(['state', 'attempts', 'lease_owner']).orderBy('seq').execute();
  const add = (count: number, from: number) =>
    store.transaction(async (tx) => {
      for (let index = 0; index < count; index++) {
        await outbox.enqueue(tx, {
          ...{ organisationId: org, system: 'slack', action: 'post-alert', payload: {}, payloadVersion: 1 },
          ...{ deliveryClass: 'never-miss', priority: 1, idempotencyKey: `k-${from + index}` },
        });
      }
    });
  const hold = () => {
    holding = true;
  };
  return { runtime, outbox, held, rows, add, hold };
}

test('what is in the air may take five seconds more, and its result is stored (R51)', async () => {
  const { runtime, outbox, held, rows, add, hold } = await desk();
  hold();
  await add(2, 0);
  await outbox.start();
  await expect.poll(() => held.length).toBe(2);
  let over = false;
  const stopping = outbox.stop().then(() => {
    over = true;
  });
  await runtime.clock.advance(4_900);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(over).toBe(false);
  for (const answer of held) answer();
  await stopping;
  expect(await rows()).toMatchObject(Array(2).fill({ state: 'delivered', attempts: 1, lease_owner: null }));
});

test('a delivery that heeds no end keeps nobody from stopping, and its lease stays for the next start (R51)', async () => {
  const { runtime, outbox, held, rows, add, hold } = await desk();
  hold();
  await add(1, 0);
  await outbox.start();
  await expect.poll(() => held.length).toBe(1);
  let over = false;
  const stopping = outbox.stop().then(() => {
    over = true;
  });
  await runtime.clock.advance(5_600);
  // All the waiting of `stop` itself is over: no further time has to pass.
  await expect.poll(() => over).toBe(true);
  await stopping;
  expect(await rows()).toMatchObject([{ state: 'sending', attempts: 1 }]);
});

test('what was fetched ahead and not begun is given back as if it had never been taken (R51)', async () => {
  const { runtime, outbox, held, rows, add, hold } = await desk();
  await add(4, 0);
  await outbox.start();
  // From the second time on more is fetched than can be sent at once.
  await expect.poll(async () => (await rows()).every(({ state }) => state === 'delivered')).toBe(true);
  hold();
  await add(12, 4);
  await expect.poll(() => held.length).toBe(2);
  await expect.poll(async () => (await rows()).filter(({ state }) => state === 'sending').length).toBeGreaterThan(2);
  const stopping = outbox.stop();
  for (const answer of held) answer();
  await runtime.clock.advance(6_000);
  await stopping;
  const left = (await rows()).filter(({ state }) => state !== 'delivered');
  expect(left).toHaveLength(10);
  expect(left).toEqual(Array(10).fill({ state: 'queued', attempts: 0, lease_owner: null }));
});
