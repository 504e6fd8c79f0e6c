import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createEvents } from '../events.ts';
import type { Enqueue } from './enqueue.ts';
import { createOutbox, type Outbox } from './outbox.ts';

const backlog = 3_000;
const concurrency = 4;
const sinks = ['datadog', 'webhook'] as const;
/** What the loud one has at most in one turn: sixteen rounds of its slots for each of its systems. */
const turn = sinks.length * concurrency * 16;

let store: Store;
let outbox: Outbox;
afterEach(async () => {
  await outbox.stop();
  await store.close();
});

test('FT-95 one organisation floods: what another hands over waits for two turns of it at most, however much stands there', async () => {
  const runtime = testRuntime();
  store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'fair-share-')), runtime });
  const homes = [{ id: 'calm', system: 'slack' }, ...sinks.map((system) => ({ id: 'loud', system }))];
  await store.batch([
    ...['calm', 'loud'].map((id) => ({
      sql: 'INSERT INTO organisation (id, name, created_at) VALUES (?, ?, 0)',
      params: [id, id],
    })),
    ...homes.map(({ id, system }) => ({
      sql: 'INSERT INTO connection (id, organisation_id, system, created_at, updated_at) VALUES (?, ?, ?, 0, 0)',
      params: [`${id}/${system}`, id, system],
    })),
  ]);
  let flooded = 0;
  const started = new Map<string, number>();
  outbox = createOutbox({
    ...{ store, runtime, events: createEvents(), stopWaitMs: 1 },
    deliverer: {
      limits: () => ({ concurrency }),
      idempotency: () => 'native-key',
      async deliver({ organisationId, idempotencyKey }) {
        if (organisationId === 'loud') flooded += 1;
        else started.set(idempotencyKey, flooded);
        return { vendorId: null };
      },
      find: async () => null,
    },
  });
  const job = (organisationId: string, system: string, key: string): Enqueue => ({
    ...{ organisationId, system, action: 'send', deliveryClass: 'never-miss', priority: 1 },
    ...{ payload: { text: key }, payloadVersion: 1, idempotencyKey: key },
  });
  // As urgent as the others, and all of it before them.
  const flood = Array.from({ length: backlog }, (_, at) => job('loud', sinks[at % 2] ?? 'webhook', `loud-${at}`));
  await store.transaction((tx) => Promise.all(flood.map((one) => outbox.enqueue(tx, one))));
  await outbox.start();

  const waits: number[] = [];
  for (let at = 0; flooded < backlog * 0.8; at += 1) {
    const key = `calm-${at}`;
    const before = flooded;
    await store.transaction((tx) => outbox.enqueue(tx, job('calm', 'slack', key)));
    while (!started.has(key)) await new Promise((resolve) => setImmediate(resolve));
    waits.push((started.get(key) ?? Number.POSITIVE_INFINITY) - before);
  }
  expect(waits.length).toBeGreaterThan(5);
  expect(Math.max(...waits)).toBeLessThanOrEqual(2 * turn);
}, 30_000);
