import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import type { Documents } from './kit.ts';

export interface ReceivedRow {
  readonly system: string;
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Requests kept for `/_received`; older ones go first. */
const keptRequests = 20_000;

/**
 * The sandbox's memory: JSON documents by system and collection, and what was received. With a file it outlives a
 * kill -9 of its process: every step is written to the operating system before the answer leaves. It makes no promise
 * about power cuts, which no vendor shares with us.
 */
export function openState(file?: string) {
  const db = new Database(file ?? ':memory:');
  db.pragma('journal_mode = WAL');
  // The page cache survives the process; flushing to the disk would only slow practice mode down.
  db.pragma('synchronous = OFF');
  db.exec(`
    CREATE TABLE IF NOT EXISTS document (
      seq INTEGER PRIMARY KEY, system TEXT NOT NULL, collection TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
      UNIQUE (system, collection, id)) STRICT;
    CREATE TABLE IF NOT EXISTS received (
      seq INTEGER PRIMARY KEY, system TEXT NOT NULL, at INTEGER NOT NULL, row TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `);
  const load = db.prepare('SELECT id, body FROM document WHERE system = ? AND collection = ? ORDER BY seq');
  const save = db.prepare(
    'INSERT INTO document (system, collection, id, body) VALUES (?, ?, ?, ?) ' +
      'ON CONFLICT (system, collection, id) DO UPDATE SET body = excluded.body',
  );
  const drop = db.prepare('DELETE FROM document WHERE system = ? AND collection = ? AND id = ?');
  const note = db.prepare('INSERT INTO received (system, at, row) VALUES (?, ?, ?)');
  const trim = db.prepare('DELETE FROM received WHERE seq <= ?');
  const count = db.prepare(
    "INSERT INTO counter (name, value) VALUES ('id', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
  );
  /** Parsed documents, so that a list of bills is not parsed again for every request. */
  const cache = new Map<string, Map<string, unknown>>();

  function collectionOf(system: string, collection: string): Map<string, unknown> {
    const key = `${system}/${collection}`;
    const known = cache.get(key);
    if (known) return known;
    const rows = load.all(system, collection) as { id: string; body: string }[];
    const fresh = new Map<string, unknown>(rows.map((row) => [row.id, JSON.parse(row.body)]));
    cache.set(key, fresh);
    return fresh;
  }

  return {
    documents<T>(system: string, collection: string): Documents<T> {
      return {
        get: (id) => (collectionOf(system, collection).get(id) as T | undefined) ?? null,
        put(id, document) {
          save.run(system, collection, id, JSON.stringify(document));
          collectionOf(system, collection).set(id, document);
        },
        remove(id) {
          drop.run(system, collection, id);
          collectionOf(system, collection).delete(id);
        },
        all: () => [...collectionOf(system, collection).values()] as T[],
        entries: () => [...collectionOf(system, collection).entries()] as [string, T][],
      };
    },
    /** All or nothing. What is in memory is thrown away when the step fails, so it never runs ahead of the file. */
    atomically<T>(step: () => T): T {
      try {
        return db.transaction(step)();
      } catch (error) {
        cache.clear();
        throw error;
      }
    },
    /** 32 hex digits nobody gets twice, not even after a reset; the same in every run. */
    nextHex(): string {
      const { value } = count.get() as { value: number };
      return createHash('sha256').update(`sandbox ${value}`).digest('hex').slice(0, 32);
    },
    noteReceived(row: ReceivedRow): void {
      const { lastInsertRowid } = note.run(row.system, row.at, JSON.stringify(row));
      const last = Number(lastInsertRowid);
      if (last % 1_000 === 0) trim.run(last - keptRequests);
    },
    /** Oldest first. */
    received(system?: string): ReceivedRow[] {
      const rows =
        system === undefined
          ? db.prepare('SELECT row FROM received ORDER BY seq').all()
          : db.prepare('SELECT row FROM received WHERE system = ? ORDER BY seq').all(system);
      return (rows as { row: string }[]).map(({ row }) => JSON.parse(row) as ReceivedRow);
    },
    forgetReceived(system?: string): void {
      if (system === undefined) db.prepare('DELETE FROM received').run();
      else db.prepare('DELETE FROM received WHERE system = ?').run(system);
    },
    /** Everything but the id counter, so that an id of before never means something else afterwards. */
    reset(system?: string): void {
      if (system === undefined) db.exec('DELETE FROM document; DELETE FROM received;');
      else {
        db.prepare('DELETE FROM document WHERE system = ?').run(system);
        db.prepare('DELETE FROM received WHERE system = ?').run(system);
      }
      cache.clear();
    },
    close(): void {
      db.close();
    },
  };
}
