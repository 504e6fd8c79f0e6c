import { z } from 'zod';
import { NeedsAttentionError, PermanentError } from '../../../../src-shared/domain/failure.ts';
import type { Found, Plan, Stamp } from '../../kit/adapter.ts';
import { LedgerDocument } from '../../kit/ledger.ts';
import { loadEvidence, marker, missing, totalsDiffer } from '../../kit/ledger-calls.ts';
import { keyFor, openXero, type Xero } from '../client.ts';
import { contactFor, quoted } from '../contacts.ts';
import {
  type Collection,
  collections,
  DocumentAnswer,
  DocumentPage,
  type LedgerView,
  planned,
  statusOf,
  totalsOf,
  wired,
} from '../documents.ts';
import { attach, attached } from '../evidence.ts';
import { asJson, kit, type XeroContext } from '../kit.ts';
import { fileBytes, noteChars, refusal } from '../quirks.ts';

const ledger = { name: 'Xero', maxBytes: fileBytes };

/**
 * A supplier document into Xero, in steps that each may be repeated: look it up by number, settle the supplier, create a
 * draft, compare its totals to the penny, attach the evidence, approve, leave a note. Our reference stands in the first
 * line, so a run after a crash recognises the document and goes on from where it stands; nothing is ever created
 * without a look first (F7, R25, TGT-DUP).
 */
export const postBill = kit.action({
  label: 'Post a bill or credit note',
  payload: LedgerDocument,
  payloadVersion: 1,
  deliveryClass: 'never-twice',
  idempotency: 'lookup-first',

  plan(document): Plan {
    const { word, name } = collections[document.documentType];
    const { totals, currency } = document;
    return {
      summary: `Post ${word} ${document.invoiceNumber} of ${document.supplier.name}, ${currency} ${totals.gross}`,
      target: `PUT /${name}`,
      fields: [
        { name: 'Supplier', next: document.supplier.name },
        { name: 'Number', next: document.invoiceNumber },
        { name: 'Date', next: document.date },
        { name: 'Net', next: `${currency} ${totals.net}` },
        { name: 'VAT', next: `${currency} ${totals.vat}` },
        { name: 'Gross', next: `${currency} ${totals.gross}` },
        ...(document.currencyRate === undefined ? [] : [{ name: 'Rate per £1', next: document.currencyRate }]),
        ...document.lines.map((line, i) => ({
          name: `Line ${i + 1}`,
          next: `${line.description}: ${line.net}, ${line.taxType}, account ${line.accountCode}`,
        })),
        { name: 'Evidence', next: document.evidence.map((file) => file.fileName).join(', ') || 'none' },
      ],
      body: asJson({ document, wire: planned(document) }),
    };
  },

  async deliver(plan, stamp, ctx) {
    const document = documentOf(plan);
    const collection = collections[document.documentType];
    if (document.currency !== 'GBP' && document.currencyRate === undefined) {
      throw new PermanentError('rejected', `A ${document.currency} document needs its exchange rate`);
    }
    const xero = openXero(ctx);
    const there = await sameNumber(xero, collection, document.invoiceNumber);
    const ours = oursAmong(there, document);
    return ours ? finish(xero, ours, document, stamp, ctx) : begin(xero, there, document, stamp, ctx);
  },

  async find(plan, _stamp, ctx) {
    const document = documentOf(plan);
    const collection = collections[document.documentType];
    const xero = openXero(ctx);
    const ours = oursAmong(await sameNumber(xero, collection, document.invoiceNumber), document);
    if (!ours) return null;
    return judged(xero, ours, document);
  },
});

function documentOf(plan: Plan): LedgerDocument {
  return z.object({ document: LedgerDocument }).parse(plan.body).document;
}

const pathOf = (collection: Collection, id: string) => `/${collection.name}/${encodeURIComponent(id)}`;
const approvedReceipt = (view: LedgerView, collection: Collection) => ({
  vendorId: view.id,
  note: `${collection.word} ${view.number} approved in Xero`,
  document: { status: 'approved', contactId: view.Contact.ContactID },
});

/** Every live document of that number, of whichever supplier: a renamed or merged contact must not hide ours. */
async function sameNumber(xero: Xero, collection: Collection, number: string): Promise<LedgerView[]> {
  const found: LedgerView[] = [];
  for (let page = 1; ; page++) {
    const { items, pages } = await xero.read(`/${collection.name}`, DocumentPage, {
      where: `Type=="${collection.type}" AND ${collection.number}==${quoted(number)}`,
      ...(collection.name === 'Invoices' ? { Statuses: 'DRAFT,SUBMITTED,AUTHORISED,PAID' } : {}),
      page,
      pageSize: 100,
      unitdp: 4,
    });
    found.push(...items.filter((view) => statusOf(view) !== 'removed'));
    if (page >= pages) return found;
  }
}

function oursAmong(there: readonly LedgerView[], document: LedgerDocument): LedgerView | null {
  const mark = marker(document.reference);
  const ours = there.filter((view) => view.LineItems.some((line) => line.Description.includes(mark)));
  if (ours.length > 1) {
    throw new NeedsAttentionError('outcome-unknown', `Xero holds ${document.invoiceNumber} ${ours.length} times`, {
      hint: 'Remove all but one in Xero, then try again.',
    });
  }
  return ours[0] ?? null;
}

/** Nothing of ours is there yet. */
async function begin(
  xero: Xero,
  there: readonly LedgerView[],
  document: LedgerDocument,
  stamp: Stamp,
  ctx: XeroContext,
) {
  const collection = collections[document.documentType];
  xero.keepReserve();
  const bytes = await loadEvidence(document.evidence, ctx.files, ledger);
  const contactId = await contactFor(xero, document.supplier, ctx.account?.id ?? '');
  const other = there.find((view) => view.Contact.ContactID === contactId);
  if (other) {
    throw new PermanentError(
      'rejected',
      `Already in Xero as ${collection.word} ${other.number} (${statusOf(other)}, ${other.CurrencyCode} ${other.Total})`,
      { hint: 'TGT-DUP: link to that document, or correct the number.', existing: other.id },
    );
  }
  const draft = await send(xero, 'PUT', `/${collection.name}`, keyFor(stamp, 'create'), {
    [collection.name]: [wired(planned(document), contactId)],
  });
  await checkTotals(xero, draft, document, stamp);
  return orRemove(xero, draft, document, stamp, async () => {
    await attach(xero, pathOf(collection, draft.id), document.evidence, bytes, stamp);
    return approve(xero, draft, document, stamp);
  });
}

/** Ours was found: goes on from where it stands. */
async function finish(xero: Xero, view: LedgerView, document: LedgerDocument, stamp: Stamp, ctx: XeroContext) {
  const collection = collections[document.documentType];
  const path = pathOf(collection, view.id);
  const draft = statusOf(view) === 'draft';
  if (draft) await checkTotals(xero, view, document, stamp);
  else assertTotals(view, document);
  const lacking = document.evidence.length === 0 ? [] : missing(document.evidence, await attached(xero, path));
  const bytes = await loadEvidence(lacking, ctx.files, ledger);
  return orRemove(xero, view, document, stamp, async () => {
    await attach(xero, path, lacking, bytes, stamp);
    if (draft) return approve(xero, view, document, stamp);
    if (!(await hasNote(xero, collection, view, document))) await leaveNote(xero, collection, view, document, stamp);
    return approvedReceipt(view, collection);
  });
}

async function send(xero: Xero, method: 'PUT' | 'POST', path: string, key: string, json: unknown): Promise<LedgerView> {
  // Only creating takes `summarizeErrors`; a refused change is a plain 400.
  const query = method === 'PUT' ? { summarizeErrors: false, unitdp: 4 } : { unitdp: 4 };
  const answer = await xero.write(method, path, DocumentAnswer, { query, json, key });
  if (answer && 'id' in answer) return answer;
  // Refused inside a 200 (1.9).
  throw refusal(answer?.ValidationErrors?.map((error) => error.Message).join(' ') ?? 'no reason given');
}

/** TGT-TOTAL: a draft that differs by any amount is removed before anybody can approve it. */
async function checkTotals(xero: Xero, draft: LedgerView, document: LedgerDocument, stamp: Stamp): Promise<void> {
  const difference = totalsDiffer(totalsOf(draft), document.totals);
  if (difference === null) return;
  await remove(xero, draft, document, stamp);
  throw new PermanentError('rejected', `Xero made ${document.invoiceNumber} ${difference}. The draft was removed.`, {
    hint: 'TGT-TOTAL: look at the rounding of the lines and at the tax codes.',
  });
}

function assertTotals(view: LedgerView, document: LedgerDocument): void {
  const difference = totalsDiffer(totalsOf(view), document.totals);
  if (difference === null) return;
  throw new NeedsAttentionError('outcome-unknown', `${document.invoiceNumber} stands in Xero with ${difference}`, {
    hint: 'TGT-TOTAL: it is approved there. Correct or void it in Xero.',
  });
}

async function remove(xero: Xero, draft: LedgerView, document: LedgerDocument, stamp: Stamp): Promise<void> {
  const collection = collections[document.documentType];
  try {
    await send(xero, 'POST', pathOf(collection, draft.id), keyFor(stamp, `remove|${draft.id}`), {
      [collection.name]: [{ [collection.id]: draft.id, Status: 'DELETED' }],
    });
  } catch (error) {
    // A repeat may find it removed already: then its status refuses the change, and all is well.
    if (!(error instanceof PermanentError)) throw error;
  }
}

/** A refusal for good leaves no half-finished draft behind. Anything else leaves it, to be continued. */
async function orRemove<T>(
  xero: Xero,
  view: LedgerView,
  document: LedgerDocument,
  stamp: Stamp,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PermanentError && statusOf(view) === 'draft') await remove(xero, view, document, stamp);
    throw error;
  }
}

async function approve(xero: Xero, draft: LedgerView, document: LedgerDocument, stamp: Stamp) {
  const collection = collections[document.documentType];
  const approved = await send(xero, 'POST', pathOf(collection, draft.id), keyFor(stamp, `approve|${draft.id}`), {
    [collection.name]: [{ [collection.id]: draft.id, Status: 'AUTHORISED' }],
  });
  assertTotals(approved, document);
  await leaveNote(xero, collection, approved, document, stamp);
  return approvedReceipt(approved, collection);
}

const History = z.object({ HistoryRecords: z.array(z.object({ Details: z.string().default('') })).default([]) });

function noteOf(document: LedgerDocument): string {
  const mark = ` ${marker(document.reference)}`;
  return `${document.note.slice(0, noteChars - mark.length)}${mark}`;
}

/** The notes' description of Xero has a history for bills only. */
const notable = (collection: Collection, document: LedgerDocument) =>
  collection.name === 'Invoices' && document.note !== '';

async function hasNote(xero: Xero, collection: Collection, view: LedgerView, document: LedgerDocument) {
  if (!notable(collection, document)) return true;
  const { HistoryRecords } = await xero.read(`${pathOf(collection, view.id)}/History`, History);
  return HistoryRecords.some((record) => record.Details === noteOf(document));
}

async function leaveNote(xero: Xero, collection: Collection, view: LedgerView, document: LedgerDocument, stamp: Stamp) {
  if (!notable(collection, document)) return;
  await xero.write('PUT', `${pathOf(collection, view.id)}/History`, History, {
    json: { HistoryRecords: [{ Details: noteOf(document) }] },
    key: keyFor(stamp, `note|${view.id}`),
  });
}

/** What a look-up in doubt concludes (R25). */
async function judged(xero: Xero, view: LedgerView, document: LedgerDocument): Promise<Found> {
  const collection = collections[document.documentType];
  const receipt = approvedReceipt(view, collection);
  const unfinished = (note: string): Found => ({
    receipt: { vendorId: view.id, note },
    same: false,
    difference: note,
    unfinished: true,
  });
  if (statusOf(view) === 'draft') return unfinished(`a draft of ${view.number} stands in Xero`);
  const difference = totalsDiffer(totalsOf(view), document.totals);
  if (difference !== null) return { receipt, same: false, difference };
  const path = pathOf(collection, view.id);
  const lacking = document.evidence.length === 0 ? [] : missing(document.evidence, await attached(xero, path));
  if (lacking.length > 0) return unfinished(`${view.number} is approved in Xero without ${lacking[0]?.fileName}`);
  if (!(await hasNote(xero, collection, view, document)))
    return unfinished(`${view.number} is approved in Xero without its note`);
  return { receipt, same: true };
}
