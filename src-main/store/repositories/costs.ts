import { CompiledQuery, type Selectable, sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';
import { hideStatement } from './import-statements.ts';
import { returnDay } from './reversals.ts';

/** One source row of a cost file; `row_hash` with `occurrence` is its identity within an organisation. */
interface CostRowTable {
  organisation_id: string;
  row_hash: Uint8Array;
  occurrence: number;
  import_id: string;
  row_no: number;
  /** Which document of this import it was summed into (`cost_contribution.document_no`; the file row for plain CSV). */
  document_no: number;
  /** Exact decimal text in the document's currency. */
  amount: string;
  is_tax: number;
  service: string;
}

/** What one import gave to one summed line. */
interface CostContributionTable {
  organisation_id: string;
  import_id: string;
  document_no: number;
  document_key: string;
  line_id: string;
  exact_net: string;
  exact_vat: string;
  /** `{label, rows, amount}[]`, JSON, amounts exact. */
  breakdown: string;
  rows: number;
  first_row: number;
  last_row: number;
}

/** One line of a supplier document. Text amounts are decimals in `currency`; `*_gbp_minor` and `box*_minor` are pence. */
export interface CostLineTable {
  organisation_id: string;
  id: string;
  /** Rises with every change; an edit names the one it saw. */
  version: number;
  import_id: string | null;
  origin: 'focus' | 'csv' | 'hand' | 'api';
  /** Unique in the organisation: what keeps a document from becoming a line twice. */
  document_key: string;
  first_row: number | null;
  last_row: number | null;
  source_rows: number;
  supplier_id: string | null;
  supplier: string;
  supplier_country: string;
  supplier_vat_number: string;
  uk_establishment: number;
  invoice_number: string;
  /** 1: the file had none; ours is made from account and period. */
  invoice_number_derived: number;
  document_type: 'invoice' | 'credit_note' | 'receipt' | 'proforma' | 'statement' | 'order';
  description: string;
  category: string;
  line_date: string;
  period_start: string | null;
  period_end: string | null;
  /** Tax point printed on the document. */
  tax_point: string | null;
  paid_on: string | null;
  due_on: string | null;
  /** The invoice a credit note credits. */
  original_invoice: string | null;
  /** Lines on the paper document: the tolerance of VAT rounding. */
  document_lines: number;
  /** Sterling VAT printed on a foreign-currency invoice, decimal text. */
  printed_vat_gbp: string | null;
  /** Other `key=value` pairs of the description, JSON object. */
  attributes: string;
  /** The tax point the rulebook chose; periods go by this day. */
  tax_date: string;
  currency: string;
  net: string;
  vat: string;
  gross: string;
  /** `gross` in minor units of `currency`; null when it has more decimals than the currency. */
  gross_minor: number | null;
  /** Sums of the source rows before rounding. */
  exact_net: string;
  exact_vat: string;
  /** `{label, rows, amount}[]`, JSON, amounts exact. */
  breakdown: string;
  /** GBP for one unit. A reciprocal for showing only when `fx_units_per_gbp` is set. */
  fx_rate_to_gbp: string | null;
  /** Units for one GBP: divide by this, in full precision, whenever it is set. */
  fx_units_per_gbp: string | null;
  fx_source: 'file' | 'hmrc' | 'hand' | null;
  net_gbp_minor: number | null;
  vat_gbp_minor: number;
  /** VAT as invoiced, pence; null when no rate is known. */
  charged_vat_gbp_minor: number | null;
  gross_gbp_minor: number | null;
  treatment: string;
  treatment_hint: string;
  box1_minor: number;
  box4_minor: number;
  box6_minor: number;
  box7_minor: number;
  deductible: number;
  /** `CheckView[]` of the contract, JSON. */
  checks: string;
  /** Ids of the checks that fired, a blank around each. */
  check_ids: string | null;
  blocks: number;
  /** Warnings nobody has confirmed yet. */
  open_warns: number;
  /** The one reason shown in the list. */
  reason: string | null;
  /** Rule steps that led to the treatment, JSON `string[]`. */
  derivation: string;
  state: 'review' | 'ready' | 'excluded' | 'batched' | 'posted';
  excluded_reason: string | null;
  batch_id: string | null;
  created_at: number;
  updated_at: number;
}

export interface CostTables {
  cost_row: CostRowTable;
  cost_contribution: CostContributionTable;
  /** Every line, those of unfinished imports too: for writing, and for reading by id. */
  cost_line: CostLineTable;
  /** The lines there are for everybody; what is listed, summed or searched is read from here. */
  cost_line_seen: CostLineTable;
  import_hidden: { import_id: string; organisation_id: string };
}

export type CostLineRow = Selectable<CostLineTable>;

export type CostContribution = Selectable<CostContributionTable>;

/** New lines that are there for everybody at once; the figures of their days and months are worked out anew. */
export async function insertLines(tx: Tx, rows: readonly CostLineRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 200) {
    const some = rows.slice(from, from + 200);
    await tx.insertInto('cost_line').values(some).execute();
    for (const organisationId of new Set(some.map((row) => row.organisation_id))) {
      const days = new Set(some.filter((row) => row.organisation_id === organisationId).map((row) => row.tax_date));
      await daysChanged(tx, organisationId, [...days]);
    }
  }
}

/** What was worked out from the lines of these days no longer holds. No trigger does this: one would slow every import. */
async function daysChanged(tx: Tx, organisationId: string, days: readonly string[]): Promise<void> {
  const text = JSON.stringify(days);
  await tx.executeQuery(
    CompiledQuery.raw(
      "INSERT OR IGNORE INTO kpi_dirty (organisation_id, kind, at) SELECT ?, 'cost', value FROM json_each(?)",
      [organisationId, text],
    ),
  );
  await tx.executeQuery(
    CompiledQuery.raw(
      'DELETE FROM cost_month WHERE organisation_id = ? AND month IN (SELECT substr(value, 1, 7) FROM json_each(?))',
      [organisationId, text],
    ),
  );
}

/**
 * Replaces a line if it is still the version that was read, and is not in a batch.
 * @returns whether it was
 */
export async function replaceLine(tx: Tx, row: CostLineRow, seenVersion: number): Promise<boolean> {
  const { organisation_id, id, created_at, ...facts } = row;
  const result = await tx
    .updateTable('cost_line')
    .set(facts)
    .where('organisation_id', '=', organisation_id)
    .where('id', '=', id)
    .where('version', '=', seenVersion)
    .where('batch_id', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * Notes on lines that are not on their way that a row of their invoice was refused. `keys`: what their keys begin with; a line
 * of another supplier with that number is left alone, where the row says whose it was.
 */
export async function noteRefusedRows(
  tx: Tx,
  organisationId: string,
  notes: readonly { readonly keys: string; readonly supplier: string; readonly text: string }[],
  at: number,
): Promise<void> {
  for (let from = 0; from < notes.length; from += 500) {
    const { rows } = await sql<{ id: string; text: string }>`
      SELECT line.id, note.value ->> 'text' AS text FROM json_each(${JSON.stringify(notes.slice(from, from + 500))}) AS note
      CROSS JOIN cost_line AS line ON line.organisation_id = ${organisationId} AND line.state IN ('review', 'ready')
        AND line.document_key >= note.value ->> 'keys' AND line.document_key < (note.value ->> 'keys') || '~'
        AND (note.value ->> 'supplier' = '' OR lower(line.supplier) = lower(note.value ->> 'supplier'))`.execute(tx);
    const texts = JSON.stringify(Object.fromEntries(rows.map(({ id, text }) => [id, text])));
    await sql`
      UPDATE cost_line SET version = version + 1, updated_at = ${at}, attributes = json_set(attributes,
        '$.refused_row', json_extract(${texts}, '$."' || id || '"'), '$.refused_at', ${at})
      WHERE organisation_id = ${organisationId} AND id IN (SELECT key FROM json_each(${texts}))`.execute(tx);
  }
}

/** What stands on a line of that, and since when, ms UTC; null: nothing. */
export function refusedRowOf({
  attributes,
}: Pick<CostLineRow, 'attributes'>): { readonly text: string; readonly at: number } | null {
  const { refused_row: text, refused_at: at } = JSON.parse(attributes) as Record<string, unknown>;
  return typeof text === 'string' ? { text, at: typeof at === 'number' ? at : 0 } : null;
}

/** The last step of an import: its lines are there for everybody, all at once. */
export async function showImport(
  tx: Tx,
  organisationId: string,
  importId: string,
  days: readonly string[],
): Promise<void> {
  await daysChanged(tx, organisationId, days);
  await tx.deleteFrom('import_hidden').where('import_id', '=', importId).execute();
}

/**
 * The first step of an undo: the single lines of the import are gone for everybody, all at once; clearing removes them.
 * @returns how many there are
 */
export async function hideLinesOfImport(tx: Tx, organisationId: string, importId: string): Promise<number> {
  const found = await tx
    .selectFrom('cost_line')
    .select((eb) => eb.fn.countAll<number>().as('lines'))
    .where('organisation_id', '=', organisationId)
    .where('import_id', '=', importId)
    .where('origin', '=', 'csv')
    .executeTakeFirst();
  const lines = Number(found?.lines ?? 0);
  if (lines > 0) {
    const { sql: text, params } = hideStatement(organisationId, importId);
    await tx.executeQuery(CompiledQuery.raw(text, [...params]));
  }
  return lines;
}

export async function linesByIds(db: Reader, organisationId: string, ids: readonly string[]): Promise<CostLineRow[]> {
  const lines: CostLineRow[] = [];
  for (let from = 0; from < ids.length; from += 500) {
    lines.push(
      ...(await db
        .selectFrom('cost_line')
        .selectAll()
        .where('organisation_id', '=', organisationId)
        .where('id', 'in', ids.slice(from, from + 500))
        .execute()),
    );
  }
  return lines;
}

export async function contributionsToDocuments(
  db: Reader,
  organisationId: string,
  keys: readonly string[],
): Promise<CostContribution[]> {
  const found: CostContribution[] = [];
  for (let from = 0; from < keys.length; from += 500) {
    found.push(
      ...(await db
        .selectFrom('cost_contribution')
        .selectAll()
        .where('organisation_id', '=', organisationId)
        .where('document_key', 'in', keys.slice(from, from + 500))
        .execute()),
    );
  }
  return found;
}

/** What each import gave to these lines, in the order of the imports. */
export async function contributionsToLines(
  db: Reader,
  organisationId: string,
  lineIds: readonly string[],
): Promise<CostContribution[]> {
  if (lineIds.length === 0) return [];
  return db
    .selectFrom('cost_contribution')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('line_id', 'in', lineIds)
    .orderBy('import_id')
    .orderBy('document_no')
    .execute();
}

export async function contributionsOfImport(
  db: Reader,
  organisationId: string,
  importId: string,
): Promise<CostContribution[]> {
  return db
    .selectFrom('cost_contribution')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('import_id', '=', importId)
    .execute();
}

export async function insertContributions(tx: Tx, rows: readonly CostContribution[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 200)
    await tx
      .insertInto('cost_contribution')
      .values(rows.slice(from, from + 200))
      .execute();
}

export async function removeContributions(tx: Tx, organisationId: string, importId: string): Promise<void> {
  await tx
    .deleteFrom('cost_contribution')
    .where('organisation_id', '=', organisationId)
    .where('import_id', '=', importId)
    .execute();
}

export async function removeLines(tx: Tx, organisationId: string, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += 500) {
    await tx
      .deleteFrom('cost_line')
      .where('organisation_id', '=', organisationId)
      .where('id', 'in', ids.slice(from, from + 500))
      .execute();
  }
}

/** A line of the import that is in a batch, posted or split into parts, if there is one: then the import can no longer be undone. */
export async function heldLineOf(db: Reader, organisationId: string, importId: string) {
  return db
    .selectFrom('cost_line')
    .select(['organisation_id', 'id', 'supplier', 'invoice_number', 'state', 'batch_id'])
    .where('organisation_id', '=', organisationId)
    .where((eb) =>
      eb.or([
        eb('state', 'in', ['batched', 'posted']),
        eb(
          'id',
          'in',
          eb.selectFrom('line_split').select('whole_id').where('line_split.organisation_id', '=', organisationId),
        ),
      ]),
    )
    .where((eb) =>
      eb.or([
        eb('import_id', '=', importId),
        eb(
          'id',
          'in',
          eb
            .selectFrom('cost_contribution')
            .select('line_id')
            .where('organisation_id', '=', organisationId)
            .where('import_id', '=', importId),
        ),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
}

/** A closed month that lines of the import count in, if there is one: then its figures may have been filed. */
export async function closedMonthOfImport(db: Reader, organisationId: string, importId: string) {
  const day = await returnDay(db, organisationId);
  const { rows } = await sql<{ month: string; supplier: string; invoice_number: string }>`
    SELECT lock.month, line.supplier, line.invoice_number
    FROM cost_line AS line
    CROSS JOIN period_lock AS lock
      ON lock.organisation_id = line.organisation_id AND lock.month IN (substr(line.tax_date, 1, 7), substr(${day}, 1, 7))
    WHERE line.organisation_id = ${organisationId} AND line.state <> 'excluded' AND (line.import_id = ${importId}
      OR line.id IN (SELECT line_id FROM cost_contribution
        WHERE organisation_id = ${organisationId} AND import_id = ${importId}))
    LIMIT 1`.execute(db);
  return rows[0];
}

/** Open lines in foreign currency whose rate comes from the table, or is missing; in order of id. */
export async function openForeignLineIds(db: Reader, organisationId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('cost_line_seen')
    .select('id')
    .where('organisation_id', '=', organisationId)
    .where('state', 'in', ['review', 'ready'])
    .where('currency', '<>', 'GBP')
    .where((eb) => eb.or([eb('fx_source', 'is', null), eb('fx_units_per_gbp', 'is not', null)]))
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}
