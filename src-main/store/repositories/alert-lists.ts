import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Reader } from '../../ports/store.ts';
import type { Tables } from '../tables.ts';
import type { AlertRow } from './alerts.ts';

/**
 * What screens read of many alerts. Counted, ordered and cut in the database: of ten thousand open ones only the rows shown
 * leave it. Words compared are written out, since SQLite takes a partial index only where it sees them.
 */

export type AlertFilterName = 'needs_me' | 'open' | 'acknowledged' | 'snoozed' | 'resolved';

/** The worst first. */
export const rank = sql`CASE alert.severity WHEN 'emergency' THEN 0 WHEN 'critical' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END`;
const ofStates = (states: RawBuilder<unknown>) =>
  sql<boolean>`alert.state IN (${states}) AND alert.state <> 'resolved'`;
export const isOpen = ofStates(sql`'firing', 'escalated', 'acknowledged', 'snoozed'`);
const acknowledged = ofStates(sql`'acknowledged'`);
const snoozed = ofStates(sql`'snoozed'`);
const needsSomebody = sql<boolean>`${ofStates(sql`'firing', 'escalated'`)} AND alert.silence_id IS NULL`;

type OfAlerts<O> = SelectQueryBuilder<Tables, 'alert', O>;

function filtered<O>(query: OfAlerts<O>, filter: AlertFilterName, resolvedSince: number): OfAlerts<O> {
  if (filter === 'resolved') {
    return query.where(sql<boolean>`alert.state = 'resolved'`).where('alert.resolved_at', '>', resolvedSince);
  }
  return query.where({ open: isOpen, needs_me: needsSomebody, acknowledged, snoozed }[filter]);
}

/** How many alerts each filter shows; resolved ones since `resolvedSince`. */
export async function countAlerts(
  db: Reader,
  organisationId: string,
  resolvedSince: number,
): Promise<Record<AlertFilterName, number>> {
  const [open, resolved] = await Promise.all([
    db
      .selectFrom('alert')
      .select((eb) => [
        eb.fn.countAll<number>().as('open'),
        sql<number>`count(*) FILTER (WHERE ${needsSomebody})`.as('needs_me'),
        sql<number>`count(*) FILTER (WHERE ${acknowledged})`.as('acknowledged'),
        sql<number>`count(*) FILTER (WHERE ${snoozed})`.as('snoozed'),
      ])
      .where('organisation_id', '=', organisationId)
      .where(isOpen)
      .executeTakeFirstOrThrow(),
    filtered(db.selectFrom('alert'), 'resolved', resolvedSince)
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('organisation_id', '=', organisationId)
      .executeTakeFirstOrThrow(),
  ]);
  return { ...open, resolved: resolved.count };
}

/** The first alerts of a filter, the worst first, then the newest. */
export function firstAlerts(
  db: Reader,
  organisationId: string,
  filter: AlertFilterName,
  resolvedSince: number,
  limit: number,
): Promise<AlertRow[]> {
  const first = filtered(db.selectFrom('alert'), filter, resolvedSince)
    .select(sql<number>`rowid`.as('rowid'))
    .where('organisation_id', '=', organisationId)
    .orderBy(rank)
    .orderBy('raised_at', 'desc')
    .limit(limit);
  return db
    .selectFrom('alert')
    .selectAll()
    .where(sql<number>`rowid`, 'in', first)
    .orderBy(rank)
    .orderBy('raised_at', 'desc')
    .execute();
}

/** What a search looks at, of every alert of a filter, in the order they are shown. */
export function searchedAlerts(db: Reader, organisationId: string, filter: AlertFilterName, resolvedSince: number) {
  return filtered(db.selectFrom('alert'), filter, resolvedSince)
    .select(['id', 'number', 'title', 'source', 'venues'])
    .where('organisation_id', '=', organisationId)
    .orderBy(rank)
    .orderBy('raised_at', 'desc')
    .execute();
}

/** These alerts, the worst first, then the newest. */
export function alertsById(db: Reader, organisationId: string, ids: readonly string[]): Promise<AlertRow[]> {
  return db
    .selectFrom('alert')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', 'in', sql<string>`(SELECT value FROM json_each(${JSON.stringify(ids)}))`)
    .orderBy(rank)
    .orderBy('raised_at', 'desc')
    .execute();
}

/** When an alert was last resolved; null: not since `since`. */
export async function lastResolved(db: Reader, organisationId: string, since: number): Promise<number | null> {
  const row = await filtered(db.selectFrom('alert'), 'resolved', since)
    .select((eb) => eb.fn.max('resolved_at').as('at'))
    .where('organisation_id', '=', organisationId)
    .executeTakeFirst();
  return row?.at ?? null;
}

/** Firing or escalated, and not silenced: nobody has them yet. */
export async function alertsNeedingSomebody(db: Reader, organisationId: string): Promise<number> {
  const row = await filtered(db.selectFrom('alert'), 'needs_me', 0)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organisation_id', '=', organisationId)
    .executeTakeFirst();
  return row?.count ?? 0;
}

/** The worst of them, oldest first among equals. */
export function worstAlerts(db: Reader, organisationId: string, limit: number): Promise<AlertRow[]> {
  const first = filtered(db.selectFrom('alert'), 'needs_me', 0)
    .select(sql<number>`rowid`.as('rowid'))
    .where('organisation_id', '=', organisationId)
    .orderBy(rank)
    .orderBy('raised_at')
    .limit(limit);
  return db
    .selectFrom('alert')
    .selectAll()
    .where(sql<number>`rowid`, 'in', first)
    .orderBy(rank)
    .orderBy('raised_at')
    .execute();
}

export interface AlertAtVenue {
  /** As the alert names it; null: it names none. */
  readonly venue: string | null;
  readonly id: string;
  readonly number: number;
  readonly severity: AlertRow['severity'];
  readonly state: AlertRow['state'];
  readonly title: string;
  readonly owner_name: string | null;
}

/**
 * Of the open alerts the worst few (or some more) at each venue, and of those that name none, the worst first; an alert of
 * several venues is there for each. `awake`: snoozed ones left out. Few are read in full and taken apart: those alike in
 * all their venues are ordered first.
 */
export async function worstByVenue(
  db: Reader,
  organisationId: string,
  each: number,
  awake: 'awake' | 'all',
): Promise<AlertAtVenue[]> {
  const { rows } = await sql<AlertAtVenue>`
    SELECT place.value->>'name' AS venue, alert.id, alert.number, alert.severity, alert.state, alert.title, alert.owner_name
    FROM (
      SELECT alert.rowid AS row, row_number() OVER (PARTITION BY alert.venues ORDER BY ${rank}, alert.raised_at DESC) AS nth
      FROM alert WHERE alert.organisation_id = ${organisationId} AND ${isOpen}
        ${awake === 'awake' ? sql`AND alert.state <> 'snoozed'` : sql``}
    ) AS worst CROSS JOIN alert ON alert.rowid = worst.row LEFT JOIN json_each(alert.venues) AS place
    WHERE worst.nth <= ${each} ORDER BY ${rank}, alert.raised_at DESC
  `.execute(db);
  return rows;
}

/** How many open alerts each silence hides. */
export async function hiddenBySilence(db: Reader, organisationId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('alert')
    .select((eb) => ['silence_id', eb.fn.countAll<number>().as('count')])
    .where('organisation_id', '=', organisationId)
    .where(isOpen)
    .where('silence_id', 'is not', null)
    .groupBy('silence_id')
    .execute();
  return new Map(rows.map(({ silence_id, count }) => [silence_id ?? '', count]));
}
