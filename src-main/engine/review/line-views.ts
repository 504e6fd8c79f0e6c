import { z } from 'zod';
import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import type { LineHistoryEntry } from '../../store/repositories/line-history.ts';
import { checkStandings } from './step.ts';
import { pounds, storedChecks } from './stored-line.ts';

/** A stored line as the contract shows it. */
export function lineView(row: CostLineRow): CostLine {
  return {
    id: row.id,
    version: row.version,
    importId: row.import_id,
    date: row.line_date,
    periodStart: row.period_start,
    periodEnd: row.period_end,
    supplierId: row.supplier_id,
    supplier: row.supplier,
    supplierCountry: row.supplier_country,
    supplierVatNumber: row.supplier_vat_number,
    invoiceNumber: row.invoice_number,
    documentType: row.document_type,
    description: row.description,
    category: row.category,
    currency: row.currency,
    net: row.net,
    vat: row.vat,
    gross: row.gross,
    fxRateToGbp: row.fx_rate_to_gbp,
    printedVatGbp: row.printed_vat_gbp,
    taxPoint: row.tax_point,
    paidOn: row.paid_on,
    dueOn: row.due_on,
    originalInvoice: row.original_invoice,
    documentLines: row.document_lines,
    netGbp: pounds(row.net_gbp_minor),
    vatGbp: pounds(row.vat_gbp_minor) ?? '0.00',
    treatment: row.treatment,
    treatmentHint: row.treatment_hint,
    deductible: row.deductible === 1,
    state: row.state,
    excludedReason: row.excluded_reason,
    batchId: row.batch_id,
    checks: storedChecks(row),
    reason: row.reason,
    sourceRows: row.source_rows,
  };
}

const labels: Readonly<Record<string, string>> = {
  line_date: 'date',
  period_start: 'period start',
  period_end: 'period end',
  supplier_country: 'country',
  supplier_vat_number: 'VAT number',
  uk_establishment: 'UK establishment',
  invoice_number: 'invoice number',
  document_type: 'document type',
  fx_rate_to_gbp: 'exchange rate',
  printed_vat_gbp: 'printed VAT in pounds',
  tax_point: 'tax point',
  paid_on: 'paid on',
  due_on: 'due on',
  original_invoice: 'invoice credited',
  document_lines: 'lines on the document',
  treatment_hint: 'treatment',
  excluded_reason: 'reason for excluding',
  checks: 'confirmed warnings',
};
/** Follow from other columns; showing them would say everything twice. */
const derived = new Set([
  'blocks',
  'open_warns',
  'reason',
  'gross_minor',
  'fx_units_per_gbp',
  'fx_source',
  'invoice_number_derived',
  'supplier_id',
]);

const Columns = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

/** One entry a changed field, newest first. */
export function historyView(entries: readonly LineHistoryEntry[]) {
  return entries.flatMap((entry) => {
    const before = Columns.parse(JSON.parse(entry.before));
    const after = Columns.parse(JSON.parse(entry.after));
    return Object.keys(after)
      .filter((column) => !derived.has(column) && before[column] !== after[column])
      .map((column) => ({
        at: isoOf(entry.at as Parameters<typeof isoOf>[0]),
        who: entry.actor,
        what: `${entry.what === 'undo' ? 'undo: ' : ''}${labels[column] ?? column}`,
        before: shown(column, before[column]),
        after: shown(column, after[column]),
        why: entry.why,
        undoId: entry.what === 'undo' || entry.undone_by !== null ? null : entry.change_id,
      }));
  });
}

function shown(column: string, value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (column === 'checks') return checkStandings(String(value));
  if (column === 'uk_establishment' || column === 'deductible') return value === 1 ? 'yes' : 'no';
  return String(value);
}
