import { copyFile, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testRuntime } from '../testing/runtime.ts';
import { inspectAside } from './inspect-backup.ts';
import { openStore } from './open.ts';

let folder: string;
let backup: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedsync-inspect-'));
  backup = join(folder, 'kept.db');
  const store = await openStore({ folder, runtime: testRuntime() });
  await store.backup(backup);
  await store.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a backup says what stands in it', async () => {
  expect(await inspectAside(backup)).toEqual({
    newestAt: null,
    lastEntry: 0,
    lastDelivery: 0,
    organisations: [],
    unfinished: 0,
    schema: expect.any(Number),
  });
});

test('what is no backup of this console is refused with the reason', async () => {
  const other = join(folder, 'other.db');
  await writeFile(other, 'a letter, not a database');
  await expect(inspectAside(other)).rejects.toThrow(/not a database|no backup|not a backup/);
});

test('a backup whose record lacks an entry is refused', async () => {
  const torn = join(folder, 'torn.db');
  await copyFile(backup, torn);
  const db = new Database(torn);
  const entry = db.prepare(
    `INSERT INTO audit_entry (sequence, at, monotonic_ms, process_id, organisation_id, actor, channel, action, object, reason, correlation_id, previous_hash, hash)
     VALUES (?, 1, 1, 'p', 'o', 'system', 'cli', 'a.b', 'c:d', '', '', ?, ?)`,
  );
  entry.run(1, '0'.repeat(64), 'first');
  entry.run(2, 'first', 'second');
  expect(await inspectAside(torn)).toMatchObject({ lastEntry: 2 });
  entry.run(4, 'third', 'fourth');
  db.close();
  await expect(inspectAside(torn)).rejects.toThrow('gap');
});

test('a damaged backup is refused', async () => {
  const file = await open(backup, 'r+');
  await file.write(Buffer.alloc(8_192, 0x5a), 0, 8_192, 16_384);
  await file.close();
  await expect(inspectAside(backup)).rejects.toThrow(/damaged|malformed/);
});
