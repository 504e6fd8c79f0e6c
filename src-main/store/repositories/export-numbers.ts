import { sql } from 'kysely';
import type { Reader } from '../../ports/store.ts';
import type { ExportBatchRow, ExportDocumentRow } from './exports.ts';

export type NumberUse = Pick<
  ExportDocumentRow,
  'supplier' | 'invoice_number' | 'batch_id' | 'state' | 'released_at'
> & {
  readonly target: ExportBatchRow['target'];
  readonly document_type: 'invoice' | 'credit_note';
};

/** Documents of any batch with one of these numbers, or such a number with ours behind it (`EC-1 (2)`), whoever the supplier is. */
export async function documentsNumbered(
  db: Reader,
  organisationId: string,
  numbers: readonly string[],
): Promise<NumberUse[]> {
  const { rows } = await sql<NumberUse>`
    SELECT document.supplier, document.invoice_number, document.batch_id, document.state, document.released_at,
      batch.target, json_extract(document.frozen, '$.documentType') AS document_type
    FROM export_document AS document
    JOIN export_batch AS batch ON batch.organisation_id = document.organisation_id AND batch.id = document.batch_id
    WHERE document.organisation_id = ${organisationId} AND (document.invoice_number GLOB '* ([0-9]*)'
      OR lower(trim(document.invoice_number)) IN (SELECT lower(trim(value)) FROM json_each(${JSON.stringify(numbers)})))`.execute(
    db,
  );
  return rows;
}
