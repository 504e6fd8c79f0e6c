import { type Generated, type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

export interface AlertDeliveryTable {
  organisation_id: string;
  id: string;
  alert_id: string;
  kind: string;
  step: number;
  channel: 'slack' | 'email' | 'pagerduty' | 'webhook' | 'sms';
  destination_id: string;
  destination_name: string;
  rule: string;
  state: 'waiting' | 'quiet' | 'bundled' | 'accepted' | 'arrived' | 'held' | 'failed' | 'superseded' | 'not_connected';
  job_id: string | null;
  bundle_id: string | null;
  started_at: number;
  due_at: number;
  settled_at: number | null;
  covered: Generated<number>;
  problem: string | null;
  /** The round of the alert that it tells of. */
  round_at: number | null;
}

export type AlertDeliveryRow = Selectable<AlertDeliveryTable>;

export async function insertDelivery(tx: Tx, row: Insertable<AlertDeliveryTable>): Promise<void> {
  await tx.insertInto('alert_delivery').values(row).execute();
}

export async function updateDelivery(
  tx: Tx,
  organisationId: string,
  id: string,
  change: Omit<Updateable<AlertDeliveryTable>, 'organisation_id' | 'id'>,
): Promise<void> {
  await tx
    .updateTable('alert_delivery')
    .set(change)
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

export function deliveriesOf(db: Reader, organisationId: string, alertId: string): Promise<AlertDeliveryRow[]> {
  return db
    .selectFrom('alert_delivery')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('alert_id', '=', alertId)
    .orderBy('started_at')
    .orderBy('id')
    .execute();
}

export async function deliveryOfJob(db: Reader, jobId: string): Promise<AlertDeliveryRow | null> {
  const row = await db.selectFrom('alert_delivery').selectAll().where('job_id', '=', jobId).executeTakeFirst();
  return row ?? null;
}

/** Written out, since SQLite takes a partial index only where it sees its words. */
export const uncovered = sql<boolean>`state = 'waiting' AND covered = 0`;

export const quietly = sql<boolean>`state = 'quiet'`;

/** Alerts with a message that quiet hours held until `at`, or one under way since `lateSince` that nothing covers yet. */
export async function alertsOfLateDeliveries(
  db: Reader,
  organisationId: string,
  at: number,
  lateSince: number,
): Promise<string[]> {
  const of = () =>
    db.selectFrom('alert_delivery').select('alert_id').distinct().where('organisation_id', '=', organisationId);
  const found = await Promise.all([
    of().where(quietly).where('due_at', '<=', at).execute(),
    of().where(uncovered).where('started_at', '<=', lateSince).execute(),
  ]);
  return [...new Set(found.flat().map((row) => row.alert_id))];
}

/** What quiet hours still hold of an alert goes no more: it is told anew. */
export async function supersedeQuiet(tx: Tx, organisationId: string, alertId: string, at: number): Promise<void> {
  await tx
    .updateTable('alert_delivery')
    .set({ state: 'superseded', settled_at: at })
    .where('organisation_id', '=', organisationId)
    .where('alert_id', '=', alertId)
    .where(quietly)
    .execute();
}

/** Alerts told singly to one destination since `since`: what the storm rule counts. */
export async function toldSingly(
  db: Reader,
  organisationId: string,
  destinationId: string,
  since: number,
): Promise<{ alertId: string; at: number }[]> {
  const rows = await db
    .selectFrom('alert_delivery')
    .select(['alert_id', 'started_at'])
    .where('organisation_id', '=', organisationId)
    .where('destination_id', '=', destinationId)
    .where('started_at', '>', since)
    .where('state', 'in', ['waiting', 'accepted', 'arrived', 'held', 'failed'])
    .where('bundle_id', 'is', null)
    .execute();
  return rows.map((row) => ({ alertId: row.alert_id, at: row.started_at }));
}

/** Messages one destination was sent since `since`, whatever they said; a bundle is one. */
export async function messagesSince(
  db: Reader,
  organisationId: string,
  destinationId: string,
  since: number,
): Promise<number> {
  const [singles, bundles] = await Promise.all([
    db
      .selectFrom('alert_delivery')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('organisation_id', '=', organisationId)
      .where('destination_id', '=', destinationId)
      .where('started_at', '>', since)
      .where('bundle_id', 'is', null)
      .where('job_id', 'is not', null)
      .executeTakeFirst(),
    db
      .selectFrom('alert_bundle')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('organisation_id', '=', organisationId)
      .where('destination_id', '=', destinationId)
      .where('sent_at', '>', since)
      .executeTakeFirst(),
  ]);
  return Number(singles?.count ?? 0) + Number(bundles?.count ?? 0);
}

/**
 * Of these alerts those whose time to the last channel is not known yet, and whose first messages are all settled. By SMS
 * and PagerDuty a bundle a minute is the rule and counts as settled; Slack's and e-mail's go as soon as there is room. What a
 * newer state took the place of is settled with that.
 */
export async function alertsToldInFull(
  db: Reader,
  organisationId: string,
  alertIds: readonly string[],
): Promise<{ id: string; raised_at: number }[]> {
  const { rows } = await sql<{ id: string; raised_at: number }>`
    SELECT alert.id, alert.raised_at
    FROM alert JOIN alert_delivery AS first ON first.organisation_id = alert.organisation_id AND first.alert_id = alert.id
    WHERE alert.organisation_id = ${organisationId} AND alert.id IN (SELECT value FROM json_each(${JSON.stringify(alertIds)}))
      AND alert.told_ms IS NULL AND first.kind = 'firing' AND first.step = 0
    GROUP BY alert.id
    HAVING max(first.state = 'quiet'
      OR (first.state IN ('waiting', 'bundled') AND (first.bundle_id IS NULL OR first.channel NOT IN ('sms', 'pagerduty')))
      OR (first.state = 'superseded' AND EXISTS (
        SELECT 1 FROM alert_delivery AS next WHERE next.organisation_id = alert.organisation_id
          AND next.alert_id = alert.id AND next.destination_id = first.destination_id AND next.state = 'waiting'))) = 0
  `.execute(db);
  return rows;
}

/** How long it took to tell each of these alerts, ms. */
export async function setToldMs(
  tx: Tx,
  organisationId: string,
  told: readonly { readonly id: string; readonly ms: number }[],
): Promise<void> {
  await sql`
    UPDATE alert SET told_ms = told.value->>'ms' FROM json_each(${JSON.stringify(told)}) AS told
    WHERE alert.organisation_id = ${organisationId} AND alert.id = told.value->>'id'
  `.execute(tx);
}
