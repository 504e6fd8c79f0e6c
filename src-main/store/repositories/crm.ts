import type { Insertable, Selectable, Updateable } from 'kysely';
import { sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

export type CrmName = 'tave' | 'honeybook' | 'lightblue';
type State = 'to_approve' | 'approved' | 'held' | 'conflict' | 'sending' | 'sent' | 'verified' | 'refused' | 'in_doubt';

interface VendorCrmTable {
  organisation_id: string;
  vendor_id: string;
  crm: CrmName;
  target: string;
  automatic: number;
  ceiling_percent: number;
  automatic_why: string;
  last_written: string | null;
  last_written_at: number | null;
  last_period: string | null;
  confirmed_by: string;
  confirmed_at: number;
}
interface CrmPushTable {
  organisation_id: string;
  id: string;
  vendor_id: string;
  crm: CrmName;
  period: string;
  revision: number;
  state: State;
  fields: string;
  note: string;
  hash: string;
  changes: number;
  saving_minor: number;
  read_at: number | null;
  problem: string | null;
  hold_reason: string | null;
  approved_by: string | null;
  approved_at: number | null;
  job_id: string | null;
  sent_at: number | null;
  settled_at: number | null;
  read_back: string | null;
  evidence: string | null;
  event_at: number | null;
  updated_at: number;
}
interface CrmPushHistoryTable {
  seq?: number;
  organisation_id: string;
  push_id: string;
  at: number;
  who: string;
  what: string;
  detail: string;
}
interface CrmSettingTable {
  organisation_id: string;
  name: string;
  value: string;
  updated_at: number;
}
export interface CrmTables {
  vendor_crm: VendorCrmTable;
  crm_push: CrmPushTable;
  crm_push_history: CrmPushHistoryTable;
  crm_setting: CrmSettingTable;
}
export type MappingRow = Selectable<VendorCrmTable>;
export type PushRecord = Selectable<CrmPushTable>;
type PushPatch = Updateable<CrmPushTable>;

export function listMappings(db: Reader, organisationId: string, vendorId?: string): Promise<MappingRow[]> {
  let query = db.selectFrom('vendor_crm').selectAll().where('organisation_id', '=', organisationId);
  if (vendorId !== undefined) query = query.where('vendor_id', '=', vendorId);
  return query.orderBy('vendor_id').orderBy('crm').execute();
}

export function getMapping(
  db: Reader,
  organisationId: string,
  vendorId: string,
  crm: CrmName,
): Promise<MappingRow | undefined> {
  return db
    .selectFrom('vendor_crm')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('vendor_id', '=', vendorId)
    .where('crm', '=', crm)
    .executeTakeFirst();
}

export async function putMapping(tx: Tx, row: MappingRow): Promise<void> {
  const { organisation_id: _o, vendor_id: _v, crm: _c, ...rest } = row;
  await tx
    .insertInto('vendor_crm')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organisation_id', 'vendor_id', 'crm']).doUpdateSet(rest))
    .execute();
}

export async function removeMapping(tx: Tx, organisationId: string, vendorId: string, crm: CrmName): Promise<void> {
  await tx
    .deleteFrom('vendor_crm')
    .where('organisation_id', '=', organisationId)
    .where('vendor_id', '=', vendorId)
    .where('crm', '=', crm)
    .execute();
}

export interface PushFilter {
  readonly period?: string | undefined;
  readonly vendorId?: string | undefined;
  readonly crm?: CrmName | undefined;
  readonly states?: readonly State[] | undefined;
  readonly ids?: readonly string[] | undefined;
}

function filtered(db: Reader, organisationId: string, filter: PushFilter) {
  let query = db
    .selectFrom('crm_push')
    .innerJoin('vendor', (join) =>
      join
        .onRef('vendor.organisation_id', '=', 'crm_push.organisation_id')
        .onRef('vendor.id', '=', 'crm_push.vendor_id'),
    )
    .where('crm_push.organisation_id', '=', organisationId);
  if (filter.period !== undefined) query = query.where('crm_push.period', '=', filter.period);
  if (filter.vendorId !== undefined) query = query.where('crm_push.vendor_id', '=', filter.vendorId);
  if (filter.crm !== undefined) query = query.where('crm_push.crm', '=', filter.crm);
  if (filter.states !== undefined) query = query.where('crm_push.state', 'in', filter.states);
  if (filter.ids !== undefined) {
    query = query.where('crm_push.id', 'in', sql<string>`(SELECT value FROM json_each(${JSON.stringify(filter.ids)}))`);
  }
  return query.orderBy('vendor.name').orderBy('crm_push.crm').orderBy('crm_push.id');
}

/** Whole rows, by vendor's name. */
export function listPushes(
  db: Reader,
  organisationId: string,
  filter: PushFilter,
): Promise<(PushRecord & { vendor: string })[]> {
  return filtered(db, organisationId, filter).selectAll('crm_push').select('vendor.name as vendor').execute();
}

export function pushIds(db: Reader, organisationId: string, filter: PushFilter) {
  return filtered(db, organisationId, filter).select(['crm_push.id', 'crm_push.vendor_id', 'crm_push.crm']).execute();
}

/** Rows of the list, without their fields. */
export function listPushRows(db: Reader, organisationId: string, filter: PushFilter) {
  return filtered(db, organisationId, filter)
    .select([
      'crm_push.id',
      'crm_push.vendor_id',
      'vendor.name as vendor',
      'crm_push.crm',
      'crm_push.period',
      'crm_push.state',
      'crm_push.changes',
      'crm_push.saving_minor',
      'crm_push.read_at',
      'crm_push.problem',
      'crm_push.updated_at',
      sql<number>`json_array_length(crm_push.fields)`.as('field_count'),
      // A text with something in it under `now`; quotes inside values are escaped, so nothing else can look like it. Parsing
      // every push for this would be most of what the list costs.
      sql<number>`crm_push.sent_at IS NULL AND crm_push.fields NOT GLOB '*"now":"[^"]*'`.as('fresh'),
    ])
    .execute();
}

export function getPush(db: Reader, organisationId: string, id: string): Promise<PushRecord | undefined> {
  return db
    .selectFrom('crm_push')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Some hundreds at a time: each statement is a turn of the writer. */
export async function insertPushes(tx: Tx, rows: readonly Insertable<CrmPushTable>[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 100) {
    await tx
      .insertInto('crm_push')
      .values(rows.slice(from, from + 100))
      // Somebody else prepared the same period meanwhile.
      .onConflict((conflict) => conflict.columns(['organisation_id', 'vendor_id', 'crm', 'period']).doNothing())
      .execute();
  }
}

export async function updatePush(tx: Tx, organisationId: string, id: string, patch: PushPatch): Promise<void> {
  await tx
    .updateTable('crm_push')
    .set(patch)
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

export interface StateCount {
  readonly state: State;
  readonly count: number;
  readonly changing: number;
  readonly saving: number;
  readonly vendors: number;
}

/** How many pushes of a period stand where. */
export async function countPushes(db: Reader, organisationId: string, period: string): Promise<StateCount[]> {
  const rows = await db
    .selectFrom('crm_push')
    .select([
      'state',
      (eb) => eb.fn.countAll<number>().as('count'),
      sql<number>`sum(changes > 0)`.as('changing'),
      sql<number>`sum(saving_minor)`.as('saving'),
      sql<number>`count(DISTINCT vendor_id)`.as('vendors'),
    ])
    .where('organisation_id', '=', organisationId)
    .where('period', '=', period)
    .groupBy('state')
    .execute();
  return rows.map((row) => ({
    state: row.state,
    count: Number(row.count),
    changing: Number(row.changing),
    saving: Number(row.saving),
    vendors: Number(row.vendors),
  }));
}

/** Pushes that need a person now, whatever the period. */
export async function pushesNeedingPerson(db: Reader, organisationId: string): Promise<number> {
  const row = await db
    .selectFrom('crm_push')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organisation_id', '=', organisationId)
    .where((eb) =>
      eb.or([
        eb.and([eb('state', '=', 'to_approve'), eb('changes', '>', 0)]),
        eb('state', 'in', ['conflict', 'refused', 'in_doubt']),
      ]),
    )
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

export async function addPushHistory(tx: Tx, row: Omit<CrmPushHistoryTable, 'seq'>): Promise<void> {
  await tx.insertInto('crm_push_history').values(row).execute();
}

export function pushHistory(db: Reader, organisationId: string, pushId: string) {
  return db
    .selectFrom('crm_push_history')
    .select(['at', 'who', 'what', 'detail'])
    .where('organisation_id', '=', organisationId)
    .where('push_id', '=', pushId)
    .orderBy('seq')
    .execute();
}

export async function crmSetting(db: Reader, organisationId: string, name: string): Promise<unknown> {
  const row = await db
    .selectFrom('crm_setting')
    .select('value')
    .where('organisation_id', '=', organisationId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? null : JSON.parse(row.value);
}

export async function putCrmSetting(
  tx: Tx,
  organisationId: string,
  name: string,
  value: unknown,
  at: number,
): Promise<void> {
  const text = JSON.stringify(value);
  await tx
    .insertInto('crm_setting')
    .values({ organisation_id: organisationId, name, value: text, updated_at: at })
    .onConflict((conflict) =>
      conflict.columns(['organisation_id', 'name']).doUpdateSet({ value: text, updated_at: at }),
    )
    .execute();
}
