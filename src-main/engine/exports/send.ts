import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { LedgerDocument } from '../../adapters/kit/ledger.ts';
import type { Tx } from '../../ports/store.ts';
import {
  type ExportBatchRow,
  type ExportDocumentRow,
  getBatch,
  listDocuments,
  moveLines,
  updateBatch,
  updateDocument,
} from '../../store/repositories/exports.ts';
import { refused } from '../problem.ts';
import { batchOf, changed } from './approve.ts';
import { batchHash, pounds } from './documents.ts';
import type { Actor, ExportParts } from './parts.ts';
import { LEDGER_PRIORITY } from './priority.ts';
import { supplierOrder } from './reverse.ts';
import { askReadBack } from './settle.ts';

/**
 * Hands every document of an approved batch to the outbox, in one transaction. The ledger's codes are read once more
 * first: one that moved since the approval stops the batch before the first call. A file batch is verified at once,
 * since its pack is the delivery.
 */
export async function sendBatch(
  parts: ExportParts,
  organisationId: string,
  batchId: string,
  actor: Actor,
): Promise<void> {
  const { store, runtime } = parts;
  const batch = await batchOf(parts, organisationId, batchId);
  if (batch.state === 'approved' && batch.target !== 'file') await codesStillStand(parts, organisationId, batch);

  await store.transaction(async (tx, after) => {
    const present = await getBatch(tx, organisationId, batchId);
    if (present?.state !== 'approved') throw notApproved(present);
    const documents = await listDocuments(tx, organisationId, batchId);
    if (batchHash(documents.map((document) => document.frozen)) !== present.hash) throw changed();
    const at = runtime.clock.now();
    for (const document of documents) {
      if (present.target === 'file') {
        await updateDocument(tx, organisationId, document.id, { state: 'verified', updated_at: at });
        continue;
      }
      if (document.linked === 1 && document.vendor_id !== null) {
        await linkStands(parts, tx, document, document.vendor_id, present.target, at);
        continue;
      }
      const job = await parts.enqueue(tx, {
        organisationId,
        system: present.target,
        action: 'post-bill',
        deliveryClass: 'never-twice',
        priority: LEDGER_PRIORITY,
        payload: JSON.parse(document.frozen) as OutboxJob['payload'],
        payloadVersion: 1,
        idempotencyKey: `${organisationId}:${present.target}:bill:${document.reference}:r1`,
        orderKey: supplierOrder(organisationId, present.target, document.supplier),
      });
      await updateDocument(tx, organisationId, document.id, { state: 'waiting', job_id: job.id, updated_at: at });
    }
    if (present.target === 'file') await moveLines(tx, organisationId, { batchId }, 'posted', at);
    await updateBatch(tx, organisationId, batchId, {
      state: present.target === 'file' ? 'verified' : 'sending',
      updated_at: at,
    });
    await parts.audit(tx, {
      organisationId,
      actor: actor.name,
      channel: actor.channel,
      action: 'batch.sent',
      object: batchId,
      after: { target: present.target, documents: documents.length, gross: pounds(present.gross_gbp_minor) },
      correlationId: actor.correlationId,
    });
    after(() => parts.publish({ topic: 'batches', organisationId, ids: [batchId] }));
  });
}

/** Somebody said that it stands there already: nothing is posted, and it is read back like any other. */
async function linkStands(
  parts: ExportParts,
  tx: Tx,
  document: ExportDocumentRow,
  vendorId: string,
  target: string,
  at: number,
): Promise<void> {
  await updateDocument(tx, document.organisation_id, document.id, { state: 'posted', updated_at: at });
  await moveLines(tx, document.organisation_id, { documentId: document.id }, 'posted', at);
  const frozen = LedgerDocument.parse(JSON.parse(document.frozen));
  await askReadBack(parts, tx, { document, frozen, reference: document.reference }, vendorId, target);
}

function notApproved(batch: ExportBatchRow | undefined) {
  const state = batch?.state ?? 'gone';
  return refused({
    happened: state === 'checked' ? 'This batch has not been approved (NOT-APPROVED).' : `This batch is ${state}.`,
    means: 'Nothing was sent by this request.',
    remedy: state === 'checked' ? 'Have a second person approve it.' : 'See its documents for where each one stands.',
  });
}

async function codesStillStand(parts: ExportParts, organisationId: string, batch: ExportBatchRow): Promise<void> {
  const books = await parts.ledgers.books(organisationId, batch.target);
  const taxes = new Set(Object.values(books.taxes));
  const accounts = new Set(Object.values(books.accounts));
  for (const row of await listDocuments(parts.store.read, organisationId, batch.id)) {
    const document = LedgerDocument.parse(JSON.parse(row.frozen));
    const lock = books.reference.lockedUntil;
    if (lock !== null && document.date <= lock) {
      throw refused({
        happened: `The books were locked to ${formatDay(lock)} (LOCK-DATE).`,
        means: `Invoice ${document.invoiceNumber} is dated ${document.date}; nothing was sent.`,
        remedy: 'Unlock the period in the ledger, or take the batch apart and date the documents later.',
      });
    }
    for (const line of document.lines) {
      const gone = !taxes.has(line.taxType)
        ? `tax code ${line.taxType}`
        : !accounts.has(line.accountCode)
          ? `account ${line.accountCode}`
          : null;
      if (gone === null) continue;
      throw refused({
        happened: `The ledger's ${gone} changed since the batch was prepared (MAP-TAX, MAP-ACCOUNT).`,
        means: `Invoice ${document.invoiceNumber} needs it; nothing was sent.`,
        remedy: 'Confirm the codes under Settings, take the batch apart and prepare it again.',
      });
    }
  }
}
