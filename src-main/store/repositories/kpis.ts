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
  kind: 'usage' | 'cost' | 'wedding' | 'input' | 'all';
  /** Hour start in ms for usage and input, else `YYYY-MM-DD`. */
  at: string;
}

interface KpiGateTable {
  organisation_id: string;
  dataset: string;
  checked_at: number;
  passed: number;
  /** `Finding[]` of the domain, JSON. */
  findings: string;
}

interface KpiCounterTable {
  organisation_id: string;
  kpi: string;
  venue: string;
  region: string;
  /** Decimal text that never goes down. */
  total: string;
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
  kpi_counter: KpiCounterTable;
  kpi_counter_sent: KpiCounterSentTable;
  kpi_sync: KpiSyncTable;
}

export type KpiPointRow = Selectable<KpiPointTable>;
export type KpiDimensionRow = Selectable<KpiDimensionTable>;
export type KpiInputRow = Selectable<KpiInputTable>;
export type KpiDirtyRow = Selectable<KpiDirtyTable>;
export type KpiGateRow = Selectable<KpiGateTable>;
export type KpiCounterRow = Selectable<KpiCounterTable>;
export type KpiCounterSentRow = Selectable<KpiCounterSentTable>;
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

/** Points changed after `after` (ms), oldest change first: what an incremental export still has to send. */
export async function pointsChangedAfter(
  db: Reader,
  organisationId: string,
  after: number,
  limit: number,
): Promise<KpiPointRow[]> {
  return db
    .selectFrom('kpi_point')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('computed_at', '>', after)
    .orderBy('computed_at')
    .limit(limit)
    .execute();
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

export async function listDirty(db: Reader, organisationId: string): Promise<KpiDirtyRow[]> {
  return db.selectFrom('kpi_dirty').selectAll().where('organisation_id', '=', organisationId).execute();
}

export async function markDirty(tx: Tx, rows: readonly KpiDirtyRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx
    .insertInto('kpi_dirty')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function clearDirty(tx: Tx, rows: readonly KpiDirtyRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += chunk) {
    const part = rows.slice(from, from + chunk);
    const [first] = part;
    if (!first) return;
    for (const kind of new Set(part.map((row) => row.kind))) {
      await tx
        .deleteFrom('kpi_dirty')
        .where('organisation_id', '=', first.organisation_id)
        .where('kind', '=', kind)
        .where(
          'at',
          'in',
          part.filter((row) => row.kind === kind).map((row) => row.at),
        )
        .execute();
    }
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
