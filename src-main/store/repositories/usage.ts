import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Reader, Statement, Tx } from '../../ports/store.ts';

interface VendorTable {
  organisation_id: string;
  id: string;
  name: string;
  email: string;
  state: 'confirmed' | 'asked' | 'ignored';
  same_as: string | null;
  created_at: number;
  updated_at: number;
}
interface VendorAliasTable {
  organisation_id: string;
  alias: string;
  vendor_id: string;
}
interface UsageRecordTable {
  organisation_id: string;
  key: Uint8Array;
  content: Uint8Array;
  import_id: string;
  vendor_id: string;
  /** Local day, `YYYY-MM-DD`. */
  day: string;
  feature: string;
  /** ms UTC. */
  at: number;
  success: number;
  in_window: number;
  seconds: number;
  client: string;
  wedding: string;
}
interface UsageMonthTable {
  organisation_id: string;
  month: string;
  vendor_id: string;
  feature: string;
  requests: number;
  successful: number;
  in_window: number;
  seconds: number;
  latest_day: string;
}
interface UsageClientTable {
  organisation_id: string;
  month: string;
  vendor_id: string;
  feature: string;
  client: string;
}
export interface UsageTables {
  vendor: VendorTable;
  vendor_alias: VendorAliasTable;
  usage_record: UsageRecordTable;
  usage_month: UsageMonthTable;
  usage_client: UsageClientTable;
}
export type VendorRow = Selectable<VendorTable>;

/** `[key, content, vendor, day, feature, at, success, inWindow, seconds, client, wedding]`; hashes in hex. */
export type UsageRow = readonly [
  string,
  string,
  string,
  string,
  string,
  number,
  number,
  number,
  number,
  string,
  string,
];
/** `[month, vendor, feature, requests, successful, inWindow, seconds, latestDay]`. */
export type MonthDelta = readonly [string, string, string, number, number, number, number, string];
/** `[month, vendor, feature, client]`. */
export type ClientSeen = readonly [string, string, string, string];

/** What is known of these records already (`i` is their place, `same` whether the content is equal), then the new ones. */
export function usageStatements(organisationId: string, importId: string, rows: readonly UsageRow[]): Statement[] {
  const json = JSON.stringify(rows);
  return [
    {
      sql: `SELECT j.key AS i, r.content = unhex(j.value->>1) AS same FROM json_each(?) AS j
CROSS JOIN usage_record AS r ON r.organisation_id = ? AND r.key = unhex(j.value->>0)`,
      params: [json, organisationId],
    },
    {
      sql: `INSERT INTO usage_record (organisation_id, key, content, import_id, vendor_id, day, feature, at, success, in_window, seconds, client, wedding)
SELECT ?, unhex(value->>0), unhex(value->>1), ?, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9, value->>10
FROM json_each(?) WHERE true ON CONFLICT (organisation_id, key) DO NOTHING`,
      params: [organisationId, importId, json],
    },
  ];
}

/** One piece of clearing away the records of an import; call until it reports 0. */
export function clearUsageStatement(organisationId: string, importId: string): Statement {
  return {
    sql: 'DELETE FROM usage_record WHERE rowid IN (SELECT rowid FROM usage_record WHERE organisation_id = ? AND import_id = ? LIMIT 5000)',
    params: [organisationId, importId],
  };
}

/** Adds what an import brought to the sums. */
export async function addUsageSums(
  tx: Tx,
  organisationId: string,
  months: readonly MonthDelta[],
  clients: readonly ClientSeen[],
): Promise<void> {
  for (let from = 0; from < months.length; from += 5_000) {
    await sql`INSERT INTO usage_month (organisation_id, month, vendor_id, feature, requests, successful, in_window, seconds, latest_day)
      SELECT ${organisationId}, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7
      FROM json_each(${JSON.stringify(months.slice(from, from + 5_000))}) WHERE true
      ON CONFLICT (organisation_id, month, vendor_id, feature) DO UPDATE SET requests = requests + excluded.requests,
        successful = successful + excluded.successful, in_window = in_window + excluded.in_window,
        seconds = seconds + excluded.seconds, latest_day = max(latest_day, excluded.latest_day)`.execute(tx);
  }
  for (let from = 0; from < clients.length; from += 5_000) {
    await sql`INSERT INTO usage_client (organisation_id, month, vendor_id, feature, client)
      SELECT ${organisationId}, value->>0, value->>1, value->>2, value->>3
      FROM json_each(${JSON.stringify(clients.slice(from, from + 5_000))}) WHERE true ON CONFLICT DO NOTHING`.execute(
      tx,
    );
  }
}

/** Sums of the given months made anew from the records, leaving one import out (it is being undone). */
export async function rebuildUsageSums(
  tx: Tx,
  organisationId: string,
  months: readonly string[],
  without: string,
): Promise<void> {
  if (months.length === 0) return;
  for (const table of ['usage_month', 'usage_client'] as const) {
    await tx.deleteFrom(table).where('organisation_id', '=', organisationId).where('month', 'in', months).execute();
  }
  // The records are read and sorted once, by one key that differs early and cannot be taken for another; both tables come
  // from what is left.
  await sql`CREATE TEMP TABLE usage_rebuilt AS
    SELECT substr(max(day), 1, 7) AS month, max(vendor_id) AS vendor_id, max(feature) AS feature, max(client) AS client,
      count(*) AS requests, sum(success) AS successful, sum(in_window) AS in_window, sum(seconds) AS seconds, max(day) AS latest_day
    FROM usage_record WHERE organisation_id = ${organisationId} AND import_id <> ${without}
      AND substr(day, 1, 7) IN (SELECT value FROM json_each(${JSON.stringify(months)}))
    GROUP BY vendor_id || client || feature || substr(day, 1, 7) || ' ' || octet_length(vendor_id) || ' ' || octet_length(client)`.execute(
    tx,
  );
  await sql`INSERT INTO usage_month (organisation_id, month, vendor_id, feature, requests, successful, in_window, seconds, latest_day)
    SELECT ${organisationId}, month, vendor_id, feature, sum(requests), sum(successful), sum(in_window), sum(seconds), max(latest_day)
    FROM usage_rebuilt GROUP BY month, vendor_id, feature`.execute(tx);
  await sql`INSERT INTO usage_client (organisation_id, month, vendor_id, feature, client)
    SELECT ${organisationId}, month, vendor_id, feature, client FROM usage_rebuilt WHERE client <> ''
    ORDER BY month, vendor_id, feature, client`.execute(tx);
  await sql`DROP TABLE usage_rebuilt`.execute(tx);
}

/** Months an import has records in. */
export async function monthsOfImport(db: Reader, organisationId: string, importId: string): Promise<string[]> {
  const rows = await sql<{ month: string }>`SELECT DISTINCT substr(day, 1, 7) AS month FROM usage_record
    WHERE organisation_id = ${organisationId} AND import_id = ${importId}`.execute(db);
  return rows.rows.map(({ month }) => month);
}

/** Imports that left records behind without being done: undone or failed, and killed before they were cleared. */
export async function strandedUsage(db: Reader): Promise<{ organisation_id: string; id: string }[]> {
  return db
    .selectFrom('import_batch')
    .select(['organisation_id', 'id'])
    .where('kind', '=', 'usage')
    .where('state', 'not in', ['done', 'running'])
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('usage_record')
          .select('usage_record.import_id')
          .whereRef('usage_record.organisation_id', '=', 'import_batch.organisation_id')
          .whereRef('usage_record.import_id', '=', 'import_batch.id'),
      ),
    )
    .execute();
}

export interface UsageSum {
  readonly vendor_id: string;
  readonly feature: string;
  readonly requests: number;
  readonly successful: number;
  readonly in_window: number;
  readonly seconds: number;
  readonly latest_day: string;
}

/** Sums per vendor and feature over some months; usage of a vendor that turned out to be another counts there. */
export async function usageSums(
  db: Reader,
  organisationId: string,
  months: readonly string[],
  vendorId: string | null,
): Promise<UsageSum[]> {
  const rows = await sql<UsageSum>`SELECT coalesce(v.same_as, v.id) AS vendor_id, u.feature AS feature,
      sum(u.requests) AS requests, sum(u.successful) AS successful, sum(u.in_window) AS in_window,
      sum(u.seconds) AS seconds, max(u.latest_day) AS latest_day
    FROM usage_month AS u JOIN vendor AS v ON v.organisation_id = u.organisation_id AND v.id = u.vendor_id
    WHERE u.organisation_id = ${organisationId} AND u.month IN (SELECT value FROM json_each(${JSON.stringify(months)}))
      AND (${vendorId} IS NULL OR coalesce(v.same_as, v.id) = ${vendorId})
    GROUP BY 1, 2`.execute(db);
  return rows.rows;
}

/** Vendors with usage in some months; one that turned out to be another counts as that one. */
export async function vendorsWithUsage(
  db: Reader,
  organisationId: string,
  months: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await sql<{ id: string }>`SELECT DISTINCT coalesce(v.same_as, v.id) AS id
    FROM usage_month AS u JOIN vendor AS v ON v.organisation_id = u.organisation_id AND v.id = u.vendor_id
    WHERE u.organisation_id = ${organisationId}
      AND u.month IN (SELECT value FROM json_each(${JSON.stringify(months)}))`.execute(db);
  return new Set(rows.rows.map(({ id }) => id));
}

/** Distinct clients per vendor over some months, reached by one of the features. */
export async function usageClients(
  db: Reader,
  organisationId: string,
  months: readonly string[],
  features: readonly string[],
  vendorId: string | null,
): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<{ vendor_id: string; clients: number }>`SELECT coalesce(v.same_as, v.id) AS vendor_id,
      count(DISTINCT u.client) AS clients
    FROM usage_client AS u JOIN vendor AS v ON v.organisation_id = u.organisation_id AND v.id = u.vendor_id
    WHERE u.organisation_id = ${organisationId} AND u.month IN (SELECT value FROM json_each(${JSON.stringify(months)}))
      AND u.feature IN (SELECT value FROM json_each(${JSON.stringify(features)}))
      AND (${vendorId} IS NULL OR coalesce(v.same_as, v.id) = ${vendorId})
    GROUP BY 1`.execute(db);
  return new Map(rows.rows.map(({ vendor_id, clients }) => [vendor_id, Number(clients)]));
}

/** Months with usage, newest first. */
export async function usageMonths(db: Reader, organisationId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('usage_month')
    .select('month')
    .distinct()
    .where('organisation_id', '=', organisationId)
    .orderBy('month', 'desc')
    .execute();
  return rows.map(({ month }) => month);
}

export function listVendors(db: Reader, organisationId: string): Promise<VendorRow[]> {
  return db
    .selectFrom('vendor')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('name')
    .orderBy('id')
    .execute();
}

export function getVendor(db: Reader, organisationId: string, id: string): Promise<VendorRow | undefined> {
  return db
    .selectFrom('vendor')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** alias → vendor id, all of them. */
export async function vendorAliases(db: Reader, organisationId: string): Promise<Record<string, string>> {
  const rows = await db
    .selectFrom('vendor_alias')
    .select(['alias', 'vendor_id'])
    .where('organisation_id', '=', organisationId)
    .execute();
  return Object.fromEntries(rows.map(({ alias, vendor_id }) => [alias, vendor_id]));
}

export async function putVendor(tx: Tx, row: VendorRow): Promise<void> {
  await tx
    .insertInto('vendor')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['organisation_id', 'id']).doUpdateSet({
        name: row.name,
        email: row.email,
        state: row.state,
        same_as: row.same_as,
        updated_at: row.updated_at,
      }),
    )
    .execute();
}

/** Vendors that turned out to be one of these are from now on the same as another. */
export async function repointVendors(
  tx: Tx,
  organisationId: string,
  from: readonly string[],
  to: string,
): Promise<void> {
  await tx
    .updateTable('vendor')
    .set({ same_as: to })
    .where('organisation_id', '=', organisationId)
    .where('same_as', 'in', [...from])
    .execute();
}

export async function putVendorAlias(tx: Tx, organisationId: string, alias: string, vendorId: string): Promise<void> {
  if (alias === '') return;
  await tx
    .insertInto('vendor_alias')
    .values({ organisation_id: organisationId, alias, vendor_id: vendorId })
    .onConflict((conflict) => conflict.columns(['organisation_id', 'alias']).doNothing())
    .execute();
}
