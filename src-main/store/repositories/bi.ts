import { type Selectable, sql } from 'kysely';
import type { Grain } from '../../../src-shared/domain/kpi/kpi.ts';
import type { Season } from '../../../src-shared/domain/wedding-time/weekend-at.ts';
import type { Reader, Tx } from '../../ports/store.ts';

interface BiRunTable {
  organisation_id: string;
  id: string;
  started_at: number;
  /** `Prepared[]` of the engine, JSON. */
  datasets: string;
}

interface BiPartTable {
  organisation_id: string;
  run_id: string;
  system: string;
  /** '' but for the warehouse, which has a row a data set. */
  dataset: string;
  state: 'waiting' | 'queued' | 'delivered' | 'failed';
  job_id: string | null;
  rows: number;
  changed: number;
  detail: string;
  ended_at: number | null;
}

export interface BiTables {
  bi_run: BiRunTable;
  bi_part: BiPartTable;
}
export type BiRunRow = Selectable<BiRunTable>;
export type BiPartRow = Selectable<BiPartTable>;

export async function insertRun(tx: Tx, row: BiRunRow): Promise<void> {
  await tx.insertInto('bi_run').values(row).execute();
}

export async function getRun(db: Reader, organisationId: string, id: string): Promise<BiRunRow | null> {
  const row = await db
    .selectFrom('bi_run')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

export async function newestRun(db: Reader, organisationId: string): Promise<BiRunRow | null> {
  const row = await db
    .selectFrom('bi_run')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** The runs that are kept. */
export function listRuns(db: Reader, organisationId: string): Promise<BiRunRow[]> {
  return db.selectFrom('bi_run').selectAll().where('organisation_id', '=', organisationId).execute();
}

export async function putPart(tx: Tx, row: BiPartRow): Promise<void> {
  await tx
    .insertInto('bi_part')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['organisation_id', 'run_id', 'system', 'dataset']).doUpdateSet((eb) => ({
        state: eb.ref('excluded.state'),
        job_id: eb.ref('excluded.job_id'),
        rows: eb.ref('excluded.rows'),
        changed: eb.ref('excluded.changed'),
        detail: eb.ref('excluded.detail'),
        ended_at: eb.ref('excluded.ended_at'),
      })),
    )
    .execute();
}

export async function listParts(db: Reader, organisationId: string, runId: string): Promise<BiPartRow[]> {
  return db
    .selectFrom('bi_part')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('run_id', '=', runId)
    .orderBy('system')
    .orderBy('dataset')
    .execute();
}

/** Forgets all but the newest runs; answers with what the forgotten ones had judged. */
export async function forgetRuns(tx: Tx, organisationId: string, keep: number): Promise<BiRunRow[]> {
  const old = await tx
    .selectFrom('bi_run')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .offset(keep)
    .limit(1_000)
    .execute();
  for (const table of ['bi_part', 'bi_run'] as const) {
    const column = table === 'bi_run' ? 'id' : 'run_id';
    await sql`DELETE FROM ${sql.table(table)} WHERE organisation_id = ${organisationId}
      AND ${sql.ref(column)} IN (SELECT value FROM json_each(${JSON.stringify(old.map(({ id }) => id))}))`.execute(tx);
  }
  return old;
}

/** Whether any run of any organisation still names a file. */
export async function isNamed(db: Reader, file: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM bi_run WHERE instr(datasets, ${file}) > 0 LIMIT 1`.execute(db);
  return rows.length > 0;
}

export interface ExportPoint {
  readonly at: number;
  readonly season: Season;
  readonly venue: string;
  readonly region: string;
  readonly value: string | null;
  readonly reason: string | null;
}

/** The next points of one KPI and grain before `to`, in the order of their key, from behind `after`. */
export async function exportPage(
  db: Reader,
  organisationId: string,
  {
    kpi,
    grain,
    to,
    after,
    limit,
  }: {
    readonly kpi: string;
    readonly grain: Grain;
    readonly to: number;
    readonly after: Pick<ExportPoint, 'at' | 'venue' | 'region'> | null;
    readonly limit: number;
  },
): Promise<readonly ExportPoint[]> {
  const { rows } = await sql<ExportPoint>`SELECT at, season, venue, region, value, reason FROM kpi_point
    WHERE organisation_id = ${organisationId} AND kpi = ${kpi} AND grain = ${grain} AND at < ${to}
      AND (at, venue, region) > (${after?.at ?? -1}, ${after?.venue ?? ''}, ${after?.region ?? ''})
    ORDER BY at, venue, region LIMIT ${limit}`.execute(db);
  return rows;
}

/** Start of the first month with a total of one of these KPIs; null: none. */
export async function firstMonth(db: Reader, organisationId: string, kpis: readonly string[]): Promise<number | null> {
  const { rows } = await sql<{ at: number | null }>`SELECT min(at) AS at FROM kpi_point
    WHERE organisation_id = ${organisationId} AND grain = 'month' AND venue = '' AND region = ''
      AND kpi IN (SELECT value FROM json_each(${JSON.stringify(kpis)}))`.execute(db);
  return rows[0]?.at ?? null;
}

/** Names of couples known here: to be sure that none of them leaves as the name of a venue (X13). */
export async function coupleNames(db: Reader, organisationId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('wedding_couple')
    .select('names')
    .where('organisation_id', '=', organisationId)
    .execute();
  return rows.map(({ names }) => names);
}
