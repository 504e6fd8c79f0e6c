import type { Generated, Insertable, Selectable, Updateable } from 'kysely';
import { sql } from 'kysely';
import { rankOf } from '../../../src-shared/domain/alert/severity.ts';
import type { Reader, Tx } from '../../ports/store.ts';
import type { AlertBundleTable } from './alert-bundles.ts';
import { type AlertDeliveryTable, quietly, uncovered } from './alert-deliveries.ts';
import { isOpen } from './alert-lists.ts';
import type { AlertOccurrenceTable } from './alert-occurrences.ts';

type SeverityText = 'info' | 'warning' | 'critical' | 'emergency';

export interface AlertTable {
  organisation_id: string;
  id: string;
  number: number;
  dedup_key: string;
  source: string;
  reported_severity: SeverityText;
  severity: SeverityText;
  title: string;
  detail: string;
  /** JSON `[{name, region}]`. */
  venues: string;
  /** JSON `[{label, url}]`. */
  links: string;
  template: string | null;
  group_key: string;
  state: 'firing' | 'acknowledged' | 'escalated' | 'resolved' | 'snoozed';
  step: Generated<number>;
  version: Generated<number>;
  owner: string | null;
  owner_name: string | null;
  owner_note: Generated<string>;
  raised_at: number;
  observed_at: number | null;
  last_seen_at: number;
  count: Generated<number>;
  resolved_at: number | null;
  step_at: number;
  next_step_at: number | null;
  until: number | null;
  /** A person said how long they have it. */
  until_chosen: Generated<number>;
  silence_id: string | null;
  silenced_until: number | null;
  flapping: Generated<number>;
  flap_last: string | null;
  told_ms: number | null;
  reasons: string;
  context: string;
  /** Rests since a restore: ms UTC of the backup's newest entry. */
  from_backup: number | null;
  /** Since when it needs somebody anew: ms UTC; null: since it was raised. */
  round_at: number | null;
}

export interface AlertTimelineTable {
  seq: Generated<number>;
  organisation_id: string;
  alert_id: string;
  at: number;
  kind: string;
  actor: string;
  channel: string;
  text: string;
}

export interface SilenceTable {
  organisation_id: string;
  id: string;
  kind: 'silence' | 'maintenance';
  matcher: string;
  starts_at: number;
  ends_at: number;
  recurring: string | null;
  include_emergencies: number;
  author: string;
  reason: string;
  reminded: Generated<number>;
}

export interface AlertRecoveryTable {
  organisation_id: string;
  alert_id: string;
  step_id: string;
  done_by: string;
  done_at: number;
}

export interface HandoverNoteTable {
  organisation_id: string;
  id: string;
  at: number;
  author: string;
  text: string;
}

export interface PreflightRunTable {
  organisation_id: string;
  id: string;
  at: number;
  by_person: string;
  ok: number;
  checks: string;
}

export interface WeekendRunTable {
  organisation_id: string;
  name: string;
  period: string;
  at: number;
}

export interface AlertTables {
  alert: AlertTable;
  alert_timeline: AlertTimelineTable;
  alert_delivery: AlertDeliveryTable;
  alert_bundle: AlertBundleTable;
  silence: SilenceTable;
  alert_recovery: AlertRecoveryTable;
  alert_occurrence: AlertOccurrenceTable;
  handover_note: HandoverNoteTable;
  preflight_run: PreflightRunTable;
  weekend_run: WeekendRunTable;
}

export type AlertRow = Selectable<AlertTable>;
export type AlertTimelineRow = Selectable<AlertTimelineTable>;
export type SilenceRow = Selectable<SilenceTable>;

/** null: no such alert. `id` may also be its number, `A-1042`. */
export async function getAlert(db: Reader, organisationId: string, id: string): Promise<AlertRow | null> {
  const number = /^A-(\d{1,12})$/i.exec(id)?.[1];
  const row = await db
    .selectFrom('alert')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where(number === undefined ? 'id' : 'number', '=', number === undefined ? id : Number(number))
    .executeTakeFirst();
  return row ?? null;
}

/** The open alert of a key, else the one resolved last since `since`. */
export async function alertOfKey(
  db: Reader,
  organisationId: string,
  dedupKey: string,
  since: number,
): Promise<AlertRow | null> {
  const row = await db
    .selectFrom('alert')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('dedup_key', '=', dedupKey)
    .where((eb) => eb.or([eb('state', '<>', 'resolved'), eb('resolved_at', '>', since)]))
    .orderBy(sql`resolved_at IS NULL`, 'desc')
    .orderBy('resolved_at', 'desc')
    .executeTakeFirst();
  return row ?? null;
}

export function openAlerts(db: Reader, organisationId: string): Promise<AlertRow[]> {
  return db
    .selectFrom('alert')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where(isOpen)
    .orderBy('raised_at', 'desc')
    .execute();
}

export function alertsBetween(db: Reader, organisationId: string, from: number, to: number): Promise<AlertRow[]> {
  return db
    .selectFrom('alert')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('raised_at', '>=', from)
    .where('raised_at', '<', to)
    .orderBy('raised_at')
    .execute();
}

/** Moments at which alerts were raised between two instants. */
export async function raisedBetween(db: Reader, organisationId: string, from: number, to: number): Promise<number[]> {
  const rows = await db
    .selectFrom('alert')
    .select('raised_at')
    .where('organisation_id', '=', organisationId)
    .where('raised_at', '>=', from)
    .where('raised_at', '<', to)
    .execute();
  return rows.map((row) => row.raised_at);
}

/** The next `A-` number; the first is 1001. */
export async function nextAlertNumber(tx: Tx, organisationId: string): Promise<number> {
  const row = await tx
    .selectFrom('alert')
    .select((eb) => eb.fn.max('number').as('last'))
    .where('organisation_id', '=', organisationId)
    .executeTakeFirst();
  return Number(row?.last ?? 1000) + 1;
}

export async function insertAlert(tx: Tx, row: Insertable<AlertTable>): Promise<void> {
  await tx.insertInto('alert').values(row).execute();
}

export async function updateAlert(
  tx: Tx,
  organisationId: string,
  id: string,
  change: Omit<Updateable<AlertTable>, 'organisation_id' | 'id'>,
): Promise<void> {
  await tx
    .updateTable('alert')
    .set(change)
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

export async function appendTimeline(tx: Tx, row: Insertable<AlertTimelineTable>): Promise<void> {
  await tx.insertInto('alert_timeline').values(row).execute();
}

export function timelineOf(db: Reader, organisationId: string, alertId: string): Promise<AlertTimelineRow[]> {
  return db
    .selectFrom('alert_timeline')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('alert_id', '=', alertId)
    .orderBy('seq')
    .execute();
}

/** Moments at which the alert was raised or resolved since `since`: what flapping counts. */
export async function changesOf(db: Reader, organisationId: string, alertId: string, since: number): Promise<number[]> {
  const rows = await db
    .selectFrom('alert_timeline')
    .select('at')
    .where('organisation_id', '=', organisationId)
    .where('alert_id', '=', alertId)
    .where('kind', 'in', ['raised', 'resolved'])
    .where('at', '>', since)
    .execute();
  return rows.map((row) => row.at);
}

/** Open alerts that flap; the index is named, since all that ever were would be looked through otherwise. */
async function flappingAlerts(db: Reader, organisationId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM alert INDEXED BY alert_flapping
    WHERE organisation_id = ${organisationId} AND flapping = 1 AND state <> 'resolved' AND from_backup IS NULL
  `.execute(db);
  return rows.map(({ id }) => id);
}

/**
 * Open alerts with something due by `at`: an escalation, the end of an acknowledgement, snooze or silence; and flapping
 * ones; those from a backup rest. The worst first. One index each, so that it costs what is due, not what is open.
 */
export async function dueAlerts(db: Reader, organisationId: string, at: number): Promise<AlertRow[]> {
  const open = () =>
    db.selectFrom('alert').selectAll().where('organisation_id', '=', organisationId).where('from_backup', 'is', null);
  const flapping = await flappingAlerts(db, organisationId);
  const found = await Promise.all([
    ...(['next_step_at', 'until', 'silenced_until'] as const).map((due) => open().where(due, '<=', at).execute()),
    flapping.length === 0 ? [] : open().where('id', 'in', flapping).execute(),
  ]);
  const byId = new Map(found.flat().map((row) => [row.id, row]));
  return [...byId.values()]
    .filter(({ state }) => state !== 'resolved')
    .sort((a, b) => rankOf(b.severity) - rankOf(a.severity) || a.raised_at - b.raised_at);
}

/** Alerts somebody has beyond this moment although nobody chose how long. */
export async function acknowledgedBeyond(db: Reader, organisationId: string, until: number): Promise<AlertRow[]> {
  return db
    .selectFrom('alert')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('until', '>', until)
    .where('until_chosen', '=', 0)
    .where('state', '=', 'acknowledged')
    .execute();
}

/** How often it is looked at what no moment is known of beforehand: the end of quiet hours, and of flapping. */
const LOOK_MS = 60_000;

/** The earliest moment at which something falls due; null: nothing is waiting. */
export async function nextAlertDue(
  db: Reader,
  organisationId: string,
  at: number,
  failoverAfterMs: number,
): Promise<number | null> {
  const [step, until, silenced] = await Promise.all(
    (['next_step_at', 'until', 'silenced_until'] as const).map((due) =>
      db
        .selectFrom('alert')
        .select((eb) => eb.fn.min(due).as('due'))
        .where('organisation_id', '=', organisationId)
        .where(due, 'is not', null)
        .where('from_backup', 'is', null)
        .executeTakeFirst(),
    ),
  );
  const waiting = await db
    .selectFrom('alert_delivery')
    .select((eb) => [eb.fn.min('started_at').as('started')])
    .where('organisation_id', '=', organisationId)
    .where(uncovered)
    .executeTakeFirst();
  const quiet = await db
    .selectFrom('alert_delivery')
    .select((eb) => [eb.fn.min('due_at').as('due')])
    .where('organisation_id', '=', organisationId)
    .where(quietly)
    .executeTakeFirst();
  const bundle = await db
    .selectFrom('alert_bundle')
    .select((eb) => [eb.fn.min('due_at').as('due')])
    .where('organisation_id', '=', organisationId)
    .where('sent_at', 'is', null)
    .executeTakeFirst();
  const flapping = await flappingAlerts(db, organisationId);
  const started = waiting?.started ?? null;
  // A calendar that comes, or a mode set for later, may end quiet hours before their time.
  const heldUntil = quiet?.due == null ? null : Math.min(Number(quiet.due), at + LOOK_MS);
  const moments = [
    step?.due,
    until?.due,
    silenced?.due,
    started === null ? null : Number(started) + failoverAfterMs,
    heldUntil,
    bundle?.due,
    flapping.length === 0 ? null : at + LOOK_MS,
  ].flatMap((value) => (value === null || value === undefined ? [] : [Number(value)]));
  return moments.length === 0 ? null : Math.min(...moments);
}

export * from './alert-bundles.ts';
export * from './alert-deliveries.ts';
export * from './alert-desk.ts';
export * from './alert-lists.ts';
export * from './alert-occurrences.ts';
export * from './alert-rest.ts';
