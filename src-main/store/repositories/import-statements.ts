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
  'treatment',
  'treatment_hint',
  'box1_minor',
  'box4_minor',
  'box6_minor',
  'box7_minor',
  'deductible',
  'checks',
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

export const columnList = lineColumns.join(', ');

/** One statement for many lines, sent as one text: far cheaper to hand to the writer than a value a column. */
export function insertLinesStatement(table: 'cost_line' | 'cost_line_staged', rows: readonly CostLineRow[]): Statement {
  return {
    sql: `INSERT INTO ${table} (${columnList}) SELECT ${lineColumns.map((_, index) => `value->>${index}`).join(', ')} FROM json_each(?)`,
    params: [JSON.stringify(rows.map((row) => lineColumns.map((column) => row[column])))],
  };
}

/** One piece of clearing away what an import wrote; call until it reports 0. */
export function clearStatements(organisationId: string, importId: string): Statement[] {
  const some = (table: string, key: string) =>
    `DELETE FROM ${table} WHERE organisation_id = ? AND ${key} IN (SELECT ${key} FROM ${table} WHERE organisation_id = ? AND import_id = ? LIMIT 2000)`;
  return [
    { sql: some('cost_row', 'rowid'), params: [organisationId, organisationId, importId] },
    { sql: some('cost_line_staged', 'id'), params: [organisationId, organisationId, importId] },
  ];
}

/** One piece of emptying the table of staged lines, of one import or (null) of all; call until it reports 0. */
export function emptyStagedStatement(
  of: { readonly organisationId: string; readonly importId: string } | null,
): Statement {
  const which = of ? 'WHERE organisation_id = ? AND import_id = ?' : '';
  return {
    sql: `DELETE FROM cost_line_staged WHERE (organisation_id, id) IN (SELECT organisation_id, id FROM cost_line_staged ${which} LIMIT 2000)`,
    params: of ? [of.organisationId, of.importId] : [],
  };
}

/**
 * One statement for many source rows: `[hash, occurrence, row, document, amount, isTax, service]`. Returns the `row_no` of
 * those that were not here before.
 */
export function insertRowsStatement(
  organisationId: string,
  importId: string,
  rows: readonly (readonly [string, number, number, number, string, number, string])[],
): Statement {
  return {
    sql: `INSERT INTO cost_row (organisation_id, row_hash, occurrence, import_id, row_no, document_no, amount, is_tax, service)
SELECT ?, unhex(value->>0), value->>1, ?, value->>2, value->>3, value->>4, value->>5, value->>6 FROM json_each(?) WHERE true
ON CONFLICT (organisation_id, row_hash, occurrence) DO NOTHING RETURNING row_no`,
    params: [organisationId, importId, JSON.stringify(rows)],
  };
}

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
