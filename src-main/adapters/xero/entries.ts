import type { DayWindow, LedgerEntry } from '../kit/ledger.ts';
import { openXero } from './client.ts';
import { collections, DocumentPage, readBackOf, statusOf } from './documents.ts';
import type { XeroContext } from './kit.ts';

/** As many as a page may hold: one call for most months. */
const pageSize = 1_000;
const date = (day: string) => `DateTime(${day.split('-').join(',')})`;

/** Bills and supplier credits of those days, drafts too. Each page is one of the day's calls, so a small rest is kept. */
export async function entries(ctx: XeroContext, { from, to }: DayWindow): Promise<LedgerEntry[]> {
  const xero = openXero(ctx);
  const found: LedgerEntry[] = [];
  for (const collection of Object.values(collections)) {
    for (let page = 1; ; page++) {
      const { items, pages } = await xero.read(`/${collection.name}`, DocumentPage, {
        where: `Type=="${collection.type}" AND Date>=${date(from)} AND Date<=${date(to)}`,
        ...(collection.name === 'Invoices' ? { Statuses: 'DRAFT,SUBMITTED,AUTHORISED,PAID', summaryOnly: true } : {}),
        page,
        pageSize,
      });
      xero.keepReserve();
      for (const view of items) {
        if (statusOf(view) === 'removed') continue;
        const { vendorId, documentType, contact, invoiceNumber, date: day, currency, gross } = readBackOf(view, []);
        const facts = { vendorId, documentType, invoiceNumber, date: day, currency, gross };
        found.push({ ...facts, word: collection.word, supplier: contact.name, linkable: true });
      }
      if (page >= pages) break;
    }
  }
  return found;
}
