import { z } from 'zod';
import { Big, decimal } from '../../../src-shared/domain/money/index.ts';

/** Exact decimal text with at most two places, as ledgers hold amounts: `"1234.50"`, `"-3"`. */
const Amount = z.string().regex(/^-?\d{1,12}(\.\d{1,2})?$/, 'An amount has at most two decimal places');
/** More than zero, at most six places: what a ledger keeps of an exchange rate. */
const Rate = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, 'A rate has at most six decimal places')
  .refine((text) => /[1-9]/.test(text), 'A rate is more than zero');

/** One file that proves the document. The bytes stay in the console's own store and are read when they are sent. */
export const Evidence = z.strictObject({
  /** Without the characters no ledger takes in a name, so that it reads back as it was sent. */
  fileName: z
    .string()
    .max(200)
    .regex(/^[^<>:"/\\|?*\p{Cc}]+$/u, 'A file name holds none of < > : " / \\ | ? *'),
  contentType: z.string().min(3).max(100),
  /** Content id, resolved by `Context.files`. */
  fileId: z.string().min(1),
  /** Length in bytes; compared with what the ledger lists. */
  size: z.number().int().positive(),
});
export type Evidence = z.infer<typeof Evidence>;

export const LedgerLine = z.strictObject({
  description: z.string().min(1),
  net: Amount,
  /** As printed. Zero where the buyer accounts for it (reverse charge) or none is due. */
  vat: Amount,
  /** The ledger's own code, resolved and confirmed beforehand (MAP-TAX). */
  taxType: z.string().min(1),
  /** The ledger's own account (MAP-ACCOUNT). */
  accountCode: z.string().min(1),
});
export type LedgerLine = z.infer<typeof LedgerLine>;

export const mostLines = 500;
/** What Xero takes, and the others no less. */
export const mostEvidence = 10;

/**
 * A supplier document as it was approved: frozen, and the same for every ledger. A credit note carries positive amounts,
 * as printed on it; its type says which way it counts.
 */
export const LedgerDocument = z.strictObject({
  documentType: z.enum(['invoice', 'credit_note']),
  /** Ours, short and unique; written into the document, so that it can be recognised there. */
  reference: z.string().regex(/^WS:[0-9A-Za-z-]{4,40}$/),
  supplier: z.strictObject({
    name: z.string().min(1).max(255),
    /** ISO 3166-1 alpha-2. */
    country: z.string().length(2),
    /** Empty when the supplier has none. */
    vatNumber: z.string().max(50).default(''),
    /** The ledger's own record once known; it then wins over the name. */
    contactId: z.string().min(1).optional(),
  }),
  /** The supplier's number. */
  invoiceNumber: z.string().min(1).max(255),
  date: z.iso.date(),
  dueDate: z.iso.date().optional(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  /** Foreign units for one pound, e.g. `"1.3404"`. Always given for a foreign currency. */
  currencyRate: Rate.optional(),
  /** What the line amounts are: `none` where the books carry no VAT at all. */
  lineAmounts: z.enum(['exclusive', 'none']),
  lines: z.array(LedgerLine).min(1).max(mostLines),
  /** What the ledger must show to the penny. A reverse charge has `vat` 0 and `gross` equal to `net`. */
  totals: z.strictObject({ net: Amount, vat: Amount, gross: Amount }),
  evidence: z.array(Evidence).max(mostEvidence),
  /** Goes into the document's history: which batch, approved by whom. */
  note: z.string().max(450).default(''),
});
export type LedgerDocument = z.infer<typeof LedgerDocument>;

/** Names the document to be read back after posting. */
export const PostedDocument = z.strictObject({
  /** Our reference, when the engine asks: it leads the answer back to the document. */
  reference: z.string().optional(),
  documentType: LedgerDocument.shape.documentType,
  vendorId: z.string().min(1),
});
export type PostedDocument = z.infer<typeof PostedDocument>;

/**
 * The document as the ledger holds it now, in the words of {@link LedgerDocument}: the receipt of a `read-back` action
 * carries it as `document`, and the engine compares it to the penny (R26). Nothing in it is rounded or filled in by us.
 */
export const ReadBack = z.strictObject({
  vendorId: z.string(),
  documentType: LedgerDocument.shape.documentType,
  invoiceNumber: z.string(),
  contact: z.strictObject({ id: z.string(), name: z.string() }),
  /** `draft`: not in the books yet. `approved`: counts. `removed`: deleted or voided there. */
  status: z.enum(['draft', 'approved', 'removed']),
  date: z.string(),
  currency: z.string(),
  /** Foreign units for one pound; null in the books' own currency or where the ledger shows none. */
  currencyRate: z.string().nullable(),
  /** Pounds for one foreign unit, where the ledger keeps that way round; `currencyRate` is null then. See {@link homeRate}. */
  homeRate: z.string().optional(),
  net: z.string(),
  vat: z.string(),
  gross: z.string(),
  lines: z.array(
    z.strictObject({
      description: z.string(),
      net: z.string(),
      /** Empty where the ledger keeps VAT for the whole document only. */
      vat: z.string(),
      taxType: z.string(),
      accountCode: z.string(),
    }),
  ),
  /** true: the ledger keeps one line a document, so lines of the same codes were added up. Default false. */
  linesSummed: z.boolean().optional(),
  hasEvidence: z.boolean(),
  /** false: the ledger tells only whether there is evidence, neither names nor sizes. Default true. */
  evidenceListed: z.boolean().optional(),
  evidence: z.array(z.strictObject({ fileName: z.string(), size: z.number().int() })),
});
export type ReadBack = z.infer<typeof ReadBack>;

/** Days from and to, both included, `YYYY-MM-DD`. */
export interface DayWindow {
  readonly from: string;
  readonly to: string;
}

/** A purchase document as a ledger lists it, whoever entered it there: enough to tell whether one of ours is a second of it. */
export interface LedgerEntry {
  readonly vendorId: string;
  readonly documentType: LedgerDocument['documentType'];
  /** What it is called there: bill, expense. */
  readonly word: string;
  readonly supplier: string;
  /** Empty where nobody typed one. */
  readonly invoiceNumber: string;
  readonly date: string;
  readonly currency: string;
  /** Positive for credit notes too. */
  readonly gross: string;
  /** false: of a kind that cannot be read back, so ours cannot be linked to it. */
  readonly linkable: boolean;
}

/** The same rate the other way round: pounds for one foreign unit, six places, half up. */
export function homeRate(currencyRate: string): string {
  return new Big(1).div(decimal(currencyRate)).round(6, Big.roundHalfUp).toFixed();
}

/**
 * Takes a posted document back (F10): never by deleting it, but by a document of the other kind with the same lines,
 * linked to the first by its words and its id there.
 */
export const Reversal = z.strictObject({
  /** The reversal's own. */
  reference: LedgerDocument.shape.reference,
  /** As it was approved and posted. */
  original: LedgerDocument,
  /** The original's id in the ledger. */
  vendorId: z.string().min(1),
  /** A day in an open period. */
  date: z.iso.date(),
  /** Why, and who wants it. */
  note: LedgerDocument.shape.note,
});
export type Reversal = z.infer<typeof Reversal>;

/** The document that takes the original back. Its evidence is the original's; a reversal of a credit note is an invoice. */
export function reversalOf({ reference, original, vendorId, date, note }: Reversal): LedgerDocument {
  const { dueDate: _due, ...kept } = original;
  return {
    ...kept,
    documentType: original.documentType === 'invoice' ? 'credit_note' : 'invoice',
    reference,
    // Short enough for every ledger, and another one each time a document is posted and taken back.
    invoiceNumber: `REV-${reference.slice(3, 19)}`,
    date,
    lines: original.lines.map((line) => ({
      ...line,
      description: `Reverses ${original.invoiceNumber}: ${line.description}`,
    })),
    evidence: [],
    note: `Reverses ${original.invoiceNumber} (${vendorId}). ${note}`.slice(0, 450),
  };
}
