/** How one cost line is treated for VAT; the last two never leave the console. */
export const treatments = [
  'uk_standard',
  'uk_reduced',
  'uk_zero',
  'exempt',
  'reverse_charge',
  'domestic_reverse_charge',
  'flat_rate_no_claim',
  'no_vat_unregistered_supplier',
  'outside_scope',
  'unregistered_cost',
  'needs_supplier_correction',
  'unclassified',
] as const;
export type Treatment = (typeof treatments)[number];

interface TaxCodes {
  readonly xero: string;
  readonly qbo: string;
}

const none: TaxCodes = { xero: '', qbo: '' };
const noVat: TaxCodes = { xero: 'NONE', qbo: 'No VAT' };

/**
 * Purchase tax codes of today's ledgers. Empty: a person picks the code (domestic reverse charge), or the line may not
 * leave at all. Names can be changed in a company file: they are resolved and confirmed when a ledger is connected.
 */
export const taxCodes: Readonly<Record<Treatment, TaxCodes>> = {
  uk_standard: { xero: 'INPUT2', qbo: '20.0% S' },
  uk_reduced: { xero: 'RRINPUT', qbo: '5.0% R' },
  uk_zero: { xero: 'ZERORATEDINPUT', qbo: '0.0% Z' },
  exempt: { xero: 'EXEMPTINPUT', qbo: 'Exempt' },
  reverse_charge: { xero: 'REVERSECHARGES', qbo: '20.0% RC SG' },
  domestic_reverse_charge: none,
  flat_rate_no_claim: { xero: 'INPUT2', qbo: '20.0% S' },
  no_vat_unregistered_supplier: noVat,
  outside_scope: noVat,
  unregistered_cost: noVat,
  needs_supplier_correction: none,
  unclassified: none,
};
