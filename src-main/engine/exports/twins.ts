import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { type LedgerTarget, LedgerTwin } from '../../../src-shared/contract/shapes.ts';
import { duplicateClass, type Likeness } from '../../../src-shared/domain/cost/duplicate.ts';
import { toMinor } from '../../../src-shared/domain/money/index.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { supplierKey } from '../../../src-shared/domain/vat/history.ts';
import { limits } from '../../../src-shared/domain/vat/tables.ts';
import { formatMoney } from '../../../src-shared/format/money.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import type { LedgerEntry } from '../../adapters/kit/ledger.ts';
import {
  decideLedgerDuplicate,
  type LedgerDuplicateRow,
  listLedgerDuplicates,
  ownVendorIds,
  replaceUndecided,
} from '../../store/repositories/ledger-duplicates.ts';
import { notFound, refused } from '../problem.ts';
import { excludeLines } from '../review/change-lines.ts';
import type { Blocked, DraftDocument } from './documents.ts';
import type { Actor, ExportParts } from './parts.ts';

const Ours = LedgerTwin.shape.ours;
const Theirs = LedgerTwin.shape.theirs;
export type TwinDecision = 'link' | 'post' | 'leave-out' | 'open';

/** A draft that may go out, and what stands in the ledger for it already if somebody said so. */
export interface Compared {
  readonly draft: DraftDocument;
  readonly linkedTo: string | null;
}

/**
 * Holds each document against what stands in the ledger around its day (F11), before anything is sent: one listing for the
 * whole batch. One of the same number, or of the same amount within the days of the rulebook, waits for a person; the rest
 * goes on. What we posted there ourselves is not held against us. A number that stands outside these days is found by the
 * posting itself (TGT-DUP).
 */
export async function besideTheLedger(
  parts: ExportParts,
  scope: { readonly organisationId: string; readonly target: Exclude<LedgerTarget, 'file'>; readonly period: string },
  drafts: readonly DraftDocument[],
): Promise<{ readonly documents: readonly Compared[]; readonly blocked: readonly Blocked[] }> {
  const { organisationId, target, period } = scope;
  if (drafts.length === 0) return { documents: [], blocked: [] };
  const own = await ownVendorIds(parts.store.read, organisationId, target);
  const listed = await parts.ledgers.entries(organisationId, target, windowOf(drafts));
  const bySupplier = new Map<string, LedgerEntry[]>();
  for (const entry of listed) {
    if (own.has(entry.vendorId)) continue;
    const key = `${entry.documentType} ${supplierKey(entry.supplier)}`;
    bySupplier.set(key, [...(bySupplier.get(key) ?? []), entry]);
  }
  const known = new Map(
    (await listLedgerDuplicates(parts.store.read, organisationId, target)).map((row) => [row.id, row]),
  );
  const at = parts.runtime.clock.now();
  const rows: LedgerDuplicateRow[] = [];
  const documents: Compared[] = [];
  const blocked: Blocked[] = [];
  for (const draft of drafts) {
    const { document } = draft;
    const near = bySupplier.get(`${document.documentType} ${supplierKey(document.supplier.name)}`) ?? [];
    const found = near.flatMap((entry) => {
      const kind = twinClass(draft, entry);
      return kind === null ? [] : [{ ...scope, id: idOf(target, draft, entry), kind, entry }];
    });
    const open = found.filter(({ id }) => (known.get(id)?.decision ?? 'leave-out') === 'leave-out');
    rows.push(...open.map((one) => rowOf(one, draft, at)));
    const [first] = open;
    if (first) {
      blocked.push(...draft.lines.map(({ id }) => ({ lineId: id, check: 'TGT-DUP', reason: reasonOf(first) })));
      continue;
    }
    const link = found.find(({ id }) => known.get(id)?.decision === 'link')?.entry;
    // What stands for ours is called and dated as it stands there: that is what is approved and read back.
    const asThere = link && { ...document, invoiceNumber: link.invoiceNumber, date: link.date };
    documents.push({
      draft: asThere ? { ...draft, document: asThere } : draft,
      linkedTo: link?.vendorId ?? null,
    });
  }
  await parts.store.transaction(async (tx, after) => {
    await replaceUndecided(tx, { organisationId, target, period }, rows);
    after(() => parts.publish({ topic: 'lines', organisationId, ids: [] }));
  });
  return { documents, blocked };
}

/** The number decides alone: no ledger of ours takes one of a supplier twice, whatever it sums to. */
function twinClass(draft: DraftDocument, entry: LedgerEntry): 'same' | 'likely' | null {
  const { document } = draft;
  const number = document.invoiceNumber.trim().toLowerCase();
  if (number === entry.invoiceNumber.trim().toLowerCase()) return 'same';
  const kind = duplicateClass(
    likenessOf(document.supplier.name, document.currency, document.totals.gross, document.invoiceNumber, document.date),
    likenessOf(entry.supplier, entry.currency, entry.gross, entry.invoiceNumber, entry.date),
  );
  return kind === 'different' ? null : kind;
}

function likenessOf(supplier: string, currency: string, gross: string, number: string, date: string): Likeness {
  return { supplier, currency, grossMinor: minor(gross, currency), number, date };
}

function minor(amount: string, currency: string): number | null {
  try {
    return toMinor(amount, currency);
  } catch {
    return null;
  }
}

function windowOf(drafts: readonly DraftDocument[]) {
  const days = drafts.map(({ document }) => document.date).sort();
  const moved = (day: string, by: number) =>
    new Date(Date.parse(`${day}T00:00:00Z`) + by * 86_400_000).toISOString().slice(0, 10);
  return {
    from: moved(days[0] ?? '', -limits.nearDuplicateDays),
    to: moved(days.at(-1) ?? '', limits.nearDuplicateDays),
  };
}

const idOf = (target: string, draft: DraftDocument, entry: LedgerEntry) =>
  createHash('sha256').update([target, draft.identity, entry.vendorId].join('\u0000')).digest('hex').slice(0, 16);

interface Twin {
  readonly organisationId: string;
  readonly target: string;
  readonly period: string;
  readonly id: string;
  readonly kind: 'same' | 'likely';
  readonly entry: LedgerEntry;
}

function rowOf({ entry, organisationId, ...twin }: Twin, { document, lines }: DraftDocument, at: number) {
  const ours: z.infer<typeof Ours> = {
    supplier: document.supplier.name,
    ...{ invoiceNumber: document.invoiceNumber, date: document.date, currency: document.currency },
    gross: document.totals.gross,
    lineIds: lines.map(({ id }) => id),
  };
  const { documentType: _type, supplier: _supplier, ...theirs } = entry;
  return {
    ...{ ...twin, organisation_id: organisationId, ours: JSON.stringify(ours), theirs: JSON.stringify(theirs) },
    ...{ found_at: at, decision: null, reason: '', actor: '', decided_at: null, change_id: null },
  };
}

function reasonOf({ kind, entry }: Twin): string {
  const there = `${entry.word} ${entry.invoiceNumber || 'without number'} of ${formatDay(entry.date)}, ${formatMoney(entry.gross, entry.currency)}`;
  return kind === 'same'
    ? `The ledger already holds ${there}. Link to it, or leave this one out.`
    : `The ledger holds a like one: ${there}. Say under Duplicates whether it is this document.`;
}

export function twinView(row: LedgerDuplicateRow): LedgerTwin {
  return {
    ...{ id: row.id, target: LedgerTwin.shape.target.parse(row.target), kind: row.kind },
    ours: Ours.parse(JSON.parse(row.ours)),
    theirs: Theirs.parse(JSON.parse(row.theirs)),
    decision:
      row.decision === null
        ? null
        : {
            ...{ decision: row.decision, reason: row.reason, by: row.actor },
            at: isoOf((row.decided_at ?? 0) as Parameters<typeof isoOf>[0]),
          },
  };
}

/**
 * A person's answer. `link`: the ledger's document stands for ours, nothing is posted. `post`: they are two. `leave-out`: our
 * lines go nowhere; its step can be undone. `open`: ask again. All but the third count when a batch is prepared next.
 * @returns the step to undo. @throws ProblemError where an answer cannot hold
 */
export async function decideTwin(
  parts: ExportParts,
  organisationId: string,
  request: { readonly id: string; readonly decision: TwinDecision; readonly reason: string },
  actor: Actor,
): Promise<{ undoId: string | null }> {
  const { decision, reason, id } = request;
  const row = (await listLedgerDuplicates(parts.store.read, organisationId)).find((one) => one.id === id);
  if (row === undefined) throw notFound({ happened: 'This pair is not there any more.', remedy: 'Prepare again.' });
  const { ours, theirs } = twinView(row);
  refuseImpossible(row, decision, ours, theirs);
  const at = parts.runtime.clock.now();
  const answer = { reason, actor: actor.name, decided_at: at };
  if (decision === 'leave-out') {
    const there = `${theirs.word} ${theirs.invoiceNumber || theirs.date} in the ledger`;
    const { undoId } = await excludeLines(
      parts,
      organisationId,
      { lineIds: ours.lineIds, reason: `Stands as ${there}: ${reason}` },
      actor,
      (tx, changeId) => decideLedgerDuplicate(tx, organisationId, id, { ...answer, decision, change_id: changeId }),
    );
    return { undoId };
  }
  await parts.store.transaction(async (tx, after) => {
    const cleared = { decision: null, reason: '', actor: '', decided_at: null, change_id: null };
    const next = decision === 'open' ? cleared : { ...answer, decision, change_id: null };
    await decideLedgerDuplicate(tx, organisationId, id, next);
    await parts.audit(tx, {
      organisationId,
      actor: actor.name,
      channel: actor.channel,
      action: 'ledger-duplicate.decided',
      object: `${row.target}:${theirs.vendorId}`,
      before: { decision: row.decision },
      after: { decision, invoice: ours.invoiceNumber },
      reason,
      correlationId: actor.correlationId,
    });
    after(() => parts.publish({ topic: 'lines', organisationId, ids: ours.lineIds }));
  });
  return { undoId: null };
}

function refuseImpossible(
  row: LedgerDuplicateRow,
  decision: TwinDecision,
  ours: z.infer<typeof Ours>,
  theirs: z.infer<typeof Theirs>,
): void {
  if (decision === 'post' && row.kind === 'same') {
    throw refused({
      happened: `The ledger holds ${theirs.word} ${theirs.invoiceNumber} of this supplier already.`,
      means: 'One document would be booked twice.',
      remedy: 'Link to it, leave ours out, or correct the number here if it is another document.',
    });
  }
  if (decision === 'open' && row.decision === 'leave-out') {
    throw refused({ happened: 'Its lines were left out.', remedy: 'Include the lines again, or undo that step.' });
  }
  if (decision !== 'link') return;
  const equal =
    ours.currency === theirs.currency && minor(ours.gross, ours.currency) === minor(theirs.gross, ours.currency);
  if (!theirs.linkable || !equal || theirs.invoiceNumber === '') {
    throw refused({
      happened: `Ours cannot be linked to ${theirs.word} ${theirs.invoiceNumber || 'without number'}.`,
      means: equal
        ? 'It cannot be read back there as a document of that number.'
        : `It is ${theirs.currency} ${theirs.gross}, ours ${ours.currency} ${ours.gross}; it would never be verified.`,
      remedy: 'Leave ours out, or correct one of the two.',
    });
  }
}
