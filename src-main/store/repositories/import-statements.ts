import type { Statement } from '../../ports/store.ts';
import type { CostLineRow } from './costs.ts';

/** The statements of an import's fast lane, apart from the query builder: the import thread starts without loading it. */

/** Every column of a line, in the order in which whole lines are written. */
const lineColumns = [
  'organisation_id',
  'id',
  'version',
  'import_id',
  'origin',
  'document_key',
  'first_row',
  'last_row',
  'source_rows',
  'supplier_id',
  'supplier',
  'supplier_country',
  'supplier_vat_number',
  'uk_establishment',
  'invoice_number',
  'invoice_number_derived',
  'document_type',
  'description',
  'category',
  'line_date',
  'period_start',
  'period_end',
  'tax_point',
  'paid_on',
  'due_on',
  'original_invoice',
  'document_lines',
  'printed_vat_gbp',
  'attributes',
  'tax_date',
  'currency',
  'net',
  'vat',
  'gross',
  'gross_minor',
  'exact_net',
  'exact_vat',
  'breakdown',
  'fx_rate_to_gbp',
  'fx_units_per_gbp',
  'fx_source',
  'net_gbp_minor',
  'vat_gbp_minor',
  'charged_vat_gbp_minor',
  'gross_gbp_minor',
  'treatment',
  'treatment_hint',
  'box1_minor',
  'box4_minor',
  'box6_minor',
  'box7_minor',
  'deductible',
  'checks',
  'check_ids',
  'blocks',
  'open_warns',
  'reason',
  'derivation',
  'state',
  'excluded_reason',
  'batch_id',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof CostLineRow)[];

/** What the table gives a column by itself where it is not null; see migration 0010. */
const given: Partial<Record<(typeof lineColumns)[number], string | number>> = {
  version: 1,
  source_rows: 1,
  supplier_vat_number: '',
  uk_establishment: 0,
  invoice_number_derived: 0,
  document_type: 'invoice',
  document_lines: 1,
  attributes: '{}',
  breakdown: '[]',
  treatment_hint: '',
  box1_minor: 0,
  box4_minor: 0,
  box6_minor: 0,
  box7_minor: 0,
  deductible: 1,
  checks: '[]',
  blocks: 0,
  open_warns: 0,
};
/** The same in all lines of one import. */
const common = ['organisation_id', 'import_id', 'origin', 'created_at', 'updated_at'] as const;

/** Many lines of one import; columns in which none differs from what the table gives by itself are left to the table. */
export function insertLinesStatement(rows: readonly CostLineRow[]): Statement {
  const [first] = rows;
  const own = lineColumns.filter(
    (column) =>
      !(common as readonly string[]).includes(column) && rows.some((row) => row[column] !== (given[column] ?? null)),
  );
  const columns = [...common, ...own];
  return {
    sql: `INSERT INTO cost_line (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    params: common.map((column) => first?.[column] ?? null),
    rows: rows.map((row) => own.map((column) => row[column])),
  };
}

/**
 * How the writer works while a file comes in, and how otherwise. The import moves the log into the database itself: the writer
 * shall not do so at every commit, nor give back its room on the disk each time only to ask for it again; and the ends of
 * its indexes shall not be read anew for every group of lines.
 */
export const importingStatements: readonly Statement[] = [
  { sql: 'PRAGMA wal_autocheckpoint = 100000', params: [] },
  { sql: `PRAGMA journal_size_limit = ${512 * 1024 * 1024}`, params: [] },
  { sql: 'PRAGMA cache_size = -16000', params: [] },
];
export const usualStatements: readonly Statement[] = [
  { sql: 'PRAGMA wal_autocheckpoint = 1000', params: [] },
  { sql: `PRAGMA journal_size_limit = ${64 * 1024 * 1024}`, params: [] },
  { sql: 'PRAGMA cache_size = -2000', params: [] },
];

/** From now on nobody but the import itself sees its lines. */
export function hideStatement(organisationId: string, importId: string): Statement {
  return {
    sql: 'INSERT INTO import_hidden (import_id, organisation_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
    params: [importId, organisationId],
  };
}

/** One piece of clearing away what an import wrote; call until it reports 0. */
export function clearStatements(organisationId: string, importId: string): Statement[] {
  const some = (table: string, size: number, more = '') =>
    `DELETE FROM ${table} WHERE organisation_id = ? AND rowid IN (SELECT rowid FROM ${table} WHERE organisation_id = ? AND import_id = ? ${more} LIMIT ${size})`;
  const params = [organisationId, organisationId, importId];
  return [
    { sql: some('cost_row', 1000), params },
    // A summed line belongs to all its imports and is never cleared with one.
    { sql: some('cost_line', 200, "AND origin = 'csv'"), params },
  ];
}

/** The end of clearing: nothing is left that would have to be hidden. */
export function forgetHiddenStatement(importId: string): Statement {
  return { sql: 'DELETE FROM import_hidden WHERE import_id = ?', params: [importId] };
}

/** A line's state for duplicates: a split whole stands for its parts, though it is left out, and they for nothing. */
export const likenessState = (line: 'line' | 'cost_line_seen'): string => `CASE
  WHEN state = 'excluded' AND EXISTS (SELECT 1 FROM line_split AS split
    WHERE split.organisation_id = ${line}.organisation_id AND split.whole_id = ${line}.id) THEN 'ready'
  WHEN EXISTS (SELECT 1 FROM line_split AS split
    WHERE split.organisation_id = ${line}.organisation_id AND split.part_id = ${line}.id) THEN 'excluded'
  ELSE state END`;

/**
 * The lines with one of the given amounts (`[gross in minor units, currency]`) that a new line of this import could repeat;
 * in the order they came in.
 */
export function likesStatement(
  organisationId: string,
  importId: string,
  amounts: readonly (readonly [number, string])[],
): Statement {
  return {
    sql: `SELECT line.id, supplier, currency, gross, invoice_number, line_date, ${likenessState('line')} AS state
FROM json_each(?) AS wanted CROSS JOIN cost_line AS line
WHERE organisation_id = ? AND gross_minor = wanted.value ->> 0 AND currency = wanted.value ->> 1 AND import_id IS NOT ?
  AND (import_id IS NULL OR import_id NOT IN (SELECT import_id FROM import_hidden))
ORDER BY line.id`,
    params: [JSON.stringify(amounts), organisationId, importId],
  };
}

/** Many source rows that are not here yet: `[hash, occurrence, row, document, amount, isTax, service]`. */
export function insertRowsStatement(
  organisationId: string,
  importId: string,
  rows: readonly (readonly [string, number, number, number, string, number, string])[],
): Statement {
  return {
    sql: `INSERT INTO cost_row (organisation_id, import_id, row_hash, occurrence, row_no, document_no, amount, is_tax, service)
VALUES (?, ?, unhex(?), ?, ?, ?, ?, ?, ?)`,
    params: [organisationId, importId],
    rows,
  };
}

/** Whether a source row came in before: organisation, hash, occurrence. */
export const knownRow = 'SELECT 1 FROM cost_row WHERE organisation_id = ? AND row_hash = unhex(?) AND occurrence = ?';
/** Whether a line with this key is here: organisation, key. */
export const knownLine = 'SELECT 1 FROM cost_line WHERE organisation_id = ? AND document_key = ?';
/** Which import brought the line with this key: organisation, key. */
export const importOfLine = 'SELECT import_id FROM cost_line WHERE organisation_id = ? AND document_key = ?';
/** Whether the organisation has a line of a plain CSV from when the key was the hash of its row alone. */
export const anyEarlierKey =
  "SELECT 1 FROM cost_line WHERE organisation_id = ? AND document_key >= 'csv:' AND document_key < 'csv;' LIMIT 1";
/** Whether the organisation has any line yet. */
export const anyLine = 'SELECT 1 FROM cost_line WHERE organisation_id = ? LIMIT 1';
/** Whether the organisation has any source row yet. */
export const anyRow = 'SELECT 1 FROM cost_row WHERE organisation_id = ? LIMIT 1';
/** Whether the organisation has lines that this import did not bring. */
export const anyOtherLine = 'SELECT 1 FROM cost_line WHERE organisation_id = ? AND import_id IS NOT ? LIMIT 1';

/** One statement for many refused rows: `[position, row, field, reason]`. */
export function rejectionStatement(
  organisationId: string,
  importId: string,
  rows: readonly (readonly [number, number, string, string])[],
): Statement {
  return {
    sql: `INSERT INTO import_rejection (organisation_id, import_id, position, row_no, field, reason)
SELECT ?, ?, value->>0, value->>1, value->>2, value->>3 FROM json_each(?)`,
    params: [organisationId, importId, JSON.stringify(rows)],
  };
}
