import { z } from 'zod';
import { NeedsAttentionError, PermanentError } from '../../../../src-shared/domain/failure.ts';
import { Big, decimal } from '../../../../src-shared/domain/money/index.ts';
import type { Found, Plan, Stamp } from '../../kit/adapter.ts';
import { LedgerDocument } from '../../kit/ledger.ts';
import { loadEvidence, marker, missing, totalsDiffer } from '../../kit/ledger-calls.ts';
import { keyFor, openQuickBooks, type QuickBooks, quoted } from '../client.ts';
import {
  type Collection,
  collections,
  DocumentAnswer,
  docNumber,
  home,
  LedgerView,
  planned,
  totalsOf,
  wired,
} from '../documents.ts';
import { attach, attached } from '../evidence.ts';
import { asJson, kit, type QuickBooksContext } from '../kit.ts';
import { DuplicateNumber, fileBytes } from '../quirks.ts';
import { purchaseCodes } from '../tax-codes.ts';
import { vendorFor } from '../vendors.ts';

const ledger = { name: 'QuickBooks', maxBytes: fileBytes };

/**
 * A supplier document into QuickBooks, in steps that each may be repeated: look it up by number, settle the supplier,
 * create it, compare its totals to the penny and set the VAT that was printed, attach the evidence. There is no draft: it
 * counts once it is created, so one that cannot be made equal is removed at once. Our reference stands in its note, so a
 * run after a crash goes on from where it stands; nothing is ever created without a look first (F7, R25, TGT-DUP).
 */
export const postBill = kit.action({
  label: 'Post a bill or supplier credit',
  payload: LedgerDocument,
  payloadVersion: 1,
  deliveryClass: 'never-twice',
  idempotency: 'lookup-first',

  plan(document): Plan {
    const { word, path } = collections[document.documentType];
    const { totals, currency } = document;
    const wire = planned(document);
    return {
      summary: `Post ${word} ${document.invoiceNumber} of ${document.supplier.name}, ${currency} ${totals.gross}`,
      target: `POST ${path}`,
      fields: [
        { name: 'Supplier', next: document.supplier.name },
        { name: 'Number', next: document.invoiceNumber },
        ...(wire.DocNumber === document.invoiceNumber ? [] : [{ name: 'Number there', next: wire.DocNumber }]),
        { name: 'Date', next: document.date },
        { name: 'Net', next: `${currency} ${totals.net}` },
        { name: 'VAT', next: `${currency} ${totals.vat}` },
        { name: 'Gross', next: `${currency} ${totals.gross}` },
        ...('ExchangeRate' in wire ? [{ name: `Pounds per ${currency} 1`, next: String(wire.ExchangeRate) }] : []),
        ...document.lines.map((line, i) => ({
          name: `Line ${i + 1}`,
          next: `${line.description}: ${line.net}, tax code ${line.taxType}, account ${line.accountCode}`,
        })),
        { name: 'Evidence', next: document.evidence.map((file) => file.fileName).join(', ') || 'none' },
      ],
      body: asJson({ document, wire }),
    };
  },

  async deliver(plan, stamp, ctx) {
    const document = documentOf(plan);
    if (document.currency !== home && document.currencyRate === undefined) {
      throw new PermanentError('rejected', `A ${document.currency} document needs its exchange rate`);
    }
    const qb = openQuickBooks(ctx);
    const there = await sameNumber(qb, collections[document.documentType], document);
    const ours = oursAmong(there, document);
    return ours ? finish(qb, ours, document, stamp, ctx) : begin(qb, there, document, stamp, ctx);
  },

  async find(plan, _stamp, ctx) {
    const document = documentOf(plan);
    const qb = openQuickBooks(ctx);
    const ours = oursAmong(await sameNumber(qb, collections[document.documentType], document), document);
    return ours ? judged(qb, ours, document) : null;
  },
});

function documentOf(plan: Plan): LedgerDocument {
  return z.object({ document: LedgerDocument }).parse(plan.body).document;
}

const pathOf = ({ path }: Collection, id: string) => `${path}/${encodeURIComponent(id)}`;
const receiptOf = (view: LedgerView, collection: Collection) => ({
  vendorId: view.Id,
  note: `${collection.word} ${view.DocNumber} stands in QuickBooks`,
  document: { status: 'approved', contactId: view.VendorRef.value },
});

/** Every document of that number, of whichever supplier: a renamed or merged one must not hide ours. */
function sameNumber(qb: QuickBooks, { entity }: Collection, document: LedgerDocument): Promise<LedgerView[]> {
  const number = quoted(docNumber(document.invoiceNumber));
  return qb.rows(entity, `select * from ${entity} where DocNumber = ${number}`, LedgerView);
}

const isOurs = (view: LedgerView, document: LedgerDocument) => view.PrivateNote.startsWith(marker(document.reference));

function oursAmong(there: readonly LedgerView[], document: LedgerDocument): LedgerView | null {
  const ours = there.filter((view) => isOurs(view, document));
  if (ours.length > 1) {
    throw new NeedsAttentionError(
      'outcome-unknown',
      `QuickBooks holds ${document.invoiceNumber} ${ours.length} times`,
      {
        hint: 'Remove all but one in QuickBooks, then try again.',
      },
    );
  }
  return ours[0] ?? null;
}

/** Nothing of ours is there yet. */
async function begin(
  qb: QuickBooks,
  there: readonly LedgerView[],
  document: LedgerDocument,
  stamp: Stamp,
  ctx: QuickBooksContext,
) {
  const collection = collections[document.documentType];
  const bytes = await loadEvidence(document.evidence, ctx.files, ledger);
  const vendorId = await vendorFor(qb, document.supplier, document.currency, ctx.account?.id ?? '');
  const other = there.find((view) => view.VendorRef.value === vendorId);
  if (other) {
    throw alreadyThere(`${collection.word} ${other.DocNumber}`, other.CurrencyRef.value, other.TotalAmt, other.Id);
  }
  await assertNotPaidByCard(qb, document, vendorId);
  const created = await create(qb, document, vendorId, stamp);
  const view = await toThePenny(qb, created, document, stamp);
  await attach(qb, collection, view.Id, document.evidence, bytes, stamp);
  return receiptOf(view, collection);
}

/** `existing`: only of a kind that can be read back, and so be linked. */
const alreadyThere = (what: string, currency: string, total: number, existing?: string) =>
  new PermanentError('rejected', `Already in QuickBooks as ${what} (${currency} ${total})`, {
    hint: 'TGT-DUP: link to that document, or correct the number.',
    existing,
  });

const Purchase = z.object({
  DocNumber: z.string().default(''),
  EntityRef: z.object({ value: z.string() }).optional(),
  CurrencyRef: z.object({ value: z.string() }).default({ value: home }),
  Credit: z.boolean().default(false),
  TotalAmt: z.number().default(0),
});

/** The same document may have been entered as paid by card: another kind of thing there, the same cost here (TGT-DUP). */
async function assertNotPaidByCard(qb: QuickBooks, document: LedgerDocument, vendorId: string): Promise<void> {
  const statement = `select * from Purchase where DocNumber = ${quoted(docNumber(document.invoiceNumber))}`;
  const refund = document.documentType === 'credit_note';
  const same = (await qb.rows('Purchase', statement, Purchase)).find(
    (one) => one.EntityRef?.value === vendorId && one.Credit === refund,
  );
  if (same) throw alreadyThere(`expense ${same.DocNumber}`, same.CurrencyRef.value, same.TotalAmt);
}

async function create(qb: QuickBooks, document: LedgerDocument, vendorId: string, stamp: Stamp): Promise<LedgerView> {
  const collection = collections[document.documentType];
  try {
    const json = wired(planned(document), vendorId);
    return await qb.write(collection.path, DocumentAnswer, { json, key: keyFor(stamp, 'create') });
  } catch (error) {
    // A listing that lags may have hidden our own.
    if (!(error instanceof DuplicateNumber) || error.existing === null) throw error;
    const view = await qb.read(pathOf(collection, error.existing), DocumentAnswer).catch((cause: unknown) => {
      if (cause instanceof PermanentError) throw error;
      throw cause;
    });
    if (isOurs(view, document)) return view;
    throw error;
  }
}

/** Ours was found: goes on from where it stands. */
async function finish(
  qb: QuickBooks,
  found: LedgerView,
  document: LedgerDocument,
  stamp: Stamp,
  ctx: QuickBooksContext,
) {
  const collection = collections[document.documentType];
  const difference = totalsDiffer(totalsOf(found), document.totals);
  if (difference !== null && found.SyncToken !== '0') {
    throw new NeedsAttentionError(
      'outcome-unknown',
      `${document.invoiceNumber} stands in QuickBooks with ${difference}`,
      {
        hint: 'TGT-TOTAL: it was changed there. Correct or remove it in QuickBooks.',
      },
    );
  }
  const view = await toThePenny(qb, found, document, stamp);
  const lacking =
    document.evidence.length === 0 ? [] : missing(document.evidence, await attached(qb, collection, view.Id));
  await attach(qb, collection, view.Id, lacking, await loadEvidence(lacking, ctx.files, ledger), stamp);
  return receiptOf(view, collection);
}

/**
 * TGT-TOTAL: where QuickBooks worked out another VAT than was printed, the printed one is set once; a document that still
 * differs by any amount is removed.
 */
async function toThePenny(
  qb: QuickBooks,
  view: LedgerView,
  document: LedgerDocument,
  stamp: Stamp,
): Promise<LedgerView> {
  if (totalsDiffer(totalsOf(view), document.totals) === null) return view;
  const netAgrees = decimal(totalsOf(view).net).eq(decimal(document.totals.net));
  const corrected = netAgrees ? await setPrintedVat(qb, view, document, stamp) : view;
  const difference = totalsDiffer(totalsOf(corrected), document.totals);
  if (difference === null) return corrected;
  await remove(qb, corrected, document, stamp);
  throw new PermanentError(
    'rejected',
    `QuickBooks made ${document.invoiceNumber} ${difference}. It was removed there.`,
    {
      hint: 'TGT-TOTAL: look at the rounding of the lines and at the tax codes.',
    },
  );
}

/** One tax line per purchase rate, with the VAT as printed (2.6). What a reverse charge adds and takes off stays as it was. */
async function setPrintedVat(
  qb: QuickBooks,
  view: LedgerView,
  document: LedgerDocument,
  stamp: Stamp,
): Promise<LedgerView> {
  const codes = await purchaseCodes(qb, document.date);
  const ours = codes.flatMap((code) => {
    const lines = document.lines.filter((line) => line.taxType === code.id);
    const [rate] = code.rates;
    if (lines.length === 0 || code.reverseCharge || rate === undefined) return [];
    const sum = (which: 'net' | 'vat') => lines.reduce((total, line) => total.plus(decimal(line[which])), new Big(0));
    return [
      {
        Amount: Number(sum('vat').toFixed(2)),
        DetailType: 'TaxLineDetail',
        TaxLineDetail: {
          TaxRateRef: { value: rate.id },
          PercentBased: true,
          TaxPercent: Number(rate.percent),
          NetAmountTaxable: Number(sum('net').toFixed(2)),
        },
      },
    ];
  });
  const set = new Set(ours.map((line) => line.TaxLineDetail.TaxRateRef.value));
  const kept = view.TxnTaxDetail.TaxLine.filter((line) => !set.has(line.TaxLineDetail.TaxRateRef?.value ?? ''));
  const json = {
    ...wired(planned(document), view.VendorRef.value),
    Id: view.Id,
    SyncToken: view.SyncToken,
    TxnTaxDetail: { TotalTax: Number(document.totals.vat), TaxLine: [...ours, ...kept] },
  };
  const collection = collections[document.documentType];
  const key = keyFor(stamp, `vat|${view.Id}|${view.SyncToken}`);
  return qb.write(collection.path, DocumentAnswer, { json, key });
}

async function remove(qb: QuickBooks, view: LedgerView, document: LedgerDocument, stamp: Stamp): Promise<void> {
  const { path } = collections[document.documentType];
  await qb.write(path, z.unknown(), {
    operation: 'delete',
    json: { Id: view.Id, SyncToken: view.SyncToken },
    key: keyFor(stamp, `remove|${view.Id}|${view.SyncToken}`),
  });
}

/** What a look-up in doubt concludes (R25). */
async function judged(qb: QuickBooks, view: LedgerView, document: LedgerDocument): Promise<Found> {
  const collection = collections[document.documentType];
  const receipt = receiptOf(view, collection);
  const unfinished = (note: string): Found => ({
    receipt: { vendorId: view.Id, note },
    same: false,
    difference: note,
    unfinished: true,
  });
  const difference = totalsDiffer(totalsOf(view), document.totals);
  if (difference !== null) {
    // As we created it: the VAT that was printed is not set yet. Changed since: a person's.
    if (view.SyncToken === '0') return unfinished(`${view.DocNumber} stands in QuickBooks with ${difference}`);
    return { receipt, same: false, difference };
  }
  const lacking =
    document.evidence.length === 0 ? [] : missing(document.evidence, await attached(qb, collection, view.Id));
  if (lacking.length > 0) return unfinished(`${view.DocNumber} stands in QuickBooks without ${lacking[0]?.fileName}`);
  return { receipt, same: true };
}
