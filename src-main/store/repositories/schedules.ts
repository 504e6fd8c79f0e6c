import type { Selectable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

interface ScheduleTable {
  organisation_id: string;
  id: string;
  name: string;
  /** `ScheduleRule`, JSON. */
  rule: string;
  /** `ScheduledWork` of the contract, JSON. */
  work: string;
  enabled: number;
  person_id: string;
  person: string;
  /** Occurrences up to here are done with. */
  done_until: number;
  created_at: number;
}

interface ScheduleRunTable {
  organisation_id: string;
  id: string;
  schedule_id: string;
  period_key: string | null;
  due_at: number;
  started_at: number;
  finished_at: number | null;
  how: 'on time' | 'caught up' | 'by hand' | 'dry run';
  state: 'running' | 'done' | 'failed';
  result: string;
}

export interface ScheduleTables {
  schedule: ScheduleTable;
  schedule_run: ScheduleRunTable;
}

export type ScheduleRow = Selectable<ScheduleTable>;
export type ScheduleRunRow = Selectable<ScheduleRunTable>;

/** Of one organisation, or (null) the enabled ones of all. */
export function listSchedules(db: Reader, organisationId: string | null): Promise<ScheduleRow[]> {
  const all = db.selectFrom('schedule').selectAll().orderBy('created_at').orderBy('id');
  return (
    organisationId === null ? all.where('enabled', '=', 1) : all.where('organisation_id', '=', organisationId)
  ).execute();
}

export async function putSchedule(tx: Tx, row: ScheduleRow): Promise<void> {
  await tx.insertInto('schedule').orReplace().values(row).execute();
}

export async function removeSchedule(tx: Tx, organisationId: string, id: string): Promise<void> {
  await tx.deleteFrom('schedule').where('organisation_id', '=', organisationId).where('id', '=', id).execute();
}

/** @returns false when the period was run before */
export async function insertRun(tx: Tx, row: ScheduleRunRow): Promise<boolean> {
  const result = await tx
    .insertInto('schedule_run')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function finishRun(
  tx: Tx,
  organisationId: string,
  id: string,
  change: Pick<ScheduleRunRow, 'finished_at' | 'state' | 'result'>,
): Promise<void> {
  await tx
    .updateTable('schedule_run')
    .set(change)
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

export async function passed(tx: Tx, organisationId: string, id: string, until: number): Promise<void> {
  await tx
    .updateTable('schedule')
    .set({ done_until: until })
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .where('done_until', '<', until)
    .execute();
}

/** Newest first. */
export function listRuns(db: Reader, organisationId: string, limit = 200): Promise<ScheduleRunRow[]> {
  return db
    .selectFrom('schedule_run')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** At program start: a run that was under way when the program ended is told as failed. */
export async function failUnfinished(tx: Tx, at: number, result: string): Promise<void> {
  await tx
    .updateTable('schedule_run')
    .set({ state: 'failed', finished_at: at, result })
    .where('state', '=', 'running')
    .execute();
}
