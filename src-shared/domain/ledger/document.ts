import { z } from 'zod';

const amount = z.string().regex(/^-?\d+(\.\d{1,3})?$/, 'decimal text in the document currency');

/**
 * One supplier document as it was frozen at approval: what every ledger adapter receives as the payload of `post-bill`,
 * in the ledger's own codes. Amounts are positive, also on a credit note: `documentType` carries the direction.
 */
export const LedgerDocument = z.object({
  /** Our own reference, unique for all time; it is what a look-up searches for (`WS:` and twelve characters). */
  reference: z.string().min(4).max(40),
  supplier: z.object({ name: z.string().min(1), country: z.string(), vatNumber: z.string() }),
  invoiceNumber: z.string().min(1),
  documentType: z.enum(['invoice', 'credit_note']),
  date: z.iso.date(),
  dueDate: z.iso.date(),
  currency: z.string().length(3),
  /** Foreign units per 1 GBP, decimal text of at most 6 places; null for sterling. */
  unitsPerGbp: z.string().nullable(),
  lineAmountTypes: z.enum(['Exclusive', 'NoTax']),
  lines: z
    .array(
      z.object({
        description: z.string(),
        net: amount,
        /** VAT the document carries on this line; "0.00" where the buyer accounts for it (reverse charge). */
        vat: amount,
        taxCode: z.string(),
        /** The buyer accounts for the VAT: the ledger works it out, no amount is sent. */
        reverseCharge: z.boolean(),
        accountCode: z.string(),
      }),
    )
    .min(1),
  evidence: z.array(
    z.object({ fileName: z.string(), contentType: z.string(), fileId: z.string(), bytes: z.number().int() }),
  ),
  totals: z.object({ net: amount, vat: amount, gross: amount }),
  /** Who approved which batch; goes into the ledger's history of the document. */
  approval: z.object({ batchId: z.string(), approvedBy: z.string() }),
});
export type LedgerDocument = z.infer<typeof LedgerDocument>;

/** The same document as the ledger holds it, in our words: what `read-back` returns, to be compared to the penny. */
export const LedgerCopy = z.object({
  vendorId: z.string(),
  invoiceNumber: z.string(),
  documentType: z.enum(['invoice', 'credit_note']),
  supplier: z.string(),
  date: z.string(),
  currency: z.string(),
  unitsPerGbp: z.string().nullable(),
  status: z.string(),
  net: z.string(),
  vat: z.string(),
  gross: z.string(),
  lines: z.array(z.object({ net: z.string(), vat: z.string(), taxCode: z.string(), accountCode: z.string() })),
  evidence: z.array(z.string()),
});
export type LedgerCopy = z.infer<typeof LedgerCopy>;

export interface Difference {
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Every field in which the ledger's copy is not the frozen document (R26). There is no tolerance: a penny is a
 * difference, and it is named. Empty: equal.
 */
export function differences(frozen: LedgerDocument, copy: LedgerCopy): Difference[] {
  const found: Difference[] = [];
  const compare = (field: string, expected: string, actual: string) => {
    if (expected !== actual) found.push({ field, expected, found: actual });
  };
  compare('invoice number', frozen.invoiceNumber, copy.invoiceNumber);
  compare('document type', frozen.documentType, copy.documentType);
  compare('supplier', plain(frozen.supplier.name), plain(copy.supplier));
  compare('date', frozen.date, copy.date);
  compare('currency', frozen.currency, copy.currency);
  compare('net', canonical(frozen.totals.net), canonical(copy.net));
  compare('VAT', canonical(frozen.totals.vat), canonical(copy.vat));
  compare('gross', canonical(frozen.totals.gross), canonical(copy.gross));
  if (frozen.unitsPerGbp !== null)
    compare('exchange rate', canonical(frozen.unitsPerGbp), canonical(copy.unitsPerGbp ?? ''));
  compare('lines', String(frozen.lines.length), String(copy.lines.length));
  frozen.lines.forEach((line, index) => {
    const other = copy.lines[index];
    if (!other) return;
    const at = `line ${index + 1}`;
    compare(`${at} net`, canonical(line.net), canonical(other.net));
    compare(`${at} VAT`, canonical(line.vat), canonical(other.vat));
    compare(`${at} tax code`, line.taxCode, other.taxCode);
    compare(`${at} account`, line.accountCode, other.accountCode);
  });
  for (const file of frozen.evidence) {
    if (!copy.evidence.includes(file.fileName))
      found.push({ field: 'evidence', expected: file.fileName, found: 'missing' });
  }
  return found;
}

/** `12.50` and `12.5` are the same amount, `12` and `12.00` too. */
function canonical(text: string): string {
  if (!/^-?\d+(\.\d+)?$/.test(text)) return text;
  const trimmed = text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
  return trimmed === '-0' ? '0' : trimmed;
}

/** Ledgers trim and collapse spaces in names. */
function plain(name: string): string {
  return name.trim().replace(/\s+/g, ' ');
}
