import type pg from 'pg';
import {
  IntegrationError,
  NeedsAttentionError,
  PermanentError,
  RetryableError,
} from '../../src-shared/domain/failure.ts';
import type { WarehouseClient, WarehouseLoad, WarehouseLoaded, WarehouseServer } from '../ports/warehouse.ts';
import { type Lines, straight } from './network.ts';
import { isLoopbackHost } from './public-address.ts';
import { layOut, layoutOf, quoted } from './warehouse-layout.ts';

const connectMs = 8_000;
/** A statement that takes longer has met a lock or a dying disk. */
const statementMs = 60_000;

/** A warehouse in PostgreSQL, over its own wire: one connection a call, closed after it. */
export function createPostgresWarehouse({
  lines = straight,
}: {
  readonly lines?: Pick<Lines, 'trust'>;
} = {}): WarehouseClient {
  async function using<T>(
    server: WarehouseServer,
    signal: AbortSignal,
    work: (db: pg.Client) => Promise<T>,
  ): Promise<T> {
    if (signal.aborted) throw new RetryableError('network', 'Cancelled before it was sent');
    lines.trust();
    const { Client } = (await import('pg')).default;
    const db = new Client(optionsOf(server));
    let begun = false;
    let broken: unknown = null;
    // Without a listener a connection that dies between two statements ends the process.
    db.on('error', (thrown) => {
      broken ??= thrown;
    });
    const stop = () => {
      broken ??= new RetryableError(begun ? 'timeout' : 'network', 'Cancelled');
      db.end().catch(() => undefined);
      (db as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      await db.connect();
      begun = true;
      return await work(db);
    } catch (thrown) {
      throw broken instanceof IntegrationError ? broken : failureOf(thrown, begun);
    } finally {
      signal.removeEventListener('abort', stop);
      await db.end().catch(() => undefined);
    }
  }

  return {
    check: (server, signal) =>
      using(server, signal, async (db) => {
        const layout = await layoutOf(db, server.schema);
        const { rows } = await db.query<{ version: string; there: boolean; may: boolean }>(
          `SELECT current_setting('server_version') AS version, n.oid IS NOT NULL AS there,
             coalesce(has_schema_privilege(n.oid, 'CREATE'), has_database_privilege(current_database(), 'CREATE')) AS may
           FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = $1`,
          [server.schema],
        );
        const [row] = rows;
        if (!row?.may) {
          throw new NeedsAttentionError('forbidden', `${server.user} may not write to the schema ${server.schema}`, {
            scope: 'connection',
            hint: row?.there
              ? `Have an administrator run: GRANT USAGE, CREATE ON SCHEMA ${server.schema} TO ${server.user}`
              : `Have an administrator run: CREATE SCHEMA ${server.schema} AUTHORIZATION ${server.user}`,
          });
        }
        return { version: row.version, layout: layout?.version ?? null };
      }),
    load: (server, load, signal) =>
      using(server, signal, async (db) => {
        await layOut(db, server.schema);
        return loadInto(db, quoted(server.schema), load);
      }),
  };
}

function optionsOf(server: WarehouseServer): pg.ClientConfig {
  const { host, port, database, user, password, ca } = server;
  if (server.tls === 'off' && !isLoopbackHost(host)) {
    throw new NeedsAttentionError('misconfigured', 'Without TLS only a warehouse on this machine is used', {
      scope: 'connection',
      hint: 'Switch TLS on; for an authority of your own enter its certificate.',
    });
  }
  return {
    host,
    port,
    database,
    user,
    password,
    ssl:
      server.tls === 'off'
        ? false
        : { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(ca === null ? {} : { ca }) },
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    lock_timeout: 20_000,
    query_timeout: statementMs + 5_000,
    application_name: 'wedsync-ops-console',
    keepAlive: true,
  };
}

const key = ['org', 'metric', 'ts', 'season', 'context', 'venue', 'region'] as const;

/** What a load takes the place of, with the numbers of its parameters. */
const spanned = (org: number) =>
  `p.org = $${org} AND p.metric = ANY ($${org + 1})
   AND p.ts BETWEEN coalesce(to_timestamp($${org + 2}::bigint / 1000.0), (SELECT min(ts) FROM incoming))
     AND coalesce(to_timestamp($${org + 3}::bigint / 1000.0), (SELECT max(ts) FROM incoming))`;

async function loadInto(db: pg.Client, s: string, load: WarehouseLoad): Promise<WarehouseLoaded> {
  await db.query('BEGIN');
  try {
    // Two loads of one organisation one after the other: each compares with what is there.
    await db.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`wedsync load ${s} ${load.org}`]);
    await db.query(`CREATE TEMP TABLE incoming (metric text, ts timestamptz, season text, venue text, region text, exact numeric)
      ON COMMIT DROP`);
    for await (const block of load.blocks) {
      await db.query({
        name: 'incoming',
        text: `INSERT INTO incoming SELECT r->>0, to_timestamp((r->>1)::bigint / 1000.0), r->>2, r->>3, r->>4, (r->>5)::numeric
          FROM jsonb_array_elements($1::jsonb) r`,
        values: [block],
      });
    }
    await verify(
      db,
      'SELECT count(*)::int AS rows, coalesce(sum(exact), 0) = $1::numeric AS same FROM incoming',
      [],
      load,
    );
    // A table that just grew has no statistics yet; taken for small, it would be searched once for each row.
    await db.query("ANALYZE incoming; SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'");
    const written = await db.query(
      `INSERT INTO ${s}.kpi_point AS p (org, metric, ts, season, venue, region, value, exact, batch_id)
       SELECT $1, metric, ts, season, venue, region, exact::double precision, exact, $2 FROM incoming
       ON CONFLICT (${key.join(', ')})
       DO UPDATE SET value = excluded.value, exact = excluded.exact, batch_id = excluded.batch_id, loaded_at = now()
       WHERE p.exact IS DISTINCT FROM excluded.exact`,
      [load.org, load.batchId],
    );
    const place = [load.org, load.metrics, load.from, load.to];
    const gone = await db.query(
      `DELETE FROM ${s}.kpi_point p WHERE ${spanned(1)}
       AND NOT EXISTS (SELECT 1 FROM incoming i WHERE i.metric = p.metric AND i.ts = p.ts AND i.season = p.season
         AND i.venue = p.venue AND i.region = p.region AND p.context = 'wedding_industry')`,
      place,
    );
    await verify(
      db,
      `SELECT count(*)::int AS rows, coalesce(sum(p.exact), 0) = $1::numeric AS same FROM ${s}.kpi_point p WHERE ${spanned(2)}`,
      place,
      load,
    );
    const changed = written.rowCount ?? 0;
    const removed = gone.rowCount ?? 0;
    await db.query(
      `INSERT INTO ${s}.kpi_load (org, batch_id, rows, changed, removed, metrics) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (org, batch_id) DO UPDATE SET loaded_at = now(), changed = excluded.changed, removed = excluded.removed`,
      [load.org, load.batchId, load.rows, changed, removed, load.metrics],
    );
    await db.query('COMMIT');
    return { changed, removed };
  } catch (thrown) {
    await db.query('ROLLBACK').catch(() => undefined);
    throw thrown;
  }
}

/** Count and sum to the last digit, as they arrived and as they stand afterwards (K3). */
async function verify(db: pg.Client, sql: string, values: readonly unknown[], load: WarehouseLoad): Promise<void> {
  const { rows } = await db.query<{ rows: number; same: boolean }>(sql, [load.sum, ...values]);
  const [found] = rows;
  if (found?.rows === load.rows && found.same) return;
  throw new PermanentError(
    'rejected',
    `The warehouse holds ${found?.rows ?? 0} rows instead of ${load.rows}${found?.same === false ? ', and their sum differs' : ''}; nothing was changed`,
  );
}

const connection = { scope: 'connection' } as const;

/** PostgreSQL's codes (SQLSTATE), Node's and TLS's, to the one table of failures. */
function failureOf(thrown: unknown, begun: boolean): IntegrationError {
  if (thrown instanceof IntegrationError) return thrown;
  const { code = '', message = String(thrown) } = thrown as { code?: string; message?: string };
  const said = message.slice(0, 300);
  if (/^[0-9A-Z]{5}$/.test(code)) return failureOfState(code, said);
  if (/CERT|SIGNED|SSL|TLS|ALTNAME/.test(code) || /SSL|certificate/i.test(said)) {
    return new NeedsAttentionError('misconfigured', `TLS: ${said}`, {
      ...connection,
      hint: 'Enter the certificate of the authority that signed the warehouse’s, or the name it was made for.',
    });
  }
  return new RetryableError(begun ? 'timeout' : 'network', said, connection);
}

function failureOfState(code: string, said: string): IntegrationError {
  const two = code.slice(0, 2);
  if (two === '28') return new NeedsAttentionError('auth', said, connection);
  if (code === '3D000' || code === '3F000') return new NeedsAttentionError('misconfigured', said, connection);
  if (code === '42501') return new NeedsAttentionError('forbidden', said, connection);
  if (code === '57014') return new RetryableError('timeout', said);
  if (two === '08' || two === '57') return new RetryableError('vendor-down', said, connection);
  if (two === '53' || two === '40' || code === '55P03') return new RetryableError('busy', said);
  return new PermanentError('rejected', `${code}: ${said}`);
}
