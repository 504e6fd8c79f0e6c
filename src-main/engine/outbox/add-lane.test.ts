import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../store/open.ts';
import type { NewJob } from '../../store/repositories/outbox-statements.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createAddLane } from './add-lane.ts';

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'add-lane-'));
  store = await openStore({ folder, runtime: testRuntime('2026-11-22T12:00:00Z') });
  await store.batch([
    { sql: "INSERT INTO organisation (id, name, created_at) VALUES ('o', 'O', 0)", params: [] },
    {
      sql: `INSERT INTO connection (id, organisation_id, system, created_at, updated_at) VALUES ('o/webhook', 'o', 'webhook', 0, 0)`,
      params: [],
    },
  ]);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const job = (id: string, priority = 5): NewJob => ({
  id,
  organisationId: 'o',
  connectionId: 'o/webhook',
  action: 'deliver',
  deliveryClass: 'keyed-upsert',
  priority,
  payload: '{}',
  payloadVersion: 1,
  idempotencyKey: id,
  orderKey: null,
  runAt: 0,
  expiresAt: null,
  replayOf: null,
  createdAt: 0,
});
const stored = async () =>
  (await store.read.selectFrom('outbox_job').select('id').orderBy('id').execute()).map(({ id }) => id);

test('calls of one turn are one transaction, and each is durable when it resolves', async () => {
  const add = createAddLane(store);
  const before = store.stats().transactions;
  await Promise.all(['a', 'b', 'c'].map((id) => add([job(id)])));
  expect(store.stats().transactions - before).toBe(1);
  expect(await stored()).toEqual(['a', 'b', 'c']);
});

test('a call that cannot be kept is refused whole and takes no other with it', async () => {
  const add = createAddLane(store);
  const impossible = 12;
  const answers = await Promise.allSettled([add([job('a')]), add([job('b'), job('c', impossible)]), add([job('d')])]);
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await stored()).toEqual(['a', 'd']);
});

test('large calls stay transactions of their own', async () => {
  const add = createAddLane(store);
  const before = store.stats().transactions;
  await Promise.all(['a', 'b'].map((name) => add(Array.from({ length: 80 }, (_, index) => job(`${name}${index}`)))));
  expect(store.stats().transactions - before).toBe(2);
  expect(await stored()).toHaveLength(160);
});
