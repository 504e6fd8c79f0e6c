import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import type { LocalReader } from '../ports/store.ts';
import { openConnection } from './connection.ts';

/** A write-ahead log beyond this is brought into the database before more is written (bytes). */
const longLog = 32 * 1024 * 1024;

/** Opens the database beside its writer. It never writes a row; it only moves finished ones (a passive checkpoint). */
export function openLocalReader(file: string): LocalReader {
  const db = openConnection(file, 'writer');
  db.pragma('wal_autocheckpoint = 0');
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
    settle() {
      if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > longLog)
        db.pragma('wal_checkpoint(PASSIVE)');
    },
    close: () => db.close(),
  };
}
