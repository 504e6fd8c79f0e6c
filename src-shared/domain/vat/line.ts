/** A cost line as the VAT rules see it. Amounts and rates are decimal text, dates `YYYY-MM-DD` as written, not yet checked. */
export interface VatLine {
  readonly id: string;
  readonly date: string;
  readonly supplier: string;
  /** Two letters: where the establishment on the invoice belongs. */
  readonly supplierCountry: string;
  readonly supplierVatNumber: string;
  /** null: nobody has said. */
  readonly customerRegistered: boolean | null;
  readonly customerCountry: string;
  /** What was bought, without attributes. */
  readonly text: string;
  readonly currency: string;
  readonly net: string;
  readonly vat: string;
  readonly gross: string;
  /** The treatment the import claims; empty when it claims none. */
  readonly hint: string;
  readonly fx: FxRate | null;
  readonly attributes: LineAttributes;
}

/**
 * An exchange rate in the direction its source publishes it, so that HMRC's rates (foreign units per pound) divide in
 * full precision instead of being turned into a short reciprocal first.
 */
export type FxRate = { readonly gbpPerUnit: string } | { readonly unitsPerGbp: string };

export interface LineAttributes {
  /** The supplier's document number; empty when missing. */
  readonly inv: string;
  /** `invoice`, `credit_note`, `receipt`, `proforma`, `statement` or `order`. */
  readonly doc: string;
  /** Lines on the printed document: each may be rounded on its own. */
  readonly lines: number;
  readonly period: DateRange | null;
  readonly paid: string | null;
  readonly due: string | null;
  readonly taxPoint: string | null;
  /** VAT in pounds as printed on a foreign-currency UK invoice. */
  readonly gbpVat: string | null;
  /** The invoice a credit note credits. */
  readonly orig: string | null;
  /** `standard`, `flat_rate` or `cash`. */
  readonly scheme: string;
  /** From when the buyer is registered; null is long ago. */
  readonly registeredFrom: string | null;
  /** A person confirmed that a UK establishment supplied it. */
  readonly ukEstablishment: boolean;
  readonly partlyExempt: boolean;
  /** false: a person said that its VAT may not be reclaimed (entertainment, private use), so it is part of the cost. */
  readonly reclaimable: boolean;
  /** The VAT period being exported. */
  readonly openPeriod: DateRange | null;
  /** The day the line is looked at. */
  readonly seen: string;
}

export interface DateRange {
  readonly from: string;
  readonly to: string;
}

/** The day the rulebook's position was taken; files that name no evaluation date are looked at as on that day. */
export const rulebookDate = '2026-11-22';

function rangeOf(text: string | undefined): DateRange | null {
  const [from, to, more] = (text ?? '').split('/').map((part) => part.trim());
  return from && to && more === undefined ? { from, to } : null;
}

/** What a description without attributes says. */
const bare: Omit<LineAttributes, 'inv' | 'seen'> = {
  doc: 'invoice',
  lines: 1,
  period: null,
  paid: null,
  due: null,
  taxPoint: null,
  gbpVat: null,
  orig: null,
  scheme: 'standard',
  registeredFrom: null,
  ukEstablishment: false,
  partlyExempt: false,
  reclaimable: true,
  openPeriod: null,
};

/** Splits `text; key=value; …` into the text and the attributes it carries; unknown keys are ignored, the last of a kind counts. */
export function readDescription(
  description: string,
  rowId: string,
  seen = rulebookDate,
): { text: string; attributes: LineAttributes } {
  // Most descriptions carry nothing, and files have millions of them.
  if (!description.includes(';')) return { text: description.trim(), attributes: { ...bare, inv: rowId, seen } };
  const [text = '', ...pairs] = description.split(';');
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at > 0) values.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
  const lines = values.get('lines') ?? '';
  return {
    text: text.trim(),
    attributes: {
      inv: values.get('inv') ?? rowId,
      doc: values.get('doc')?.toLowerCase() || 'invoice',
      lines: /^[1-9]\d{0,5}$/.test(lines) ? Number(lines) : 1,
      period: rangeOf(values.get('period')),
      paid: values.get('paid') || null,
      due: values.get('due') || null,
      taxPoint: values.get('tax_point') || null,
      gbpVat: values.get('gbp_vat') || null,
      orig: values.get('orig') || null,
      scheme: values.get('scheme')?.toLowerCase() || 'standard',
      registeredFrom: values.get('reg_from') || null,
      ukEstablishment: values.get('uk_est') === '1',
      partlyExempt: values.get('pe') === '1',
      reclaimable: true,
      openPeriod: rangeOf(values.get('period_open')),
      seen: values.get('seen') || seen,
    },
  };
}
