import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Big, decimal } from '../../../src-shared/domain/money/index.ts';
import { homeRate, type LedgerDocument, type ReadBack } from '../kit/ledger.ts';
import { amountText, cut, marker } from '../kit/ledger-calls.ts';
import { docNumberChars, textChars } from './quirks.ts';

/** Supplier invoices are `Bill`s, supplier credits `VendorCredit`s with positive amounts; else they are alike. */
export interface Collection {
  readonly entity: 'Bill' | 'VendorCredit';
  readonly path: '/bill' | '/vendorcredit';
  readonly word: 'bill' | 'supplier credit';
}
export const collections: Readonly<Record<LedgerDocument['documentType'], Collection>> = {
  invoice: { entity: 'Bill', path: '/bill', word: 'bill' },
  credit_note: { entity: 'VendorCredit', path: '/vendorcredit', word: 'supplier credit' },
};

/** Stands for "no code at all", in companies that keep no VAT. */
export const noCode = 'NON';
export const home = 'GBP';

/** A supplier's number as `DocNumber` takes it: whole, or its beginning and a hash that keeps it one of a kind. */
export function docNumber(invoiceNumber: string): string {
  if (invoiceNumber.length <= docNumberChars) return invoiceNumber;
  const sum = createHash('sha256').update(invoiceNumber).digest('hex').slice(0, 8);
  return `${invoiceNumber.slice(0, 12)}-${sum}`;
}

/** The document as it will be sent, but for the vendor's id, with amounts as decimal text. Pure. */
export function planned(document: LedgerDocument) {
  const { entity } = collections[document.documentType];
  const withCodes = document.lines.some((line) => line.taxType !== noCode);
  return {
    DocNumber: docNumber(document.invoiceNumber),
    TxnDate: document.date,
    ...(entity === 'Bill' ? { DueDate: document.dueDate ?? document.date } : {}),
    CurrencyRef: { value: document.currency },
    // Theirs is pounds for one foreign unit: the other way round than ours.
    ...(document.currency === home || document.currencyRate === undefined
      ? {}
      : { ExchangeRate: homeRate(document.currencyRate) }),
    GlobalTaxCalculation: withCodes ? ('TaxExcluded' as const) : ('NotApplicable' as const),
    PrivateNote: cut(
      `${marker(document.reference)} no. ${JSON.stringify(document.invoiceNumber)} ${document.note}`,
      textChars,
    ),
    Line: document.lines.map((line) => ({
      Amount: line.net,
      Description: cut(line.description, textChars),
      DetailType: 'AccountBasedExpenseLineDetail' as const,
      AccountBasedExpenseLineDetail: {
        AccountRef: { value: line.accountCode },
        ...(line.taxType === noCode ? {} : { TaxCodeRef: { value: line.taxType } }),
        BillableStatus: 'NotBillable' as const,
      },
    })),
  };
}
type Planned = ReturnType<typeof planned>;

/** The only place where an amount becomes a JSON number: from text with at most six decimals, which prints back alike. */
export function wired(plan: Planned, vendorId: string) {
  return {
    ...plan,
    VendorRef: { value: vendorId },
    ...('ExchangeRate' in plan ? { ExchangeRate: Number(plan.ExchangeRate) } : {}),
    Line: plan.Line.map((line) => ({ ...line, Amount: Number(line.Amount) })),
  };
}

const Ref = z.object({ value: z.string(), name: z.string().default('') });
export const TaxLine = z.looseObject({
  Amount: z.number().default(0),
  TaxLineDetail: z.looseObject({ TaxRateRef: Ref.optional() }).default({}),
});

/** A bill or supplier credit as QuickBooks shows it: what we read of it. */
export const LedgerView = z.object({
  Id: z.string(),
  /** Counts changes: `"0"` is as it was created. */
  SyncToken: z.string(),
  DocNumber: z.string().default(''),
  TxnDate: z.string().default(''),
  PrivateNote: z.string().default(''),
  CurrencyRef: Ref.default({ value: home, name: '' }),
  ExchangeRate: z.number().optional(),
  VendorRef: Ref,
  Line: z
    .array(
      z.object({
        Amount: z.number().default(0),
        Description: z.string().default(''),
        AccountBasedExpenseLineDetail: z
          .object({ AccountRef: Ref.optional(), TaxCodeRef: Ref.optional(), TaxAmount: z.number().optional() })
          .default({}),
      }),
    )
    .default([]),
  TxnTaxDetail: z
    .object({ TotalTax: z.number().default(0), TaxLine: z.array(TaxLine).default([]) })
    .default({ TotalTax: 0, TaxLine: [] }),
  TotalAmt: z.number(),
});
export type LedgerView = z.output<typeof LedgerView>;

export const DocumentAnswer = z.union([
  z.object({ Bill: LedgerView }).transform((body) => body.Bill),
  z.object({ VendorCredit: LedgerView }).transform((body) => body.VendorCredit),
]);

/** Net is the sum of the lines: QuickBooks shows no subtotal of its own. */
export function totalsOf(view: LedgerView): LedgerDocument['totals'] {
  const net = view.Line.reduce((sum, line) => sum.plus(decimal(String(line.Amount))), new Big(0));
  return {
    net: amountText(net.toFixed()),
    vat: amountText(view.TxnTaxDetail.TotalTax),
    gross: amountText(view.TotalAmt),
  };
}

/** The supplier's whole number: from the note when `DocNumber` is its short form and nothing else's. */
function numberOf(view: LedgerView): string {
  const written = /no\. ("(?:[^"\\]|\\.)*")/.exec(view.PrivateNote)?.[1];
  if (written === undefined) return view.DocNumber;
  const whole = z.string().safeParse(JSON.parse(written)).data ?? '';
  return docNumber(whole) === view.DocNumber ? whole : view.DocNumber;
}

export function readBackOf(
  view: LedgerView,
  documentType: LedgerDocument['documentType'],
  contactName: string,
  evidence: ReadBack['evidence'],
): ReadBack {
  const currency = view.CurrencyRef.value;
  return {
    vendorId: view.Id,
    documentType,
    invoiceNumber: numberOf(view),
    contact: { id: view.VendorRef.value, name: contactName },
    // Whatever is there counts at once; what was removed there is not found at all.
    status: 'approved',
    date: view.TxnDate,
    currency,
    currencyRate: null,
    ...(currency === home || view.ExchangeRate === undefined
      ? {}
      : { homeRate: decimal(String(view.ExchangeRate)).toFixed() }),
    ...totalsOf(view),
    lines: view.Line.map(({ Amount, Description, AccountBasedExpenseLineDetail: detail }) => ({
      description: Description,
      net: amountText(Amount),
      vat: detail.TaxAmount === undefined ? '' : amountText(detail.TaxAmount),
      taxType: detail.TaxCodeRef?.value ?? noCode,
      accountCode: detail.AccountRef?.value ?? '',
    })),
    hasEvidence: evidence.length > 0,
    evidence,
  };
}
