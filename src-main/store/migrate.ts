import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Database from 'better-sqlite3';
import { syncAndRename, verifyDatabase } from './backup.ts';
import type { UpgradeStep } from './protocol.ts';

/** `WOPS`: tells our files from any other SQLite database. */
const applicationId = 0x574f5053;

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** The database cannot be used by this program; the text says what to do. */
export class SchemaError extends Error {
  readonly code = 'SCHEMA';
}

/** The numbered files, from `migrations/` beside this module or, when bundled into a chunk, one folder up. */
export function readMigrations(): readonly Migration[] {
  const folder = ['./migrations/', '../migrations/']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
  if (!folder) throw new SchemaError('The migration files are missing from this installation: install it again');
  return readdirSync(folder)
    .filter((file) => /^\d{4}-.+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(0, -4),
      sql: readFileSync(join(folder, file), 'utf8'),
    }));
}

interface Run {
  readonly file: string;
  /** Milliseconds UTC, for the record. */
  readonly at: number;
  readonly version: string;
  /** Told before each step of what takes long. */
  readonly onStep?: (step: UpgradeStep) => void;
}

const bookkeeping = `
  CREATE TABLE IF NOT EXISTS schema_migration (
    number     INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    checksum   TEXT    NOT NULL,
    applied_at INTEGER NOT NULL,
    version    TEXT    NOT NULL
  ) STRICT`;

/**
 * Brings the schema up to date: each missing migration in a transaction with its record and `user_version` (R44), those of
 * a new database all in one. A database with data is first copied to `before-migration/` beside it and the copy verified.
 * Throws SchemaError, with nothing changed, for a foreign file, a newer database, or a migration edited after it was applied.
 */
export function migrate(db: Database.Database, run: Run, migrations = readMigrations()): void {
  const found = db.pragma('application_id', { simple: true });
  const tables = Number(db.prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'table'").pluck().get());
  if (found !== applicationId && tables > 0) throw new SchemaError(`${run.file} is not a database of this program`);

  if (tables === 0) db.pragma(`application_id = ${applicationId}`);
  else refuseUnknown(db, run, migrations);
  const applied = tables === 0 ? new Set<number>() : appliedNumbers(db, migrations);
  const missing = migrations.filter(({ number }) => !applied.has(number));
  if (missing.length === 0) return;

  if (tables > 0) copyAside(db, run, Math.max(...missing.map(({ number }) => number)));
  const apply = () => {
    db.exec(bookkeeping);
    const record = db.prepare('INSERT INTO schema_migration VALUES (?, ?, ?, ?, ?)');
    for (const { number, name, sql } of missing) {
      db.transaction(() => {
        db.exec(sql);
        record.run(number, name, checksum(sql), run.at, run.version);
        db.pragma(`user_version = ${Math.max(number, ...applied)}`);
      }).immediate();
      applied.add(number);
    }
  };
  if (tables === 0) db.transaction(apply).immediate();
  else apply();
}

/** Number of the newest migration it has had. */
export function schemaOf(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

function refuseUnknown(db: Database.Database, run: Run, migrations: readonly Migration[]): void {
  const present = schemaOf(db);
  const newest = Math.max(0, ...migrations.map(({ number }) => number));
  if (present <= newest) return;
  const maker = db.prepare('SELECT version FROM schema_migration ORDER BY number DESC LIMIT 1').pluck().get();
  throw new SchemaError(
    `This database was made by version ${String(maker)} (schema ${present}); this is version ${run.version} (schema ${newest}). ` +
      'Use the newer version, or restore a backup made before the upgrade.',
  );
}

function appliedNumbers(db: Database.Database, migrations: readonly Migration[]): Set<number> {
  db.exec(bookkeeping);
  const rows = db.prepare('SELECT number, name, checksum FROM schema_migration').all() as {
    number: number;
    name: string;
    checksum: string;
  }[];
  for (const row of rows) {
    const known = migrations.find(({ number }) => number === row.number);
    if (known && checksum(known.sql) === row.checksum) continue;
    throw new SchemaError(
      `Migration ${row.name} of this database is not the one this version has: the installation is damaged`,
    );
  }
  return new Set(rows.map(({ number }) => number));
}

function copyAside(db: Database.Database, run: Run, to: number): void {
  const folder = join(dirname(run.file), 'before-migration');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const schema = schemaOf(db);
  const target = join(folder, `schema-${String(schema).padStart(4, '0')}-${run.at}.db`);
  const temporary = `${target}.part`;
  const bytes = Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
  const told = (stage: UpgradeStep['stage']) => run.onStep?.({ stage, from: schema, to, bytes });
  told('copying');
  db.prepare('VACUUM INTO ?').run(temporary);
  told('checking');
  verifyDatabase(temporary);
  syncAndRename(temporary, target);
  told('changing');
}

function checksum(sql: string): string {
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
}
