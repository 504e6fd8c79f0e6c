import { z } from 'zod';
import { type Big, decimal, r2 } from '../../../src-shared/domain/money/index.ts';
import type { LedgerDocument, LedgerLine, ReadBack } from '../kit/ledger.ts';
import { amountText, cut, marker } from '../kit/ledger-calls.ts';
import { textChars } from './quirks.ts';
import type { Settings } from './settings.ts';

/** Stands for a line without tax. A tax's own code is its name and percent, as they stand on a document: `VAT|20`. */
export const noTax = 'NO TAX';
export const codeOf = (name: string, percent: string) => `${name}|${decimal(percent).toFixed()}`;

function taxOf(line: LedgerLine): { name: string; percent: string } | null {
  const at = line.taxType.lastIndexOf('|');
  return at < 0 ? null : { name: line.taxType.slice(0, at), percent: line.taxType.slice(at + 1) };
}

/**
 * What a document becomes. A bill has lines, a due date and a vendor's record, but works its VAT out itself; an expense is
 * paid already and has one category, but keeps the VAT as printed. `null`: neither can hold it, and why.
 */
export type Form =
  | { readonly as: 'bill' | 'expense'; readonly because: string }
  | { readonly as: null; readonly because: string };

/** What FreshBooks would work out on a bill: each line rounded by itself. */
const workedOut = (line: LedgerLine) =>
  r2(
    decimal(line.net)
      .times(decimal(taxOf(line)?.percent ?? '0'))
      .div(100),
  );
const billHolds = (document: LedgerDocument) =>
  document.documentType === 'invoice' && document.lines.every((line) => workedOut(line).eq(decimal(line.vat)));

/** One category and one tax; a credit's lines of the same kind are added up. */
function singleLine(document: LedgerDocument): LedgerLine | null {
  const [first, ...others] = document.lines;
  if (!first || others.length === 0) return first ?? null;
  const alike = others.every((line) => line.taxType === first.taxType && line.accountCode === first.accountCode);
  if (document.documentType !== 'credit_note' || !alike) return null;
  return { ...first, net: document.totals.net, vat: document.totals.vat };
}

export function formOf(document: LedgerDocument, settings: Pick<Settings, 'postAs'>): Form {
  const single = singleLine(document) !== null;
  if (document.documentType === 'credit_note') {
    return single
      ? { as: 'expense', because: 'FreshBooks keeps no supplier credits, so this is an expense below zero' }
      : {
          as: null,
          because: 'FreshBooks keeps no supplier credits, and an expense below zero holds one category only',
        };
  }
  if (settings.postAs === 'expenses' && single) return { as: 'expense', because: 'as set' };
  if (billHolds(document)) {
    const several = settings.postAs === 'expenses';
    return { as: 'bill', because: several ? 'an expense holds one line only' : 'as set' };
  }
  return single
    ? { as: 'expense', because: 'a bill works its VAT out itself, an expense keeps the VAT as printed' }
    : {
        as: null,
        because:
          'FreshBooks works the VAT of a bill out itself and would not make it as printed; an expense holds one line only',
      };
}

/** Both as they will be sent, but for the vendor's id and the attachment. Amounts are text there, as they are here. */
export function planned(document: LedgerDocument, settings: Settings) {
  const form = formOf(document, settings);
  const money = (amount: string) => ({ amount: decimal(amount).toFixed(2), code: document.currency });
  if (form.as === 'bill') {
    return {
      bill: {
        bill_number: document.invoiceNumber,
        issue_date: document.date,
        due_offset_days: daysBetween(document.date, document.dueDate ?? document.date),
        currency_code: document.currency,
        language: 'en',
        lines: document.lines.map((line, i) => {
          const tax = taxOf(line);
          return {
            categoryid: line.accountCode,
            description: cut(line.description, textChars, i === 0 ? marker(document.reference) : ''),
            quantity: 1,
            unit_cost: money(line.net),
            ...(tax === null ? {} : { tax_name1: tax.name, tax_percent1: tax.percent }),
          };
        }),
      },
    };
  }
  const line = singleLine(document);
  if (form.as === null || line === null) return { nothing: form.because };
  const tax = taxOf(line);
  const signed = (amount: Big) => (document.documentType === 'credit_note' ? amount.times(-1) : amount).toFixed(2);
  return {
    expense: {
      categoryid: line.accountCode,
      staffid: settings.staffId,
      date: document.date,
      // With the tax in it.
      amount: money(signed(decimal(line.net).plus(decimal(line.vat)))),
      vendor: document.supplier.name,
      notes: cut(
        `${JSON.stringify(document.invoiceNumber)} ${line.description}`,
        textChars,
        marker(document.reference),
      ),
      ...(tax === null
        ? {}
        : { taxName1: tax.name, taxPercent1: tax.percent, taxAmount1: money(signed(decimal(line.vat))) }),
      include_receipt: false,
    },
  };
}

function daysBetween(from: string, to: string): number {
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000));
}

const Money = z.object({ amount: z.string(), code: z.string() });
const Id = z.union([z.string(), z.number()]).transform(String);
const Percent = z.union([z.string(), z.number()]).nullish();
const File = z.looseObject({}).nullish();

export const Bill = z.object({
  id: Id,
  vendorid: Id,
  bill_number: z.string().nullish(),
  issue_date: z.string(),
  currency_code: z.string(),
  lines: z
    .array(
      z.object({
        categoryid: Id,
        description: z.string().default(''),
        amount: Money,
        tax_name1: z.string().nullish(),
        tax_percent1: Percent,
        tax_amount1: Money.nullish(),
      }),
    )
    .default([]),
  attachment: File,
  amount: Money,
  tax_amount: Money,
  total_amount: Money,
  vis_state: z.number().default(0),
});
export type Bill = z.output<typeof Bill>;

export const Expense = z.object({
  id: Id,
  categoryid: Id,
  date: z.string(),
  amount: Money,
  vendor: z.string().nullish(),
  notes: z.string().default(''),
  taxName1: z.string().nullish(),
  taxPercent1: Percent,
  taxAmount1: Money.nullish(),
  has_receipt: z.boolean().default(false),
  attachment: File,
  vis_state: z.number().default(0),
});
export type Expense = z.output<typeof Expense>;

type Totals = LedgerDocument['totals'];
export const totalsOfBill = (bill: Bill): Totals => ({
  net: amountText(bill.amount.amount),
  vat: amountText(bill.tax_amount.amount),
  gross: amountText(bill.total_amount.amount),
});

/** A refund's amounts are below zero there, and positive in our words. */
export function totalsOfExpense(expense: Expense): Totals {
  const shown = (value: Big) => amountText((decimal(expense.amount.amount).lt(0) ? value.times(-1) : value).toFixed());
  const gross = decimal(expense.amount.amount);
  const vat = decimal(expense.taxAmount1?.amount ?? '0');
  return { net: shown(gross.minus(vat)), vat: shown(vat), gross: shown(gross) };
}

const taxCode = (name: string | null | undefined, percent: z.output<typeof Percent>) =>
  name ? codeOf(name, String(percent ?? '0')) : noTax;
/** 0: there; 1: deleted; 2: archived. */
const statusOf = (visState: number): ReadBack['status'] => (visState === 1 ? 'removed' : 'approved');
/** FreshBooks shows that there is a file, neither its name nor its length; and no rate of exchange. */
const unlisted = { evidence: [], evidenceListed: false, currencyRate: null } as const;

export function readBackOfBill(bill: Bill, vendorId: string, vendorName: string): ReadBack {
  return {
    vendorId,
    documentType: 'invoice',
    invoiceNumber: bill.bill_number ?? '',
    contact: { id: bill.vendorid, name: vendorName },
    status: statusOf(bill.vis_state),
    date: bill.issue_date,
    currency: bill.currency_code,
    ...totalsOfBill(bill),
    lines: bill.lines.map((line) => ({
      description: line.description,
      net: amountText(line.amount.amount),
      vat: line.tax_amount1 ? amountText(line.tax_amount1.amount) : '0.00',
      taxType: taxCode(line.tax_name1, line.tax_percent1),
      accountCode: line.categoryid,
    })),
    hasEvidence: bill.attachment != null,
    ...unlisted,
    evidence: [],
  };
}

export function readBackOfExpense(expense: Expense, vendorId: string): ReadBack {
  const totals = totalsOfExpense(expense);
  return {
    vendorId,
    documentType: decimal(expense.amount.amount).lt(0) ? 'credit_note' : 'invoice',
    invoiceNumber: numberIn(expense.notes) ?? '',
    contact: { id: '', name: expense.vendor ?? '' },
    status: statusOf(expense.vis_state),
    date: expense.date,
    currency: expense.amount.code,
    ...totals,
    lines: [
      {
        description: expense.notes,
        net: totals.net,
        vat: totals.vat,
        taxType: taxCode(expense.taxName1, expense.taxPercent1),
        accountCode: expense.categoryid,
      },
    ],
    linesSummed: true,
    hasEvidence: expense.has_receipt || expense.attachment != null,
    ...unlisted,
    evidence: [],
  };
}

/** The supplier's number, which our notes begin with. */
export function numberIn(notes: string): string | null {
  const quotedNumber = /^"(?:[^"\\]|\\.)*"/.exec(notes)?.[0];
  return quotedNumber === undefined ? null : (z.string().safeParse(JSON.parse(quotedNumber)).data ?? null);
}
