import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { LedgerDocument, ReadBack } from '../../adapters/kit/ledger.ts';
import type { Tx } from '../../ports/store.ts';
import {
  countDocuments,
  documentByReference,
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
import { differences } from './compare.ts';
import { batchHash, pounds } from './documents.ts';
import type { Actor, ExportParts } from './parts.ts';

/** Ledger work comes after alerts and acknowledgements, before CRM and telemetry (R11). */
const LEDGER_PRIORITY = 4;

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
      const job = await parts.enqueue(tx, {
        organisationId,
        system: present.target,
        action: 'post-bill',
        deliveryClass: 'never-twice',
        priority: LEDGER_PRIORITY,
        payload: JSON.parse(document.frozen) as OutboxJob['payload'],
        payloadVersion: 1,
        idempotencyKey: `${organisationId}:${present.target}:bill:${document.reference}:r1`,
        // One supplier's documents follow each other, so that its contact is created once.
        orderKey: `${organisationId}:${present.target}:supplier:${document.supplier.toLowerCase()}`,
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
        happened: `The books were locked to ${lock} (LOCK-DATE).`,
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

/**
 * What a settled `post-bill` or `read-back` job means for its document and batch; runs inside the transaction that
 * settles the job, so that the job and the document can never tell different stories.
 */
export async function documentSettled(parts: ExportParts, tx: Tx, job: OutboxJob): Promise<void> {
  const reference = referenceOf(job);
  if (reference === null) return;
  const document = await documentByReference(tx, job.organisationId, reference);
  if (document === undefined) return;
  const at = parts.runtime.clock.now();
  const set = (patch: Parameters<typeof updateDocument>[3]) =>
    updateDocument(tx, job.organisationId, document.id, { ...patch, updated_at: at });

  if (job.action === 'post-bill') await posted(parts, tx, job, document, set);
  else if (job.action === 'read-back') await readBack(job, document, set);
  else return;
  await batchFollows(parts, tx, job.organisationId, document.batch_id);
}

async function posted(
  parts: ExportParts,
  tx: Tx,
  job: OutboxJob,
  document: ExportDocumentRow,
  set: (patch: Parameters<typeof updateDocument>[3]) => Promise<void>,
): Promise<void> {
  const { organisationId } = job;
  if (job.state === 'delivered') {
    const vendorId = job.receipt?.vendorId ?? null;
    await set({ state: 'posted', vendor_id: vendorId, problem: null });
    await moveLines(tx, organisationId, { documentId: document.id }, 'posted', parts.runtime.clock.now());
    await entry(parts, tx, job, 'document.posted', document, {
      vendorId,
      gross: document.gross,
      currency: document.currency,
    });
    if (vendorId === null) return;
    await parts.enqueue(tx, {
      organisationId,
      system: job.system,
      action: 'read-back',
      deliveryClass: 'keyed-upsert',
      priority: LEDGER_PRIORITY,
      payload: {
        documentType: LedgerDocument.parse(JSON.parse(document.frozen)).documentType,
        vendorId,
        reference: document.reference,
      },
      payloadVersion: 1,
      idempotencyKey: `${organisationId}:${job.system}:read-back:${document.reference}:r1`,
      orderKey: null,
    });
    return;
  }
  const problem = job.lastFailure === null ? null : say(job);
  if (job.state === 'failed' || job.state === 'cancelled') {
    await set({ state: 'refused', problem: problem ?? 'Cancelled before it was sent.' });
    await entry(parts, tx, job, 'document.refused', document, { problem });
  } else if (job.inDoubt) {
    await set({ state: 'in_doubt', problem });
    if (document.state !== 'in_doubt') await entry(parts, tx, job, 'document.in-doubt', document, { problem });
  } else if (job.state === 'held') {
    await set({ state: 'held', problem });
    await entry(parts, tx, job, 'document.held', document, { problem });
  } else {
    await set({ state: 'waiting', problem });
  }
}

async function readBack(
  job: OutboxJob,
  document: ExportDocumentRow,
  set: (patch: Parameters<typeof updateDocument>[3]) => Promise<void>,
): Promise<void> {
  if (job.state === 'delivered') {
    const copy = ReadBack.parse(job.receipt?.document);
    const different = differences(LedgerDocument.parse(JSON.parse(document.frozen)), copy);
    const first = different[0];
    await set({
      state: different.length === 0 ? 'verified' : 'mismatch',
      read_back: JSON.stringify(copy),
      differences: JSON.stringify(different),
      problem: first ? `The ledger shows ${first.field} ${first.found}, expected ${first.expected} (TGT-TOTAL).` : null,
    });
  } else if (job.state === 'failed' || job.state === 'held') {
    await set({ problem: `Posted, but it could not be read back: ${job.lastFailure?.message ?? 'no answer'}` });
  }
}

/** The batch's state is what its documents' states add up to. */
async function batchFollows(parts: ExportParts, tx: Tx, organisationId: string, batchId: string): Promise<void> {
  const [batch, counts] = await Promise.all([
    getBatch(tx, organisationId, batchId),
    countDocuments(tx, organisationId, batchId),
  ]);
  if (batch === undefined || ['closed', 'reversed'].includes(batch.state)) return;
  const moving = counts.waiting + counts.sending;
  const done = counts.posted + counts.verified + counts.mismatch;
  const stopped = counts.refused + counts.held + counts.mismatch;
  const state =
    moving > 0
      ? 'sending'
      : counts.in_doubt > 0
        ? 'in_doubt'
        : stopped > 0
          ? done > 0
            ? 'partly_posted'
            : 'blocked'
          : counts.posted > 0
            ? 'posted'
            : 'verified';
  const at = parts.runtime.clock.now();
  if (state === batch.state) return;
  await updateBatch(tx, organisationId, batchId, { state, updated_at: at });
  if (state !== 'verified') return;
  await parts.audit(tx, {
    organisationId,
    actor: 'console',
    channel: 'read-back',
    action: 'batch.verified',
    object: batchId,
    after: {
      documents: counts.verified,
      net: pounds(batch.net_gbp_minor),
      vat: pounds(batch.vat_gbp_minor),
      gross: pounds(batch.gross_gbp_minor),
    },
    correlationId: batchId,
  });
}

function entry(
  parts: ExportParts,
  tx: Tx,
  job: OutboxJob,
  action: string,
  document: ExportDocumentRow,
  after: Record<string, unknown>,
): Promise<void> {
  return parts.audit(tx, {
    organisationId: job.organisationId,
    actor: 'console',
    channel: job.system,
    action,
    object: document.id,
    after: { invoice: document.invoice_number, reference: document.reference, ...after },
    correlationId: job.id,
  });
}

function say(job: OutboxJob): string {
  const { message, hint } = job.lastFailure ?? { message: '', hint: undefined };
  return hint === undefined ? message : `${message} ${hint}`;
}

/** Both actions carry our reference in their payload. */
function referenceOf(job: OutboxJob): string | null {
  const { payload } = job;
  if (payload === null || typeof payload !== 'object' || Array.isArray(payload)) return null;
  return typeof payload.reference === 'string' ? payload.reference : null;
}
