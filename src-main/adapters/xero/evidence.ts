import { z } from 'zod';
import { RetryableError } from '../../../src-shared/domain/failure.ts';
import type { Stamp } from '../kit/adapter.ts';
import type { Evidence, ReadBack } from '../kit/ledger.ts';
import { type Bytes, missing } from '../kit/ledger-calls.ts';
import { keyFor, type Xero } from './client.ts';

const Attachments = z.object({
  Attachments: z.array(z.object({ FileName: z.string(), ContentLength: z.number().int() })).default([]),
});

/** `/Invoices/<id>` -> what is attached to it. */
export async function attached(xero: Xero, document: string): Promise<ReadBack['evidence']> {
  const { Attachments: files } = await xero.read(`${document}/Attachments`, Attachments);
  return viewsOf(files);
}

function viewsOf(files: z.output<typeof Attachments>['Attachments']): ReadBack['evidence'] {
  return files.map((file) => ({ fileName: file.FileName, size: file.ContentLength }));
}

/**
 * Sends what is missing; each answer must list its file at its length (1.7). A name that is there already is overwritten
 * by Xero, never doubled. Every call counts against 60 a minute, so the whole list is read once, by the read-back.
 */
export async function attach(
  xero: Xero,
  document: string,
  wanted: readonly Evidence[],
  bytes: Bytes,
  stamp: Stamp,
): Promise<void> {
  for (const file of wanted) {
    const { Attachments: listed } = await xero.write(
      'PUT',
      `${document}/Attachments/${encodeURIComponent(file.fileName)}`,
      Attachments,
      {
        bytes: bytes.get(file.fileId) ?? new Uint8Array(),
        contentType: file.contentType,
        key: keyFor(stamp, `evidence|${file.fileName}|${file.fileId}`),
      },
    );
    const [first] = missing([file], viewsOf(listed));
    if (first) throw new RetryableError('timeout', `Xero does not list ${first.fileName} yet`);
  }
}
