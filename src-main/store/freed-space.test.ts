import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openConnection } from './connection.ts';
import { FREED_SPACE, overwriteFreed } from './freed-space.ts';
import { migrate } from './migrate.ts';

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

const put = (organisation: string, name: string, value: string) =>
  db.prepare('INSERT INTO ops_setting VALUES (?, ?, ?, 1)').run(organisation, name, value);
const written = () => ['', '-wal'].map((suffix) => readFileSync(`${db.name}${suffix}`, 'latin1')).join('');
const marks = () => db.prepare('SELECT count(*) FROM ops_setting WHERE name = ?').pluck().get(FREED_SPACE);

test('nothing is written anew unless an erasure asked for it', () => {
  expect(overwriteFreed(db, {})).toBe(true);
  expect(written()).toContain('Quilla');
});

test('what was freed is in neither the file nor its log, and the mark is gone', () => {
  put('one', FREED_SPACE, 'true');
  put('two', FREED_SPACE, 'true');
  const told: number[] = [];
  expect(overwriteFreed(db, { told: (bytes) => told.push(bytes) })).toBe(true);
  expect(written()).not.toContain('Quilla');
  expect([marks(), told.length]).toEqual([0, 1]);
});

test('a file too large to wait for is left, with its mark, to the next start', () => {
  put('one', FREED_SPACE, 'true');
  expect(overwriteFreed(db, { most: 4_096 })).toBe(false);
  expect(marks()).toBe(1);
});

test('another program that keeps the database locked stops it, and the mark stays', () => {
  put('one', FREED_SPACE, 'true');
  const other = openConnection(db.name, 'writer');
  other.exec('BEGIN IMMEDIATE');
  db.pragma('busy_timeout = 0');
  expect(() => overwriteFreed(db, {})).toThrow('locked');
  other.exec('ROLLBACK');
  other.close();
  expect(marks()).toBe(1);
});
