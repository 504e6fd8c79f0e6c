import type { Generated, Insertable, Selectable, Updateable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';
import type { CostLineRow } from './costs.ts';

export interface ExportBatchTable {
  organisation_id: string;
  id: string;
  period: string;
  target: 'xero' | 'quickbooks' | 'freshbooks' | 'file';
  state:
    | 'draft'
    | 'checked'
    | 'approved'
    | 'sending'
    | 'posted'
    | 'verified'
    | 'closed'
    | 'blocked'
    | 'in_doubt'
    | 'partly_posted'
    | 'reversed';
  prepared_by: string;
  prepared_at: number;
  approved_by: string | null;
  approved_at: number | null;
  hash: string | null;
  lines: number;
  net_gbp_minor: number;
  vat_gbp_minor: number;
  gross_gbp_minor: number;
  by_treatment: string;
  blocked: string;
  pack: string | null;
  updated_at: number;
}

export interface ExportDocumentTable {
  organisation_id: string;
  id: string;
  batch_id: string;
  position: number;
  reference: string;
  supplier: string;
  invoice_number: string;
  document_date: string;
  currency: string;
  net: string;
  vat: string;
  gross: string;
  gross_gbp_minor: number;
  lines: number;
  frozen: string;
  state: 'waiting' | 'sending' | 'posted' | 'verified' | 'in_doubt' | 'refused' | 'mismatch' | 'held';
  vendor_id: string | null;
  job_id: string | null;
  problem: string | null;
  /** The ledger said it was changed there after we had posted it, ms UTC. */
  changed_after_posting: Generated<number | null>;
  read_back: string | null;
  differences: string;
  /** When its lines went back, ms UTC: it holds them no longer. */
  released_at: Generated<number | null>;
  /** 1: not posted by us, but linked to what stood in the ledger already. */
  linked: Generated<0 | 1>;
  updated_at: number;
}

export interface ExportTables {
  export_batch: ExportBatchTable;
  export_document: ExportDocumentTable;
  export_document_line: { organisation_id: string; document_id: string; line_id: string };
}

export type ExportBatchRow = Selectable<ExportBatchTable>;
export type ExportDocumentRow = Selectable<ExportDocumentTable>;

/** Rows per INSERT: SQLite takes 32,766 parameters a statement. */
const CHUNK = 500;

export async function insertBatch(tx: Tx, row: Insertable<ExportBatchTable>): Promise<void> {
  await tx.insertInto('export_batch').values(row).execute();
}

export async function insertDocuments(
  tx: Tx,
  documents: readonly Insertable<ExportDocumentTable>[],
  lines: readonly { organisation_id: string; document_id: string; line_id: string }[],
): Promise<void> {
  for (let at = 0; at < documents.length; at += CHUNK) {
    await tx
      .insertInto('export_document')
      .values(documents.slice(at, at + CHUNK))
      .execute();
  }
  for (let at = 0; at < lines.length; at += CHUNK) {
    await tx
      .insertInto('export_document_line')
      .values(lines.slice(at, at + CHUNK))
      .execute();
  }
}

export function getBatch(db: Reader, organisationId: string, id: string): Promise<ExportBatchRow | undefined> {
  return db
    .selectFrom('export_batch')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Newest first. */
export function listBatches(db: Reader, organisationId: string, limit = 200): Promise<ExportBatchRow[]> {
  return db
    .selectFrom('export_batch')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('prepared_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

export async function updateBatch(
  tx: Tx,
  organisationId: string,
  id: string,
  patch: Updateable<ExportBatchTable>,
): Promise<void> {
  await tx
    .updateTable('export_batch')
    .set(patch)
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

/** By position, after the given one; all of them without a limit. */
export function listDocuments(
  db: Reader,
  organisationId: string,
  batchId: string,
  page: { readonly after?: number; readonly limit?: number } = {},
): Promise<ExportDocumentRow[]> {
  return db
    .selectFrom('export_document')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('batch_id', '=', batchId)
    .where('position', '>', page.after ?? -1)
    .orderBy('position')
    .limit(page.limit ?? 1_000_000)
    .execute();
}

export function getDocument(db: Reader, organisationId: string, id: string): Promise<ExportDocumentRow | undefined> {
  return db
    .selectFrom('export_document')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** A reference is unique over all organisations; the organisation is still part of the question (X5). */
export function documentByReference(
  db: Reader,
  organisationId: string,
  reference: string,
): Promise<ExportDocumentRow | undefined> {
  return db
    .selectFrom('export_document')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('reference', '=', reference)
    .executeTakeFirst();
}

/** The documents that have these references, by reference. */
export async function documentsByReference(
  db: Reader,
  organisationId: string,
  references: readonly string[],
): Promise<ReadonlyMap<string, Pick<ExportDocumentRow, 'batch_id' | 'supplier' | 'invoice_number'>>> {
  if (references.length === 0) return new Map();
  const found = await db
    .selectFrom('export_document')
    .select(['reference', 'batch_id', 'supplier', 'invoice_number'])
    .where('organisation_id', '=', organisationId)
    .where('reference', 'in', references)
    .execute();
  return new Map(found.map(({ reference, ...row }) => [reference, row]));
}

export async function updateDocument(
  tx: Tx,
  organisationId: string,
  id: string,
  patch: Updateable<ExportDocumentTable>,
): Promise<void> {
  await tx
    .updateTable('export_document')
    .set(patch)
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

export type DocumentCounts = Readonly<Record<ExportDocumentTable['state'], number>>;

/** How many documents of a batch stand in each state: all of them, and those that hold their lines no longer. */
export async function countDocuments(
  db: Reader,
  organisationId: string,
  batchId: string,
): Promise<{ readonly all: DocumentCounts; readonly released: DocumentCounts }> {
  const rows = await db
    .selectFrom('export_document')
    .select((eb) => ['state', eb.fn.countAll<number>().as('count'), eb.fn.count<number>('released_at').as('released')])
    .where('organisation_id', '=', organisationId)
    .where('batch_id', '=', batchId)
    .groupBy('state')
    .execute();
  const none = { waiting: 0, sending: 0, posted: 0, verified: 0, in_doubt: 0, refused: 0, mismatch: 0, held: 0 };
  const [all, released] = [{ ...none }, { ...none }];
  for (const row of rows) {
    all[row.state] = Number(row.count);
    released[row.state] = Number(row.released);
  }
  return { all, released };
}

/** Documents whose copy in the ledger differs. */
export function mismatches(db: Reader, organisationId: string, batchId: string): Promise<ExportDocumentRow[]> {
  return db
    .selectFrom('export_document')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('batch_id', '=', batchId)
    .where('state', '=', 'mismatch')
    .orderBy('position')
    .limit(500)
    .execute();
}

/** The batch and its documents, never its lines: those belong to the review. Only for a batch nothing was sent of. */
export async function deleteBatch(tx: Tx, organisationId: string, id: string): Promise<void> {
  await tx
    .deleteFrom('export_document_line')
    .where('organisation_id', '=', organisationId)
    .where('document_id', 'in', (eb) =>
      eb
        .selectFrom('export_document')
        .select('id')
        .where('organisation_id', '=', organisationId)
        .where('batch_id', '=', id),
    )
    .execute();
  await tx
    .deleteFrom('export_document')
    .where('organisation_id', '=', organisationId)
    .where('batch_id', '=', id)
    .execute();
  await tx.deleteFrom('export_batch').where('organisation_id', '=', organisationId).where('id', '=', id).execute();
}

/** Lines whose tax point lies in the period and that are in one of the states, oldest first. */
export function linesOfPeriod(
  db: Reader,
  organisationId: string,
  period: { readonly from: string; readonly to: string },
  states: readonly CostLineRow['state'][],
): Promise<CostLineRow[]> {
  return db
    .selectFrom('cost_line_seen')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('state', 'in', states)
    .where('tax_date', '>=', period.from)
    .where('tax_date', '<=', period.to)
    .orderBy('tax_date')
    .orderBy('id')
    .execute();
}

export type LineBeside = Pick<
  CostLineRow,
  | 'id'
  | 'import_id'
  | 'supplier'
  | 'invoice_number'
  | 'document_type'
  | 'line_date'
  | 'currency'
  | 'state'
  | 'tax_date'
  | 'batch_id'
  | 'check_ids'
> & {
  /** Where the batch goes that it is in; null: it is in none. */
  readonly target: ExportBatchRow['target'] | null;
};

/** Lines of the same days as the given ones, not left out, that are not among them. */
export async function linesBeside(
  db: Reader,
  organisationId: string,
  given: readonly Pick<CostLineRow, 'id' | 'line_date'>[],
): Promise<LineBeside[]> {
  const days = [...new Set(given.map(({ line_date }) => line_date))];
  const ids = new Set(given.map(({ id }) => id));
  const rows = await db
    .selectFrom('cost_line_seen as line')
    .leftJoin('export_batch as batch', (join) =>
      join.onRef('batch.organisation_id', '=', 'line.organisation_id').onRef('batch.id', '=', 'line.batch_id'),
    )
    .select(['line.id', 'line.import_id', 'line.supplier', 'line.invoice_number', 'line.document_type'])
    .select(['line.line_date', 'line.currency', 'line.state', 'line.tax_date', 'line.batch_id', 'line.check_ids'])
    .select('batch.target')
    .where('line.organisation_id', '=', organisationId)
    .where('line.line_date', 'in', days.length > 0 ? days : [''])
    .where('line.state', '<>', 'excluded')
    .execute();
  return rows.filter(({ id }) => !ids.has(id));
}

/** Lines of one batch with the document each went into, also those it holds no longer; oldest first. */
export function linesOfBatch(
  db: Reader,
  organisationId: string,
  batchId: string,
): Promise<(CostLineRow & { document_id: string })[]> {
  return db
    .selectFrom('export_document as document')
    .innerJoin('export_document_line as part', (join) =>
      join.onRef('part.organisation_id', '=', 'document.organisation_id').onRef('part.document_id', '=', 'document.id'),
    )
    .innerJoin('cost_line as line', (join) =>
      join.onRef('line.organisation_id', '=', 'part.organisation_id').onRef('line.id', '=', 'part.line_id'),
    )
    .selectAll('line')
    .select('part.document_id')
    .where('document.organisation_id', '=', organisationId)
    .where('document.batch_id', '=', batchId)
    .orderBy('line.tax_date')
    .orderBy('line.id')
    .execute();
}

/**
 * Puts ready lines into a batch, all or none.
 * @returns false when one of them was changed, batched or excluded since it was read; nothing may be kept then
 */
export async function takeLinesIntoBatch(
  tx: Tx,
  organisationId: string,
  lines: readonly { readonly id: string; readonly version: number }[],
  batchId: string,
  at: number,
): Promise<boolean> {
  for (let start = 0; start < lines.length; start += CHUNK) {
    const part = lines.slice(start, start + CHUNK);
    const taken = await tx
      .updateTable('cost_line')
      .set((eb) => ({ state: 'batched', batch_id: batchId, updated_at: at, version: eb('version', '+', 1) }))
      .where('organisation_id', '=', organisationId)
      .where('state', '=', 'ready')
      .where(
        'id',
        'in',
        part.map((line) => line.id),
      )
      .returning(['id', 'version'])
      .execute();
    const versions = new Map(taken.map((row) => [row.id, row.version]));
    if (part.some((line) => versions.get(line.id) !== line.version + 1)) return false;
  }
  return true;
}

/** Moves the lines of a batch on: to `posted`, back to `ready`, or out of the review for a reason. */
export async function moveLines(
  tx: Tx,
  organisationId: string,
  where: { readonly batchId: string } | { readonly documentId: string },
  to: 'ready' | 'posted' | { readonly excluded: string },
  at: number,
): Promise<number> {
  const state = typeof to === 'string' ? to : 'excluded';
  let update = tx
    .updateTable('cost_line')
    .set((eb) => ({
      state,
      updated_at: at,
      version: eb('version', '+', 1),
      ...(state === 'posted' ? {} : { batch_id: null }),
      ...(typeof to === 'string' ? {} : { excluded_reason: to.excluded }),
    }))
    .where('organisation_id', '=', organisationId);
  update =
    'batchId' in where
      ? update.where('batch_id', '=', where.batchId)
      : update.where('id', 'in', (eb) =>
          eb
            .selectFrom('export_document_line')
            .select('line_id')
            .where('organisation_id', '=', organisationId)
            .where('document_id', '=', where.documentId),
        );
  const result = await update.executeTakeFirst();
  return Number(result.numUpdatedRows);
}
