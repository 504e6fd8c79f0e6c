import { createHash } from 'node:crypto';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { formatDay, formatPeriod } from '../../../src-shared/format/time.ts';
import { LedgerDocument, type Reversal, reversalOf } from '../../adapters/kit/ledger.ts';
import type { Tx } from '../../ports/store.ts';
import {
  type ExportBatchRow,
  type ExportDocumentRow,
  listDocuments,
  moveLines,
  updateBatch,
  updateDocument,
} from '../../store/repositories/exports.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import { type ExportReversalRow, listReversals, putReversal } from '../../store/repositories/reversals.ts';
import { refused } from '../problem.ts';
import { closedMonthOf, refuseLockedPeriod } from '../review/locks.ts';
import { batchOf, provenApprover } from './approve.ts';
import type { Actor, ExportParts } from './parts.ts';
import { LEDGER_PRIORITY } from './priority.ts';

export interface ReverseRequest {
  readonly batchId: string;
  readonly documentIds?: readonly string[] | undefined;
  readonly reason: string;
  /** Today when left out. */
  readonly date?: string | undefined;
  readonly lines: 'free' | 'exclude';
  readonly approver: string;
  readonly pin: string;
}

/** What stands in the ledger, so that it can be taken back. */
const standing = new Set<ExportDocumentRow['state']>(['posted', 'verified', 'mismatch']);

/**
 * Asks for the documents that take posted ones back, all in one transaction (F10). A document is reversed once, whoever asks
 * how often: only a refused reversal may be asked for again, under the reference of the first.
 * @throws ProblemError when nothing can be taken back, a period is closed, or the approver does not prove who they are
 */
export async function reverseDocuments(
  parts: ExportParts,
  organisationId: string,
  request: ReverseRequest,
  actor: Actor,
): Promise<void> {
  const { store, runtime } = parts;
  const batch = await batchOf(parts, organisationId, request.batchId);
  if (batch.target === 'file') {
    throw refused({
      happened: 'This batch went out as files, not to a ledger.',
      means: 'The console cannot see what became of them, so it cannot take them back.',
      remedy: 'Enter credit notes where the pack was imported; import those here as costs.',
    });
  }
  const date = request.date ?? (await today(parts, organisationId));
  await refuseLockedPeriod(store.read, organisationId, { from: date, to: date });
  const { reference } = await parts.ledgers.books(organisationId, batch.target);
  if (reference.lockedUntil !== null && date <= reference.lockedUntil) {
    throw refused({
      happened: `The books are locked to ${formatDay(reference.lockedUntil)} (LOCK-DATE).`,
      means: `A reversal dated ${date} would be refused there; nothing was sent.`,
      remedy: 'Choose a later day for the reversal.',
    });
  }
  const approver = await provenApprover(parts, organisationId, request, {
    id: actor.personId,
    did: 'asks for this reversal',
  });

  await store.transaction(async (tx, after) => {
    const [documents, before] = await Promise.all([
      listDocuments(tx, organisationId, batch.id),
      listReversals(tx, organisationId, batch.id),
    ]);
    const earlier = new Map(before.map((row) => [row.document_id, row]));
    const chosen = chosenOf(documents, request.documentIds, earlier);
    refuseEarlier(chosen, date);
    if (request.lines === 'free') await refuseClosed(tx, organisationId, chosen);
    const at = runtime.clock.now();
    for (const document of chosen) {
      await ask(parts, tx, batch, document, earlier.get(document.id), {
        ...{ date, reason: request.reason, lines: request.lines },
        ...{ askedBy: actor.name, approvedBy: approver.name, at },
      });
    }
    await parts.audit(tx, {
      organisationId,
      actor: actor.name,
      channel: actor.channel,
      action: 'batch.reversal-asked',
      object: batch.id,
      after: {
        documents: chosen.map((document) => document.invoice_number),
        date,
        lines: request.lines,
        approvedBy: approver.name,
      },
      reason: request.reason,
      correlationId: actor.correlationId,
    });
    await updateBatch(tx, organisationId, batch.id, { updated_at: at });
    after(() => parts.publish({ topic: 'batches', organisationId, ids: [batch.id] }));
  });
}

function chosenOf(
  documents: readonly ExportDocumentRow[],
  ids: readonly string[] | undefined,
  earlier: ReadonlyMap<string, ExportReversalRow>,
): readonly ExportDocumentRow[] {
  const open = (row: ExportDocumentRow) => (earlier.get(row.id)?.state ?? 'refused') === 'refused';
  const may = (row: ExportDocumentRow) => standing.has(row.state) && row.released_at === null && open(row);
  if (ids === undefined) {
    const all = documents.filter(may);
    if (all.length > 0) return all;
    throw refused({
      happened: 'No document of this batch can be taken back.',
      means: 'Each is not in the ledger, or was reversed or asked to be.',
    });
  }
  return [...new Set(ids)].map((id) => {
    const row = documents.find((one) => one.id === id);
    if (row === undefined) throw refused({ happened: `There is no document ${id} in this batch.` });
    if (may(row)) return row;
    const state = earlier.get(id)?.state;
    throw refused({
      happened: state
        ? `A reversal of ${row.invoice_number} was asked for already; it is ${state.replaceAll('_', ' ')}.`
        : `${row.invoice_number} is ${row.state.replaceAll('_', ' ')}, so nothing of it stands in the ledger to be reversed.`,
      means: 'Nothing was sent by this request.',
    });
  });
}

/** Dated before its original, a reversal would give VAT back in a return before it was claimed in one. */
function refuseEarlier(chosen: readonly ExportDocumentRow[], date: string): void {
  const later = chosen.find(({ document_date }) => document_date > date);
  if (later === undefined) return;
  throw refused({
    happened: `${later.invoice_number} is dated ${formatDay(later.document_date)}, after the reversal of ${formatDay(date)}.`,
    means: 'What takes a document back is not dated before it; nothing was sent.',
    remedy: 'Choose the day of the document or a later one.',
  });
}

/** A line set free is put right and posted again; in a closed month it could be neither. */
async function refuseClosed(tx: Tx, organisationId: string, chosen: readonly ExportDocumentRow[]): Promise<void> {
  const closed = await closedMonthOf(
    tx,
    organisationId,
    chosen.map(({ id }) => id),
  );
  if (closed === null) return;
  throw refused({
    happened: `${formatPeriod(closed)} is closed, and lines of these documents belong to it.`,
    means: 'Set free, they could neither be corrected nor posted again; nothing was sent.',
    remedy:
      'Leave the lines out and type the right invoice into an open month, or have an approver open the month again.',
  });
}

async function ask(
  parts: ExportParts,
  tx: Tx,
  batch: ExportBatchRow,
  document: ExportDocumentRow,
  earlier: ExportReversalRow | undefined,
  wish: {
    readonly date: string;
    readonly reason: string;
    readonly lines: 'free' | 'exclude';
    readonly askedBy: string;
    readonly approvedBy: string;
    readonly at: number;
  },
): Promise<void> {
  if (document.vendor_id === null) {
    throw refused({ happened: `It is not known which document of the ledger ${document.invoice_number} is.` });
  }
  const { organisation_id: organisationId } = document;
  const reversal: Reversal = {
    reference: reversalReference(document.reference),
    original: LedgerDocument.parse(JSON.parse(document.frozen)),
    vendorId: document.vendor_id,
    date: wish.date,
    note: `${wish.reason} (${wish.askedBy}, approved by ${wish.approvedBy})`.slice(0, 450),
  };
  const revision = (earlier?.revision ?? 0) + 1;
  const job = await parts.enqueue(tx, {
    organisationId,
    system: batch.target,
    action: 'reverse-bill',
    deliveryClass: 'never-twice',
    priority: LEDGER_PRIORITY,
    payload: reversal as unknown as OutboxJob['payload'],
    payloadVersion: 1,
    idempotencyKey: `${organisationId}:${batch.target}:reversal:${reversal.reference}:r${revision}`,
    orderKey: supplierOrder(organisationId, batch.target, document.supplier),
  });
  await putReversal(tx, {
    organisation_id: organisationId,
    document_id: document.id,
    batch_id: batch.id,
    reference: reversal.reference,
    frozen: JSON.stringify(reversalOf(reversal)),
    lines_then: wish.lines,
    reason: wish.reason,
    asked_by: wish.askedBy,
    approved_by: wish.approvedBy,
    asked_at: wish.at,
    revision,
    state: 'waiting',
    vendor_id: null,
    job_id: job.id,
    problem: null,
    read_back: null,
    differences: '[]',
    updated_at: wish.at,
  });
}

/** One supplier's documents follow each other, so that its contact is created once and a reversal comes after its original. */
export function supplierOrder(organisationId: string, target: string, supplier: string): string {
  return `${organisationId}:${target}:supplier:${supplier.toLowerCase()}`;
}

/** The same at every try: what an earlier try left in the ledger is found, never made again (F7). */
function reversalReference(reference: string): string {
  return `WS:${createHash('sha256').update(`${reference}:reversal`).digest('hex').slice(0, 16)}`;
}

async function today(parts: ExportParts, organisationId: string): Promise<string> {
  const zone = (await getOrganisation(parts.store.read, organisationId))?.time_zone ?? 'Europe/London';
  return localAt(parts.runtime.clock.now(), zone).date;
}

/**
 * Gives the lines of refused documents back to the review, so that they can be put right and go into another batch. What was
 * refused stays on record and is not sent any more.
 * @returns how many lines went back
 */
export async function releaseRefused(
  parts: ExportParts,
  organisationId: string,
  request: { readonly batchId: string; readonly documentIds?: readonly string[] | undefined },
  actor: Actor,
  follow: (tx: Parameters<ExportParts['enqueue']>[0]) => Promise<void>,
): Promise<number> {
  const batch = await batchOf(parts, organisationId, request.batchId);
  return parts.store.transaction(async (tx, after) => {
    const wanted = request.documentIds === undefined ? null : new Set(request.documentIds);
    const found = (await listDocuments(tx, organisationId, batch.id)).filter(
      (row) => row.state === 'refused' && row.released_at === null && (wanted === null || wanted.has(row.id)),
    );
    if (found.length === 0 || (wanted !== null && found.length < wanted.size)) {
      throw refused({
        happened: 'Only documents the ledger refused can be taken out of a batch.',
        means: 'What stands in a ledger is reversed; what is in doubt is looked up first.',
      });
    }
    const at = parts.runtime.clock.now();
    let lines = 0;
    for (const row of found) {
      lines += await moveLines(tx, organisationId, { documentId: row.id }, 'ready', at);
      await updateDocument(tx, organisationId, row.id, { released_at: at, updated_at: at });
    }
    await parts.audit(tx, {
      organisationId,
      actor: actor.name,
      channel: actor.channel,
      action: 'batch.released',
      object: batch.id,
      after: { documents: found.map((row) => row.invoice_number), lines },
      correlationId: actor.correlationId,
    });
    await follow(tx);
    after(() => {
      parts.publish({ topic: 'batches', organisationId, ids: [batch.id] });
      parts.publish({ topic: 'lines', organisationId, ids: [] });
    });
    return lines;
  });
}
