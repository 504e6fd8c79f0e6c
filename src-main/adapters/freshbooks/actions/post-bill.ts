import { z } from 'zod';
import { NeedsAttentionError, PermanentError } from '../../../../src-shared/domain/failure.ts';
import { decimal } from '../../../../src-shared/domain/money/index.ts';
import type { Found, Plan } from '../../kit/adapter.ts';
import { LedgerDocument } from '../../kit/ledger.ts';
import { loadEvidence, marker, totalsDiffer } from '../../kit/ledger-calls.ts';
import { type FreshBooks, openFreshBooks } from '../client.ts';
import { Bill, Expense, formOf, numberIn, planned, totalsOfBill, totalsOfExpenses } from '../documents.ts';
import { uploaded } from '../evidence.ts';
import { asJson, type FreshBooksContext, kit } from '../kit.ts';
import { fileBytes } from '../quirks.ts';
import { vendorFor } from '../vendors.ts';
import { createParts, creditRefused, deleted, PlannedExpense, partsAmong } from './parts.ts';

const ledger = { name: 'FreshBooks', maxBytes: fileBytes };
const bills = '/bills/bills';
const expenses = '/expenses/expenses';

/** A bill or an expense as it stands there. */
interface Standing {
  /** `bill/12` or `expense/34`: their numbers are counted apart. A document in parts is `expense/34+35`. */
  readonly vendorId: string;
  readonly totals: LedgerDocument['totals'];
  readonly hasEvidence: boolean;
}

/**
 * A supplier document into FreshBooks. There are no keys there, so bills and expenses are searched for our reference before
 * every create; evidence goes up first and stands on the document from its first moment. Whatever differs from what was
 * approved is deleted at once (F7, R25, TGT-DUP, TGT-TOTAL).
 */
export const postBill = kit.action({
  label: 'Post a bill or expense',
  payload: LedgerDocument,
  payloadVersion: 1,
  deliveryClass: 'never-twice',
  idempotency: 'lookup-first',

  plan(document, settings): Plan {
    const form = formOf(document, settings);
    const { totals, currency } = document;
    return {
      summary: `Post ${form.as ?? 'document'} ${document.invoiceNumber} of ${document.supplier.name}, ${currency} ${totals.gross}`,
      target: `POST ${form.as === 'bill' ? bills : expenses}`,
      fields: [
        { name: 'Posted as', next: `${form.as ?? 'nothing'} (${form.because})` },
        { name: 'Supplier', next: document.supplier.name },
        { name: 'Number', next: document.invoiceNumber },
        { name: 'Date', next: document.date },
        { name: 'Net', next: `${currency} ${totals.net}` },
        { name: 'VAT', next: `${currency} ${totals.vat}` },
        { name: 'Gross', next: `${currency} ${totals.gross}` },
        ...document.lines.map((line, i) => ({
          name: `Line ${i + 1}`,
          next: `${line.description}: ${line.net}, ${line.taxType.replace('|', ' ')}, category ${line.accountCode}`,
        })),
        { name: 'Evidence', next: document.evidence.map((file) => file.fileName).join(', ') || 'none' },
      ],
      body: asJson({ document, wire: planned(document, settings) }),
    };
  },

  async deliver(plan, stamp, ctx) {
    const { document, wire } = contentOf(plan);
    const fb = openFreshBooks(ctx, stamp.attempt);
    const there = await lookUp(fb, document);
    if ('expenses' in wire) {
      const made = await createParts(
        fb,
        wire.expenses,
        partsAmong(there.ourExpenses, wire.expenses, document),
        document,
      );
      return receiptOf(standingExpense(...made));
    }
    const ours = oursAmong(there.ours, document);
    if (ours) {
      const found = judged(ours, document);
      if (found.same) return found.receipt;
      throw new NeedsAttentionError(
        'outcome-unknown',
        `${document.invoiceNumber} stands in FreshBooks with ${found.difference}`,
        {
          hint: 'TGT-TOTAL: it was changed there. Correct or delete it in FreshBooks.',
        },
      );
    }
    if ('nothing' in wire)
      throw new PermanentError('rejected', wire.nothing, { hint: 'Export it to a file, Xero or QuickBooks.' });
    return 'bill' in wire
      ? createBill(fb, wire.bill, there.bills, document, ctx)
      : createExpense(fb, wire.expense, there.expenses, document, ctx);
  },

  async find(plan, stamp, ctx) {
    const { document, wire } = contentOf(plan);
    const there = await lookUp(openFreshBooks(ctx, stamp.attempt), document);
    if ('expenses' in wire) {
      const parts = partsAmong(there.ourExpenses, wire.expenses, document).flatMap((part) => part ?? []);
      // What is there of it is found again by the next try, which makes the rest.
      return parts.length < wire.expenses.length ? null : judged(standingExpense(...parts), document);
    }
    const ours = oursAmong(there.ours, document);
    return ours ? judged(ours, document) : null;
  },
});

const Content = z.object({
  document: LedgerDocument,
  wire: z.union([
    z.object({ bill: z.looseObject({}) }),
    z.object({ expense: PlannedExpense }),
    z.object({ expenses: z.array(PlannedExpense) }),
    z.object({ nothing: z.string() }),
  ]),
});
const contentOf = (plan: Plan) => Content.parse(plan.body);

const standingBill = (bill: Bill): Standing => ({
  vendorId: `bill/${bill.id}`,
  totals: totalsOfBill(bill),
  hasEvidence: bill.attachment != null,
});
const standingExpense = (...parts: readonly Expense[]): Standing => ({
  vendorId: `expense/${parts.map(({ id }) => id).join('+')}`,
  totals: totalsOfExpenses(parts),
  hasEvidence: parts.some((expense) => expense.has_receipt || expense.attachment != null),
});

/** Both kinds are asked, whatever it would become now: settings may have changed since the first try. Filters are ours too. */
async function lookUp(fb: FreshBooks, document: LedgerDocument) {
  const mark = marker(document.reference);
  const listed = await fb.all(bills, 'bills', Bill, {
    'search[bill_number]': document.invoiceNumber,
    'search[vis_state]': '0',
  });
  const sameNumber: Bill[] = [];
  for (const bill of listed.filter((one) => one.bill_number === document.invoiceNumber)) {
    // A list shows no attachments, and may leave the lines out.
    const whole = await fb.one(`${bills}/${bill.id}`, 'bill', Bill, { 'include[]': 'attachment' });
    if (whole.vis_state !== 1) sameNumber.push(whole);
  }
  const sameDay = (
    await fb.all(expenses, 'expenses', Expense, {
      'search[date_min]': document.date,
      'search[date_max]': document.date,
      'search[vis_state]': '0',
    })
  ).filter((expense) => expense.date === document.date && expense.vis_state !== 1);
  const ourExpenses = sameDay.filter((expense) => expense.notes.includes(mark));
  return {
    bills: sameNumber,
    expenses: sameDay,
    ourExpenses,
    ours: [
      ...sameNumber.filter((bill) => bill.lines.some((line) => line.description.includes(mark))).map(standingBill),
      ...ourExpenses.map((expense) => standingExpense(expense)),
    ],
  };
}

function oursAmong(ours: readonly Standing[], document: LedgerDocument): Standing | null {
  if (ours.length > 1) {
    throw new NeedsAttentionError(
      'outcome-unknown',
      `FreshBooks holds ${document.invoiceNumber} ${ours.length} times`,
      {
        hint: 'Delete all but one in FreshBooks, then try again.',
      },
    );
  }
  return ours[0] ?? null;
}

const receiptOf = ({ vendorId }: Standing) => ({
  vendorId,
  note: `${vendorId.replace('/', ' ')} stands in FreshBooks`,
  document: { status: 'approved' },
});

/** What a look-up in doubt concludes (R25): a document comes to be in one step, so what is there is all there will be. */
function judged(standing: Standing, document: LedgerDocument): Found {
  const lacking = document.evidence.length > 0 && !standing.hasEvidence ? 'no evidence' : null;
  const difference = totalsDiffer(standing.totals, document.totals) ?? lacking;
  const receipt = receiptOf(standing);
  return difference === null ? { receipt, same: true } : { receipt, same: false, difference };
}

const duplicate = (what: string, existing: string) =>
  new PermanentError('rejected', `Already in FreshBooks as ${what}`, {
    hint: 'TGT-DUP: link to that document, or correct the number.',
    existing,
  });

async function createBill(
  fb: FreshBooks,
  wire: object,
  sameNumber: readonly Bill[],
  document: LedgerDocument,
  ctx: FreshBooksContext,
) {
  const bytes = await loadEvidence(document.evidence, ctx.files, ledger);
  const vendorid = await vendorFor(fb, document.supplier, document.currency);
  const other = sameNumber.find((bill) => bill.vendorid === vendorid);
  if (other)
    throw duplicate(
      `bill ${other.bill_number} (${other.currency_code} ${other.total_amount.amount})`,
      `bill/${other.id}`,
    );
  const attachment = await uploaded(fb, document.evidence, bytes, document.reference);
  const made = await fb.write('POST', bills, 'bill', Bill, { vendorid, ...wire, attachment });
  return checked(fb, `${bills}/${made.id}`, standingBill(made), document);
}

async function createExpense(
  fb: FreshBooks,
  wire: { readonly amount: { readonly amount: string } },
  sameDay: readonly Expense[],
  document: LedgerDocument,
  ctx: FreshBooksContext,
) {
  const bytes = await loadEvidence(document.evidence, ctx.files, ledger);
  const other = sameDay.find(
    (one) =>
      (one.vendor ?? '').trim().toLowerCase() === document.supplier.name.trim().toLowerCase() &&
      one.amount.code === document.currency &&
      decimal(one.amount.amount).eq(decimal(wire.amount.amount)) &&
      // Of our own making it has a number; one typed by hand may have none, and is the same cost all the same.
      (numberIn(one.notes) ?? document.invoiceNumber) === document.invoiceNumber,
  );
  if (other)
    throw duplicate(`expense of ${other.date} (${other.amount.code} ${other.amount.amount})`, `expense/${other.id}`);
  const attachment = await uploaded(fb, document.evidence, bytes, document.reference);
  const body = { ...wire, has_receipt: attachment !== null, ...(attachment === null ? {} : { attachment }) };
  const made = await fb.write('POST', expenses, 'expense', Expense, body).catch((error: unknown) => {
    throw creditRefused(error, document);
  });
  return checked(fb, `${expenses}/${made.id}`, standingExpense(made), document);
}

/** TGT-TOTAL: what differs by any amount is deleted before anybody relies on it. */
async function checked(fb: FreshBooks, path: string, standing: Standing, document: LedgerDocument) {
  const difference = totalsDiffer(standing.totals, document.totals);
  if (difference === null) return receiptOf(standing);
  const name = standing.vendorId.startsWith('bill') ? 'bill' : 'expense';
  await deleted(fb, path, name, document);
  throw new PermanentError(
    'rejected',
    `FreshBooks made ${document.invoiceNumber} ${difference}. It was deleted there.`,
    {
      hint: 'TGT-TOTAL: look at the rounding of the lines and at the taxes.',
    },
  );
}
