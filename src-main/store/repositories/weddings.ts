import { type Generated, type Insertable, type Selectable, sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

export interface WeddingTable {
  organisation_id: string;
  key: string;
  series: string;
  sequence: number;
  status: 'confirmed' | 'tentative' | 'cancelled';
  date: string;
  last_date: string;
  starts_at: number | null;
  venue: string;
  region: string;
  reference: string;
  updated_at: number;
  import_id: string | null;
  /** 1: it overwrote an older state of the same wedding. */
  replaced: Generated<number>;
}

export interface WeddingCoupleTable {
  organisation_id: string;
  key: string;
  names: string;
}

export interface VenueTable {
  organisation_id: string;
  name_key: string;
  name: string;
  region: string;
}

export interface WeddingModeSwitchTable {
  seq: Generated<number>;
  organisation_id: string;
  mode: 'on' | 'off';
  reason: string;
  by_person: string;
  starts_at: number;
  ends_at: number;
}

export interface BankHolidayTable {
  organisation_id: string;
  date: string;
  name: string;
}

export interface OpsSettingTable {
  organisation_id: string;
  name: string;
  /** JSON. */
  value: string;
  updated_at: number;
}

export interface WeddingTables {
  wedding: WeddingTable;
  wedding_couple: WeddingCoupleTable;
  venue: VenueTable;
  wedding_mode_switch: WeddingModeSwitchTable;
  bank_holiday: BankHolidayTable;
  ops_setting: OpsSettingTable;
}

export type WeddingRow = Selectable<WeddingTable>;

/**
 * Of weddings with the same booking reference on the same day in the same state only the first: a calendar and a list of
 * bookings may both tell of one, each under a key of its own.
 */
export function eachOnce<T extends Pick<WeddingRow, 'reference' | 'date' | 'status'>>(weddings: readonly T[]): T[] {
  const seen = new Set<string>();
  return weddings.filter(({ reference, date, status }) => {
    if (reference === '') return true;
    const which = `${date} ${status} ${reference}`;
    if (seen.has(which)) return false;
    seen.add(which);
    return true;
  });
}

/** Weddings that touch the days from `first` to `last`, by day and time; see {@link eachOnce}. */
export async function weddingsBetween(
  db: Reader,
  organisationId: string,
  first: string,
  last: string,
): Promise<WeddingRow[]> {
  return eachOnce(await everyWedding(db, organisationId, first, last));
}

/** The same as the files say it, copies included. */
export function everyWedding(db: Reader, organisationId: string, first: string, last: string): Promise<WeddingRow[]> {
  return db
    .selectFrom('wedding')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('last_date', '>=', first)
    .where('date', '<=', last)
    .orderBy('date')
    .orderBy('starts_at')
    .orderBy('key')
    .execute();
}

/** First and last day of every confirmed wedding; the calendar of wedding-day mode. */
export function confirmedSpans(db: Reader, organisationId: string): Promise<Pick<WeddingRow, 'date' | 'last_date'>[]> {
  return db
    .selectFrom('wedding')
    .select(['date', 'last_date'])
    .distinct()
    .where('organisation_id', '=', organisationId)
    .where('status', '=', 'confirmed')
    .execute();
}

export async function countWeddings(db: Reader, organisationId: string): Promise<number> {
  const row = await db
    .selectFrom('wedding')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organisation_id', '=', organisationId)
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

export type WeddingWrite = Omit<WeddingRow, 'organisation_id'> & { readonly couple: string };

/** Adds or replaces many weddings in a few statements, their couples aside; an empty `couple` forgets the names. */
export async function putWeddings(tx: Tx, organisationId: string, weddings: readonly WeddingWrite[]): Promise<void> {
  if (weddings.length === 0) return;
  const list = JSON.stringify(weddings);
  await sql`
    INSERT INTO wedding (organisation_id, key, series, sequence, status, date, last_date, starts_at, venue, region,
      reference, updated_at, import_id, replaced)
    SELECT ${organisationId}, value->>'key', value->>'series', value->>'sequence', value->>'status', value->>'date',
      value->>'last_date', value->>'starts_at', value->>'venue', value->>'region', value->>'reference',
      value->>'updated_at', value->>'import_id', value->>'replaced'
    FROM json_each(${list}) WHERE true
    ON CONFLICT (organisation_id, key) DO UPDATE SET series = excluded.series, sequence = excluded.sequence,
      status = excluded.status, date = excluded.date, last_date = excluded.last_date, starts_at = excluded.starts_at,
      venue = excluded.venue, region = excluded.region, reference = excluded.reference,
      updated_at = excluded.updated_at, import_id = excluded.import_id, replaced = excluded.replaced
  `.execute(tx);
  await sql`
    DELETE FROM wedding_couple WHERE organisation_id = ${organisationId}
      AND key IN (SELECT value->>'key' FROM json_each(${list}) WHERE value->>'couple' = '')
  `.execute(tx);
  await sql`
    INSERT INTO wedding_couple (organisation_id, key, names)
    SELECT ${organisationId}, value->>'key', value->>'couple' FROM json_each(${list}) WHERE value->>'couple' <> ''
    ON CONFLICT (organisation_id, key) DO UPDATE SET names = excluded.names
  `.execute(tx);
}

export async function removeWedding(tx: Tx, organisationId: string, key: string): Promise<void> {
  await tx.deleteFrom('wedding').where('organisation_id', '=', organisationId).where('key', '=', key).execute();
  await tx.deleteFrom('wedding_couple').where('organisation_id', '=', organisationId).where('key', '=', key).execute();
}

/** Weddings an import brought, and how many of them overwrote an older state. */
export async function weddingsOfImport(
  db: Reader,
  organisationId: string,
  importId: string,
): Promise<readonly Pick<WeddingRow, 'key' | 'replaced'>[]> {
  return db
    .selectFrom('wedding')
    .select(['key', 'replaced'])
    .where('organisation_id', '=', organisationId)
    .where('import_id', '=', importId)
    .execute();
}

/** Names by wedding key; for roles that may see them only (U29). */
export async function couplesOf(
  db: Reader,
  organisationId: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (keys.length === 0) return new Map();
  const rows = await db
    .selectFrom('wedding_couple')
    .select(['key', 'names'])
    .where('organisation_id', '=', organisationId)
    .where('key', 'in', [...keys])
    .execute();
  return new Map(rows.map((row) => [row.key, row.names]));
}

export function listVenues(db: Reader, organisationId: string): Promise<Selectable<VenueTable>[]> {
  return db.selectFrom('venue').selectAll().where('organisation_id', '=', organisationId).orderBy('name').execute();
}

/** Remembers a venue; a known region is kept when the new one is empty. */
export async function putVenue(tx: Tx, organisationId: string, name: string, region: string): Promise<void> {
  const name_key = name.toLowerCase();
  const insert = tx.insertInto('venue').values({ organisation_id: organisationId, name_key, name, region });
  await (region === ''
    ? insert.onConflict((conflict) => conflict.columns(['organisation_id', 'name_key']).doNothing())
    : insert.onConflict((conflict) => conflict.columns(['organisation_id', 'name_key']).doUpdateSet({ name, region }))
  ).execute();
}

/** Switches that end after `after`, oldest first. */
export function listModeSwitches(
  db: Reader,
  organisationId: string,
  after: number,
): Promise<Selectable<WeddingModeSwitchTable>[]> {
  return db
    .selectFrom('wedding_mode_switch')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('ends_at', '>', after)
    .orderBy('seq')
    .execute();
}

export async function insertModeSwitch(tx: Tx, row: Insertable<WeddingModeSwitchTable>): Promise<void> {
  await tx.insertInto('wedding_mode_switch').values(row).execute();
}

export function listBankHolidays(db: Reader, organisationId: string): Promise<Selectable<BankHolidayTable>[]> {
  return db
    .selectFrom('bank_holiday')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('date')
    .execute();
}

/** Replaces the years the days fall in. */
export async function replaceBankHolidays(
  tx: Tx,
  organisationId: string,
  days: readonly { readonly date: string; readonly name: string }[],
): Promise<void> {
  for (const year of new Set(days.map((day) => day.date.slice(0, 4)))) {
    await tx
      .deleteFrom('bank_holiday')
      .where('organisation_id', '=', organisationId)
      .where('date', '>=', `${year}-01-01`)
      .where('date', '<=', `${year}-12-31`)
      .execute();
  }
  for (const { date, name } of days) {
    await tx
      .insertInto('bank_holiday')
      .values({ organisation_id: organisationId, date, name })
      .onConflict((conflict) => conflict.columns(['organisation_id', 'date']).doUpdateSet({ name }))
      .execute();
  }
}

/** JSON text of a setting; null: never set. */
export async function getOpsSetting(db: Reader, organisationId: string, name: string): Promise<string | null> {
  const row = await db
    .selectFrom('ops_setting')
    .select('value')
    .where('organisation_id', '=', organisationId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.value ?? null;
}

export async function putOpsSetting(
  tx: Tx,
  organisationId: string,
  name: string,
  value: string,
  at: number,
): Promise<void> {
  await tx
    .insertInto('ops_setting')
    .values({ organisation_id: organisationId, name, value, updated_at: at })
    .onConflict((conflict) => conflict.columns(['organisation_id', 'name']).doUpdateSet({ value, updated_at: at }))
    .execute();
}
