import { LedgerDocument } from '../../adapters/kit/ledger.ts';
import { getDocument, moveLines, updateDocument } from '../../store/repositories/exports.ts';
import { getJob } from '../../store/repositories/outbox.ts';
import { notFound, refused } from '../problem.ts';
import { batchOf } from './approve.ts';
import type { Actor, ExportParts } from './parts.ts';
import { askReadBack, batchFollows } from './settle.ts';

/**
 * Lets a document that stood in the ledger already stand for ours (TGT-DUP). Nothing is posted; it is read back, and is
 * verified only when number, supplier, day, currency and totals are ours to the penny.
 * @throws ProblemError when ours was not refused, or it is not known which document there is meant
 */
export async function linkDocument(
  parts: ExportParts,
  organisationId: string,
  request: { readonly batchId: string; readonly documentId: string; readonly vendorId?: string | undefined },
  actor: Actor,
): Promise<void> {
  const batch = await batchOf(parts, organisationId, request.batchId);
  await parts.store.transaction(async (tx, after) => {
    const row = await getDocument(tx, organisationId, request.documentId);
    if (row === undefined || row.batch_id !== batch.id) {
      throw notFound({ happened: 'There is no such document in this batch.' });
    }
    if (row.state !== 'refused' || row.released_at !== null) {
      throw refused({
        happened: `${row.invoice_number} is ${row.state.replaceAll('_', ' ')}, so it is not linked.`,
        means: 'Only a document the ledger refused can be linked to one that stands there.',
      });
    }
    const job = row.job_id === null ? null : await getJob(tx, organisationId, row.job_id);
    const vendorId = request.vendorId ?? job?.lastFailure?.existing;
    if (vendorId === undefined) {
      throw refused({
        happened: `The ledger did not say which document stands in the way of ${row.invoice_number}.`,
        remedy: 'Give its id in the ledger, or correct the number here.',
      });
    }
    const at = parts.runtime.clock.now();
    await updateDocument(tx, organisationId, row.id, {
      ...{ state: 'posted', vendor_id: vendorId, linked: 1, problem: null, updated_at: at },
    });
    await moveLines(tx, organisationId, { documentId: row.id }, 'posted', at);
    const frozen = LedgerDocument.parse(JSON.parse(row.frozen));
    await askReadBack(parts, tx, { document: row, frozen, reference: row.reference }, vendorId, batch.target);
    await parts.audit(tx, {
      organisationId,
      actor: actor.name,
      channel: actor.channel,
      action: 'document.linked',
      object: row.id,
      after: { invoice: row.invoice_number, vendorId },
      correlationId: actor.correlationId,
    });
    await batchFollows(parts, tx, organisationId, batch.id);
    after(() => parts.publish({ topic: 'batches', organisationId, ids: [batch.id] }));
  });
}
