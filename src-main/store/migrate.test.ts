import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import { openConnection } from './connection.ts';
import { type Migration, migrate, readMigrations, SchemaError } from './migrate.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'migrate-'));
  file = join(folder, 'console.db');
});

const one: Migration = { number: 1, name: '0001-a', sql: 'CREATE TABLE a (id TEXT PRIMARY KEY) STRICT' };
const two: Migration = { number: 2, name: '0002-b', sql: 'CREATE TABLE b (id TEXT PRIMARY KEY) STRICT' };
const bad: Migration = {
  number: 3,
  name: '0003-bad',
  sql: 'CREATE TABLE c (id TEXT) STRICT; CREATE TABLE a (id TEXT)',
};

function run(migrations: readonly Migration[], version = '1.0.0'): Database.Database {
  const db = openConnection(file, 'writer');
  migrate(db, { file, at: 1, version }, migrations);
  return db;
}

const tables = (db: Database.Database) =>
  db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();

describe('migrations', () => {
  it('are applied in order, once, and recorded', () => {
    run([one, two]).close();
    const db = run([one, two]);
    expect(tables(db)).toEqual(['a', 'b', 'schema_migration']);
    expect(db.pragma('user_version', { simple: true })).toBe(2);
    expect(db.prepare('SELECT name FROM schema_migration').pluck().all()).toEqual(['0001-a', '0002-b']);
    db.close();
  });

  it('copy a database with data aside first, and an empty one not', () => {
    const db = run([one]);
    db.exec("INSERT INTO a VALUES ('kept')");
    db.close();
    expect(existsSync(join(folder, 'before-migration'))).toBe(false);
    run([one, two]).close();
    const [copy] = readdirSync(join(folder, 'before-migration'));
    const old = new Database(join(folder, 'before-migration', String(copy)), { readonly: true });
    expect(old.prepare('SELECT id FROM a').pluck().all()).toEqual(['kept']);
    expect(old.pragma('user_version', { simple: true })).toBe(1);
    old.close();
  });

  it('say what takes long before each step: copied, checked, changed', () => {
    run([one]).close();
    const steps: unknown[] = [];
    const db = new Database(file);
    migrate(db, { file, at: 1, version: '1.0.0', onStep: (step) => steps.push(step) }, [one, two]);
    db.close();
    const facts = { from: 1, to: 2, bytes: expect.any(Number) };
    expect(steps).toEqual(['copying', 'checking', 'changing'].map((stage) => ({ stage, ...facts })));
  });

  it('that fail leave the schema as it was before them', () => {
    run([one]).close();
    expect(() => run([one, two, bad])).toThrow('already exists');
    const db = run([one, two]);
    expect(tables(db)).toEqual(['a', 'b', 'schema_migration']);
    db.close();
  });

  it('that fail in a new database leave none half made', () => {
    expect(() => run([one, two, bad])).toThrow('already exists');
    const db = new Database(file);
    expect(tables(db)).toEqual([]);
    db.close();
  });

  it('refuse a newer database, naming both versions, and do not touch it (R44, FT-89)', () => {
    run([one, two], '1.8.0').close();
    const before = readFileSync(file);
    expect(() => run([one], '1.6.0')).toThrow(/made by version 1\.8\.0 .*this is version 1\.6\.0/);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('refuse a migration that was edited after it was applied', () => {
    run([one]).close();
    expect(() => run([{ ...one, sql: `${one.sql} -- edited` }])).toThrow(SchemaError);
  });

  it("refuse a file that is not this program's", () => {
    const other = new Database(file);
    other.exec('CREATE TABLE theirs (id TEXT)');
    other.close();
    expect(() => run([one])).toThrow('not a database of this program');
  });
});

/**
 * What all migrations together make. A change shows in review; `UPDATE_SCHEMA=1 vitest run src-main/store/migrate.test.ts`
 * writes it anew.
 */
describe('the schema', () => {
  it('takes who set which PIN from the record: what nobody chose for themselves is a first one', () => {
    const all = readMigrations();
    const before = run(all.filter(({ number }) => number < 89));
    const person = before.prepare("INSERT INTO person (id, organisation_id, name, pin_hash) VALUES (?, 'o', ?, ?)");
    before.exec("INSERT INTO organisation (id, name, created_at) VALUES ('o', 'O', 1)");
    for (const id of ['sample', 'given', 'chosen', 'none']) person.run(id, id, id === 'none' ? null : 'scrypt');
    const entry = before.prepare(
      `INSERT INTO audit_entry (sequence, at, monotonic_ms, process_id, organisation_id, actor, channel, action, object,
        reason, correlation_id, previous_hash, hash) VALUES (?, ?, 0, 'p', 'o', ?, 'window', 'person.pin_set', ?, '', '', '', '')`,
    );
    entry.run(1, 10, 'person:alex', 'person:given');
    entry.run(2, 20, 'person:alex', 'person:chosen');
    entry.run(3, 30, 'person:chosen', 'person:chosen');
    before.close();
    const db = run(all);
    const rows = db.prepare('SELECT id, pin_first_by, pin_own_at FROM person ORDER BY id').raw().all();
    expect(rows).toEqual([
      ['chosen', 'alex', 30],
      ['given', 'alex', null],
      ['none', null, null],
      ['sample', null, 0],
    ]);
    db.close();
  });

  const snapshot = fileURLToPath(new URL('./schema.snapshot.sql', import.meta.url));

  it('is the one in schema.snapshot.sql', () => {
    const db = run(readMigrations());
    const parts = db
      .prepare(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY tbl_name, type DESC, name",
      )
      .pluck()
      .all();
    const text = `${parts.join(';\n\n')};\n`;
    if (process.env.UPDATE_SCHEMA) writeFileSync(snapshot, text);
    expect(text).toBe(readFileSync(snapshot, 'utf8'));
    db.close();
  });

  it('is strict everywhere, and every table but the shared ones carries its organisation (R45)', () => {
    const db = run(readMigrations());
    const list = db.pragma('table_list') as { name: string; type: string; strict: number; schema: string }[];
    const own = list.filter(
      ({ name, type, schema }) => schema === 'main' && type === 'table' && !name.startsWith('sqlite_'),
    );
    expect(own.filter(({ strict }) => strict !== 1).map(({ name }) => name)).toEqual([]);
    const shared = ['organisation', 'schema_migration'];
    const without = own.filter(({ name }) => {
      const columns = db.pragma(`table_info(${name})`) as { name: string }[];
      return !shared.includes(name) && !columns.some((column) => column.name === 'organisation_id');
    });
    expect(without.map(({ name }) => name)).toEqual([]);
    db.close();
  });
});
