import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { countryOf } from '../../../src-shared/domain/cost/country.ts';

export const fields = [
  'date',
  'periodStart',
  'periodEnd',
  'supplier',
  'supplierCountry',
  'supplierVatNumber',
  'invoiceNumber',
  'documentType',
  'description',
  'category',
  'net',
  'vat',
  'gross',
  'currency',
  'fxRateToGbp',
  'printedVatGbp',
  'taxPoint',
  'dueOn',
  'paidOn',
  'originalInvoice',
  'documentLines',
  'treatmentHint',
  'deductible',
] as const;
/** Left empty they are unknown. */
const nullable: ReadonlySet<string> = new Set([
  ...['periodStart', 'periodEnd', 'fxRateToGbp', 'printedVatGbp'],
  ...['taxPoint', 'dueOn', 'paidOn', 'originalInvoice'],
]);

export type LineValues = Pick<CostLine, (typeof fields)[number]>;
type Value = string | number | boolean | null;

/** What is sent of a form: what was changed, and the count of lines where a person vouches for the one that stands there. */
export function changedFields(line: LineValues, values: LineValues, counted: boolean): Record<string, Value> {
  return Object.fromEntries(
    fields
      .filter((field) => values[field] !== line[field] || (counted && field === 'documentLines'))
      .map((field) => [field, blankToNull(field, values[field])]),
  );
}

function blankToNull(field: (typeof fields)[number], value: Value): Value {
  if (value === '' && nullable.has(field)) return null;
  return field === 'supplierCountry' && typeof value === 'string' ? (countryOf(value) ?? value) : value;
}
