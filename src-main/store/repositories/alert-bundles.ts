import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';
import type { AlertDeliveryRow, AlertDeliveryTable } from './alert-deliveries.ts';
import { rank } from './alert-lists.ts';
import type { AlertRow } from './alerts.ts';

export interface AlertBundleTable {
  organisation_id: string;
  id: string;
  channel: AlertDeliveryTable['channel'];
  destination_id: string;
  started_at: number;
  due_at: number;
  sent_at: number | null;
  job_id: string | null;
}

export type AlertBundleRow = Selectable<AlertBundleTable>;

/** The alerts of a bundle. */
export async function bundledAlerts(db: Reader, organisationId: string, bundleId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('alert_delivery')
    .select('alert_id')
    .distinct()
    .where('organisation_id', '=', organisationId)
    .where('bundle_id', '=', bundleId)
    .execute();
  return rows.map((row) => row.alert_id);
}

/** A delivery of a bundle; null: none joined it. */
export async function firstBundled(
  db: Reader,
  organisationId: string,
  bundleId: string,
): Promise<AlertDeliveryRow | null> {
  const row = await db
    .selectFrom('alert_delivery')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('bundle_id', '=', bundleId)
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** The message of a bundle is on its way: so are its members, for whom another channel starts where it is not accepted. */
export async function startBundled(tx: Tx, organisationId: string, bundleId: string, at: number): Promise<void> {
  await tx
    .updateTable('alert_delivery')
    .set({ state: 'waiting', started_at: at })
    .where('organisation_id', '=', organisationId)
    .where('bundle_id', '=', bundleId)
    .where('state', '=', 'bundled')
    .execute();
}

/** What became of the message of a bundle, for all that went in it and is not settled. Returns how many. */
export async function settleBundled(
  tx: Tx,
  organisationId: string,
  bundleId: string,
  change: Pick<Updateable<AlertDeliveryTable>, 'state' | 'problem' | 'settled_at'>,
  /** How the members stand that it is about. */
  standing: readonly ('bundled' | 'waiting' | 'held' | 'accepted')[] = ['bundled', 'waiting', 'held'],
): Promise<number> {
  const result = await tx
    .updateTable('alert_delivery')
    .set(change)
    .where('organisation_id', '=', organisationId)
    .where('bundle_id', '=', bundleId)
    .where('state', 'in', standing)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** The same line on the timeline of every member of a bundle, in one statement. */
export async function appendToBundled(
  tx: Tx,
  organisationId: string,
  bundleId: string,
  line: {
    readonly at: number;
    readonly kind: string;
    readonly text: string;
    readonly actor: string;
    readonly channel: string;
  },
): Promise<void> {
  await tx
    .insertInto('alert_timeline')
    .columns(['organisation_id', 'alert_id', 'at', 'kind', 'actor', 'channel', 'text'])
    .expression((eb) =>
      eb
        .selectFrom('alert_delivery')
        .distinct()
        .select([
          'organisation_id',
          'alert_id',
          sql<number>`${line.at}`.as('at'),
          sql<string>`${line.kind}`.as('kind'),
          sql<string>`${line.actor}`.as('actor'),
          sql<string>`${line.channel}`.as('channel'),
          sql<string>`${line.text}`.as('text'),
        ])
        .where('organisation_id', '=', organisationId)
        .where('bundle_id', '=', bundleId),
    )
    .execute();
}

export async function getBundle(db: Reader, organisationId: string, id: string): Promise<AlertBundleRow | null> {
  const row = await db
    .selectFrom('alert_bundle')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

export async function bundleOfJob(db: Reader, jobId: string): Promise<AlertBundleRow | null> {
  const row = await db.selectFrom('alert_bundle').selectAll().where('job_id', '=', jobId).executeTakeFirst();
  return row ?? null;
}

export async function openBundle(
  db: Reader,
  organisationId: string,
  destinationId: string,
): Promise<AlertBundleRow | null> {
  const row = await db
    .selectFrom('alert_bundle')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('destination_id', '=', destinationId)
    .where('sent_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

export function unsentBundles(db: Reader, organisationId: string): Promise<AlertBundleRow[]> {
  return db
    .selectFrom('alert_bundle')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('sent_at', 'is', null)
    .orderBy('due_at')
    .execute();
}

export async function insertBundle(tx: Tx, row: Insertable<AlertBundleTable>): Promise<void> {
  await tx.insertInto('alert_bundle').values(row).execute();
}

export async function updateBundle(
  tx: Tx,
  organisationId: string,
  id: string,
  change: Omit<Updateable<AlertBundleTable>, 'organisation_id' | 'id'>,
): Promise<void> {
  await tx
    .updateTable('alert_bundle')
    .set(change)
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

const inBundle = (organisationId: string, bundleId: string) =>
  sql<string>`(SELECT alert_id FROM alert_delivery WHERE organisation_id = ${organisationId} AND bundle_id = ${bundleId})`;

/** The alerts of a bundle, the worst first, then the oldest; at most `limit`. */
export function bundleMembers(
  db: Reader,
  organisationId: string,
  bundleId: string,
  limit: number,
): Promise<AlertRow[]> {
  return db
    .selectFrom('alert')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', 'in', inBundle(organisationId, bundleId))
    .orderBy(rank)
    .orderBy('raised_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** How many alerts of a bundle there are of each severity and state. */
export function bundleCounts(db: Reader, organisationId: string, bundleId: string) {
  return db
    .selectFrom('alert')
    .select((eb) => ['severity', 'state', eb.fn.countAll<number>().as('count')])
    .where('organisation_id', '=', organisationId)
    .where('id', 'in', inBundle(organisationId, bundleId))
    .groupBy(['severity', 'state'])
    .execute();
}

/** The alerts of a bundle that nobody has yet, oldest first. */
export async function bundleNeeding(db: Reader, organisationId: string, bundleId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('alert')
    .select('id')
    .where('organisation_id', '=', organisationId)
    .where('id', 'in', inBundle(organisationId, bundleId))
    .where('state', 'in', ['firing', 'escalated'])
    .orderBy('raised_at')
    .execute();
  return rows.map((row) => row.id);
}

/** Whether a bundle has an alert that is open, or that nobody has yet; of two thousand the first one answers. */
export async function bundleHas(
  db: Reader,
  organisationId: string,
  bundleId: string,
  what: 'open' | 'needing',
): Promise<boolean> {
  const states = what === 'open' ? sql`'firing', 'escalated', 'acknowledged', 'snoozed'` : sql`'firing', 'escalated'`;
  const { rows } = await sql`
    SELECT 1 FROM alert_delivery AS told CROSS JOIN alert
    WHERE told.organisation_id = ${organisationId} AND told.bundle_id = ${bundleId}
      AND alert.organisation_id = told.organisation_id AND alert.id = told.alert_id AND alert.state IN (${states})
    LIMIT 1
  `.execute(db);
  return rows.length > 0;
}
