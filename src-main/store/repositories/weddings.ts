import type { Generated, Insertable, Selectable } from 'kysely';
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

/** Weddings that touch the days from `first` to `last`, by day and time. */
export function weddingsBetween(
  db: Reader,
  organisationId: string,
  first: string,
  last: string,
): Promise<WeddingRow[]> {
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

export function weddingsOfSeries(tx: Reader, organisationId: string, series: string): Promise<WeddingRow[]> {
  return tx
    .selectFrom('wedding')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('series', '=', series)
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

/** Adds or replaces one wedding, its couple aside. An empty `couple` forgets the names. */
export async function putWedding(tx: Tx, row: Insertable<WeddingTable>, couple: string): Promise<void> {
  const { organisation_id, key, ...rest } = row;
  await tx
    .insertInto('wedding')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organisation_id', 'key']).doUpdateSet(rest))
    .execute();
  if (couple === '') {
    await tx
      .deleteFrom('wedding_couple')
      .where('organisation_id', '=', organisation_id)
      .where('key', '=', key)
      .execute();
    return;
  }
  await tx
    .insertInto('wedding_couple')
    .values({ organisation_id, key, names: couple })
    .onConflict((conflict) => conflict.columns(['organisation_id', 'key']).doUpdateSet({ names: couple }))
    .execute();
}

export async function removeWedding(tx: Tx, organisationId: string, key: string): Promise<void> {
  await tx.deleteFrom('wedding').where('organisation_id', '=', organisationId).where('key', '=', key).execute();
  await tx.deleteFrom('wedding_couple').where('organisation_id', '=', organisationId).where('key', '=', key).execute();
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
