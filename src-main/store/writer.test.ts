import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openConnection } from './connection.ts';
import type { Reply } from './protocol.ts';
import { createWriter, type Line, type Writer } from './writer.ts';

const texts = [
  'INSERT INTO t (id, body) VALUES (?, ?)',
  'INSERT INTO t (id, body) VALUES (?, zeroblob(?))',
  'SELECT count(*) AS n FROM t',
  'UPDATE t SET body = NULL WHERE id = ? AND ? = 0',
];
let db: Database.Database;
let writer: Writer;
let now: number;
let replies: Reply[];
let line: Line;
const counters = new Int32Array(new SharedArrayBuffer(8));

beforeEach(() => {
  db = openConnection(join(mkdtempSync(join(tmpdir(), 'writer-')), 'x.db'), 'writer');
  db.exec('CREATE TABLE t (id TEXT PRIMARY KEY, body BLOB) STRICT');
  now = 0;
  replies = [];
  line = { answer: (reply) => void replies.push(reply), sql: ({ sql }) => texts[sql] ?? '' };
  counters.fill(0);
  writer = createWriter(
    db,
    () => now,
    counters,
    () => undefined,
  );
});

const put = (id: number, key: string, bytes = 10) =>
  writer.handle({ kind: 'batch', id, statements: [{ sql: 1, params: [key, bytes] }], patient: false }, line);
const outcome = () => replies.map((reply) => `${reply.id} ${reply.ok ? 'ok' : reply.error.code}`);
const stored = () => db.prepare('SELECT id FROM t ORDER BY id').pluck().all();

describe('the writer', () => {
  it('tells nobody of success before the shared commit', () => {
    put(1, 'a');
    put(2, 'b');
    expect(outcome()).toEqual([]);
    writer.rest();
    expect(outcome()).toEqual(['1 ok', '2 ok']);
    expect([...counters]).toEqual([1, 2]);
  });

  it('lets patient batches share a commit while nobody else waits, and no longer than that', async () => {
    const patient = (id: number, key: string) =>
      writer.handle({ kind: 'batch', id, statements: [{ sql: 1, params: [key, 1] }], patient: true }, line);
    patient(1, 'a');
    writer.rest();
    patient(2, 'b');
    writer.rest();
    expect(outcome()).toEqual([]);
    put(3, 'c');
    writer.rest();
    expect(outcome()).toEqual(['1 ok', '2 ok', '3 ok']);
    expect(counters[0]).toBe(1);
    patient(4, 'd');
    writer.rest();
    await expect.poll(outcome).toContain('4 ok');
  });

  it('runs what waits, and what has to run anew, by the texts it was sent with, whatever their numbers stand for by then', () => {
    const own = [...texts];
    const other: Line = { ...line, sql: ({ sql }) => own[sql] ?? '' };
    const insert = (id: number, key: string, patient = false) =>
      writer.handle({ kind: 'batch', id, statements: [{ sql: 1, params: [key, 1] }], patient }, other);
    insert(1, 'before');
    writer.handle({ kind: 'begin', tx: 7 }, line);
    insert(2, 'waits');
    insert(3, 'patient', true);
    own[1] = 'DELETE FROM t WHERE id = ? AND ? = 1';
    // The transaction fails: who finished before it runs anew, who waited has its turn.
    writer.handle({ kind: 'rollback', tx: 7, more: false }, line);
    for (let turn = 0; turn < 3; turn++) writer.rest();
    writer.handle({ kind: 'hurry' }, line);
    writer.rest();
    expect(stored()).toEqual(['before', 'patient', 'waits']);
  });

  it('commits patient batches as soon as all that somebody waits for are worked, and drops those of a line that is gone', () => {
    const patient = (id: number, from = line) =>
      writer.handle({ kind: 'batch', id, statements: [{ sql: 1, params: [`p${id}`, 1] }], patient: true }, from);
    for (const id of [1, 2, 3]) patient(id);
    writer.handle({ kind: 'hurry' }, line);
    patient(4);
    for (let turn = 0; turn < 4; turn++) writer.rest();
    expect(outcome()).toEqual(['1 ok', '2 ok', '3 ok']);
    const gone = { ...line };
    patient(5, gone);
    patient(6);
    writer.leave(gone);
    for (let turn = 0; turn < 3; turn++) writer.rest();
    writer.handle({ kind: 'hurry' }, line);
    writer.rest();
    expect(stored()).toEqual(['p1', 'p2', 'p3', 'p4', 'p6']);
  });

  it('works one patient batch at a time, and whoever is not patient before those that have not begun', async () => {
    const patient = (id: number, key: string) =>
      writer.handle({ kind: 'batch', id, statements: [{ sql: 1, params: [key, 1] }], patient: true }, line);
    for (const [index, key] of ['a', 'b', 'c', 'd', 'e'].entries()) patient(index + 1, key);
    writer.rest();
    put(6, 'person');
    expect(stored()).toEqual(['a', 'person']);
    writer.rest();
    expect(outcome()).toEqual(['1 ok', '6 ok']);
    await expect.poll(outcome).toHaveLength(6);
  });

  it('lets fewer patient batches share a commit while somebody else was here a moment ago, so that nobody waits long', () => {
    const patient = (id: number) =>
      writer.handle({ kind: 'batch', id, statements: [{ sql: 1, params: [`p${id}`, 1] }], patient: true }, line);
    const shared = () => {
      const before = replies.length;
      for (let id = 100; replies.length === before && id < 200; id++) {
        patient(id + before * 1_000);
        writer.rest();
      }
      return replies.length - before;
    };
    expect(shared()).toBe(40);
    put(1, 'somebody');
    writer.rest();
    expect(shared()).toBe(8);
    now += 1_000;
    expect(shared()).toBe(40);
  });

  it('keeps nothing of the patient batches that share a commit when one fails, and all of those of another line', async () => {
    const other: Line = { ...line };
    const patient = (id: number, key: string, from = line) =>
      writer.handle({ kind: 'batch', id, statements: [{ sql: 1, params: [key, 1] }], patient: true }, from);
    patient(1, 'a', other);
    patient(2, 'b');
    patient(3, 'b');
    for (let turn = 0; turn < 3; turn++) writer.rest();
    expect(outcome().sort()).toEqual(['1 ok', '2 SQLITE_CONSTRAINT_PRIMARYKEY', '3 SQLITE_CONSTRAINT_PRIMARYKEY']);
    expect(stored()).toEqual(['a']);
    patient(4, 'd');
    put(5, 'e');
    put(6, 'e');
    writer.rest();
    await expect.poll(stored).toEqual(['a', 'd', 'e']);
  });

  it('undoes a failed member alone, whatever stands before and behind it in the group', () => {
    const begin = (tx: number, key: string) => {
      writer.handle({ kind: 'begin', tx }, line);
      writer.handle({ kind: 'run', id: tx + 100, tx, statement: { sql: 0, params: [key, null] } }, line);
    };
    put(1, 'a');
    put(2, 'a');
    put(3, 'b');
    begin(1, 'undone');
    writer.handle({ kind: 'rollback', tx: 1, more: false }, line);
    begin(2, 'c');
    writer.handle({ kind: 'commit', id: 4, tx: 2, more: false }, line);
    put(5, 'b');
    put(6, 'd');
    writer.rest();
    begin(3, 'undone');
    writer.handle({ kind: 'rollback', tx: 3, more: false }, line);
    put(7, 'e');
    begin(4, 'undone');
    writer.handle({ kind: 'rollback', tx: 4, more: false }, line);
    writer.rest();
    expect(outcome().filter((one) => one.length < 6)).toEqual(['1 ok', '3 ok', '4 ok', '6 ok', '7 ok']);
    expect(outcome().filter((one) => one.includes('CONSTRAINT'))).toEqual([
      '2 SQLITE_CONSTRAINT_PRIMARYKEY',
      '5 SQLITE_CONSTRAINT_PRIMARYKEY',
    ]);
    expect(stored()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(counters[0]).toBe(2);
  });

  it('whatever mixture of batches and transactions shares a commit: each that succeeds is there whole, each that fails not at all', () => {
    const member = fc.record({
      how: fc.constantFrom('batch', 'commit', 'rollback', 'go on', 'expect', 'unit'),
      keys: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(member, { maxLength: 12 }), (some) => {
        db.exec('DELETE FROM t');
        replies = [];
        const right = new Set<string>();
        const answers = new Map<number, unknown>();
        for (const [index, { how, keys }] of some.entries()) {
          const id = index + 1;
          const free = new Set(keys).size === keys.length && keys.every((key) => !right.has(key));
          if (how === 'batch') {
            const statements = keys.map((key) => ({ sql: 1, params: [key, 1] }));
            writer.handle({ kind: 'batch', id, statements, patient: false }, line);
            if (free) for (const key of keys) right.add(key);
            continue;
          }
          if (how !== 'unit') writer.handle({ kind: 'begin', tx: id }, line);
          if (how === 'expect' || how === 'unit') {
            if (how === 'unit') {
              const statements = [{ sql: 0, params: [], rows: keys.map((key) => [key, null]) }];
              writer.handle({ kind: 'unit', id, tx: id, statements, more: false }, line);
            } else {
              for (const key of keys)
                writer.handle({ kind: 'expect', tx: id, statement: { sql: 0, params: [key, null] } }, line);
              writer.handle({ kind: 'commit', id, tx: id, more: false }, line);
            }
            if (free) for (const key of keys) right.add(key);
            const changed = { columns: [], rows: [], changes: 1 };
            const unexpected = { code: 'UNEXPECTED', message: 'UNIQUE constraint failed: t.id' };
            answers.set(id, free ? { ok: true, results: keys.map(() => changed) } : { ok: false, error: unexpected });
            continue;
          }
          for (const key of keys) {
            const before = replies.length;
            writer.handle({ kind: 'run', id: 100, tx: id, statement: { sql: 0, params: [key, null] } }, line);
            // Whoever goes on after a statement failed keeps the others.
            if (how === 'go on' && replies[before]?.ok) right.add(key);
          }
          if (how === 'rollback' || (how === 'commit' && !free)) {
            writer.handle({ kind: 'rollback', tx: id, more: false }, line);
          } else {
            writer.handle({ kind: 'commit', id, tx: id, more: false }, line);
            if (how === 'commit') for (const key of keys) right.add(key);
          }
        }
        writer.rest();
        expect(stored()).toEqual([...right].sort());
        for (const [id, answer] of answers)
          expect(replies.find((reply) => reply.id === id)).toEqual({ id, ...Object(answer) });
      }),
    );
  });

  it('runs the others anew once, however many fail', () => {
    const ran = vi.fn(line.sql);
    const counted: Line = { ...line, sql: ran };
    for (let id = 1; id <= 100; id++) {
      const statements = [{ sql: 1, params: [id % 2 === 0 ? 'same' : String(id), 1] }];
      writer.handle({ kind: 'batch', id, statements, patient: false }, counted);
    }
    writer.rest();
    expect(stored()).toHaveLength(51);
    expect(ran.mock.calls.length).toBeLessThan(110);
  });

  it('runs one statement for many rows, all or none', () => {
    const rows = [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ];
    writer.handle({ kind: 'batch', id: 1, statements: [{ sql: 1, params: [], rows }], patient: false }, line);
    writer.rest();
    expect(replies).toMatchObject([{ id: 1, ok: true, results: [{ changes: 3 }] }]);
    const twice = [
      ['d', 1],
      ['a', 2],
    ];
    writer.handle({ kind: 'batch', id: 2, statements: [{ sql: 1, params: [], rows: twice }], patient: false }, line);
    writer.rest();
    expect(outcome()).toEqual(['1 ok', '2 SQLITE_CONSTRAINT_PRIMARYKEY']);
    expect(stored()).toEqual(['a', 'b', 'c']);
  });

  it('rejects every member when the disk is full, keeps nothing of them, and goes on afterwards (FT-16)', () => {
    put(1, 'a');
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 2}`);
    put(2, 'big', 1_000_000);
    writer.rest();
    expect(outcome().filter((one) => one.endsWith('ok'))).toEqual(stored().map(() => '1 ok'));
    expect(outcome()).toContain('2 SQLITE_FULL');
    db.pragma('max_page_count = 1000000');
    put(3, 'c');
    writer.rest();
    expect(outcome().at(-1)).toBe('3 ok');
    expect(stored()).toContain('c');
    expect(db.inTransaction).toBe(false);
  });

  it('answers what was expected and nothing else, also when a neighbour made it run anew', () => {
    writer.handle({ kind: 'begin', tx: 1 }, line);
    writer.handle({ kind: 'run', id: 9, tx: 1, statement: { sql: 0, params: ['a', null] } }, line);
    writer.handle({ kind: 'expect', tx: 1, statement: { sql: 0, params: ['b', null] } }, line);
    writer.handle({ kind: 'commit', id: 1, tx: 1, more: false }, line);
    put(2, 'a');
    writer.rest();
    expect(replies.find(({ id }) => id === 1)).toMatchObject({ ok: true, results: [{ changes: 1 }] });
    expect(replies.find(({ id }) => id === 1)).not.toMatchObject({ results: [{}, {}] });
    expect(stored()).toEqual(['a', 'b']);
  });

  it('tells the neighbours of an expected statement on a full disk that the disk is full (FT-16)', () => {
    put(1, 'a');
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 2}`);
    writer.handle({ kind: 'begin', tx: 2 }, line);
    writer.handle({ kind: 'expect', tx: 2, statement: { sql: 1, params: ['big', 1_000_000] } }, line);
    writer.handle({ kind: 'commit', id: 2, tx: 2, more: false }, line);
    writer.rest();
    expect(outcome().toSorted()).toEqual([stored().length === 1 ? '1 ok' : '1 SQLITE_FULL', '2 UNEXPECTED']);
    db.pragma('max_page_count = 1000000');
    put(3, 'c');
    writer.rest();
    expect(outcome().at(-1)).toBe('3 ok');
  });

  it('keeps nothing of a whole transaction in one request when the disk is full midway or a row changes nothing', () => {
    const unit = (id: number, sql: number, rows: readonly (readonly [string, number])[]) =>
      writer.handle({ kind: 'unit', id, tx: id, statements: [{ sql, params: [], rows }], more: false }, line);
    put(1, 'a');
    writer.rest();
    const pages = Number(db.pragma('page_count', { simple: true }));
    db.pragma(`max_page_count = ${pages + 2}`);
    unit(2, 1, [
      ['b', 1],
      ['big', 1_000_000],
      ['c', 1],
    ]);
    writer.rest();
    db.pragma('max_page_count = 1000000');
    unit(3, 3, [
      ['a', 0],
      ['nobody', 0],
      ['a', 0],
    ]);
    put(4, 'd');
    writer.rest();
    expect(outcome()).toEqual(['1 ok', '2 UNEXPECTED', '3 UNEXPECTED', '4 ok']);
    expect(stored()).toEqual(['a', 'd']);
  });

  it('overwrites freed space between two transactions, whoever waits meanwhile', () => {
    db.exec('CREATE TABLE ops_setting (organisation_id TEXT, name TEXT, value TEXT, updated_at INTEGER)');
    db.exec("INSERT INTO ops_setting VALUES ('org', 'freed-space', 'true', 1)");
    put(1, 'before');
    writer.handle({ kind: 'begin', tx: 2 }, line);
    writer.handle({ kind: 'run', id: 9, tx: 2, statement: { sql: 0, params: ['a', null] } }, line);
    writer.handle({ kind: 'overwrite', id: 3 }, line);
    put(4, 'behind');
    writer.rest();
    expect(outcome()).toEqual(['9 ok']);
    writer.handle({ kind: 'commit', id: 2, tx: 2, more: true }, line);
    writer.rest();
    expect(outcome()).toEqual(['9 ok', '1 ok', '2 ok', '4 ok', '3 ok']);
    expect(replies.at(-1)).toMatchObject({ results: [{ rows: [['done']] }] });
    expect(stored()).toEqual(['a', 'before', 'behind']);
  });

  it('lets a batch wait for the end of an open transaction, so neither sees half of the other', () => {
    writer.handle({ kind: 'begin', tx: 1 }, line);
    writer.handle({ kind: 'run', id: 1, tx: 1, statement: { sql: 0, params: ['a', null] } }, line);
    put(2, 'b');
    writer.handle({ kind: 'run', id: 3, tx: 1, statement: { sql: 2, params: [] } }, line);
    writer.handle({ kind: 'rollback', tx: 1, more: false }, line);
    writer.rest();
    expect(replies.find(({ id }) => id === 3)).toMatchObject({ results: [{ rows: [[1]] }] });
    expect(stored()).toEqual(['b']);
  });

  it('does not wait for an announced transaction longer than the group may last (R38)', () => {
    writer.handle({ kind: 'begin', tx: 1 }, line);
    writer.handle({ kind: 'run', id: 1, tx: 1, statement: { sql: 0, params: ['a', null] } }, line);
    writer.handle({ kind: 'commit', id: 2, tx: 1, more: true }, line);
    writer.rest();
    expect(outcome()).toEqual(['1 ok']);
    now = 9;
    writer.handle({ kind: 'begin', tx: 2 }, line);
    writer.handle({ kind: 'commit', id: 3, tx: 2, more: true }, line);
    expect(outcome()).toEqual(['1 ok', '2 ok', '3 ok']);
  });

  it('refuses statements of a transaction that has ended', () => {
    writer.handle({ kind: 'begin', tx: 1 }, line);
    writer.handle({ kind: 'rollback', tx: 1, more: false }, line);
    writer.handle({ kind: 'run', id: 9, tx: 1, statement: { sql: 2, params: [] } }, line);
    expect(outcome()).toEqual(['9 STORE']);
  });
});
