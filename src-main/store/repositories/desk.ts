import { type Generated, type Insertable, type Selectable, type SqlBool, sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

interface LineDuplicateTable {
  organisation_id: string;
  /** The later line. */
  line_id: string;
  earlier_id: string;
  decision: 'merged' | 'kept';
  reason: string;
  actor: string;
  at: number;
  change_id: string;
}

interface LineShareTable {
  organisation_id: string;
  line_id: string;
  position: number;
  target: 'wedding' | 'vendor' | 'general';
  /** Wedding key or vendor id; empty for `general`. */
  target_id: string;
  weight: number;
  net_gbp_minor: number;
}

interface CategoryRuleTable {
  organisation_id: string;
  id: string;
  supplier_key: string;
  /** Lower case; empty: every line of the supplier. */
  contains: string;
  category: string;
  actor: string;
  at: number;
}

interface LineCommentTable {
  organisation_id: string;
  id: string;
  line_id: string;
  actor: string;
  at: number;
  text: string;
}

interface LineEvidenceTable {
  organisation_id: string;
  id: string;
  line_id: string;
  /** In the evidence store. */
  file_id: string;
  file_name: string;
  content_type: string;
  bytes: number;
  actor: string;
  at: number;
}

interface PeriodLockTable {
  organisation_id: string;
  /** `YYYY-MM`. */
  month: string;
  actor: string;
  at: number;
  reason: string;
  /** Scheme its return was made under; null: closed before this was kept. */
  vat_scheme: Generated<string | null>;
}

interface SalesMonthTable {
  organisation_id: string;
  month: string;
  net_minor: number;
  actor: string;
  at: number;
}

export interface DeskTables {
  line_duplicate: LineDuplicateTable;
  line_share: LineShareTable;
  category_rule: CategoryRuleTable;
  line_comment: LineCommentTable;
  line_evidence: LineEvidenceTable;
  period_lock: PeriodLockTable;
  sales_month: SalesMonthTable;
}

export type LineDuplicateRow = Selectable<LineDuplicateTable>;
export type LineShareRow = Selectable<LineShareTable>;
export type CategoryRuleRow = Selectable<CategoryRuleTable>;
export type LineEvidenceRow = Selectable<LineEvidenceTable>;

export function duplicateDecisions(db: Reader, organisationId: string): Promise<LineDuplicateRow[]> {
  return db
    .selectFrom('line_duplicate')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('at')
    .execute();
}

/**
 * Lines of which a person said that they stand beside an earlier one on the same invoice, as long as both stand there, brought
 * by one file and equal in all that makes them one invoice.
 */
export async function keptInvoiceLines(db: Reader, organisationId: string): Promise<string[]> {
  // From the decisions to their lines (CROSS JOIN): the other way round SQLite would walk every line there is.
  const { rows } = await sql<{ id: string }>`
    SELECT line.id FROM line_duplicate AS said
    CROSS JOIN cost_line AS line ON line.organisation_id = said.organisation_id AND line.id = said.line_id
    CROSS JOIN cost_line AS earlier ON earlier.organisation_id = said.organisation_id AND earlier.id = said.earlier_id
    WHERE said.organisation_id = ${organisationId} AND said.decision = 'kept' AND earlier.state <> 'excluded'
      AND line.import_id = earlier.import_id AND line.invoice_number = earlier.invoice_number AND line.invoice_number <> ''
      AND line.supplier = earlier.supplier AND line.document_type = earlier.document_type
      AND line.line_date = earlier.line_date AND line.currency = earlier.currency
      AND line.gross_minor = earlier.gross_minor`.execute(db);
  return rows.map(({ id }) => id);
}

export async function putDecision(tx: Tx, row: LineDuplicateRow): Promise<void> {
  await tx.insertInto('line_duplicate').orReplace().values(row).execute();
}

export async function dropDecision(tx: Tx, organisationId: string, lineId: string, earlierId: string): Promise<void> {
  await tx
    .deleteFrom('line_duplicate')
    .where('organisation_id', '=', organisationId)
    .where('line_id', '=', lineId)
    .where('earlier_id', '=', earlierId)
    .execute();
}

/** With the step that made a decision the decision goes too. */
export async function dropDecisionsOf(tx: Tx, organisationId: string, changeId: string): Promise<void> {
  await tx
    .deleteFrom('line_duplicate')
    .where('organisation_id', '=', organisationId)
    .where('change_id', '=', changeId)
    .execute();
}

export function sharesOf(db: Reader, organisationId: string, lineIds: readonly string[]): Promise<LineShareRow[]> {
  return db
    .selectFrom('line_share')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where(sql<SqlBool>`line_id IN (SELECT value FROM json_each(${JSON.stringify(lineIds)}))`)
    .orderBy('line_id')
    .orderBy('position')
    .execute();
}

export async function putShares(
  tx: Tx,
  organisationId: string,
  lineId: string,
  shares: readonly Omit<LineShareRow, 'organisation_id' | 'line_id' | 'position'>[],
): Promise<void> {
  await tx
    .deleteFrom('line_share')
    .where('organisation_id', '=', organisationId)
    .where('line_id', '=', lineId)
    .execute();
  if (shares.length === 0) return;
  await tx
    .insertInto('line_share')
    .values(shares.map((share, position) => ({ organisation_id: organisationId, line_id: lineId, position, ...share })))
    .execute();
}

export function listRules(db: Reader, organisationId: string): Promise<CategoryRuleRow[]> {
  return db
    .selectFrom('category_rule')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('supplier_key')
    .orderBy('contains')
    .execute();
}

/** A rule for the same supplier and words takes the place of the one before. */
export async function putRule(tx: Tx, row: CategoryRuleRow): Promise<void> {
  await tx.insertInto('category_rule').orReplace().values(row).execute();
}

export async function removeRule(tx: Tx, organisationId: string, id: string): Promise<CategoryRuleRow | undefined> {
  return tx
    .deleteFrom('category_rule')
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

export function commentsOf(db: Reader, organisationId: string, lineId: string) {
  return db
    .selectFrom('line_comment')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('line_id', '=', lineId)
    .orderBy('at')
    .orderBy('id')
    .execute();
}

export async function insertComment(tx: Tx, row: Selectable<LineCommentTable>): Promise<void> {
  await tx.insertInto('line_comment').values(row).execute();
}

export function evidenceOf(db: Reader, organisationId: string, lineIds: readonly string[]): Promise<LineEvidenceRow[]> {
  return db
    .selectFrom('line_evidence')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where(sql<SqlBool>`line_id IN (SELECT value FROM json_each(${JSON.stringify(lineIds)}))`)
    .orderBy('at')
    .orderBy('id')
    .execute();
}

export async function insertEvidence(tx: Tx, row: LineEvidenceRow): Promise<void> {
  await tx.insertInto('line_evidence').values(row).execute();
}

export async function removeEvidence(tx: Tx, organisationId: string, id: string): Promise<LineEvidenceRow | undefined> {
  return tx
    .deleteFrom('line_evidence')
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

/** By month, newest first. */
export function listLocks(db: Reader, organisationId: string): Promise<Selectable<PeriodLockTable>[]> {
  return db
    .selectFrom('period_lock')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('month', 'desc')
    .execute();
}

/** A month that is closed already stays as it was closed: what came in since is not of it. */
export async function putLock(tx: Tx, row: Insertable<PeriodLockTable>): Promise<void> {
  await tx.insertInto('period_lock').orIgnore().values(row).execute();
}

export async function removeLock(tx: Tx, organisationId: string, month: string): Promise<void> {
  await tx.deleteFrom('period_lock').where('organisation_id', '=', organisationId).where('month', '=', month).execute();
}

export function salesBetween(db: Reader, organisationId: string, from: string, to: string) {
  return db
    .selectFrom('sales_month')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('month', '>=', from)
    .where('month', '<=', to)
    .orderBy('month')
    .execute();
}

export async function putSales(tx: Tx, row: Selectable<SalesMonthTable>): Promise<void> {
  await tx.insertInto('sales_month').orReplace().values(row).execute();
}
