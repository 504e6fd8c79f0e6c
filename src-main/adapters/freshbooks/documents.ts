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

/** One category and one tax: what an expense holds. Lines of the same kind are added up. */
function kindsOf({ lines }: LedgerDocument): readonly LedgerLine[] {
  const kinds = new Map<string, LedgerLine>();
  for (const line of lines) {
    const key = `${line.taxType} ${line.accountCode}`;
    const before = kinds.get(key);
    const plus = (one: string, other: string) => decimal(one).plus(decimal(other)).toFixed(2);
    kinds.set(key, before ? { ...before, net: plus(before.net, line.net), vat: plus(before.vat, line.vat) } : line);
  }
  return [...kinds.values()];
}

export function formOf(document: LedgerDocument, settings: Pick<Settings, 'postAs'>): Form {
  if (document.documentType === 'credit_note') {
    const kinds = kindsOf(document).length;
    // One file belongs to one document there, and a reversal has none.
    if (kinds > 1 && document.evidence.length > 0)
      return { as: null, because: 'FreshBooks keeps no supplier credits, and expenses below zero share no evidence' };
    const form = kinds === 1 ? 'this is an expense' : `these are ${kinds} expenses, one a category and tax,`;
    return { as: 'expense', because: `FreshBooks keeps no supplier credits, so ${form} below zero` };
  }
  const single = document.lines.length === 1;
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
  if (form.as === null) return { nothing: form.because };
  const signed = (amount: Big) => (document.documentType === 'credit_note' ? amount.times(-1) : amount).toFixed(2);
  const kinds = document.documentType === 'credit_note' ? kindsOf(document) : document.lines;
  const parts = kinds.map((line, at) => {
    const tax = taxOf(line);
    const number = `${JSON.stringify(document.invoiceNumber)}${kinds.length === 1 ? '' : ` ${partMark(at, kinds.length)}`}`;
    return {
      categoryid: line.accountCode,
      staffid: settings.staffId,
      date: document.date,
      // With the tax in it.
      amount: money(signed(decimal(line.net).plus(decimal(line.vat)))),
      vendor: document.supplier.name,
      notes: cut(`${number} ${line.description}`, textChars, marker(document.reference)),
      ...(tax === null
        ? {}
        : { taxName1: tax.name, taxPercent1: tax.percent, taxAmount1: money(signed(decimal(line.vat))) }),
      include_receipt: false,
    };
  });
  const [expense] = parts;
  return parts.length === 1 && expense ? { expense } : { expenses: parts };
}

/** Which part of a document an expense is, in its notes behind the number. */
export const partMark = (at: number, of: number) => `(${at + 1} of ${of})`;

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
export function totalsOfExpenses(expenses: readonly Expense[]): Totals {
  const sum = (amounts: readonly Big[]) => amounts.reduce((total, one) => total.plus(one), decimal('0'));
  const gross = sum(expenses.map(({ amount }) => decimal(amount.amount)));
  const vat = sum(expenses.map(({ taxAmount1 }) => decimal(taxAmount1?.amount ?? '0')));
  const shown = (value: Big) => amountText((gross.lt(0) ? value.times(-1) : value).toFixed());
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

/** A document of one expense, or of one a category and tax. What should be the same on each and is not shows as it stands. */
export function readBackOfExpenses(expenses: readonly Expense[], vendorId: string): ReadBack {
  const totals = totalsOfExpenses(expenses);
  const isRefund = expenses.reduce((sum, { amount }) => sum.plus(decimal(amount.amount)), decimal('0')).lt(0);
  const each = (of: (expense: Expense) => string) => [...new Set(expenses.map(of))].join(' and ');
  return {
    vendorId,
    documentType: isRefund ? 'credit_note' : 'invoice',
    invoiceNumber: each(({ notes }) => numberIn(notes) ?? ''),
    contact: { id: '', name: each(({ vendor }) => vendor ?? '') },
    status: expenses.some(({ vis_state }) => statusOf(vis_state) === 'removed') ? 'removed' : 'approved',
    date: each(({ date }) => date),
    currency: each(({ amount }) => amount.code),
    ...totals,
    lines: expenses.map((expense) => {
      const own = totalsOfExpenses([expense]);
      const isOther = decimal(expense.amount.amount).lt(0) !== isRefund;
      const shown = (amount: string) => (isOther ? amountText(decimal(amount).times(-1).toFixed()) : amount);
      return {
        description: expense.notes,
        net: shown(own.net),
        vat: shown(own.vat),
        taxType: taxCode(expense.taxName1, expense.taxPercent1),
        accountCode: expense.categoryid,
      };
    }),
    linesSummed: true,
    hasEvidence: expenses.some((expense) => expense.has_receipt || expense.attachment != null),
    ...unlisted,
    evidence: [],
  };
}

/** The supplier's number, which our notes begin with. */
export function numberIn(notes: string): string | null {
  const quotedNumber = /^"(?:[^"\\]|\\.)*"/.exec(notes)?.[0];
  return quotedNumber === undefined ? null : (z.string().safeParse(JSON.parse(quotedNumber)).data ?? null);
}
