import type { Reader } from '../../ports/store.ts';
import { documentsNumbered, type NumberUse } from '../../store/repositories/export-numbers.ts';
import { documentByReference } from '../../store/repositories/exports.ts';
import { type Blocked, type DraftDocument, referenceOf } from './documents.ts';
import { besideFiles, numberKey } from './whole.ts';

/** The longest number that leaves room for ours behind it. */
const longest = 240;
const again = / \(\d+\)$/;

/** What became of documents with the numbers of these, in any batch. */
export async function numbersUsed(
  db: Reader,
  organisationId: string,
  drafts: readonly DraftDocument[],
): Promise<ReadonlyMap<string, readonly NumberUse[]>> {
  const numbers = drafts.map(({ document }) => document.invoiceNumber);
  const found = await documentsNumbered(db, organisationId, numbers);
  const used = new Map<string, NumberUse[]>();
  const note = (key: string, use: NumberUse) => used.set(key, [...(used.get(key) ?? []), use]);
  for (const use of found) note(numberKey(use), use);
  // The supplier's own number may end like ours: it is ours where the number without it was used and taken back.
  for (const use of found.filter(({ invoice_number }) => again.test(invoice_number))) {
    const first = numberKey({ ...use, invoice_number: use.invoice_number.replace(again, '') });
    if (used.get(first)?.some(({ released_at }) => released_at !== null)) note(first, use);
  }
  return used;
}

/** What holds a document of this number, reversed by nobody; null: there is none. */
export function standingIn(draft: DraftDocument, used: ReadonlyMap<string, readonly NumberUse[]>): Standing | null {
  return usesOf(draft, used).find(({ released_at }) => released_at === null) ?? null;
}

type Standing = Pick<NumberUse, 'batch_id' | 'target' | 'state'>;

const usesOf = ({ document, lines }: DraftDocument, used: ReadonlyMap<string, readonly NumberUse[]>) => {
  const { documentType: document_type, supplier } = document;
  const invoice_number = lines[0]?.invoice_number ?? document.invoiceNumber;
  return used.get(numberKey({ supplier: supplier.name, invoice_number, document_type })) ?? [];
};

/**
 * The draft under a reference nothing was sent under yet, or the batch that holds its number. A ledger keeps the supplier's
 * number on what was reversed and refuses it a second time, so what is posted again, corrected or not, goes out as `EC-1 (2)`.
 */
export async function unposted(
  db: Reader,
  organisationId: string,
  draft: DraftDocument,
  target: NumberUse['target'],
  used: ReadonlyMap<string, readonly NumberUse[]>,
): Promise<DraftDocument | { readonly inBatch: Standing }> {
  const inBatch = standingIn(draft, used);
  if (inBatch !== null) return { inBatch };
  const reversed = usesOf(draft, used).filter((use) => use.target === target && use.state !== 'refused').length;
  const { invoiceNumber: number } = draft.document;
  const invoiceNumber = reversed === 0 ? number : `${number.slice(0, longest)} (${reversed + 1})`;
  for (let revision = 0; ; revision += 1) {
    const reference = referenceOf(draft.identity, revision);
    const before = await documentByReference(db, organisationId, reference);
    if (before === undefined) return { ...draft, document: { ...draft.document, reference, invoiceNumber } };
    if (before.released_at === null) return { inBatch: { ...before, target } };
  }
}

export function alreadyPosted(draft: DraftDocument, { batch_id: batchId, target, state }: Standing): Blocked[] {
  const which = `Invoice ${draft.document.invoiceNumber} of ${draft.document.supplier.name}`;
  const isFiled = target === 'file' && state === 'verified';
  const remedy = isFiled
    ? `It went out as files there. ${besideFiles(draft.document.invoiceNumber)}`
    : 'Leave this one out, correct its number if it is another invoice, or take back what is in that batch.';
  const reason = `${which} is already in batch ${batchId}; a number is never posted twice. ${remedy}`;
  return draft.lines.map((line) => ({ lineId: line.id, check: 'TGT-DUP', reason }));
}
