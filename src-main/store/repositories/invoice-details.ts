import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

export interface InvoiceDetailTable {
  organisation_id: string;
  import_id: string;
  issuer: string;
  invoice_id: string;
  detail_id: string;
  account: string;
  currency: string;
  /** Exact decimal text. */
  amount: string;
  is_tax: number;
  status: string;
  issued_on: string | null;
  due_on: string | null;
  description: string;
}
export interface InvoiceDetailTables {
  invoice_detail: InvoiceDetailTable;
}
export type InvoiceDetailRow = Selectable<InvoiceDetailTable>;

/** The items of every invoice as the newest import states them. */
export async function currentDetails(db: Reader, organisationId: string): Promise<InvoiceDetailRow[]> {
  const result =
    await sql<InvoiceDetailRow>`SELECT * FROM invoice_detail AS one WHERE organisation_id = ${organisationId}
    AND import_id = (SELECT max(import_id) FROM invoice_detail AS newer WHERE newer.organisation_id = one.organisation_id
      AND newer.issuer = one.issuer AND newer.invoice_id = one.invoice_id AND newer.detail_id = one.detail_id)
    ORDER BY issuer, invoice_id, detail_id`.execute(db);
  return result.rows;
}

export async function insertDetails(tx: Tx, rows: readonly InvoiceDetailRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 500)
    await tx
      .insertInto('invoice_detail')
      .values(rows.slice(from, from + 500))
      .execute();
}

export async function removeDetails(tx: Tx, organisationId: string, importId: string): Promise<number> {
  const result = await tx
    .deleteFrom('invoice_detail')
    .where('organisation_id', '=', organisationId)
    .where('import_id', '=', importId)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** What usage adds up to, invoice by invoice: parts of the lines of all imports. */
export async function usageOfInvoices(db: Reader, organisationId: string) {
  return db
    .selectFrom('cost_contribution')
    .select(['document_key', 'exact_net', 'exact_vat'])
    .where('organisation_id', '=', organisationId)
    .where('document_key', '>=', '["invoice",')
    .where('document_key', '<', '["invoice",\uffff')
    .execute();
}
