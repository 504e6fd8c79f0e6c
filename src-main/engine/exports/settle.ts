import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { LedgerDocument, ReadBack } from '../../adapters/kit/ledger.ts';
import type { Tx } from '../../ports/store.ts';
import {
  countDocuments,
  documentByReference,
  type ExportDocumentRow,
  getBatch,
  getDocument,
  moveLines,
  updateBatch,
  updateDocument,
} from '../../store/repositories/exports.ts';
import {
  boxesOfDocument,
  type ExportReversalRow,
  listReversals,
  reversalByReference,
  updateReversal,
} from '../../store/repositories/reversals.ts';
import { refused } from '../problem.ts';
import { differences } from './compare.ts';
import { pounds } from './documents.ts';
import type { ExportParts } from './parts.ts';
import { LEDGER_PRIORITY } from './priority.ts';

/** A document in the ledger or the one that takes it back: both are posted, looked up and read back alike. */
interface Subject {
  readonly word: 'document' | 'reversal';
  readonly document: ExportDocumentRow;
  readonly reversal: ExportReversalRow | null;
  readonly reference: string;
  readonly frozen: LedgerDocument;
  readonly state: ExportDocumentRow['state'];
  set(patch: {
    readonly state?: ExportReversalRow['state'];
    readonly vendor_id?: string | null;
    readonly problem?: string | null;
    readonly read_back?: string;
    readonly differences?: string;
  }): Promise<void>;
}

/**
 * What a settled `post-bill`, `reverse-bill` or `read-back` job means for its document and batch; runs inside the transaction
 * that settles the job, so that the job and the document can never tell different stories.
 */
export async function documentSettled(parts: ExportParts, tx: Tx, job: OutboxJob): Promise<void> {
  const subject = await subjectOf(parts, tx, job);
  if (subject === null) return;
  if (job.action === 'read-back') await readBack(parts, tx, job, subject);
  else await posted(parts, tx, job, subject);
  await batchFollows(parts, tx, job.organisationId, subject.document.batch_id);
}

async function subjectOf(parts: ExportParts, tx: Tx, job: OutboxJob): Promise<Subject | null> {
  const reference = referenceOf(job);
  if (reference === null || !['post-bill', 'reverse-bill', 'read-back'].includes(job.action)) return null;
  const { organisationId } = job;
  const at = parts.runtime.clock.now();
  const document = await documentByReference(tx, organisationId, reference);
  if (document !== undefined) {
    return {
      ...{ word: 'document', document, reversal: null, reference, state: document.state },
      frozen: LedgerDocument.parse(JSON.parse(document.frozen)),
      set: (patch) => updateDocument(tx, organisationId, document.id, { ...patch, updated_at: at }),
    };
  }
  const reversal = await reversalByReference(tx, organisationId, reference);
  const original = reversal && (await getDocument(tx, organisationId, reversal.document_id));
  if (reversal === undefined || original === undefined) return null;
  return {
    ...{ word: 'reversal', document: original, reversal, reference, state: reversal.state },
    frozen: LedgerDocument.parse(JSON.parse(reversal.frozen)),
    set: (patch) => updateReversal(tx, organisationId, original.id, { ...patch, updated_at: at }),
  };
}

async function posted(parts: ExportParts, tx: Tx, job: OutboxJob, subject: Subject): Promise<void> {
  const { document, reversal } = subject;
  if (job.state === 'delivered') {
    const vendorId = job.receipt?.vendorId ?? null;
    await subject.set({ state: 'posted', vendor_id: vendorId, problem: null });
    if (reversal === null) {
      await moveLines(tx, job.organisationId, { documentId: document.id }, 'posted', parts.runtime.clock.now());
    }
    await entry(parts, tx, job, 'posted', subject, {
      vendorId,
      gross: subject.frozen.totals.gross,
      currency: document.currency,
    });
    if (vendorId !== null) await askReadBack(parts, tx, subject, vendorId, job.system);
    return;
  }
  refuseGivenBack(job, subject);
  const problem = job.lastFailure === null ? null : say(job);
  if (job.state === 'failed' || job.state === 'cancelled') {
    await subject.set({ state: 'refused', problem: problem ?? 'Cancelled before it was sent.' });
    await entry(parts, tx, job, 'refused', subject, { problem });
  } else if (job.inDoubt) {
    await subject.set({ state: 'in_doubt', problem });
    if (subject.state !== 'in_doubt') await entry(parts, tx, job, 'in-doubt', subject, { problem });
  } else if (job.state === 'held') {
    await subject.set({ state: 'held', problem });
    await entry(parts, tx, job, 'held', subject, { problem });
  } else {
    await subject.set({ state: 'waiting', problem });
  }
}

/** A refused document whose lines went back or that was linked, or a refused reversal that was asked for anew, is not tried again. */
function refuseGivenBack(job: OutboxJob, { document, reversal }: Subject): void {
  if (job.state !== 'queued') return;
  const gone = document.released_at !== null || document.linked === 1;
  const over = reversal === null ? gone : reversal.job_id !== job.id;
  if (!over) return;
  throw refused({
    happened:
      reversal === null
        ? `${document.invoice_number} is ${document.linked === 1 ? 'linked to what stood in the ledger' : 'no longer in its batch'}.`
        : `The reversal of ${document.invoice_number} was asked for anew.`,
    means: 'Trying this one again could book the same cost twice.',
    remedy: 'Look at the batch for what stands in its place.',
  });
}

/** Reads what was posted back, so that it can be compared. `vendorId`: its id there; `look`: another one than the first. */
export async function askReadBack(
  parts: ExportParts,
  tx: Tx,
  { document, frozen, reference }: Pick<Subject, 'document' | 'frozen' | 'reference'>,
  vendorId: string,
  system: string,
  look = 'r1',
): Promise<void> {
  const { organisation_id: organisationId } = document;
  await parts.enqueue(tx, {
    organisationId,
    system,
    action: 'read-back',
    deliveryClass: 'keyed-upsert',
    priority: LEDGER_PRIORITY,
    payload: { documentType: frozen.documentType, vendorId, reference },
    payloadVersion: 1,
    idempotencyKey: `${organisationId}:${system}:read-back:${reference}:${look}`,
    orderKey: null,
  });
}

async function readBack(parts: ExportParts, tx: Tx, job: OutboxJob, subject: Subject): Promise<void> {
  if (job.state === 'failed' || job.state === 'held') {
    await subject.set({ problem: `Posted, but it could not be read back: ${job.lastFailure?.message ?? 'no answer'}` });
  }
  if (job.state !== 'delivered') return;
  const copy = ReadBack.parse(job.receipt?.document);
  const different = differences(subject.frozen, copy, subject.reversal === null && subject.document.linked === 1);
  const first = different[0];
  await subject.set({
    state: different.length === 0 ? 'verified' : 'mismatch',
    read_back: JSON.stringify(copy),
    differences: JSON.stringify(different),
    problem: first ? `The ledger shows ${first.field} ${first.found}, expected ${first.expected} (TGT-TOTAL).` : null,
  });
  if (subject.reversal !== null && different.length === 0) {
    await takenBack(parts, tx, job, subject, subject.reversal);
  }
}

/** The ledger shows both, and together they make zero: the lines are no longer this document's. */
async function takenBack(
  parts: ExportParts,
  tx: Tx,
  job: OutboxJob,
  subject: Subject,
  reversal: ExportReversalRow,
): Promise<void> {
  const { document } = subject;
  if (document.released_at !== null) return;
  const at = parts.runtime.clock.now();
  await updateReversal(tx, job.organisationId, document.id, {
    boxes: await boxesOfDocument(tx, job.organisationId, document.id),
    updated_at: at,
  });
  const to = reversal.lines_then === 'free' ? 'ready' : { excluded: `Reversed in the ledger: ${reversal.reason}` };
  const lines = await moveLines(tx, job.organisationId, { documentId: document.id }, to, at);
  await updateDocument(tx, job.organisationId, document.id, { released_at: at, updated_at: at });
  await entry(parts, tx, job, 'verified', subject, { lines, linesThen: reversal.lines_then });
}

/** The batch's state is what its documents' states add up to; one that holds its lines no longer does not count. */
export async function batchFollows(parts: ExportParts, tx: Tx, organisationId: string, batchId: string): Promise<void> {
  const [batch, { all, released }, reversals] = await Promise.all([
    getBatch(tx, organisationId, batchId),
    countDocuments(tx, organisationId, batchId),
    listReversals(tx, organisationId, batchId),
  ]);
  if (batch === undefined) return;
  const left = (state: keyof typeof all) => all[state] - released[state];
  const moving = left('waiting') + left('sending');
  const done = left('posted') + left('verified') + left('mismatch');
  const stopped = left('refused') + left('held') + left('mismatch');
  const state = (() => {
    if (moving > 0) return 'sending';
    if (left('in_doubt') > 0) return 'in_doubt';
    if (stopped > 0) return done > 0 ? 'partly_posted' : 'blocked';
    if (left('posted') > 0) return 'posted';
    if (done > 0) return 'verified';
    return reversals.some((row) => row.state === 'verified') ? 'reversed' : 'closed';
  })();
  if (state === batch.state) return;
  await updateBatch(tx, organisationId, batchId, { state, updated_at: parts.runtime.clock.now() });
  if (state !== 'verified' && state !== 'reversed') return;
  await parts.audit(tx, {
    organisationId,
    actor: 'console',
    channel: 'read-back',
    action: `batch.${state}`,
    object: batchId,
    after: {
      documents: state === 'verified' ? done : reversals.length,
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
  what: string,
  { word, document, reference }: Subject,
  after: Record<string, unknown>,
): Promise<void> {
  return parts.audit(tx, {
    organisationId: job.organisationId,
    actor: 'console',
    channel: job.system,
    action: `${word}.${what}`,
    object: document.id,
    after: { invoice: document.invoice_number, reference, ...after },
    correlationId: job.id,
  });
}

function say(job: OutboxJob): string {
  const { message, hint } = job.lastFailure ?? { message: '', hint: undefined };
  return hint === undefined ? message : `${message} ${hint}`;
}

/** Every one of these actions carries our reference in its payload. */
function referenceOf(job: OutboxJob): string | null {
  const { payload } = job;
  if (payload === null || typeof payload !== 'object' || Array.isArray(payload)) return null;
  return typeof payload.reference === 'string' ? payload.reference : null;
}
