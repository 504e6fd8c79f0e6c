import type { LinePatch } from '../../../src-shared/contract/exports.ts';
import { decimal, toMinor } from '../../../src-shared/domain/money/index.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { refused } from '../problem.ts';
import { typedCountry } from './country.ts';

/** Columns of a stored line and their values. */
export type LineColumns = Readonly<Record<string, string | number | null>>;

const flag = (value: boolean) => (value ? 1 : 0);

/** The columns a person's correction sets. A rate typed in is a rate by hand, and takes the place of HMRC's. */
export function columnsOf(patch: LinePatch): LineColumns {
  const columns: Record<string, string | number | null> = {};
  const set = (column: keyof CostLineRow, value: string | number | null | undefined) => {
    if (value !== undefined) columns[column] = value;
  };
  set('line_date', patch.date);
  set('period_start', patch.periodStart);
  set('period_end', patch.periodEnd);
  set('supplier', patch.supplier);
  set('supplier_country', patch.supplierCountry === undefined ? undefined : typedCountry(patch.supplierCountry));
  set('supplier_vat_number', patch.supplierVatNumber);
  set('uk_establishment', patch.ukEstablishment === undefined ? undefined : flag(patch.ukEstablishment));
  set('invoice_number', patch.invoiceNumber);
  if (patch.invoiceNumber !== undefined) set('invoice_number_derived', 0);
  set('document_type', patch.documentType);
  set('description', patch.description);
  set('category', patch.category);
  set('net', patch.net === undefined ? undefined : decimalText(patch.net));
  set('vat', patch.vat === undefined ? undefined : decimalText(patch.vat));
  set('gross', patch.gross === undefined ? undefined : decimalText(patch.gross));
  if (patch.currency !== undefined) {
    // The rate was that of another currency.
    Object.assign(columns, {
      currency: patch.currency,
      fx_rate_to_gbp: null,
      fx_units_per_gbp: null,
      fx_source: null,
    });
  }
  set(
    'printed_vat_gbp',
    typeof patch.printedVatGbp === 'string' ? decimalText(patch.printedVatGbp) : patch.printedVatGbp,
  );
  set('tax_point', patch.taxPoint);
  set('paid_on', patch.paidOn);
  set('due_on', patch.dueOn);
  set('original_invoice', patch.originalInvoice === undefined ? undefined : patch.originalInvoice?.trim() || null);
  set('document_lines', patch.documentLines);
  set('treatment_hint', patch.treatmentHint);
  set('deductible', patch.deductible === undefined ? undefined : flag(patch.deductible));
  if (patch.fxRateToGbp !== undefined) {
    columns.fx_rate_to_gbp = patch.fxRateToGbp;
    columns.fx_units_per_gbp = null;
    columns.fx_source = patch.fxRateToGbp === null ? null : 'hand';
  }
  return columns;
}

/** @throws ProblemError on text that is no number */
function decimalText(text: string): string {
  try {
    decimal(text);
    return text;
  } catch {
    throw refused({ happened: `"${text}" is not an amount.`, remedy: 'Write it like 1234.50.' });
  }
}

/** Duplicates are looked up by gross in minor units, so it follows the gross at once. */
export function withGrossMinor(row: CostLineRow, values: LineColumns): LineColumns {
  if (typeof values.gross !== 'string' && typeof values.currency !== 'string') return values;
  let grossMinor: number | null = null;
  try {
    grossMinor = toMinor(String(values.gross ?? row.gross), String(values.currency ?? row.currency));
  } catch {
    // More decimals than the currency has: the line is blocked for it.
  }
  return { ...values, gross_minor: grossMinor };
}
