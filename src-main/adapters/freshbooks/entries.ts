import type { DayWindow, LedgerEntry, ReadBack } from '../kit/ledger.ts';
import { openFreshBooks } from './client.ts';
import { Bill, Expense, readBackOfBill, readBackOfExpenses } from './documents.ts';
import type { FreshBooksContext } from './kit.ts';
import { vendorNames } from './vendors.ts';

/** Bills and expenses of those days. Whether the filters are heeded is not written down, so they are applied again here (3.7). */
export async function entries(ctx: FreshBooksContext, { from, to }: DayWindow): Promise<LedgerEntry[]> {
  const fb = openFreshBooks(ctx);
  const within = (day: string, state: number) => from <= day && day <= to && state !== 1;
  const listed = await fb.all('/bills/bills', 'bills', Bill, {
    ...{ 'search[start_date]': from, 'search[end_date]': to, 'search[vis_state]': '0' },
  });
  const bills = listed.filter((bill) => within(bill.issue_date, bill.vis_state));
  const names = bills.length === 0 ? new Map<string, string>() : await vendorNames(fb);
  const paid = await fb.all('/expenses/expenses', 'expenses', Expense, {
    ...{ 'search[date_min]': from, 'search[date_max]': to, 'search[vis_state]': '0' },
  });
  return [
    ...bills.map((bill) => entryOf('bill', readBackOfBill(bill, `bill/${bill.id}`, names.get(bill.vendorid) ?? ''))),
    ...paid
      .filter((expense) => within(expense.date, expense.vis_state))
      .map((expense) => entryOf('expense', readBackOfExpenses([expense], `expense/${expense.id}`))),
  ];
}

function entryOf(
  word: LedgerEntry['word'],
  { vendorId, documentType, contact, invoiceNumber, date, currency, gross }: ReadBack,
): LedgerEntry {
  const facts = { vendorId, documentType, invoiceNumber, date, currency, gross };
  return { ...facts, word, supplier: contact.name, linkable: true };
}
