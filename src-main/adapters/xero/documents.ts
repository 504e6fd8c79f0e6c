import type { Contact, CreditNote, Invoice, LineItem } from 'xero-node';
import { z } from 'zod';
import { decimal } from '../../../src-shared/domain/money/index.ts';
import type { LedgerDocument, ReadBack } from '../kit/ledger.ts';
import { amountText, cut, marker } from '../kit/ledger-calls.ts';
import { descriptionChars } from './quirks.ts';

/** xero-node's enums are numbers to the compiler and texts on the wire; only identity tells them from real numbers. */
type Identical<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
/** xero-node's models as they travel: names begin with a capital, enums and dates are text. */
type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends number
      ? Identical<T, number> extends true
        ? number
        : string
      : T extends object
        ? { readonly [K in keyof T as Capitalize<K & string>]?: Wire<Exclude<T[K], undefined>> }
        : T;
/** As in a plan: amounts are decimal text until the last moment. */
type Texts<T> = T extends number
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Texts<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Texts<T[K]> }
      : T;
export type WireInvoice = Wire<Invoice>;
export type WireCreditNote = Wire<CreditNote>;
export type WireContact = Wire<Contact>;
type PlannedLine = Texts<
  Pick<Wire<LineItem>, 'Description' | 'Quantity' | 'UnitAmount' | 'AccountCode' | 'TaxType' | 'TaxAmount'>
>;

/** Bills are `Invoices` of type ACCPAY, supplier credits `CreditNotes` of type ACCPAYCREDIT; else they are alike. */
export interface Collection {
  readonly name: 'Invoices' | 'CreditNotes';
  readonly type: 'ACCPAY' | 'ACCPAYCREDIT';
  readonly id: 'InvoiceID' | 'CreditNoteID';
  readonly number: 'InvoiceNumber' | 'CreditNoteNumber';
  readonly word: 'bill' | 'credit note';
}
export const collections: Readonly<Record<LedgerDocument['documentType'], Collection>> = {
  invoice: { name: 'Invoices', type: 'ACCPAY', id: 'InvoiceID', number: 'InvoiceNumber', word: 'bill' },
  credit_note: {
    name: 'CreditNotes',
    type: 'ACCPAYCREDIT',
    id: 'CreditNoteID',
    number: 'CreditNoteNumber',
    word: 'credit note',
  },
};

/** Codes whose VAT the buyer accounts for: a tax amount must not be sent with them (1.6). */
const selfAccounted = /^(REVERSECHARGES|DRCHARGE)/;

/** The document as it will be sent, but for the contact's id, with amounts as decimal text. Pure. */
export function planned(document: LedgerDocument) {
  const collection = collections[document.documentType];
  const lines = document.lines.map((line, i): PlannedLine => {
    const taxType = document.lineAmounts === 'none' ? 'NONE' : line.taxType;
    const withTax = document.lineAmounts !== 'none' && !selfAccounted.test(taxType);
    return {
      Description: cut(line.description, descriptionChars, i === 0 ? marker(document.reference) : ''),
      Quantity: '1',
      UnitAmount: line.net,
      AccountCode: line.accountCode,
      TaxType: taxType,
      ...(withTax ? { TaxAmount: line.vat } : {}),
    };
  });
  return {
    Type: collection.type,
    Status: 'DRAFT',
    [collection.number]: document.invoiceNumber,
    Date: document.date,
    ...(collection.name === 'Invoices' ? { DueDate: document.dueDate ?? document.date } : {}),
    LineAmountTypes: document.lineAmounts === 'none' ? 'NoTax' : 'Exclusive',
    CurrencyCode: document.currency,
    ...(document.currencyRate === undefined ? {} : { CurrencyRate: document.currencyRate }),
    LineItems: lines,
  };
}
type Planned = ReturnType<typeof planned>;

/** The only place where an amount becomes a JSON number: from text with at most six decimals, which prints back alike. */
export function wired(plan: Planned, contactId: string): WireInvoice | WireCreditNote {
  return {
    ...plan,
    Contact: { ContactID: contactId },
    ...('CurrencyRate' in plan ? { CurrencyRate: Number(plan.CurrencyRate) } : {}),
    LineItems: plan.LineItems.map(({ Quantity, UnitAmount, TaxAmount, ...line }) => ({
      ...line,
      Quantity: Number(Quantity),
      UnitAmount: Number(UnitAmount),
      ...(TaxAmount === undefined ? {} : { TaxAmount: Number(TaxAmount) }),
    })),
  } as WireInvoice | WireCreditNote;
}

const Messages = z.array(z.object({ Message: z.string() })).optional();
const Line = z.object({
  Description: z.string().default(''),
  LineAmount: z.number().default(0),
  TaxAmount: z.number().default(0),
  TaxType: z.string().default(''),
  AccountCode: z.string().default(''),
});

/** A bill or credit as Xero shows it: what we read of it. */
export const LedgerView = z
  .object({
    InvoiceID: z.string().optional(),
    CreditNoteID: z.string().optional(),
    Type: z.string(),
    InvoiceNumber: z.string().optional(),
    CreditNoteNumber: z.string().optional(),
    Contact: z.object({ ContactID: z.string(), Name: z.string().default('') }),
    Status: z.enum(['DRAFT', 'SUBMITTED', 'AUTHORISED', 'PAID', 'DELETED', 'VOIDED']),
    Date: z.string().optional(),
    DateString: z.string().optional(),
    CurrencyCode: z.string(),
    CurrencyRate: z.number().optional(),
    SubTotal: z.number(),
    TotalTax: z.number(),
    Total: z.number(),
    LineItems: z.array(Line).default([]),
    HasAttachments: z.boolean().default(false),
  })
  .transform((view, check) => {
    const id = view.InvoiceID ?? view.CreditNoteID;
    if (id !== undefined) return { ...view, id, number: view.InvoiceNumber ?? view.CreditNoteNumber ?? '' };
    check.addIssue('The document has no id');
    return z.NEVER;
  });
export type LedgerView = z.output<typeof LedgerView>;

/** What was refused inside a 200: each failed element carries its own errors (`summarizeErrors=false`). */
const Failed = z.object({ HasErrors: z.literal(true), ValidationErrors: Messages });

const Pagination = z.object({ pageCount: z.number() }).optional();
const listed = z.array(LedgerView);
const answered = z.array(z.union([Failed, LedgerView])).min(1);
export const DocumentPage = z.union([
  z
    .object({ pagination: Pagination, Invoices: listed })
    .transform((body) => ({ items: body.Invoices, pages: body.pagination?.pageCount ?? 1 })),
  z
    .object({ pagination: Pagination, CreditNotes: listed })
    .transform((body) => ({ items: body.CreditNotes, pages: body.pagination?.pageCount ?? 1 })),
]);
export const DocumentAnswer = z.union([
  z.object({ Invoices: answered }).transform((body) => body.Invoices[0]),
  z.object({ CreditNotes: answered }).transform((body) => body.CreditNotes[0]),
]);

function dayOf(view: LedgerView): string {
  if (view.DateString !== undefined) return view.DateString.slice(0, 10);
  const ms = /\/Date\((-?\d+)/.exec(view.Date ?? '')?.[1];
  return ms === undefined ? (view.Date ?? '').slice(0, 10) : new Date(Number(ms)).toISOString().slice(0, 10);
}

const statuses: Readonly<Record<LedgerView['Status'], ReadBack['status']>> = {
  DRAFT: 'draft',
  SUBMITTED: 'draft',
  AUTHORISED: 'approved',
  PAID: 'approved',
  DELETED: 'removed',
  VOIDED: 'removed',
};
export const statusOf = (view: LedgerView) => statuses[view.Status];

export function readBackOf(view: LedgerView, evidence: ReadBack['evidence']): ReadBack {
  return {
    vendorId: view.id,
    documentType: view.Type === 'ACCPAYCREDIT' ? 'credit_note' : 'invoice',
    invoiceNumber: view.number,
    contact: { id: view.Contact.ContactID, name: view.Contact.Name },
    status: statusOf(view),
    date: dayOf(view),
    currency: view.CurrencyCode,
    // UK books are in pounds, where Xero shows a rate of 1 that nobody set.
    currencyRate:
      view.CurrencyCode === 'GBP' || view.CurrencyRate === undefined
        ? null
        : decimal(String(view.CurrencyRate)).toFixed(),
    ...totalsOf(view),
    lines: view.LineItems.map((line) => ({
      description: line.Description,
      net: amountText(line.LineAmount),
      vat: amountText(line.TaxAmount),
      taxType: line.TaxType,
      accountCode: line.AccountCode,
    })),
    hasEvidence: view.HasAttachments,
    evidence,
  };
}

export function totalsOf(view: LedgerView): LedgerDocument['totals'] {
  return { net: amountText(view.SubTotal), vat: amountText(view.TotalTax), gross: amountText(view.Total) };
}
