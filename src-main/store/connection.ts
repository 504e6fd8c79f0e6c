import Database from 'better-sqlite3';
import type { Bindable, Statement } from '../ports/store.ts';
import type { WireResult } from './protocol.ts';

/** Older libraries can corrupt a WAL database that two connections use (R37). */
const oldestSafe = [3, 51, 3] as const;
const keptStatements = 400;

/**
 * Opens the database with the pragmas of R37 and proves that they hold; throws otherwise.
 * `reader` opens read-only; `writer` creates the file when it is missing.
 */
export function openConnection(file: string, role: 'writer' | 'reader'): Database.Database {
  const db = new Database(file, { readonly: role === 'reader', timeout: 5_000 });
  try {
    if (role === 'writer') {
      db.pragma('journal_mode = WAL');
      db.pragma('wal_autocheckpoint = 1000');
      db.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
    } else {
      db.pragma('query_only = ON');
    }
    db.pragma('synchronous = FULL');
    // KiB: SQLite's own default, not the binding's eight times as much. The system keeps the file in memory anyway, so a list of
    // 100,000 lines takes no longer, while an agent of months would hold 30 MB for good.
    db.pragma('cache_size = -2000');
    db.pragma('foreign_keys = ON');
    db.pragma('busy_timeout = 5000');
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    assertSafe(db, role);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** `version`: SQLite's own, such as `3.51.3`. */
export function isSafeVersion(version: string): boolean {
  const parts = version.split('.').map(Number);
  const differs = oldestSafe.findIndex((least, index) => parts[index] !== least);
  return differs < 0 || (parts[differs] ?? 0) > (oldestSafe[differs] ?? 0);
}

function assertSafe(db: Database.Database, role: 'writer' | 'reader'): void {
  const version = String(db.prepare('SELECT sqlite_version()').pluck().get());
  if (!isSafeVersion(version)) {
    throw new Error(`SQLite ${version} is too old to be safe; ${oldestSafe.join('.')} or newer is needed`);
  }
  const wanted: Record<string, unknown> = {
    journal_mode: 'wal',
    synchronous: 2,
    foreign_keys: 1,
    busy_timeout: 5_000,
    trusted_schema: 0,
    cell_size_check: 1,
    query_only: role === 'reader' ? 1 : 0,
  };
  for (const [name, value] of Object.entries(wanted)) {
    const found = db.pragma(name, { simple: true });
    if (found !== value) throw new Error(`SQLite setting ${name} is ${String(found)} and must be ${String(value)}`);
  }
}

/** The database is not what was written; the text says what was found. */
export class DamagedError extends Error {
  readonly code = 'DAMAGED';
}

/** Looks at every page (R40); throws DamagedError, having changed nothing. */
export function assertWhole(db: Database.Database): void {
  let found: unknown;
  try {
    found = db.pragma('quick_check(1)', { simple: true });
  } catch (thrown) {
    found = thrown instanceof Error ? thrown.message : String(thrown);
  }
  if (found !== 'ok') throw new DamagedError(String(found).split('\n').slice(0, 2).join('; ').slice(0, 300));
}

interface Prepared {
  readonly statement: Database.Statement;
  readonly columns: readonly string[];
}

/** Runs statements, each prepared once and kept (the least recently used one goes first). */
export function statementRunner(
  db: Database.Database,
): (sql: string, params: readonly Bindable[], rows?: Statement['rows']) => WireResult {
  const kept = new Map<string, Prepared>();
  let last = '';
  function prepared(sql: string): Prepared {
    const found = kept.get(sql);
    if (found && sql === last) return found;
    const one = found ?? prepare(db, sql);
    if (found) kept.delete(sql);
    else if (kept.size >= keptStatements) kept.delete(kept.keys().next().value ?? '');
    kept.set(sql, one);
    last = sql;
    return one;
  }
  return (sql, params, many) => {
    const { statement, columns } = prepared(sql);
    const values = params.map(bindable);
    if (many) {
      let changes = 0;
      for (const row of many) changes += statement.run(...values, ...row).changes;
      return { columns: [], rows: [], changes };
    }
    if (!statement.reader) return changed(statement.run(...values).changes);
    const rows = statement.all(...values) as unknown[][];
    return { columns, rows, changes: statement.readonly ? 0 : rows.length };
  };
}

/** The same object again and again travels to another thread as one. */
const changedOne: WireResult = { columns: [], rows: [], changes: 1 };
const changed = (changes: number): WireResult => (changes === 1 ? changedOne : { columns: [], rows: [], changes });

function prepare(db: Database.Database, sql: string): Prepared {
  // better-sqlite3 crashes the process on numbered marks.
  if (/\?\d/.test(sql)) throw new Error('Use plain ? marks, not ?1');
  const statement = db.prepare(sql);
  if (!statement.reader) return { statement, columns: [] };
  return { statement: statement.raw(), columns: statement.columns().map(({ name }) => name) };
}

function bindable(value: Bindable): Exclude<Bindable, boolean> {
  return typeof value === 'boolean' ? Number(value) : value;
}
