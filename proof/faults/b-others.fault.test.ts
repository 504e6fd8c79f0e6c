import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { openStore } from '../../src-main/store/open.ts';
import { testRuntime } from '../../src-main/testing/runtime.ts';
import { emergency, endAll, lived, organisationId, startAgent } from '../rig/console.ts';
import { broken } from '../rig/invariants.ts';
import { place, removeAll } from '../rig/places.ts';
import { sendEvent } from '../rig/webhook.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

test('FT-22 locked by another program: three seconds pass unseen, longer is said and loses nothing', async () => {
  const { data } = await lived('locked');
  const agent = await startAgent(data);
  const client = await agent.client();
  const other = new Database(join(data, 'console.db'), { timeout: 5_000 });
  other.exec('BEGIN IMMEDIATE');
  const short = client.alerts.raise(emergency('three seconds'));
  await wait(3_000);
  other.exec('COMMIT');
  await expect(short).resolves.toMatchObject({ title: 'three seconds' });

  other.exec('BEGIN IMMEDIATE');
  const began = performance.now();
  const sent = sendEvent(agent.ready.webhookUrl, 'locked-out');
  await expect(client.alerts.raise(emergency('too long'))).rejects.toThrow();
  expect(performance.now() - began).toBeGreaterThan(4_500);
  expect(await sent).toBe(503);
  other.exec('COMMIT');
  other.close();
  expect(await sendEvent(agent.ready.webhookUrl, 'locked-out')).toBe(202);
  await expect(client.alerts.raise(emergency('after the lock'))).resolves.toBeTruthy();
  expect(await agent.stop()).toBe(0);
  expect(broken({ data, acknowledged: ['locked-out'] })).toEqual([]);
}, 60_000);

test('FT-23 a reader that never ends: the growing journal raises an alert, and it shrinks when the reader is gone', async () => {
  const { data } = await lived('journal-grows');
  const agent = await startAgent(data);
  const reader = new Database(join(data, 'console.db'), { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM alert').get();
  const writer = new Database(join(data, 'console.db'), { timeout: 20_000 });
  writer.exec('CREATE TABLE IF NOT EXISTS filler (bytes BLOB)');
  const insert = writer.prepare('INSERT INTO filler VALUES (zeroblob(1048576))');
  for (let index = 0; index < 270; index += 1) {
    insert.run();
    writer.exec('DELETE FROM filler');
  }
  const journal = () => statSync(join(data, 'console.db-wal')).size;
  expect(journal()).toBeGreaterThan(256 * 1024 ** 2);
  const client = await agent.client();
  const titles = async () =>
    (await client.alerts.list({ organisationId, filter: 'open' })).rows.map(({ title }) => title);
  await expect
    .poll(titles, { timeout: 25_000, interval: 500 })
    .toContain('The database journal grows and cannot be folded in');
  reader.exec('COMMIT');
  reader.close();
  insert.run();
  writer.exec('DROP TABLE filler');
  writer.pragma('wal_checkpoint(PASSIVE)');
  writer.close();
  await client.alerts.raise(emergency('one more write'));
  await expect.poll(journal, { timeout: 20_000 }).toBeLessThan(70 * 1024 ** 2);
  await expect
    .poll(titles, { timeout: 25_000, interval: 500 })
    .not.toContain('The database journal grows and cannot be folded in');
  expect(await agent.stop()).toBe(0);
  expect(broken({ data })).toEqual([]);
}, 120_000);

test('FT-24 two connections writing and folding in at once: nothing is lost or damaged', async () => {
  const seconds = Number(process.env.FAULT_STRESS_SECONDS ?? 15);
  const data = place('two');
  const store = await openStore({ folder: data, runtime: testRuntime() });
  const other = new Worker(new URL('../rig/other-writer.ts', import.meta.url), {
    workerData: { file: join(data, 'console.db'), seconds },
  });
  const wrote = once(other, 'message') as Promise<[number]>;
  const until = performance.now() + seconds * 1_000;
  let ours = 0;
  while (performance.now() < until) {
    const adding = Array.from({ length: 20 }, () => {
      ours += 1;
      const row = { id: `o-${ours}`, name: 'x'.repeat(500), created_at: 1 };
      return store.transaction((tx) => tx.insertInto('organisation').values(row).execute());
    });
    await Promise.all(adding);
  }
  const [theirs] = await wrote;
  await store.close();
  const check = new Database(join(data, 'console.db'));
  expect(check.prepare('SELECT count(*) FROM organisation').pluck().get()).toBe(ours);
  expect(check.prepare('SELECT count(*) FROM beside').pluck().get()).toBe(theirs);
  // Both came to write, however slow the disk.
  expect(Math.min(ours, theirs)).toBeGreaterThan(1);
  expect(check.pragma('integrity_check', { simple: true })).toBe('ok');
  check.close();
}, 4_000_000);
