import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../testing/open-store.ts';
import { testRuntime } from '../testing/runtime.ts';
import { openConnection } from './connection.ts';
import { FREED_SPACE, overwriteFreed } from './freed-space.ts';
import { migrate } from './migrate.ts';
import { putOpsSetting } from './repositories/weddings.ts';

let folder: string;
let db: Database.Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freed-'));
  db = openConnection(join(folder, 'console.db'), 'writer');
  migrate(db, { file: db.name, at: 1, version: '1' });
  db.exec("INSERT INTO organisation (id, name, created_at) VALUES ('one', 'one', 1), ('two', 'two', 1)");
  put('one', 'person-quiet', '"Quilla Marlow"');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.exec("DELETE FROM ops_setting WHERE name = 'person-quiet'");
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const most = Number.POSITIVE_INFINITY;
const put = (organisation: string, name: string, value: string) =>
  db.prepare('INSERT INTO ops_setting VALUES (?, ?, ?, 1)').run(organisation, name, value);
const written = () => ['', '-wal'].map((suffix) => readFileSync(`${db.name}${suffix}`, 'latin1')).join('');
const marks = () => db.prepare('SELECT count(*) FROM ops_setting WHERE name = ?').pluck().get(FREED_SPACE);

test('nothing is written anew unless an erasure asked for it', () => {
  expect(overwriteFreed(db, { most })).toBe('done');
  expect(written()).toContain('Quilla');
});

test('what was freed is in neither the file nor its log, and the mark is gone', () => {
  put('one', FREED_SPACE, 'true');
  put('two', FREED_SPACE, 'true');
  const told: number[] = [];
  expect(overwriteFreed(db, { most, told: (bytes) => told.push(bytes) })).toBe('done');
  expect(written()).not.toContain('Quilla');
  expect([marks(), told.length]).toEqual([0, 1]);
});

test('a file too large to wait for is left, with its mark, to the next start', () => {
  put('one', FREED_SPACE, 'true');
  expect(overwriteFreed(db, { most: 4_096 })).toBe('waits');
  expect(marks()).toBe(1);
});

test('another program that keeps the database locked stops it, and the mark stays', () => {
  put('one', FREED_SPACE, 'true');
  const other = openConnection(db.name, 'writer');
  other.exec('BEGIN IMMEDIATE');
  db.pragma('busy_timeout = 0');
  expect(() => overwriteFreed(db, { most })).toThrow('locked');
  other.exec('ROLLBACK');
  other.close();
  expect(marks()).toBe(1);
});

test('somebody who reads, such as a backup, keeps the log as it was: the mark stays until the log is empty', () => {
  put('one', FREED_SPACE, 'true');
  const reader = openConnection(db.name, 'reader');
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM ops_setting').get();
  const told: number[] = [];
  const again = () => overwriteFreed(db, { most, told: (bytes) => told.push(bytes) });
  expect([again(), again(), marks()]).toEqual(['read', 'read', 1]);
  reader.close();
  expect([again(), marks()]).toEqual(['done', 0]);
  expect(told).toHaveLength(1);
  expect(written()).not.toContain('Quilla');
  expect(db.pragma('busy_timeout', { simple: true })).toBe(5_000);
});

test('while a backup reads and alerts come in, nobody who writes is refused', async () => {
  const runtime = testRuntime();
  const store = await openStore({ folder: join(folder, 'busy'), runtime });
  const wrote = (name: string, value: string) =>
    store.transaction((tx) => putOpsSetting(tx, 'one', name, JSON.stringify(value), 1));
  await store.transaction((tx) =>
    tx.insertInto('organisation').values({ id: 'one', name: 'one', created_at: 1 }).execute(),
  );
  await Promise.all(Array.from({ length: 20 }, (_, index) => wrote(`large-${index}`, 'x'.repeat(1_000_000))));
  await wrote(FREED_SPACE, 'true');
  const backup = openConnection(store.file, 'reader');
  backup.exec('BEGIN');
  backup.prepare('SELECT count(*) FROM ops_setting').get();
  let outcome: boolean | null = null;
  const overwriting = store.overwriteFreed().then((done) => {
    outcome = done;
  });
  const beside = Array.from({ length: 200 }, (_, index) => wrote(`beside-${index}`, 'x'));
  expect((await Promise.allSettled(beside)).filter(({ status }) => status === 'rejected')).toEqual([]);
  await runtime.clock.advance(1_000);
  await wrote('still', 'x');
  expect(outcome).toBeNull();
  backup.close();
  while (outcome === null) await runtime.clock.advance(500);
  await overwriting;
  expect(outcome).toBe(true);
  await store.close();
}, 30_000);
