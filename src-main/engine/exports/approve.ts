import type { ExportBatchRow } from '../../store/repositories/exports.ts';
import { deleteBatch, getBatch, listDocuments, moveLines, updateBatch } from '../../store/repositories/exports.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import { notAllowed, notFound, refused } from '../problem.ts';
import { batchHash, pounds } from './documents.ts';
import type { Actor, ExportParts } from './parts.ts';

export async function batchOf(parts: ExportParts, organisationId: string, batchId: string): Promise<ExportBatchRow> {
  const batch = await getBatch(parts.store.read, organisationId, batchId);
  if (batch === undefined) {
    throw notFound({ happened: `There is no batch ${batchId}.`, remedy: 'List the batches to see their ids.' });
  }
  return batch;
}

/**
 * Four eyes (F5): a second person with the approver's role proves who they are and freezes the batch by its hash.
 * @throws ProblemError when the role is missing, preparer and approver are one, the PIN is wrong or the batch moved on
 */
export async function approveBatch(
  parts: ExportParts,
  organisationId: string,
  request: { readonly batchId: string; readonly approver: string; readonly pin: string },
  actor: Actor,
): Promise<void> {
  const { store, runtime } = parts;
  const batch = await batchOf(parts, organisationId, request.batchId);
  const approver = await provenApprover(parts, organisationId, request, {
    id: batch.prepared_by,
    did: 'prepared this batch',
  });

  await store.transaction(async (tx, after) => {
    const present = await getBatch(tx, organisationId, batch.id);
    if (present?.state !== 'checked') {
      throw refused({
        happened: `This batch is ${present?.state ?? 'gone'}, not waiting for approval.`,
        remedy: present?.state === 'approved' ? 'It can be sent now.' : 'Prepare a new batch.',
      });
    }
    const documents = await listDocuments(tx, organisationId, batch.id);
    const hash = batchHash(documents.map((document) => document.frozen));
    if (hash !== present.hash) throw changed();
    const at = runtime.clock.now();
    await updateBatch(tx, organisationId, batch.id, {
      state: 'approved',
      approved_by: approver.id,
      approved_at: at,
      updated_at: at,
    });
    await parts.audit(tx, {
      organisationId,
      actor: approver.name,
      channel: actor.channel,
      action: 'batch.approved',
      object: batch.id,
      after: {
        ...{ hash, lines: batch.lines, documents: documents.length, gross: pounds(batch.gross_gbp_minor) },
        // Who could have known the PIN once; the record keeps it, whatever becomes of the person.
        ...(approver.firstPinBy === null ? {} : { firstPinBy: approver.firstPinBy }),
      },
      correlationId: actor.correlationId,
    });
    after(() => parts.publish({ topic: 'batches', organisationId, ids: [batch.id] }));
  });
}

/**
 * Four eyes (F5): who approves has the role, is not the one whose work it is, and proves it with the PIN.
 * @throws ProblemError saying which of these fails
 */
export async function provenApprover(
  parts: ExportParts,
  organisationId: string,
  request: { readonly approver: string; readonly pin: string },
  worker: { readonly id: string; readonly did: string },
) {
  const organisation = await getOrganisation(parts.store.read, organisationId);
  const approver = await findPerson(parts, organisationId, request.approver);
  if (approver === undefined) {
    throw notFound({
      happened: `Nobody here is called "${request.approver}".`,
      remedy: 'Name a person listed under Settings, People.',
    });
  }
  if (!approver.roles.includes('finance_approver')) {
    throw notAllowed({
      happened: `${approver.name} may not approve batches.`,
      remedy: 'Ask someone with the role of finance approver.',
    });
  }
  if (organisation?.four_eyes === 1 && approver.id === worker.id) {
    throw notAllowed({
      happened: `${approver.name} ${worker.did}, so another person must approve it.`,
      remedy: 'Ask a second finance approver.',
    });
  }
  if (organisation?.four_eyes === 1 && approver.hasPin && !approver.ownPin) {
    throw notAllowed({
      happened: `The PIN of ${approver.name} is a first one, set by ${await nameOf(parts, organisationId, approver.firstPinBy)}.`,
      means: 'Whoever set it knows it, so it opens the door and approves nothing.',
      remedy: `${approver.name} takes the keyboard with it (Switch person) and chooses one of their own.`,
    });
  }
  if (!(await parts.people.verifyPin(organisationId, approver.id, request.pin))) {
    throw notAllowed({
      happened: `That is not the PIN of ${approver.name}.`,
      means: 'Nothing is approved. Five wrong tries are followed by a wait.',
      remedy: 'Type it again.',
    });
  }
  return approver;
}

async function nameOf(parts: ExportParts, organisationId: string, personId: string | null): Promise<string> {
  return (personId && (await findPerson(parts, organisationId, personId))?.name) || 'somebody';
}

/** Told where who prepared a batch set the first PIN of who approved it; null: they did not, or nobody approved it yet. */
export async function firstPinNote(
  parts: ExportParts,
  { organisation_id: organisationId, prepared_by, approved_by }: ExportBatchRow,
): Promise<string | null> {
  const approver = approved_by === null ? undefined : await findPerson(parts, organisationId, approved_by);
  if (approver === undefined || approver.firstPinBy !== prepared_by || approver.id === prepared_by) return null;
  const preparer = await nameOf(parts, organisationId, prepared_by);
  return `${preparer}, who prepared this, set the first PIN of ${approver.name}, who chose another since.`;
}

/** By id, or by name whatever its case. */
export async function findPerson(parts: ExportParts, organisationId: string, idOrName: string) {
  const wanted = idOrName.trim().toLowerCase();
  const people = await parts.people.people(organisationId);
  return people.find((one) => one.id === idOrName) ?? people.find((one) => one.name.toLowerCase() === wanted);
}

export function changed() {
  return refused({
    happened: 'The batch is not what was approved (NOT-APPROVED).',
    means: 'Its hash differs from the one that was frozen, so nothing is sent.',
    remedy: 'Take the batch apart, prepare it again and have it approved again.',
  });
}

/** Undo of prepare and approve, while nothing has been sent. @returns how many lines went back to ready */
export async function discardBatch(
  parts: ExportParts,
  organisationId: string,
  batchId: string,
  actor: Actor,
): Promise<number> {
  const { store, runtime } = parts;
  await batchOf(parts, organisationId, batchId);
  return store.transaction(async (tx, after) => {
    const batch = await getBatch(tx, organisationId, batchId);
    if (batch === undefined || !['draft', 'checked', 'approved', 'blocked'].includes(batch.state)) {
      throw refused({
        happened: 'This batch was sent, so it cannot be taken apart.',
        means: 'What went out is undone by another document, never by a deletion.',
        remedy:
          batch?.target === 'file'
            ? 'Enter credit notes where its files were imported, and import those here as costs.'
            : 'Reverse the documents concerned.',
      });
    }
    const untouched = (await listDocuments(tx, organisationId, batchId)).every((document) => document.job_id === null);
    if (!untouched)
      throw refused({ happened: 'Documents of this batch are on their way, so it cannot be taken apart.' });
    const lines = await moveLines(tx, organisationId, { batchId }, 'ready', runtime.clock.now());
    await deleteBatch(tx, organisationId, batchId);
    await parts.audit(tx, {
      organisationId,
      actor: actor.name,
      channel: actor.channel,
      action: 'batch.discarded',
      object: batchId,
      before: { state: batch.state, lines: batch.lines, gross: pounds(batch.gross_gbp_minor) },
      correlationId: actor.correlationId,
    });
    after(() => {
      parts.publish({ topic: 'batches', organisationId, ids: [batchId] });
      parts.publish({ topic: 'lines', organisationId, ids: [] });
    });
    return lines;
  });
}
