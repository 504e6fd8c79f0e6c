import { type Selectable, sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

/** What monitoring counts, what each system was told of it, and the pushes that have not been sent. */

interface KpiCounterTable {
  organisation_id: string;
  kpi: string;
  venue: string;
  region: string;
  /** The highest `sum` has been, decimal text: what exporters call the counter. */
  total: string;
  /** As the points add up now. */
  sum: string;
}

interface KpiCounterSentTable {
  organisation_id: string;
  system: string;
  kpi: string;
  venue: string;
  region: string;
  queued: string;
  acked: string;
}

export interface KpiCounterTables {
  kpi_counter: KpiCounterTable;
  kpi_counter_sent: KpiCounterSentTable;
  kpi_returned: { organisation_id: string; job_id: string };
}

export type KpiCounterRow = Selectable<KpiCounterTable>;
export type KpiCounterSentRow = Selectable<KpiCounterSentTable>;

const chunk = 500;

export async function listCounters(db: Reader, organisationId: string): Promise<KpiCounterRow[]> {
  return db.selectFrom('kpi_counter').selectAll().where('organisation_id', '=', organisationId).execute();
}

export async function putCounters(tx: Tx, rows: readonly KpiCounterRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += chunk) {
    await tx
      .insertInto('kpi_counter')
      .values(rows.slice(from, from + chunk))
      .onConflict((conflict) =>
        conflict.columns(['organisation_id', 'kpi', 'venue', 'region']).doUpdateSet((eb) => ({
          total: eb.ref('excluded.total'),
          sum: eb.ref('excluded.sum'),
        })),
      )
      .execute();
  }
}

export async function listCountersSent(
  db: Reader,
  organisationId: string,
  system: string,
): Promise<KpiCounterSentRow[]> {
  return db
    .selectFrom('kpi_counter_sent')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('system', '=', system)
    .execute();
}

export async function putCountersSent(tx: Tx, rows: readonly KpiCounterSentRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += chunk) {
    await tx
      .insertInto('kpi_counter_sent')
      .values(rows.slice(from, from + chunk))
      .onConflict((conflict) =>
        conflict.columns(['organisation_id', 'system', 'kpi', 'venue', 'region']).doUpdateSet((eb) => ({
          queued: eb.ref('excluded.queued'),
          acked: eb.ref('excluded.acked'),
        })),
      )
      .execute();
  }
}

/** Notes that the counts of a push went back; false: they had already. */
export async function addReturned(tx: Tx, organisationId: string, jobId: string): Promise<boolean> {
  const result = await tx
    .insertInto('kpi_returned')
    .values({ organisation_id: organisationId, job_id: jobId })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}

/** Forgets it; true: they had gone back. */
export async function takeReturned(tx: Tx, organisationId: string, jobId: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('kpi_returned')
    .where('organisation_id', '=', organisationId)
    .where('job_id', '=', jobId)
    .executeTakeFirst();
  return Number(result.numDeletedRows) > 0;
}

export interface SpooledJob {
  readonly id: string;
  readonly bytes: number;
}

/** Pushes of one connection that have not been sent, oldest first, with the size of each. */
export async function spooledJobs(db: Reader, organisationId: string, system: string): Promise<readonly SpooledJob[]> {
  const { rows } = await sql<SpooledJob>`SELECT id, length(payload) AS bytes FROM outbox_job
    WHERE organisation_id = ${organisationId} AND system = ${system} AND action = 'push-metrics'
      AND state IN ('queued', 'held') ORDER BY created_at, id`.execute(db);
  return rows;
}

/** How many there are, without looking at their size. */
export async function countSpooled(db: Reader, organisationId: string, system: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM outbox_job
    WHERE organisation_id = ${organisationId} AND connection_id = ${`${organisationId}/${system}`}
      AND action = 'push-metrics' AND state IN ('queued', 'held')`.execute(db);
  return Number(rows[0]?.n ?? 0);
}

/** When the newest push to a connection was made, ms UTC; null: none is kept. */
export async function lastSpooledAt(db: Reader, organisationId: string, system: string): Promise<number | null> {
  const { rows } = await sql<{ at: number | null }>`SELECT max(created_at) AS at FROM outbox_job
    WHERE organisation_id = ${organisationId} AND connection_id = ${`${organisationId}/${system}`}
      AND action = 'push-metrics'`.execute(db);
  return rows[0]?.at ?? null;
}
