import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';
import type {
  AlertRecoveryTable,
  HandoverNoteTable,
  PreflightRunTable,
  SilenceRow,
  SilenceTable,
  WeekendRunTable,
} from './alerts.ts';

/** When, how bad and how fast told, of every alert raised between two instants. */
export function figuresBetween(db: Reader, organisationId: string, from: number, to: number) {
  return db
    .selectFrom('alert')
    .select(['raised_at', 'severity', 'told_ms'])
    .where('organisation_id', '=', organisationId)
    .where('raised_at', '>=', from)
    .where('raised_at', '<', to)
    .execute();
}

/** How long after it was raised somebody had an alert for the first time, ms, of those raised since `from`. */
export async function acknowledgedAfter(db: Reader, organisationId: string, from: number): Promise<number[]> {
  const rows = await db
    .selectFrom('alert')
    .innerJoin('alert_timeline', (join) =>
      join
        .onRef('alert_timeline.alert_id', '=', 'alert.id')
        .onRef('alert_timeline.organisation_id', '=', 'alert.organisation_id'),
    )
    .select((eb) => ['alert.raised_at', eb.fn.min('alert_timeline.at').as('at')])
    .where('alert.organisation_id', '=', organisationId)
    .where('alert.raised_at', '>=', from)
    .where('alert_timeline.kind', '=', 'acknowledged')
    .groupBy(['alert.id', 'alert.raised_at'])
    .execute();
  return rows.map((row) => Math.max(0, Number(row.at) - row.raised_at));
}

/** Silences not yet over at `at`, by end. */
export function liveSilences(db: Reader, organisationId: string, at: number): Promise<SilenceRow[]> {
  return db
    .selectFrom('silence')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('ends_at', '>', at)
    .orderBy('ends_at')
    .execute();
}

export async function getSilence(db: Reader, organisationId: string, id: string): Promise<SilenceRow | null> {
  const row = await db
    .selectFrom('silence')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

export async function insertSilence(tx: Tx, row: Insertable<SilenceTable>): Promise<void> {
  await tx.insertInto('silence').values(row).execute();
}

export async function updateSilence(
  tx: Tx,
  organisationId: string,
  id: string,
  change: Pick<Updateable<SilenceTable>, 'ends_at' | 'reminded'>,
): Promise<void> {
  await tx
    .updateTable('silence')
    .set(change)
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

export function recoveryOf(
  db: Reader,
  organisationId: string,
  alertId: string,
): Promise<Selectable<AlertRecoveryTable>[]> {
  return db
    .selectFrom('alert_recovery')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('alert_id', '=', alertId)
    .execute();
}

/** False: that step was ticked already. */
export async function tickRecovery(tx: Tx, row: Insertable<AlertRecoveryTable>): Promise<boolean> {
  const result = await tx
    .insertInto('alert_recovery')
    .values(row)
    .onConflict((each) => each.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}

export async function insertHandover(tx: Tx, row: Insertable<HandoverNoteTable>): Promise<void> {
  await tx.insertInto('handover_note').values(row).execute();
}

/** Newest first. */
export function listHandovers(
  db: Reader,
  organisationId: string,
  since: number,
): Promise<Selectable<HandoverNoteTable>[]> {
  return db
    .selectFrom('handover_note')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('at', '>', since)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(20)
    .execute();
}

export async function insertPreflight(tx: Tx, row: Insertable<PreflightRunTable>): Promise<void> {
  await tx.insertInto('preflight_run').values(row).execute();
}

export async function lastPreflight(db: Reader, organisationId: string): Promise<Selectable<PreflightRunTable> | null> {
  const row = await db
    .selectFrom('preflight_run')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return row ?? null;
}

/** True once per organisation, name and period: the caller then does the work in the same transaction. */
export async function claimRun(tx: Tx, row: Insertable<WeekendRunTable>): Promise<boolean> {
  const result = await tx
    .insertInto('weekend_run')
    .values(row)
    .onConflict((each) => each.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}
