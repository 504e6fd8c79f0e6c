import type { Evidence } from '../kit/ledger.ts';
import type { Bytes } from '../kit/ledger-calls.ts';
import { binder } from './binder.ts';
import type { Attachment, FreshBooks } from './client.ts';

/** What FreshBooks surely takes as it is. */
const taken = new Set(['application/pdf', 'image/jpeg', 'image/png']);

/** One file per document: a single PDF or picture as it is, anything else bound into one PDF (3.5). Null: no evidence. */
export async function uploaded(
  fb: FreshBooks,
  wanted: readonly Evidence[],
  bytes: Bytes,
  reference: string,
): Promise<Attachment | null> {
  const files = wanted.map(({ fileName, contentType, fileId }) => ({
    fileName,
    contentType,
    bytes: bytes.get(fileId) ?? new Uint8Array(),
  }));
  const [first, second] = files;
  if (!first) return null;
  if (!second && taken.has(first.contentType)) return fb.upload(first);
  return fb.upload({
    fileName: `${reference.replace(':', '-')}-evidence.pdf`,
    contentType: 'application/pdf',
    bytes: binder(`Evidence of ${reference}`, files),
  });
}
