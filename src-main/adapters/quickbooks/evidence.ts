import { z } from 'zod';
import { RetryableError } from '../../../src-shared/domain/failure.ts';
import type { Stamp } from '../kit/adapter.ts';
import type { Evidence, ReadBack } from '../kit/ledger.ts';
import { type Bytes, missing } from '../kit/ledger-calls.ts';
import { multipart } from '../kit/multipart.ts';
import { keyFor, type QuickBooks, quoted } from './client.ts';
import type { Collection } from './documents.ts';
import { faultOf } from './quirks.ts';

const Attachable = z.object({ FileName: z.string().default(''), Size: z.number().int().default(0) });
const Uploaded = z.object({
  AttachableResponse: z.array(z.looseObject({ Attachable: Attachable.optional() })).min(1),
});

/** What is linked to the document. */
export async function attached(qb: QuickBooks, { entity }: Collection, id: string): Promise<ReadBack['evidence']> {
  const statement = `select * from Attachable where AttachableRef.EntityRef.Type = ${quoted(entity)} and AttachableRef.EntityRef.value = ${quoted(id)}`;
  const files = await qb.rows('Attachable', statement, Attachable);
  return files.map((file) => ({ fileName: file.FileName, size: file.Size }));
}

/**
 * Sends what is missing; each answer must list its file at its length (2.7), the read-back reads the whole list. A name may
 * be there twice in QuickBooks, so nothing listed is sent again.
 */
export async function attach(
  qb: QuickBooks,
  collection: Collection,
  id: string,
  wanted: readonly Evidence[],
  bytes: Bytes,
  stamp: Stamp,
): Promise<void> {
  for (const file of wanted) {
    const metadata = {
      AttachableRef: [{ EntityRef: { type: collection.entity, value: id } }],
      FileName: file.fileName,
      ContentType: file.contentType,
    };
    const body = multipart([
      {
        name: 'file_metadata_0',
        contentType: 'application/json; charset=UTF-8',
        bytes: Buffer.from(JSON.stringify(metadata)),
      },
      {
        name: 'file_content_0',
        fileName: file.fileName,
        contentType: file.contentType,
        bytes: bytes.get(file.fileId) ?? new Uint8Array(),
      },
    ]);
    const answer = await qb.write('/upload', Uploaded, {
      ...body,
      key: keyFor(stamp, `evidence|${id}|${file.fileName}|${file.fileId}`),
    });
    const [part] = answer.AttachableResponse;
    const fault = faultOf(part);
    if (fault) throw fault;
    const listed = part?.Attachable ? [{ fileName: part.Attachable.FileName, size: part.Attachable.Size }] : [];
    if (missing([file], listed).length > 0) {
      throw new RetryableError('timeout', `QuickBooks does not list ${file.fileName} yet`);
    }
  }
}
