import type Database from 'better-sqlite3';
import type { LocalReader } from '../ports/store.ts';
import { openConnection } from './connection.ts';

/** Opens the database beside its writer. It never writes a row; it only moves finished ones (a passive checkpoint). */
export function openLocalReader(file: string): LocalReader {
  const db = openConnection(file, 'writer');
  db.pragma('wal_autocheckpoint = 0');
  db.pragma('cache_size = -16000');
  db.pragma('query_only = ON');
  const kept = new Map<string, Database.Statement>();
  const prepared = (sql: string) => {
    const statement = kept.get(sql) ?? db.prepare(sql);
    kept.set(sql, statement);
    return statement;
  };
  return {
    has: (sql, params) => prepared(sql).get(...params) !== undefined,
    rows: (sql, params) => prepared(sql).all(...params) as Record<string, unknown>[],
    settle: () => void db.pragma('wal_checkpoint(PASSIVE)'),
    close: () => db.close(),
  };
}
