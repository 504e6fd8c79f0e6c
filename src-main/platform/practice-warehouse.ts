import Database from 'better-sqlite3';
import { NeedsAttentionError, PermanentError, RetryableError } from '../../src-shared/domain/failure.ts';
import { Big, decimal } from '../../src-shared/domain/money/index.ts';
import type { WarehouseClient, WarehouseLoad, WarehouseLoaded } from '../ports/warehouse.ts';

/** The one warehouse practice mode knows; any other name is refused, as everything outside is (X9). */
export const practiceWarehouse = {
  host: 'warehouse.practice.invalid',
  password: 'practice-warehouse-password',
} as const;

/**
 * The warehouse of practice mode: a SQLite file with the same table and the same promises, because no PostgreSQL can be
 * expected where the console is only tried. Opened for each call, so that a person may look into it with any reader.
 */
export function createPracticeWarehouse(file: string): WarehouseClient {
  function using<T>(host: string, password: string, signal: AbortSignal, work: (db: Database.Database) => T): T {
    if (host !== practiceWarehouse.host) {
      throw new NeedsAttentionError('misconfigured', 'Practice mode reaches nothing but its own warehouse');
    }
    if (password !== practiceWarehouse.password) {
      throw new NeedsAttentionError('auth', 'password authentication failed', { scope: 'connection' });
    }
    if (signal.aborted) throw new RetryableError('network', 'Cancelled before it was sent');
    const db = new Database(file);
    try {
      db.exec(`CREATE TABLE IF NOT EXISTS kpi_point (
        org TEXT NOT NULL, metric TEXT NOT NULL, ts INTEGER NOT NULL, season TEXT NOT NULL, venue TEXT NOT NULL,
        region TEXT NOT NULL, exact TEXT NOT NULL, batch_id TEXT NOT NULL,
        PRIMARY KEY (org, metric, ts, season, venue, region)) STRICT, WITHOUT ROWID`);
      return work(db);
    } finally {
      db.close();
    }
  }

  return {
    check: async ({ host, password }, signal) =>
      using(host, password, signal, (db) => ({
        version: `SQLite ${String(db.prepare('SELECT sqlite_version()').pluck().get())}, practice`,
        layout: 1,
      })),
    async load({ host, password }, load, signal) {
      const blocks: string[] = [];
      for await (const block of load.blocks) blocks.push(block);
      return using(host, password, signal, (db) => db.transaction(() => loadInto(db, load, blocks))());
    },
  };
}

function loadInto(db: Database.Database, load: WarehouseLoad, blocks: readonly string[]): WarehouseLoaded {
  db.exec(`CREATE TEMP TABLE incoming (metric TEXT, ts INTEGER, season TEXT, venue TEXT, region TEXT, exact TEXT,
    PRIMARY KEY (metric, ts, season, venue, region)) WITHOUT ROWID`);
  const add = db.prepare(`INSERT INTO incoming SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5
    FROM json_each(?)`);
  for (const block of blocks) add.run(block);
  const values = db.prepare('SELECT exact FROM incoming').pluck().all() as string[];
  const sum = values.reduce((total, value) => total.plus(decimal(value)), new Big(0));
  if (values.length !== load.rows || !sum.eq(decimal(load.sum))) {
    throw new PermanentError('rejected', `${values.length} rows arrived instead of ${load.rows}; nothing was changed`);
  }
  const written = db
    .prepare(
      `INSERT INTO kpi_point (org, metric, ts, season, venue, region, exact, batch_id)
       SELECT @org, metric, ts, season, venue, region, exact, @batch FROM incoming WHERE true
       ON CONFLICT DO UPDATE SET exact = excluded.exact, batch_id = excluded.batch_id WHERE exact <> excluded.exact`,
    )
    .run({ org: load.org, batch: load.batchId });
  const gone = db
    .prepare(
      `DELETE FROM kpi_point AS p WHERE org = @org AND metric IN (SELECT value FROM json_each(@metrics))
       AND ts BETWEEN coalesce(@from, (SELECT min(ts) FROM incoming)) AND coalesce(@to, (SELECT max(ts) FROM incoming))
       AND NOT EXISTS (SELECT 1 FROM incoming i WHERE i.metric = p.metric AND i.ts = p.ts AND i.season = p.season
         AND i.venue = p.venue AND i.region = p.region)`,
    )
    .run({ org: load.org, metrics: JSON.stringify(load.metrics), from: load.from, to: load.to });
  return { changed: written.changes, removed: gone.changes };
}
