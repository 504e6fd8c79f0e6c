import { type Selectable, sql } from 'kysely';
import type { Grain } from '../../../src-shared/domain/kpi/kpi.ts';
import type { Season } from '../../../src-shared/domain/wedding-time/weekend-at.ts';
import type { Reader, Tx } from '../../ports/store.ts';

/** One value of one KPI. `venue` and `region` are slugs, '' for all of them; `at` is the start of its interval, ms UTC. */
interface KpiPointTable {
  organisation_id: string;
  kpi: string;
  grain: Grain;
  at: number;
  venue: string;
  region: string;
  season: Season;
  /** Exact decimal text; null: not known, see `reason`. */
  value: string | null;
  /** The same as a double, for exporters that take nothing else. */
  number: number | null;
  reason: string | null;
  /** Input name -> decimal text, JSON. */
  inputs: string;
  /** The computation that last changed it. */
  batch_id: string;
  computed_at: number;
}

interface KpiBatchTable {
  organisation_id: string;
  id: string;
  started_at: number;
  ms: number;
  points: number;
}

interface KpiDimensionTable {
  organisation_id: string;
  kind: 'venue' | 'region';
  name_key: string;
  name: string;
  slug: string;
}

interface KpiInputTable {
  organisation_id: string;
  name: string;
  at: number;
  value: string;
  source: string;
  recorded_at: number;
}

interface KpiDirtyTable {
  organisation_id: string;
  kind: 'usage' | 'cost' | 'wedding' | 'input' | 'month';
  /** Hour start in ms for usage and input, `YYYY-MM` for month, else `YYYY-MM-DD`. */
  at: string;
  claimed: number;
}

interface KpiGateTable {
  organisation_id: string;
  dataset: string;
  checked_at: number;
  passed: number;
  /** `Finding[]` of the domain, JSON. */
  findings: string;
}

interface KpiSyncTable {
  organisation_id: string;
  system: string;
  at: number;
  ok: number;
  ms: number;
  points: number;
  detail: string;
  succeeded_at: number | null;
  lost_points: number;
}

export interface KpiTables {
  kpi_point: KpiPointTable;
  kpi_batch: KpiBatchTable;
  kpi_dimension: KpiDimensionTable;
  kpi_input: KpiInputTable;
  kpi_dirty: KpiDirtyTable;
  kpi_gate: KpiGateTable;
  kpi_sync: KpiSyncTable;
}

export type KpiPointRow = Selectable<KpiPointTable>;
export type KpiDimensionRow = Selectable<KpiDimensionTable>;
export type KpiInputRow = Selectable<KpiInputTable>;
export type KpiDirtyRow = Selectable<KpiDirtyTable>;
export type KpiGateRow = Selectable<KpiGateTable>;
export type KpiSyncRow = Selectable<KpiSyncTable>;

export interface PointFilter {
  readonly grain: Grain;
  /** Inclusive and exclusive, ms UTC. */
  readonly from: number;
  readonly to: number;
  readonly kpis?: readonly string[];
  /** Only the totals over venues and regions. */
  readonly totals?: boolean;
}

const chunk = 500;

/** Writes points; one that did not change keeps its batch and its moment, so that exporters see only what is new. */
export async function putPoints(tx: Tx, rows: readonly KpiPointRow[]): Promise<number> {
  let changed = 0;
  for (let from = 0; from < rows.length; from += chunk) {
    const result = await tx
      .insertInto('kpi_point')
      .values(rows.slice(from, from + chunk))
      .onConflict((conflict) =>
        conflict
          .columns(['organisation_id', 'kpi', 'grain', 'at', 'venue', 'region'])
          .doUpdateSet((eb) => ({
            season: eb.ref('excluded.season'),
            value: eb.ref('excluded.value'),
            number: eb.ref('excluded.number'),
            reason: eb.ref('excluded.reason'),
            inputs: eb.ref('excluded.inputs'),
            batch_id: eb.ref('excluded.batch_id'),
            computed_at: eb.ref('excluded.computed_at'),
          }))
          .where(
            sql<boolean>`kpi_point.value IS NOT excluded.value OR kpi_point.reason IS NOT excluded.reason OR kpi_point.inputs <> excluded.inputs OR kpi_point.season <> excluded.season`,
          ),
      )
      .execute();
    for (const one of result) changed += Number(one.numInsertedOrUpdatedRows ?? 0);
  }
  return changed;
}

/** Points of one grain, by kpi and time. */
export async function listPoints(db: Reader, organisationId: string, filter: PointFilter): Promise<KpiPointRow[]> {
  let query = db
    .selectFrom('kpi_point')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('grain', '=', filter.grain)
    .where('at', '>=', filter.from)
    .where('at', '<', filter.to);
  if (filter.kpis) query = query.where('kpi', 'in', [...filter.kpis]);
  if (filter.totals) query = query.where('venue', '=', '').where('region', '=', '');
  return query.orderBy('kpi').orderBy('at').orderBy('venue').orderBy('region').execute();
}

export async function insertBatch(tx: Tx, row: Selectable<KpiBatchTable>): Promise<void> {
  await tx.insertInto('kpi_batch').values(row).execute();
}

export async function listDimensions(db: Reader, organisationId: string): Promise<KpiDimensionRow[]> {
  return db.selectFrom('kpi_dimension').selectAll().where('organisation_id', '=', organisationId).execute();
}

export async function putDimensions(tx: Tx, rows: readonly KpiDimensionRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += chunk) {
    await tx
      .insertInto('kpi_dimension')
      .values(rows.slice(from, from + chunk))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

export async function putInput(tx: Tx, row: KpiInputRow): Promise<void> {
  await tx
    .insertInto('kpi_input')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['organisation_id', 'name', 'at']).doUpdateSet((eb) => ({
        value: eb.ref('excluded.value'),
        source: eb.ref('excluded.source'),
        recorded_at: eb.ref('excluded.recorded_at'),
      })),
    )
    .execute();
}

/** Figures of `names` recorded for moments before `to`, oldest first. */
export async function listInputs(db: Reader, organisationId: string, to: number): Promise<KpiInputRow[]> {
  return db
    .selectFrom('kpi_input')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('at', '<', to)
    .orderBy('at')
    .execute();
}

/** Takes everything that is to be computed again, what a run before left unfinished included. */
export async function claimDirty(tx: Tx, organisationId: string): Promise<KpiDirtyRow[]> {
  await sql`INSERT OR IGNORE INTO kpi_dirty (organisation_id, kind, at, claimed)
    SELECT organisation_id, kind, at, 1 FROM kpi_dirty WHERE organisation_id = ${organisationId} AND claimed = 0`.execute(
    tx,
  );
  await tx.deleteFrom('kpi_dirty').where('organisation_id', '=', organisationId).where('claimed', '=', 0).execute();
  return tx.selectFrom('kpi_dirty').selectAll().where('organisation_id', '=', organisationId).execute();
}

/** What was claimed is done. */
export async function clearClaimed(tx: Tx, organisationId: string): Promise<void> {
  await tx.deleteFrom('kpi_dirty').where('organisation_id', '=', organisationId).where('claimed', '=', 1).execute();
}

export async function markDirty(
  tx: Tx,
  organisationId: string,
  kind: KpiDirtyRow['kind'],
  ats: readonly (string | number)[],
): Promise<void> {
  for (const at of ats) {
    await tx
      .insertInto('kpi_dirty')
      .values({ organisation_id: organisationId, kind, at: String(at), claimed: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

export async function putGate(tx: Tx, row: KpiGateRow): Promise<void> {
  await tx
    .insertInto('kpi_gate')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['organisation_id', 'dataset']).doUpdateSet((eb) => ({
        checked_at: eb.ref('excluded.checked_at'),
        passed: eb.ref('excluded.passed'),
        findings: eb.ref('excluded.findings'),
      })),
    )
    .execute();
}

export async function listGates(db: Reader, organisationId: string): Promise<KpiGateRow[]> {
  return db.selectFrom('kpi_gate').selectAll().where('organisation_id', '=', organisationId).execute();
}

export async function listSyncs(db: Reader, organisationId: string): Promise<KpiSyncRow[]> {
  return db
    .selectFrom('kpi_sync')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('system')
    .execute();
}

/** What became of one push or sync; a failed one keeps the moment of the last that succeeded. */
export async function putSync(
  tx: Tx,
  row: Omit<KpiSyncRow, 'succeeded_at' | 'lost_points'> & { readonly lost_points?: number },
): Promise<void> {
  const lost = row.lost_points ?? 0;
  await tx
    .insertInto('kpi_sync')
    .values({ ...row, lost_points: lost, succeeded_at: row.ok === 1 ? row.at : null })
    .onConflict((conflict) =>
      conflict.columns(['organisation_id', 'system']).doUpdateSet((eb) => ({
        at: eb.ref('excluded.at'),
        ok: eb.ref('excluded.ok'),
        ms: eb.ref('excluded.ms'),
        points: eb.ref('excluded.points'),
        detail: eb.ref('excluded.detail'),
        succeeded_at: sql<number | null>`coalesce(excluded.succeeded_at, kpi_sync.succeeded_at)`,
        lost_points: sql<number>`kpi_sync.lost_points + excluded.lost_points`,
      })),
    )
    .execute();
}

/** Every point of some intervals, to be compared with what is computed now. */
export async function pointsAt(
  db: Reader,
  organisationId: string,
  grain: Grain,
  ats: readonly number[],
  kpis: readonly string[],
): Promise<KpiPointRow[]> {
  const { rows } = await sql<KpiPointRow>`SELECT * FROM kpi_point
    WHERE organisation_id = ${organisationId} AND kpi IN (SELECT value FROM json_each(${JSON.stringify(kpis)}))
      AND grain = ${grain} AND at IN (SELECT value FROM json_each(${JSON.stringify(ats)}))`.execute(db);
  return rows;
}

/** Requests and failures of the hours between two instants, by venue and region; the row of '' and '' is all of them. */
export async function sumHours(
  db: Reader,
  organisationId: string,
  from: number,
  to: number,
): Promise<readonly { venue: string; region: string; requests: number; failed: number }[]> {
  const { rows } = await sql<{ venue: string; region: string; requests: number; failed: number }>`SELECT venue, region,
      sum(CAST(json_extract(inputs, '$.requests') AS INTEGER)) AS requests,
      sum(CAST(json_extract(inputs, '$.requests') AS INTEGER) - CAST(json_extract(inputs, '$.successful_requests') AS INTEGER)) AS failed
    FROM kpi_point
    WHERE organisation_id = ${organisationId} AND kpi = 'ai_error_rate' AND grain = 'hour' AND at >= ${from} AND at < ${to}
      AND (venue <> '' OR region <> '')
    GROUP BY venue, region`.execute(db);
  return rows;
}

/** The newest total point of each KPI of one grain that starts at or before `at`. */
export async function latestPoints(
  db: Reader,
  organisationId: string,
  grain: Grain,
  from: number,
  at: number,
): Promise<KpiPointRow[]> {
  return db
    .selectFrom('kpi_point')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('grain', '=', grain)
    .where('at', '>=', from)
    .where('at', '<=', at)
    .where('value', 'is not', null)
    .orderBy('at')
    .execute();
}

/** Starts of the months that have points. */
export async function monthStarts(db: Reader, organisationId: string): Promise<number[]> {
  const rows = await db
    .selectFrom('kpi_point')
    .select('at')
    .distinct()
    .where('organisation_id', '=', organisationId)
    .where('kpi', '=', 'ai_roi')
    .where('grain', '=', 'month')
    .execute();
  return rows.map(({ at }) => at);
}

/** When the days or months that have points begin, ms UTC. */
export async function startsOf(db: Reader, organisationId: string, grain: 'day' | 'month'): Promise<number[]> {
  const rows = await db
    .selectFrom('kpi_point')
    .select('at')
    .distinct()
    .where('organisation_id', '=', organisationId)
    .where('grain', '=', grain)
    .execute();
  return rows.map(({ at }) => at);
}

/** Takes every point of some intervals away. */
export async function dropPoints(tx: Tx, organisationId: string, grain: Grain, ats: readonly number[]): Promise<void> {
  await tx
    .deleteFrom('kpi_point')
    .where('organisation_id', '=', organisationId)
    .where('grain', '=', grain)
    .where('at', 'in', [...ats])
    .execute();
}

/** The months that have points, each with whether its usage was known when they were computed. */
export async function monthsCounted(
  db: Reader,
  organisationId: string,
): Promise<readonly { readonly at: number; readonly counts: boolean }[]> {
  const rows = await db
    .selectFrom('kpi_point')
    .select(['at', 'value'])
    .where('organisation_id', '=', organisationId)
    .where('kpi', '=', 'ai_requests_total')
    .where('grain', '=', 'month')
    .where('venue', '=', '')
    .where('region', '=', '')
    .execute();
  return rows.map(({ at, value }) => ({ at, counts: value !== null }));
}

/** When the newest computation that changed anything began, ms UTC; null: there was none. */
export async function lastBatchAt(db: Reader, organisationId: string): Promise<number | null> {
  const row = await db
    .selectFrom('kpi_batch')
    .select(({ fn }) => fn.max('started_at').as('at'))
    .where('organisation_id', '=', organisationId)
    .executeTakeFirst();
  return row?.at ?? null;
}

/** Whether a system is connected and in which mode; null: it is not. */
export async function connectionMode(
  db: Reader,
  organisationId: string,
  system: string,
): Promise<'on' | 'paused' | 'off' | null> {
  const row = await db
    .selectFrom('connection')
    .select('mode')
    .where('organisation_id', '=', organisationId)
    .where('system', '=', system)
    .executeTakeFirst();
  return row?.mode ?? null;
}
