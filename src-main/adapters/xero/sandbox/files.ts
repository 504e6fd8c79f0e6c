import { z } from 'zod';
import {
  bodyOf,
  type Params,
  type SandboxReply,
  type SandboxRequest,
  type SandboxWorld,
} from '../../../sandbox/kit.ts';
import { type Books, xeroDate } from './books.ts';
import { documentsOf, type Kind } from './documents.ts';
import { badPost, notFound, ok, validation } from './replies.ts';

interface FileDoc {
  id: string;
  docId: string;
  fileName: string;
  mimeType: string;
  length: number;
  includeOnline: boolean;
  base64: string;
}
interface NoteDoc {
  docId: string;
  details: string;
  changes: string;
  at: number;
}

const maxFiles = 10;
const maxBytes = 10 * 1_024 * 1_024;

const files = (world: SandboxWorld, books: Books) => world.documents<FileDoc>(`attachments ${books.tenantId}`);
const notes = (world: SandboxWorld, books: Books) => world.documents<NoteDoc>(`history ${books.tenantId}`);

const fileView = (kind: Kind, file: FileDoc) => ({
  AttachmentID: file.id,
  FileName: file.fileName,
  Url: `https://api.xero.com/api.xro/2.0/${kind.collection}/${file.docId}/Attachments/${encodeURIComponent(file.fileName)}`,
  MimeType: file.mimeType,
  ContentLength: file.length,
  IncludeOnline: file.includeOnline,
});

/** Raw bytes; a name that is there already is overwritten. */
export function putFile(
  request: SandboxRequest,
  params: Params,
  kind: Kind,
  books: Books,
  world: SandboxWorld,
): SandboxReply {
  const docId = params.id ?? '';
  const doc = documentsOf(world, books, kind).get(docId);
  if (!doc) return notFound();
  const fileName = params.file ?? '';
  const refuse = (Message: string) => validation([{ [kind.id]: docId, ValidationErrors: [{ Message }] }]);
  if (doc.status === 'DELETED' || doc.status === 'VOIDED')
    return refuse('Attachments cannot be added to this document.');
  if (/[<>:"/\\|?*]/.test(fileName))
    return refuse('A file name can not contain any of the following characters: < > : " / \\ | ? *');
  if (request.bytes.length === 0) return refuse('The attachment content was empty.');
  if (request.bytes.length > maxBytes) return refuse('The attachment is larger than the maximum size.');
  const mine = files(world, books)
    .all()
    .filter((file) => file.docId === docId);
  const same = mine.find((file) => file.fileName === fileName);
  if (!same && mine.length >= maxFiles) return refuse('The document has the maximum number of attachments.');
  const file: FileDoc = {
    id: same?.id ?? world.uuid(),
    docId,
    fileName,
    mimeType: request.headers['content-type'] ?? 'application/octet-stream',
    length: request.bytes.length,
    includeOnline: request.query.get('IncludeOnline') === 'true',
    base64: Buffer.from(request.bytes).toString('base64'),
  };
  files(world, books).put(file.id, file);
  return ok(books, world.now(), { Attachments: [fileView(kind, file)] });
}

export function listFiles(params: Params, kind: Kind, books: Books, world: SandboxWorld): SandboxReply {
  if (!documentsOf(world, books, kind).get(params.id ?? '')) return notFound();
  const mine = files(world, books)
    .all()
    .filter((file) => file.docId === params.id);
  return ok(books, world.now(), { Attachments: mine.map((file) => fileView(kind, file)) });
}

/** By name or by id. */
export function getFile(params: Params, books: Books, world: SandboxWorld): SandboxReply {
  const file = files(world, books)
    .all()
    .find((one) => one.docId === params.id && (one.fileName === params.file || one.id === params.file));
  if (!file) return notFound();
  return { status: 200, headers: { 'content-type': file.mimeType }, bytes: Buffer.from(file.base64, 'base64') };
}

const HistoryInput = z.object({ HistoryRecords: z.array(z.object({ Details: z.string() })).min(1) });

export function putHistory(
  request: SandboxRequest,
  params: Params,
  kind: Kind,
  books: Books,
  world: SandboxWorld,
): SandboxReply {
  const docId = params.id ?? '';
  if (!documentsOf(world, books, kind).get(docId)) return notFound();
  const body = bodyOf(request, HistoryInput);
  if (!body) return badPost();
  const tooLong = body.HistoryRecords.find((record) => record.Details.length > 450 || record.Details === '');
  if (tooLong) {
    return validation([{ [kind.id]: docId, ValidationErrors: [{ Message: 'Details must be 1 to 450 characters.' }] }]);
  }
  for (const { Details } of body.HistoryRecords) {
    notes(world, books).put(world.uuid(), { docId, details: Details, changes: 'Note', at: world.now() });
  }
  return listHistory(params, kind, books, world);
}

export function listHistory(params: Params, kind: Kind, books: Books, world: SandboxWorld): SandboxReply {
  if (!documentsOf(world, books, kind).get(params.id ?? '')) return notFound();
  const mine = notes(world, books)
    .all()
    .filter((note) => note.docId === params.id);
  return ok(books, world.now(), {
    HistoryRecords: mine.map((note) => ({
      Changes: note.changes,
      DateUTC: xeroDate(note.at),
      DateUTCString: new Date(note.at).toISOString().slice(0, 19),
      User: 'System Generated',
      Details: note.details,
    })),
  });
}
