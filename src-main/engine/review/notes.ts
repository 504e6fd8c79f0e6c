import { readFile } from 'node:fs/promises';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { EvidenceStore } from '../../ports/evidence.ts';
import type { ChosenFile } from '../../ports/files.ts';
import type { Reader } from '../../ports/store.ts';
import {
  commentsOf,
  evidenceOf,
  insertComment,
  insertEvidence,
  type LineEvidenceRow,
  removeEvidence,
} from '../../store/repositories/desk.ts';
import { linesById } from '../../store/repositories/review.ts';
import { notFound, refused } from '../problem.ts';
import type { Reviewer, ReviewParts } from './step.ts';

const mostBytes = 10 * 1024 * 1024;

/** What a file is by its first bytes; its name proves nothing. */
const kinds: readonly { readonly type: string; readonly starts: readonly number[] }[] = [
  { type: 'application/pdf', starts: [0x25, 0x50, 0x44, 0x46, 0x2d] },
  { type: 'image/png', starts: [0x89, 0x50, 0x4e, 0x47] },
  { type: 'image/jpeg', starts: [0xff, 0xd8, 0xff] },
];

const asInstant = (at: number) => at as Parameters<typeof isoOf>[0];

export async function notesOf(db: Reader, organisationId: string, lineId: string) {
  const [comments, evidence] = await Promise.all([
    commentsOf(db, organisationId, lineId),
    evidenceOf(db, organisationId, [lineId]),
  ]);
  return {
    comments: comments.map(({ id, actor, at, text }) => ({ id, by: actor, at: isoOf(asInstant(at)), text })),
    evidence: evidence.map(evidenceView),
  };
}

const evidenceView = (row: LineEvidenceRow) => ({
  id: row.id,
  fileName: row.file_name,
  contentType: row.content_type,
  bytes: row.bytes,
  sha256: row.file_id,
  by: row.actor,
  at: isoOf(asInstant(row.at)),
});

export async function addComment(
  { store, runtime, audit, publish }: ReviewParts,
  organisationId: string,
  { lineId, text }: { readonly lineId: string; readonly text: string },
  who: Reviewer,
): Promise<void> {
  await store.transaction(async (tx, after) => {
    const [line] = await linesById(tx, organisationId, [lineId]);
    if (!line) throw notFound({ happened: 'There is no such line.' });
    const row = {
      organisation_id: organisationId,
      id: runtime.ids.next(),
      line_id: lineId,
      actor: who.name,
      at: runtime.clock.now(),
      text,
    };
    await insertComment(tx, row);
    await audit(tx, {
      organisationId,
      actor: who.name,
      channel: who.channel,
      action: 'line.commented',
      object: `line:${lineId}`,
      after: { comment: row.id },
      correlationId: who.correlationId,
    });
    after(() => publish({ topic: 'lines', organisationId, ids: [lineId] }));
  });
}

/**
 * Keeps a document under its hash and gives the row that puts it beside a line.
 * @throws ProblemError on anything but a PDF, PNG or JPEG of up to 10 MB
 */
export async function keptEvidence(
  { clock, ids }: ReviewParts['runtime'],
  evidence: EvidenceStore,
  file: ChosenFile,
  of: Pick<LineEvidenceRow, 'organisation_id' | 'line_id' | 'actor'>,
): Promise<LineEvidenceRow> {
  const bytes = new Uint8Array(await readFile(file.path));
  await file.dispose();
  const kind = kinds.find(({ starts }) => starts.every((byte, at) => bytes[at] === byte));
  if (!kind || bytes.byteLength > mostBytes) {
    throw refused({
      happened: kind
        ? `${file.name} is larger than 10 MB.`
        : `${file.name} is neither a PDF nor a PNG or JPEG picture.`,
      means: 'The ledgers take no other evidence.',
      remedy: 'Save the document as a PDF of less than 10 MB and add that.',
    });
  }
  return {
    ...of,
    id: ids.next(),
    // Content-addressed and durable first: left over by a crash it is found again, never doubled.
    file_id: await evidence.put(bytes),
    file_name: file.name.slice(0, 200),
    content_type: kind.type,
    bytes: bytes.byteLength,
    at: clock.now(),
  };
}

/**
 * Puts a document beside a line: PDF, PNG or JPEG up to 10 MB. It goes to the ledger with the line's bill.
 * @throws ProblemError on another kind of file, or when the line is in a batch
 */
export async function attachEvidence(
  { store, runtime, audit, publish }: ReviewParts,
  evidence: EvidenceStore,
  organisationId: string,
  { lineId, file }: { readonly lineId: string; readonly file: ChosenFile },
  who: Reviewer,
) {
  const row = await keptEvidence(runtime, evidence, file, {
    organisation_id: organisationId,
    line_id: lineId,
    actor: who.name,
  });
  await store.transaction(async (tx, after) => {
    const [line] = await linesById(tx, organisationId, [lineId]);
    if (!line) throw notFound({ happened: 'There is no such line.' });
    if (line.state === 'batched' || line.state === 'posted') throw frozenEvidence();
    await insertEvidence(tx, row);
    await audit(tx, {
      organisationId,
      actor: who.name,
      channel: who.channel,
      action: 'line.evidence-added',
      object: `line:${lineId}`,
      after: { file: row.file_name, sha256: row.file_id },
      correlationId: who.correlationId,
    });
    after(() => publish({ topic: 'lines', organisationId, ids: [lineId] }));
  });
  return evidenceView(row);
}

/** Takes a document off its line; the content stays for batches that have it. */
export async function detachEvidence(
  { store, audit, publish }: ReviewParts,
  organisationId: string,
  evidenceId: string,
  who: Reviewer,
): Promise<void> {
  await store.transaction(async (tx, after) => {
    const row = await removeEvidence(tx, organisationId, evidenceId);
    if (!row) throw notFound({ happened: 'There is no such document.' });
    const [line] = await linesById(tx, organisationId, [row.line_id]);
    if (line && (line.state === 'batched' || line.state === 'posted')) throw frozenEvidence();
    await audit(tx, {
      organisationId,
      actor: who.name,
      channel: who.channel,
      action: 'line.evidence-removed',
      object: `line:${row.line_id}`,
      before: { file: row.file_name, sha256: row.file_id },
      correlationId: who.correlationId,
    });
    after(() => publish({ topic: 'lines', organisationId, ids: [row.line_id] }));
  });
}

const frozenEvidence = () =>
  refused({
    happened: 'The line is in a batch.',
    means: 'A batch is frozen with its evidence from the moment it is prepared.',
    remedy: 'Discard the batch first.',
  });
