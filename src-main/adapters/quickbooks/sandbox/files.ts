import { z } from 'zod';
import type { SandboxReply, SandboxRequest, SandboxWorld } from '../../../sandbox/kit.ts';
import { partsOf } from '../../../sandbox/multipart.ts';
import type { Books, RefDoc } from './books.ts';
import { documentsOf } from './documents.ts';
import { fault, flaws, intuitTime, ok } from './replies.ts';

export interface FileDoc {
  Id: string;
  FileName: string;
  ContentType: string;
  Size: number;
  AttachableRef: { EntityRef: RefDoc }[];
}

const Metadata = z.object({
  FileName: z.string().min(1),
  ContentType: z.string(),
  AttachableRef: z.array(z.object({ EntityRef: z.object({ type: z.string(), value: z.string() }) })).default([]),
});

export const files = (world: SandboxWorld, books: Books) => world.documents<FileDoc>(`Attachable ${books.realmId}`);

/** One file and what it belongs to, in one call; a part that is refused says so inside a 200. */
export function upload(request: SandboxRequest, books: Books, world: SandboxWorld): SandboxReply {
  const now = world.now();
  const parts = partsOf(request);
  const content = parts?.find((part) => part.name === 'file_content_0');
  const described = parts?.find((part) => part.name === 'file_metadata_0');
  if (!content) return fault(now, [flaws.missing('file_content_0')]);
  const metadata = Metadata.safeParse(jsonIn(described?.bytes.toString('utf8') ?? ''));
  if (!metadata.success) return fault(now, [flaws.bad('file_metadata_0', 'Property Name:Can not parse the metadata')]);
  const refuse = (error: object) =>
    ok(now, { AttachableResponse: [{ Fault: { Error: [error], type: 'ValidationFault' } }] });
  const { FileName, ContentType, AttachableRef } = metadata.data;
  const missing = AttachableRef.map(({ EntityRef }) => EntityRef).find(
    ({ type, value }) => (type !== 'Bill' && type !== 'VendorCredit') || !documentsOf(world, books, type).get(value),
  );
  if (missing) return refuse(flaws.badReference(missing.type, missing.value));
  if (content.bytes.length === 0) return refuse(flaws.bad('file_content_0', 'The file is empty'));
  if (world.fault('upload-refused')) return refuse(flaws.bad('ContentType', `Unsupported file type ${ContentType}`));
  const counter = world.documents<{ next: number }>('counters');
  const next = counter.get('file')?.next ?? 5_000;
  counter.put('file', { next: next + 1 });
  const doc: FileDoc = { Id: String(next), FileName, ContentType, Size: content.bytes.length, AttachableRef };
  files(world, books).put(doc.Id, doc);
  return { status: 200, json: { AttachableResponse: [{ Attachable: doc }], time: intuitTime(now) } };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
