import type { Generated, Insertable, Selectable, Updateable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

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
