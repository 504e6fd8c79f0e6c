import type { z } from 'zod';
import { NeedsAttentionError, PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { decimal } from '../../../src-shared/domain/money/index.ts';
import type { HttpReply } from '../../ports/http.ts';
import type { Context } from './adapter.ts';
import type { Evidence, LedgerDocument, ReadBack } from './ledger.ts';

/** What posting to any ledger needs: answers read strictly, amounts compared exactly, evidence at hand before anything is written. */

/** A success we cannot read says nothing about what happened (FT-52). */
export function parsed<S extends z.ZodType>(reply: HttpReply, schema: S, vendor: string): z.output<S> {
  const result = schema.safeParse(reply.json);
  if (result.success) return result.data;
  throw new RetryableError('timeout', `${vendor} answered ${reply.status}, but not with what was asked for`);
}

/**
 * A read that failed leaves nothing behind. Before the first write of a delivery the whole of it counts as not sent;
 * after one, the document may stand, so the job is looked up.
 */
export function afterRead(error: unknown, written: boolean): unknown {
  if (!(error instanceof RetryableError) || error.code === 'rate-limited' || error.code === 'busy') return error;
  if (error.code === 'proxy' && !written) return error;
  return new RetryableError(written ? 'timeout' : 'network', error.message, { ...error.detail, cause: error });
}

/** A JSON number or decimal text as exact decimal text, at least two places, nothing rounded away. */
export function amountText(value: number | string): string {
  const exact = decimal(String(value));
  const text = exact.toFixed();
  return (text.split('.')[1] ?? '').length > 2 ? text : exact.toFixed(2);
}

type Totals = LedgerDocument['totals'];

/** Names every total that is not the approved one, to the penny; null when all agree. */
export function totalsDiffer(shown: Totals, wanted: Totals): string | null {
  const names = { net: 'net', vat: 'VAT', gross: 'gross' } as const;
  const differences = (['net', 'vat', 'gross'] as const)
    .filter((which) => !decimal(wanted[which]).eq(decimal(shown[which])))
    .map((which) => `${names[which]} ${shown[which]} instead of ${wanted[which]}`);
  return differences.length === 0 ? null : differences.join(', ');
}

/** Those not listed yet, or listed with another length. */
export function missing(wanted: readonly Evidence[], there: ReadBack['evidence']): Evidence[] {
  return wanted.filter((file) => !there.some((other) => other.fileName === file.fileName && other.size === file.size));
}

/** Content by file id. */
export type Bytes = ReadonlyMap<string, Uint8Array>;

/** Reads every file before anything is written: a bill without its evidence must not come to be. */
export async function loadEvidence(
  wanted: readonly Evidence[],
  files: Context<unknown, unknown>['files'],
  ledger: { readonly name: string; readonly maxBytes: number },
): Promise<Bytes> {
  const bytes = new Map<string, Uint8Array>();
  for (const file of wanted) {
    if (!files) throw new NeedsAttentionError('defect', 'The console’s store of evidence is not connected');
    const content = await files.read(file.fileId).catch((cause: unknown) => {
      throw new NeedsAttentionError('misconfigured', `The evidence ${file.fileName} cannot be read`, { cause });
    });
    if (content.length !== file.size) {
      throw new PermanentError('rejected', `The evidence ${file.fileName} changed since it was approved`);
    }
    if (content.length > ledger.maxBytes) {
      const most = Math.floor(ledger.maxBytes / 1_048_576);
      throw new PermanentError(
        'too-large',
        `The evidence ${file.fileName} is larger than ${ledger.name} takes (${most} MB)`,
      );
    }
    bytes.set(file.fileId, content);
  }
  return bytes;
}

/** Over-long text is cut with a visible mark; what must stay is put behind it. */
export function cut(text: string, room: number, kept = ''): string {
  const tail = kept === '' ? '' : ` ${kept}`;
  const space = room - tail.length;
  return `${text.length > space ? `${text.slice(0, space - 1)}…` : text}${tail}`;
}

/** Our reference as it stands in a document. */
export const marker = (reference: string) => `[${reference}]`;
