import type { CostLine } from '../../src-shared/contract/exports.ts';

export const total = 100_000;

const reasons = [
  { id: 'VAT-RATE', severity: 'block', message: 'VAT of 21.40 is no UK rate of the net amount 107.20.' },
  { id: 'DUP-NEAR', severity: 'warn', message: 'Looks like a line of another import: same supplier, amount and day.' },
  { id: 'CAT-NONE', severity: 'warn', message: 'No category yet.' },
  { id: 'SUP-NEW', severity: 'block', message: 'The supplier is new and nobody has confirmed it.' },
] as const;
const categories = ['Software', 'Venue hire', 'Flowers', 'Photography', 'Travel', 'Advertising'];
const treatments = ['standard', 'reverse_charge', 'zero', 'outside_scope'];
const text = (minor: number) => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;

/** A line that needs work, as the review list gets it from the engine; what the list does not show is left plain. */
function line(index: number): CostLine {
  const net = 1_000 + ((index * 7_919) % 900_000);
  const vat = Math.round(net / 5);
  const reason = reasons[index % reasons.length] ?? reasons[0];
  const date = `2026-${String(1 + (index % 11)).padStart(2, '0')}-${String(1 + (index % 28)).padStart(2, '0')}`;
  return {
    id: `line-${index}`,
    version: 1,
    importId: 'import-1',
    date,
    periodStart: null,
    periodEnd: null,
    supplierId: null,
    supplier: `Supplier ${index % 700} Ltd`,
    supplierCountry: 'GB',
    supplierVatNumber: '',
    invoiceNumber: `N-${index}`,
    documentType: 'invoice',
    description: `Order ${index} for the weekend of ${date}`,
    category: categories[index % categories.length] ?? '',
    currency: index % 9 === 0 ? 'USD' : 'GBP',
    net: text(net),
    vat: text(vat),
    gross: text(net + vat),
    fxRateToGbp: null,
    printedVatGbp: null,
    taxPoint: null,
    paidOn: null,
    dueOn: null,
    originalInvoice: null,
    documentLines: 1,
    netGbp: text(net),
    vatGbp: text(vat),
    treatment: treatments[index % treatments.length] ?? '',
    treatmentHint: '',
    deductible: true,
    state: 'review',
    excludedReason: null,
    batchId: null,
    checks: [{ ...reason, fix: '', acknowledged: null }],
    reason: reason.message,
    sourceRows: 1,
  };
}

export const lines: readonly CostLine[] = Array.from({ length: total }, (_, index) => line(index));
