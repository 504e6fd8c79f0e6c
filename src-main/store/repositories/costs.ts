import type { Selectable } from 'kysely';

/** One source row of a cost file; `row_hash` with `occurrence` is its identity within an organisation. */
export interface CostRowTable {
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
export interface CostContributionTable {
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
  treatment: string;
  treatment_hint: string;
  box1_minor: number;
  box4_minor: number;
  box6_minor: number;
  box7_minor: number;
  deductible: number;
  /** `CheckView[]` of the contract, JSON. */
  checks: string;
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
  cost_line: CostLineTable;
  /** Lines of an unfinished import; nothing but the import reads it. */
  cost_line_staged: CostLineTable;
}

export type CostLineRow = Selectable<CostLineTable>;
