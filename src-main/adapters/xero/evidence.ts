import { z } from 'zod';
import { NeedsAttentionError, PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { Context, Stamp } from '../kit/adapter.ts';
import type { Evidence, ReadBack } from '../kit/ledger.ts';
import { keyFor, type Xero } from './client.ts';
import { fileBytes } from './quirks.ts';

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

/** Those not listed yet, or listed with another length. */
export function missing(wanted: readonly Evidence[], there: ReadBack['evidence']): Evidence[] {
  return wanted.filter((file) => !there.some((other) => other.fileName === file.fileName && other.size === file.size));
}

export type Bytes = ReadonlyMap<string, Uint8Array>;

/** Reads every file before anything is written in Xero: a bill without its evidence must not come to be. */
export async function load(wanted: readonly Evidence[], files: Context<unknown, unknown>['files']): Promise<Bytes> {
  const bytes = new Map<string, Uint8Array>();
  for (const file of wanted) {
    if (!files) throw new NeedsAttentionError('defect', 'The console’s store of evidence is not connected');
    const content = await files.read(file.fileId).catch((cause: unknown) => {
      throw new NeedsAttentionError('misconfigured', `The evidence ${file.fileName} cannot be read`, { cause });
    });
    if (content.length !== file.size) {
      throw new PermanentError('rejected', `The evidence ${file.fileName} changed since it was approved`);
    }
    if (content.length > fileBytes) {
      throw new PermanentError('too-large', `The evidence ${file.fileName} is larger than Xero takes (10 MB)`);
    }
    bytes.set(file.fileId, content);
  }
  return bytes;
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
