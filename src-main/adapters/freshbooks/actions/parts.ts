import { z } from 'zod';
import { NeedsAttentionError, PermanentError } from '../../../../src-shared/domain/failure.ts';
import { decimal } from '../../../../src-shared/domain/money/index.ts';
import type { LedgerDocument } from '../../kit/ledger.ts';
import type { FreshBooks } from '../client.ts';
import { Expense, partMark } from '../documents.ts';
import { Refused } from '../quirks.ts';

const Money = z.object({ amount: z.string(), code: z.string() });
/** An expense as it was planned. */
export const PlannedExpense = z.looseObject({ amount: Money, taxAmount1: Money.optional() });
export type PlannedExpense = z.output<typeof PlannedExpense>;

/** A document that takes several expenses: what of each stands there already, in their order; null: nothing. */
export function partsAmong(
  ours: readonly Expense[],
  wanted: readonly PlannedExpense[],
  { invoiceNumber }: LedgerDocument,
): readonly (Expense | null)[] {
  const parts = wanted.map((_, at) => ours.filter(({ notes }) => notes.includes(`" ${partMark(at, wanted.length)} `)));
  if (parts.some(({ length }) => length > 1) || parts.flat().length < ours.length)
    throw changedThere(`FreshBooks holds parts of ${invoiceNumber} that cannot be told apart`);
  return parts.map(([part], at) => {
    const planned = wanted[at];
    if (part && planned && !isSame(part, planned))
      throw changedThere(`Part ${at + 1} of ${invoiceNumber} stands in FreshBooks with ${part.amount.amount}`);
    return part ?? null;
  });
}

const changedThere = (what: string) =>
  new NeedsAttentionError('outcome-unknown', what, {
    hint: 'TGT-TOTAL: it was changed there. Correct or delete it in FreshBooks, then try again.',
  });

const isSame = (one: Expense, planned: PlannedExpense) =>
  one.amount.code === planned.amount.code &&
  decimal(one.amount.amount).eq(decimal(planned.amount.amount)) &&
  decimal(one.taxAmount1?.amount ?? '0').eq(decimal(planned.taxAmount1?.amount ?? '0'));

/**
 * Makes the parts that are not there yet, one after the other: a try that was cut is gone on with. When one is refused or made
 * otherwise none stays, for part of a document is none (TGT-TOTAL).
 */
export async function createParts(
  fb: FreshBooks,
  wanted: readonly PlannedExpense[],
  there: readonly (Expense | null)[],
  document: LedgerDocument,
): Promise<Expense[]> {
  const parts: Expense[] = [];
  const removeAll = async () => {
    const all = new Map([...parts, ...there.flatMap((part) => part ?? [])].map((part) => [part.id, part]));
    for (const id of all.keys()) await deleted(fb, `/expenses/expenses/${id}`, 'expense', document);
  };
  for (const [at, planned] of wanted.entries()) {
    const known = there[at];
    if (known) {
      parts.push(known);
      continue;
    }
    const made = await fb
      .write('POST', '/expenses/expenses', 'expense', Expense, { ...planned, has_receipt: false })
      .catch(async (error: unknown) => {
        if (error instanceof Refused) await removeAll();
        throw creditRefused(error, document);
      });
    parts.push(made);
    if (isSame(made, planned)) continue;
    await removeAll();
    throw new PermanentError(
      'rejected',
      `FreshBooks made part ${at + 1} of ${document.invoiceNumber} ${made.amount.amount} instead of ${planned.amount.amount}. All of it was deleted there.`,
      { hint: 'TGT-TOTAL: look at the rounding of the lines and at the taxes.' },
    );
  }
  return parts;
}

/** Takes away what must not stay. Where FreshBooks refuses that, a person has to: it would stand there beside what is made next. */
export async function deleted(
  fb: FreshBooks,
  path: string,
  name: 'bill' | 'expense',
  { invoiceNumber }: LedgerDocument,
): Promise<void> {
  await fb.write('PUT', path, name, z.unknown(), { vis_state: 1 }).catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error;
    throw new NeedsAttentionError(
      'outcome-unknown',
      `${name} ${path.split('/').at(-1)} of ${invoiceNumber} stays in FreshBooks, though it is not as approved: ${error.message}`,
      {
        hint: 'TGT-TOTAL: delete it in FreshBooks, then try again.',
        cause: error,
      },
    );
  });
}

/** Whether an expense may be below zero is not written down: refused, it is a person's (3.3). */
export function creditRefused(error: unknown, { documentType, invoiceNumber }: LedgerDocument): unknown {
  if (!(error instanceof Refused) || documentType !== 'credit_note') return error;
  return new NeedsAttentionError('misconfigured', `FreshBooks takes no credit for ${invoiceNumber}: ${error.message}`, {
    hint: 'Enter it in FreshBooks by hand, or export it to a file, Xero or QuickBooks.',
    cause: error,
  });
}
