import { sql } from 'kysely';
import { decimal, r2, toMinor } from '../../../src-shared/domain/money/index.ts';
import { limits } from '../../../src-shared/domain/vat/tables.ts';
import type { Reader } from '../../ports/store.ts';
import { noCosts } from './month-sums.ts';
import { listRates } from './rates.ts';
import { eachOnce, type WeddingRow } from './weddings.ts';

/** Records of imports that never finished, or were undone and not yet cleared away, count nowhere. */
const unfinished = (organisationId: string) =>
  sql`(SELECT id FROM import_batch WHERE organisation_id = ${organisationId} AND kind = 'usage' AND state <> 'done')`;

/** True while a file is on its way in: what it brings is computed when it is done. */
export async function importRuns(db: Reader, organisationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('import_batch')
    .select('id')
    .where('organisation_id', '=', organisationId)
    .where('state', '=', 'running')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export interface HourUsage {
  /** Start of the hour, ms UTC. */
  readonly hour: number;
  /** Reference of the wedding it was for; '' for none. */
  readonly wedding: string;
  readonly requests: number;
  readonly successful: number;
}

/** Requests of the given hours, by the wedding they name. */
export async function usageOfHours(
  db: Reader,
  organisationId: string,
  hours: readonly number[],
): Promise<readonly HourUsage[]> {
  const { rows } = await sql<HourUsage>`SELECT h.value AS hour, u.wedding AS wedding, count(*) AS requests,
      sum(u.success) AS successful
    FROM json_each(${JSON.stringify(hours)}) AS h
    CROSS JOIN usage_record AS u ON u.organisation_id = ${organisationId} AND u.at >= h.value AND u.at < h.value + 3600000
    WHERE u.import_id NOT IN ${unfinished(organisationId)}
    GROUP BY 1, 2`.execute(db);
  return rows;
}

/** First and last local day with usage; null: there is none. */
export async function usageSpan(
  db: Reader,
  organisationId: string,
): Promise<{ readonly from: number; readonly to: number } | null> {
  const { rows } = await sql<{ first: number | null; last: number | null }>`SELECT
      (SELECT at FROM usage_record WHERE organisation_id = ${organisationId} ORDER BY at LIMIT 1) AS first,
      (SELECT at FROM usage_record WHERE organisation_id = ${organisationId} ORDER BY at DESC LIMIT 1) AS last`.execute(
    db,
  );
  const row = rows[0];
  return row?.first == null || row.last == null ? null : { from: row.first, to: row.last };
}

export interface Place {
  readonly reference: string;
  readonly venue: string;
  readonly region: string;
}

/** Where the weddings with these references are held. */
export async function placesOf(
  db: Reader,
  organisationId: string,
  references: readonly string[],
): Promise<ReadonlyMap<string, Place>> {
  const { rows } = await sql<Place>`SELECT reference, venue, region FROM wedding
    WHERE organisation_id = ${organisationId} AND reference IN (SELECT value FROM json_each(${JSON.stringify(references)}))
    ORDER BY key`.execute(db);
  return new Map(rows.map((row) => [row.reference, row]));
}

export interface HeldWedding {
  readonly date: string;
  readonly venue: string;
  readonly region: string;
  /** 1: an AI request for it succeeded. */
  readonly assisted: number;
}

/** Confirmed weddings that begin on the days from `from` to `to`, both included; each once, whoever tells of it. */
export async function weddingsHeld(
  db: Reader,
  organisationId: string,
  from: string,
  to: string,
): Promise<readonly HeldWedding[]> {
  const { rows } = await sql<
    HeldWedding & Pick<WeddingRow, 'reference' | 'status'>
  >`SELECT w.date AS date, w.venue AS venue, w.region AS region, w.reference AS reference, w.status AS status,
      w.reference <> '' AND EXISTS (SELECT 1 FROM usage_record AS u
        WHERE u.organisation_id = w.organisation_id AND u.wedding = w.reference AND u.wedding <> '' AND u.success = 1
          AND u.import_id NOT IN ${unfinished(organisationId)}) AS assisted
    FROM wedding AS w
    WHERE w.organisation_id = ${organisationId} AND w.status = 'confirmed' AND w.last_date >= ${from}
      AND w.date BETWEEN ${from} AND ${to}
    ORDER BY w.date, w.starts_at, w.key`.execute(db);
  return eachOnce(rows);
}

export interface CostDay {
  readonly day: string;
  /** Pence; credit notes count against it. */
  readonly net: number;
  readonly lines: number;
  /** Lines without an exchange rate, whose pounds nobody knows yet. */
  readonly unpriced: number;
}

/** Days, the first and the last included. */
export interface DaySpan {
  readonly from: string;
  readonly to: string;
}

/**
 * Cost lines of the spans by tax point, excluded ones left out; spans do not overlap. A line nobody has judged yet counts
 * with its rate, if there is one.
 */
export async function costsByDay(
  db: Reader,
  organisationId: string,
  spans: readonly DaySpan[],
): Promise<readonly CostDay[]> {
  // Read from these days' parts of one index: every change of a line asks for this, on the thread all screens read by.
  const lines = sql`FROM json_each(${JSON.stringify(spans)}) AS span CROSS JOIN cost_line_seen
    WHERE organisation_id = ${organisationId} AND tax_date BETWEEN span.value ->> 'from' AND span.value ->> 'to'
      AND state <> 'excluded' AND document_type NOT IN ${noCosts}`;
  const [judged, open, rates] = await Promise.all([
    sql<{
      day: string;
      net: number;
      lines: number;
    }>`SELECT tax_date AS day, sum(net_gbp_minor) AS net, count(*) AS lines
      ${lines} AND net_gbp_minor IS NOT NULL GROUP BY tax_date`.execute(db),
    sql<OpenLine>`SELECT tax_date AS day, currency, net, fx_rate_to_gbp, fx_units_per_gbp
      ${lines} AND net_gbp_minor IS NULL`.execute(db),
    listRates(db, organisationId),
  ]);
  const days = new Map<string, { net: number; lines: number; unpriced: number }>();
  const add = (day: string, net: number, lines: number, unpriced: number) => {
    const known = days.get(day) ?? { net: 0, lines: 0, unpriced: 0 };
    days.set(day, { net: known.net + net, lines: known.lines + lines, unpriced: known.unpriced + unpriced });
  };
  for (const { day, net, lines } of judged.rows) add(day, Number(net), Number(lines), 0);
  const unitsOf = new Map(rates.map((rate) => [`${rate.currency} ${rate.month}`, rate.units_per_gbp]));
  for (const line of open.rows) {
    const pounds = poundsOf(line, unitsOf.get(`${line.currency} ${line.day.slice(0, 7)}`));
    add(line.day, pounds ?? 0, 1, pounds === null ? 1 : 0);
  }
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([day, sums]) => ({ day, ...sums }));
}

interface OpenLine {
  readonly day: string;
  readonly currency: string;
  readonly net: string;
  readonly fx_rate_to_gbp: string | null;
  readonly fx_units_per_gbp: string | null;
}

/** Pence of a line in its own currency; null: no rate is known, or the amount is one the review blocks as too large. */
function poundsOf(line: OpenLine, monthly: string | undefined): number | null {
  const net = decimal(line.net);
  const units = line.fx_units_per_gbp ?? (line.fx_rate_to_gbp === null ? monthly : undefined);
  const pounds = (() => {
    if (line.currency === 'GBP') return net;
    if (units !== undefined) return net.div(decimal(units));
    return line.fx_rate_to_gbp === null ? null : net.times(decimal(line.fx_rate_to_gbp));
  })();
  return pounds === null || pounds.abs().gte(String(limits.largestAmount)) ? null : toMinor(r2(pounds), 'GBP');
}

/** Vendors with usage in a month; one that turned out to be another counts as that one. */
export async function activeVendors(db: Reader, organisationId: string, month: string): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`SELECT DISTINCT coalesce(v.same_as, v.id) AS id
    FROM usage_month AS u JOIN vendor AS v ON v.organisation_id = u.organisation_id AND v.id = u.vendor_id
    WHERE u.organisation_id = ${organisationId} AND u.month = ${month} AND u.requests > 0`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** Requests of the busiest hour between two instants, from the points of the hours; null: there are none. */
export async function busiestHour(
  db: Reader,
  organisationId: string,
  from: number,
  to: number,
): Promise<number | null> {
  const { rows } = await sql<{ most: number | null }>`SELECT max(number) AS most FROM kpi_point
    WHERE organisation_id = ${organisationId} AND kpi = 'ai_requests_total' AND grain = 'hour' AND at >= ${from}
      AND at < ${to} AND venue = '' AND region = ''`.execute(db);
  return rows[0]?.most ?? null;
}
