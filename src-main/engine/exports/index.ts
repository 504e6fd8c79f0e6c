import type { BatchView, DocumentView, LedgerTarget } from '../../../src-shared/contract/exports.ts';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { parsePeriod } from '../../../src-shared/domain/period.ts';
import { LedgerDocument } from '../../adapters/kit/ledger.ts';
import type { Tx } from '../../ports/store.ts';
import {
  type ExportBatchRow,
  type ExportDocumentRow,
  getDocument,
  listBatches,
  listDocuments,
} from '../../store/repositories/exports.ts';
import { listLedgerDuplicates } from '../../store/repositories/ledger-duplicates.ts';
import { type ExportReversalRow, listReversals } from '../../store/repositories/reversals.ts';
import { notFound, refused } from '../problem.ts';
import { refuseLockedPeriod } from '../review/locks.ts';
import { approveBatch, batchOf, discardBatch, findPerson, firstPinNote } from './approve.ts';
import { linkDocument } from './link.ts';
import { type PackFile, writePack } from './pack.ts';
import type { Actor, ExportParts } from './parts.ts';
import { prepareBatch } from './prepare.ts';
import { type ReverseRequest, releaseRefused, reverseDocuments } from './reverse.ts';
import { sendBatch } from './send.ts';
import { askReadBack, batchFollows, documentSettled } from './settle.ts';
import { decideTwin, twinView } from './twins.ts';
import { batchView, documentView } from './view.ts';

export type { Actor, ExportParts } from './parts.ts';

const PAGE = 200;

/** Batches from reviewed lines to verified ledger documents: prepare, approve, send, read back, pack. */
export function createExports(parts: ExportParts) {
  const { store } = parts;

  async function show(row: ExportBatchRow): Promise<BatchView> {
    const view = await batchView(store.read, row, parts.runtime.clock.now());
    const [prepared, approved] = await Promise.all([
      findPerson(parts, row.organisation_id, row.prepared_by),
      row.approved_by === null ? undefined : findPerson(parts, row.organisation_id, row.approved_by),
    ]);
    return {
      ...view,
      preparedBy: prepared?.name ?? row.prepared_by,
      approvedBy: approved?.name ?? row.approved_by,
      approverNote: await firstPinNote(parts, row),
    };
  }

  async function reversalsOf(organisationId: string, batchId: string): Promise<Map<string, ExportReversalRow>> {
    const rows = await listReversals(store.read, organisationId, batchId);
    return new Map(rows.map((row) => [row.document_id, row]));
  }

  async function readAgain(document: ExportDocumentRow, reference: string, frozen: string, vendorId: string) {
    const { target } = await batchOf(parts, document.organisation_id, document.batch_id);
    const subject = { document, reference, frozen: LedgerDocument.parse(JSON.parse(frozen)) };
    await store.transaction((tx) => askReadBack(parts, tx, subject, vendorId, target, parts.runtime.ids.next()));
  }

  async function shown(organisationId: string, documentId: string): Promise<DocumentView> {
    const row = await getDocument(store.read, organisationId, documentId);
    if (row === undefined) throw notFound({ happened: 'There is no such document.' });
    return documentView(row, (await reversalsOf(organisationId, row.batch_id)).get(row.id));
  }

  const batch = async (organisationId: string, batchId: string): Promise<BatchView> =>
    show(await batchOf(parts, organisationId, batchId));

  return {
    batch,
    async latest(organisationId: string): Promise<BatchView | null> {
      const [row] = await listBatches(store.read, organisationId, 1);
      return row === undefined ? null : show(row);
    },
    async batches(organisationId: string): Promise<BatchView[]> {
      return Promise.all((await listBatches(store.read, organisationId, 50)).map(show));
    },
    async prepare(
      organisationId: string,
      request: { readonly period: string; readonly target: LedgerTarget },
      actor: Actor,
    ): Promise<BatchView> {
      return batch(organisationId, await prepareBatch(parts, organisationId, request, actor));
    },
    /** Documents of ours beside those of a ledger that look like them (F11). */
    async twins(organisationId: string) {
      const all = (await listLedgerDuplicates(store.read, organisationId)).map(twinView);
      return {
        open: all.filter(({ decision }) => decision === null),
        decided: all.filter(({ decision }) => decision !== null),
      };
    },
    decideTwin: (organisationId: string, request: Parameters<typeof decideTwin>[2], actor: Actor) =>
      decideTwin(parts, organisationId, request, actor),
    async approve(
      organisationId: string,
      request: { readonly batchId: string; readonly approver: string; readonly pin: string },
      actor: Actor,
    ): Promise<BatchView> {
      await approveBatch(parts, organisationId, request, actor);
      return batch(organisationId, request.batchId);
    },
    discard: (organisationId: string, batchId: string, actor: Actor) =>
      discardBatch(parts, organisationId, batchId, actor),
    async send(organisationId: string, batchId: string, actor: Actor): Promise<BatchView> {
      const { period } = await batchOf(parts, organisationId, batchId);
      const days = parsePeriod(period);
      if (days) await refuseLockedPeriod(store.read, organisationId, days);
      await sendBatch(parts, organisationId, batchId, actor);
      return batch(organisationId, batchId);
    },
    async documents(
      organisationId: string,
      batchId: string,
      after: string | null,
    ): Promise<{ rows: DocumentView[]; next: string | null; total: number }> {
      const from = after === null ? -1 : Number(after);
      const rows = await listDocuments(store.read, organisationId, batchId, { after: from, limit: PAGE });
      const last = rows.at(-1);
      const reversals = await reversalsOf(organisationId, batchId);
      const view = await batch(organisationId, batchId);
      return {
        rows: rows.map((row) => documentView(row, reversals.get(row.id))),
        next: rows.length === PAGE && last ? String(last.position) : null,
        total: view.documents,
      };
    },
    /** Takes posted documents back, all of the batch or those named (F10). */
    async reverse(organisationId: string, request: ReverseRequest, actor: Actor): Promise<BatchView> {
      await reverseDocuments(parts, organisationId, request, actor);
      return batch(organisationId, request.batchId);
    },
    /** Gives the lines of refused documents back to the review. */
    release: (
      organisationId: string,
      request: { readonly batchId: string; readonly documentIds?: readonly string[] | undefined },
      actor: Actor,
    ): Promise<number> =>
      releaseRefused(parts, organisationId, request, actor, (tx) =>
        batchFollows(parts, tx, organisationId, request.batchId),
      ),
    /** Lets a document that stands in the ledger stand for a refused one (TGT-DUP). */
    async link(
      organisationId: string,
      request: { readonly batchId: string; readonly documentId: string; readonly vendorId?: string | undefined },
      actor: Actor,
    ): Promise<DocumentView> {
      await linkDocument(parts, organisationId, request, actor);
      return shown(organisationId, request.documentId);
    },
    /**
     * Looks again now: an in-doubt document or its reversal is searched for, one that was held is tried anew, and one that differed
     * or could not be read is read back once more, since somebody may have put it right in the ledger.
     */
    async check(organisationId: string, documentId: string): Promise<DocumentView> {
      const row = await getDocument(store.read, organisationId, documentId);
      if (row === undefined) throw notFound({ happened: 'There is no such document.' });
      const reversal = (await reversalsOf(organisationId, row.batch_id)).get(row.id);
      const both = [row, reversal];
      const open = both.find((one) => one?.state === 'in_doubt' || one?.state === 'held');
      const unequal = both.find(
        (one) => one?.state === 'mismatch' || (one?.state === 'posted' && one.problem !== null),
      );
      if (open?.job_id) await parts.checkNow(organisationId, open.job_id);
      else if (unequal?.vendor_id) await readAgain(row, unequal.reference, unequal.frozen, unequal.vendor_id);
      else {
        throw refused({
          happened: `This document is ${row.state.replaceAll('_', ' ')}, so there is nothing to look up.`,
        });
      }
      return shown(organisationId, documentId);
    },
    async pack(
      organisationId: string,
      batchId: string,
      actor: Actor,
    ): Promise<{ files: PackFile[]; download: string }> {
      return writePack(parts, organisationId, batchId, await batch(organisationId, batchId), actor);
    },
    /** To be registered with the outbox for every action of every ledger. */
    settled: (tx: Tx, job: OutboxJob) => documentSettled(parts, tx, job),
  };
}

export type Exports = ReturnType<typeof createExports>;
