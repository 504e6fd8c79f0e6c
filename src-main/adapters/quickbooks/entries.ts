import { z } from 'zod';
import type { DayWindow, LedgerEntry } from '../kit/ledger.ts';
import { amountText } from '../kit/ledger-calls.ts';
import { openQuickBooks, quoted } from './client.ts';
import { collections, home, LedgerView, readBackOf } from './documents.ts';
import type { QuickBooksContext } from './kit.ts';

/** Paid at once, by card for instance. */
const Purchase = z.object({
  Id: z.string(),
  DocNumber: z.string().default(''),
  TxnDate: z.string(),
  EntityRef: z.object({ name: z.string().default('') }).optional(),
  CurrencyRef: z.object({ value: z.string() }).default({ value: home }),
  Credit: z.boolean().default(false),
  TotalAmt: z.number(),
});

/** Our rule names a supplier's second record after its currency. */
const plain = (name: string, currency: string) => {
  const suffix = ` (${currency})`;
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
};

/** Bills, supplier credits and expenses of those days: three calls, and one more for each thousand. */
export async function entries(ctx: QuickBooksContext, { from, to }: DayWindow): Promise<LedgerEntry[]> {
  const qb = openQuickBooks(ctx);
  const of = (entity: string) =>
    `select * from ${entity} where TxnDate >= ${quoted(from)} and TxnDate <= ${quoted(to)}`;
  const found: LedgerEntry[] = [];
  for (const documentType of ['invoice', 'credit_note'] as const) {
    const { entity, word } = collections[documentType];
    for (const view of await qb.rows(entity, of(entity), LedgerView)) {
      const { vendorId, invoiceNumber, date, currency, gross } = readBackOf(view, documentType, '', []);
      const supplier = plain(view.VendorRef.name, currency);
      found.push({ vendorId, documentType, word, supplier, invoiceNumber, date, currency, gross, linkable: true });
    }
  }
  for (const paid of await qb.rows('Purchase', of('Purchase'), Purchase)) {
    const currency = paid.CurrencyRef.value;
    found.push({
      ...{ vendorId: paid.Id, word: 'expense', invoiceNumber: paid.DocNumber, date: paid.TxnDate, currency },
      documentType: paid.Credit ? 'credit_note' : 'invoice',
      supplier: plain(paid.EntityRef?.name ?? '', currency),
      gross: amountText(paid.TotalAmt),
      linkable: false,
    });
  }
  return found;
}
