import { type Generated, type Insertable, type RawBuilder, type Selectable, sql, type Updateable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';
import { listLocks } from './desk.ts';
import { getOrganisation } from './organisations.ts';

export interface ExportReversalTable {
  organisation_id: string;
  document_id: string;
  batch_id: string;
  reference: string;
  /** What the ledger must show of it, as JSON. */
  frozen: string;
  lines_then: 'free' | 'exclude';
  reason: string;
  asked_by: string;
  approved_by: string;
  asked_at: number;
  revision: number;
  state: 'waiting' | 'posted' | 'verified' | 'in_doubt' | 'refused' | 'mismatch' | 'held';
  vendor_id: string | null;
  job_id: string | null;
  problem: string | null;
  read_back: string | null;
  differences: Generated<string>;
  /** What the document's lines put into the VAT return when it was taken back, as JSON; empty before. */
  boxes: Generated<string>;
  updated_at: number;
}

export interface ReversalTables {
  export_reversal: ExportReversalTable;
}

export type ExportReversalRow = Selectable<ExportReversalTable>;

/** A second try after a refusal takes the place of the first. */
export async function putReversal(tx: Tx, row: Insertable<ExportReversalTable>): Promise<void> {
  await tx
    .insertInto('export_reversal')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organisation_id', 'document_id']).doUpdateSet(row))
    .execute();
}

export async function updateReversal(
  tx: Tx,
  organisationId: string,
  documentId: string,
  patch: Updateable<ExportReversalTable>,
): Promise<void> {
  await tx
    .updateTable('export_reversal')
    .set(patch)
    .where('organisation_id', '=', organisationId)
    .where('document_id', '=', documentId)
    .execute();
}

export function listReversals(db: Reader, organisationId: string, batchId: string): Promise<ExportReversalRow[]> {
  return db
    .selectFrom('export_reversal')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('batch_id', '=', batchId)
    .execute();
}

export function reversalByReference(
  db: Reader,
  organisationId: string,
  reference: string,
): Promise<ExportReversalRow | undefined> {
  return db
    .selectFrom('export_reversal')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('reference', '=', reference)
    .executeTakeFirst();
}

/**
 * The day (of a cost line called `line`) that decides which VAT return it belongs to: its tax point, but under cash accounting
 * input tax counts when it is paid; when the month of the payment was closed before the line came in, in the first one open then.
 * What a month claimed that was closed before the scheme was cash accounting stays there.
 */
export async function returnDay(db: Reader, organisationId: string): Promise<RawBuilder<string>> {
  const organisation = await getOrganisation(db, organisationId);
  if (organisation?.vat_scheme !== 'cash') return sql<string>`line.tax_date`;
  const shut = (lock: string, month: RawBuilder<unknown>) => sql`EXISTS (SELECT 1 FROM period_lock AS ${sql.table(lock)}
    WHERE ${sql.ref(`${lock}.organisation_id`)} = line.organisation_id AND ${sql.ref(`${lock}.month`)} = ${month}
      AND ${sql.ref(`${lock}.at`)} < line.created_at)`;
  // The month after a closed one that is not closed itself.
  const open = sql`(SELECT min(later) || '-01' FROM (
      SELECT strftime('%Y-%m', shut.month || '-01', '+1 month') AS later FROM period_lock AS shut
      WHERE shut.organisation_id = line.organisation_id AND shut.at < line.created_at
        AND shut.month >= substr(line.paid_on, 1, 7))
    WHERE NOT ${shut('next_lock', sql`later`)})`;
  const claimed = sql`EXISTS (SELECT 1 FROM period_lock AS filed WHERE filed.organisation_id = line.organisation_id
    AND filed.month = substr(line.tax_date, 1, 7) AND filed.vat_scheme <> 'cash' AND filed.at >= line.created_at)`;
  const paid =
    (await listLocks(db, organisationId)).length === 0
      ? sql`line.paid_on`
      : sql`CASE WHEN ${claimed} THEN line.tax_date WHEN ${shut('paid_lock', sql`substr(line.paid_on, 1, 7)`)} THEN ${open} ELSE line.paid_on END`;
  return sql<string>`CASE WHEN line.treatment IN ('uk_standard', 'uk_reduced') THEN coalesce(${paid}, line.tax_date)
    ELSE line.tax_date END`;
}

/** The boxes of a document's lines by the day they count on, as its reversal keeps them. */
export async function boxesOfDocument(db: Reader, organisationId: string, documentId: string): Promise<string> {
  const day = await returnDay(db, organisationId);
  const { rows } = await sql<{ boxes: string }>`
    SELECT json_group_array(json_array(day, box1, box4, box6, box7)) AS boxes FROM (
      SELECT ${day} AS day, sum(line.box1_minor) AS box1, sum(line.box4_minor) AS box4, sum(line.box6_minor) AS box6,
        sum(line.box7_minor) AS box7
      FROM export_document_line AS part
      JOIN cost_line AS line ON line.organisation_id = part.organisation_id AND line.id = part.line_id
      WHERE part.organisation_id = ${organisationId} AND part.document_id = ${documentId} GROUP BY 1)`.execute(db);
  return rows[0]?.boxes ?? '[]';
}

/** What reversals leave in the VAT return of a period, in pence: the original where its tax points lie, less it on their own day. */
export async function reversedBoxes(
  db: Reader,
  organisationId: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<{ readonly [box in 'box1' | 'box4' | 'box6' | 'box7']: number }> {
  const sum = (at: number) =>
    sql<number>`coalesce(sum((day BETWEEN ${from} AND ${to}) * json_extract(value, ${`$[${at}]`})
      - (reversed BETWEEN ${from} AND ${to}) * json_extract(value, ${`$[${at}]`})), 0)`;
  const { rows } = await sql<{ box1: number; box4: number; box6: number; box7: number }>`
    SELECT ${sum(1)} AS box1, ${sum(2)} AS box4, ${sum(3)} AS box6, ${sum(4)} AS box7 FROM (
      SELECT part.value AS value, json_extract(part.value, '$[0]') AS day, json_extract(row.frozen, '$.date') AS reversed
      FROM export_reversal AS row, json_each(row.boxes) AS part
      WHERE row.organisation_id = ${organisationId} AND row.state = 'verified' AND row.boxes <> '[]')`.execute(db);
  return rows[0] ?? { box1: 0, box4: 0, box6: 0, box7: 0 };
}
