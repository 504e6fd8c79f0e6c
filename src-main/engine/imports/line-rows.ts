import type { HandLine } from '../../../src-shared/contract/desk.ts';
import { type CategoryRule, categoryFrom } from '../../../src-shared/domain/cost/category-rule.ts';
import {
  type BreakdownPart,
  type DocumentSum,
  derivedNumber,
  exactPlus,
  mergeBreakdowns,
  roundedAmounts,
} from '../../../src-shared/domain/cost/document-sum.ts';
import { toMinor } from '../../../src-shared/domain/money/index.ts';
import type { CostContribution, CostLineRow } from '../../store/repositories/costs.ts';
import type { SupplierRow } from '../../store/repositories/suppliers.ts';
import type { StagedLine } from './worker-protocol.ts';

/** Where costs go until somebody says otherwise (F3). */
const usualCategory = 'Software and Technology';

interface NewLine {
  readonly organisationId: string;
  readonly importId: string;
  readonly id: string;
  readonly now: number;
  readonly supplier: SupplierRow;
  readonly rules: readonly CategoryRule[];
}

/** The parts of a line nobody has worked out yet. */
function unassessed(date: string) {
  return {
    tax_date: date,
    net_gbp_minor: null,
    vat_gbp_minor: 0,
    charged_vat_gbp_minor: null,
    gross_gbp_minor: null,
    treatment: 'unclassified',
    box1_minor: 0,
    box4_minor: 0,
    box6_minor: 0,
    box7_minor: 0,
    deductible: 1,
    checks: '[]',
    check_ids: null,
    blocks: 0,
    open_warns: 0,
    reason: null,
    derivation: '[]',
    state: 'review',
    excluded_reason: null,
    batch_id: null,
  } as const;
}

/** A row of a plain CSV as a line: what it says itself comes before what is known of the supplier. */
export function plainLineRow(
  { organisationId, importId, id, now, supplier, rules }: NewLine,
  { row, key, line }: StagedLine,
): CostLineRow {
  return {
    organisation_id: organisationId,
    id,
    version: 1,
    import_id: importId,
    origin: 'csv',
    document_key: key,
    first_row: row,
    last_row: row,
    source_rows: 1,
    supplier_id: supplier.id,
    supplier: line.supplier,
    supplier_country: line.supplierCountry || supplier.country,
    supplier_vat_number: line.supplierVatNumber || supplier.vat_number,
    uk_establishment: line.ukEstablishment || supplier.uk_establishment === 1 ? 1 : 0,
    invoice_number: line.invoiceNumber,
    invoice_number_derived: 0,
    document_type: line.documentType,
    description: line.description,
    category: line.category || (categoryFrom(rules, line.supplier, line.description) ?? usualCategory),
    line_date: line.date,
    period_start: line.periodStart,
    period_end: line.periodEnd,
    tax_point: line.taxPoint,
    paid_on: line.paid,
    due_on: line.due,
    original_invoice: line.originalInvoice,
    document_lines: line.lines,
    printed_vat_gbp: line.gbpVat,
    attributes: JSON.stringify(line.attributes),
    currency: line.currency,
    net: line.net,
    vat: line.vat,
    gross: line.gross,
    gross_minor: minorOrNull(line.gross, line.currency),
    exact_net: line.net,
    exact_vat: line.vat,
    breakdown: '[]',
    fx_rate_to_gbp: line.fxRateToGbp,
    fx_units_per_gbp: null,
    fx_source: line.fxRateToGbp === null ? null : 'file',
    treatment_hint: line.hint,
    created_at: now,
    updated_at: now,
    ...unassessed(line.date),
  };
}

/** An invoice typed in by a person. */
export function handLineRow(
  { organisationId, id, now, supplier, rules }: Omit<NewLine, 'importId'>,
  invoice: HandLine & { readonly gross: string },
): CostLineRow {
  return {
    organisation_id: organisationId,
    id,
    version: 1,
    import_id: null,
    origin: 'hand',
    document_key: `hand:${id}`,
    first_row: null,
    last_row: null,
    source_rows: 1,
    supplier_id: supplier.id,
    supplier: invoice.supplier,
    supplier_country: invoice.supplierCountry,
    supplier_vat_number: invoice.supplierVatNumber || supplier.vat_number,
    uk_establishment: supplier.uk_establishment,
    invoice_number: invoice.invoiceNumber,
    invoice_number_derived: 0,
    document_type: invoice.documentType,
    description: invoice.description,
    category: invoice.category || (categoryFrom(rules, invoice.supplier, invoice.description) ?? usualCategory),
    line_date: invoice.date,
    period_start: invoice.periodStart,
    period_end: invoice.periodEnd,
    tax_point: null,
    paid_on: null,
    due_on: null,
    original_invoice: null,
    document_lines: 1,
    printed_vat_gbp: null,
    attributes: '{}',
    currency: invoice.currency,
    net: invoice.net,
    vat: invoice.vat,
    gross: invoice.gross,
    gross_minor: minorOrNull(invoice.gross, invoice.currency),
    exact_net: invoice.net,
    exact_vat: invoice.vat,
    breakdown: '[]',
    fx_rate_to_gbp: null,
    fx_units_per_gbp: null,
    fx_source: null,
    treatment_hint: '',
    created_at: now,
    updated_at: now,
    ...unassessed(invoice.date),
  };
}

/** Null where the amount has more decimals than its currency: the review blocks such a line (AMT-PRECISION). */
function minorOrNull(amount: string, currency: string): number | null {
  try {
    return toMinor(amount, currency);
  } catch (thrown) {
    if (thrown instanceof RangeError) return null;
    throw thrown;
  }
}

/** A document summed from rows. `provisional`: fetched before its month was over, or set to false when it was. */
export type Document = DocumentSum & { readonly number: number; readonly provisional?: boolean };

/** A month that is not over is no invoice yet: the checks block it until it was fetched again. */
export function finality(
  { provisional }: Pick<Document, 'provisional'>,
  known: CostLineRow['document_type'],
): Pick<CostLineRow, 'document_type'> {
  if (provisional === undefined) return { document_type: known };
  return { document_type: provisional ? 'proforma' : 'invoice' };
}

/** What an import gives to the line of a document. */
export function contributionOf(
  organisationId: string,
  importId: string,
  lineId: string,
  document: DocumentSum & { readonly number: number },
): CostContribution {
  return {
    organisation_id: organisationId,
    import_id: importId,
    document_no: document.number,
    document_key: document.key,
    line_id: lineId,
    exact_net: document.exactNet,
    exact_vat: document.exactVat,
    breakdown: JSON.stringify(document.breakdown),
    rows: document.rows,
    first_row: document.firstRow,
    last_row: document.lastRow,
  };
}

/**
 * A new line for a document summed from rows. The description names no service: words such as "forecast" or "budget" in
 * product names would read like an estimate; the breakdown has the services.
 */
export function documentLineRow(base: NewLine, key: string, document: Document, supplement: number): CostLineRow {
  const { organisationId, importId, id, now, supplier, rules } = base;
  const reference = document.invoiceId || derivedNumber(document);
  const description = `Cloud and AI services ${document.periodStart} to ${document.periodEnd}, account ${document.account}`;
  const row: CostLineRow = {
    organisation_id: organisationId,
    id,
    version: 1,
    import_id: importId,
    origin: document.provisional === undefined ? 'focus' : 'api',
    document_key: key,
    first_row: document.firstRow,
    last_row: document.lastRow,
    source_rows: 0,
    supplier_id: supplier.id,
    supplier: supplier.name,
    supplier_country: supplier.country,
    supplier_vat_number: supplier.vat_number,
    uk_establishment: supplier.uk_establishment,
    invoice_number: supplement > 1 ? `${reference}-${supplement}` : reference,
    invoice_number_derived: document.invoiceId ? 0 : 1,
    ...finality(document, 'invoice'),
    description,
    category: categoryFrom(rules, supplier.name, description) ?? usualCategory,
    line_date: document.periodEnd,
    period_start: document.periodStart,
    period_end: document.periodEnd,
    tax_point: null,
    paid_on: null,
    due_on: null,
    original_invoice: supplement > 1 ? reference : null,
    document_lines: 1,
    printed_vat_gbp: null,
    attributes: '{}',
    currency: document.currency,
    net: '0',
    vat: '0',
    gross: '0',
    gross_minor: 0,
    exact_net: '0',
    exact_vat: '0',
    breakdown: '[]',
    fx_rate_to_gbp: null,
    fx_units_per_gbp: null,
    fx_source: null,
    treatment_hint: '',
    created_at: now,
    updated_at: now,
    ...unassessed(document.periodEnd),
  };
  return row;
}

/** A line as the sum of everything imports gave to it: exact first, rounded once, with what rounding its document's others left. */
export function summedLine(
  line: CostLineRow,
  parts: readonly CostContribution[],
  now: number,
  carried: { readonly net: string; readonly vat: string } = { net: '0', vat: '0' },
): CostLineRow {
  const exactNet = parts.reduce((sum, part) => exactPlus(sum, part.exact_net), '0');
  const exactVat = parts.reduce((sum, part) => exactPlus(sum, part.exact_vat), '0');
  const rounded = roundedAmounts(exactPlus(exactNet, carried.net), exactPlus(exactVat, carried.vat), line.currency);
  const { net, vat, gross, grossMinor } = rounded;
  const breakdown = mergeBreakdowns(parts.map((part) => JSON.parse(part.breakdown) as BreakdownPart[]));
  const flips = line.document_type === 'invoice' || line.document_type === 'credit_note';
  return {
    ...line,
    net,
    vat,
    gross,
    gross_minor: grossMinor,
    exact_net: exactNet,
    exact_vat: exactVat,
    breakdown: JSON.stringify(breakdown),
    source_rows: parts.reduce((rows, part) => rows + part.rows, 0),
    // A vendor's month that ends in our favour is a credit.
    document_type: flips ? (grossMinor < 0 ? 'credit_note' : 'invoice') : line.document_type,
    updated_at: now,
  };
}
