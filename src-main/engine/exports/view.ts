import type { z } from 'zod';
import type { BatchView, DocumentView, ReversalView, Totals } from '../../../src-shared/contract/exports.ts';
import { Big, decimal } from '../../../src-shared/domain/money/index.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { LedgerDocument, ReadBack } from '../../adapters/kit/ledger.ts';
import type { Reader } from '../../ports/store.ts';
import { type ConnectionRow, getConnection } from '../../store/repositories/connections.ts';
import {
  countDocuments,
  type ExportBatchRow,
  type ExportDocumentRow,
  listDocuments,
  mismatches,
} from '../../store/repositories/exports.ts';
import { type ExportReversalRow, listReversals } from '../../store/repositories/reversals.ts';
import type { Difference } from './compare.ts';
import { pounds } from './documents.ts';

/** The batch as screens, commands and packs show it. Sums of what was read back are exact decimals. */
export async function batchView(db: Reader, row: ExportBatchRow, now: number): Promise<BatchView> {
  const [counts, different, documents, reversals, connection] = await Promise.all([
    countDocuments(db, row.organisation_id, row.id),
    mismatches(db, row.organisation_id, row.id),
    listDocuments(db, row.organisation_id, row.id),
    listReversals(db, row.organisation_id, row.id),
    getConnection(db, row.organisation_id, row.target),
  ]);
  const ours = createSums();
  for (const document of documents) ours.add(document, copyOf(document.read_back), isCredit(document) ? -1 : 1);
  const byCurrency = ours.list();
  const { all, released } = counts;
  const [only] = byCurrency;
  return {
    batchId: row.id,
    period: row.period,
    target: row.target,
    state: row.state,
    preparedBy: row.prepared_by,
    preparedAt: isoOf(instant(row.prepared_at)),
    approvedBy: row.approved_by,
    approverNote: null,
    approvedAt: row.approved_at === null ? null : isoOf(instant(row.approved_at)),
    hash: row.hash,
    lines: row.lines,
    documents: documents.length,
    controlTotals: {
      net: pounds(row.net_gbp_minor),
      vat: pounds(row.vat_gbp_minor),
      gross: pounds(row.gross_gbp_minor),
    },
    byCurrency,
    byTreatment: JSON.parse(row.by_treatment) as BatchView['byTreatment'],
    blocked: JSON.parse(row.blocked) as BatchView['blocked'],
    posted: all.posted + all.verified + all.mismatch,
    failed: all.refused - released.refused + all.held,
    inDoubt: all.in_doubt,
    readBack: {
      matches: all.verified,
      mismatches: different.flatMap((document) =>
        differencesOf(document).map((difference) => ({ document: document.invoice_number, ...difference })),
      ),
      // Sums over several currencies mean nothing; `byCurrency` compares each.
      totals: byCurrency.length === 1 && only?.currency === 'GBP' ? only.readBack : null,
    },
    waits: moving(row, reversals) ? waitOf(connection, now) : null,
    refused: all.refused - released.refused,
    reversal: reversals.length === 0 ? null : reversalSums(documents, reversals),
  };
}

/** Something of it is still to be sent, looked up or read back. */
function moving({ state }: ExportBatchRow, reversals: readonly ExportReversalRow[]): boolean {
  const open = (one: string) => ['waiting', 'posted', 'in_doubt', 'held'].includes(one);
  return (
    ['sending', 'posted', 'in_doubt', 'partly_posted', 'blocked'].includes(state) ||
    reversals.some((row) => open(row.state))
  );
}

function waitOf(connection: ConnectionRow | null, now: number): BatchView['waits'] {
  if (connection === null) return null;
  if (connection.parked_code !== null) return { until: null, why: connection.parked_message ?? connection.parked_code };
  if (connection.not_before === null || connection.not_before <= now) return null;
  return { until: isoOf(instant(connection.not_before)), why: 'The ledger asked us to wait (its limit of calls).' };
}

function reversalSums(
  documents: readonly ExportDocumentRow[],
  reversals: readonly ExportReversalRow[],
): NonNullable<BatchView['reversal']> {
  const originals = new Map(documents.map((document) => [document.id, document]));
  const sums = createSums();
  for (const reversal of reversals) {
    const original = originals.get(reversal.document_id);
    if (original) sums.add(original, copyOf(reversal.read_back), isCredit(original) ? 1 : -1);
  }
  const count = (...states: ExportReversalRow['state'][]) =>
    reversals.filter(({ state }) => states.includes(state)).length;
  return {
    asked: reversals.length,
    verified: count('verified'),
    failed: count('refused', 'held', 'mismatch'),
    inDoubt: count('in_doubt'),
    byCurrency: sums.list(),
  };
}

type Amounts = Readonly<Record<'net' | 'vat' | 'gross', string>>;

/** Control totals a currency, beside those of what was read back. */
function createSums() {
  const nothing = () => ({ net: new Big(0), vat: new Big(0), gross: new Big(0) });
  type Sum = ReturnType<typeof nothing>;
  const sums = new Map<string, { ours: Sum; theirs: Sum | null }>();
  const plus = (sum: Sum, amounts: Amounts, sign: 1 | -1): Sum => ({
    net: sum.net.plus(decimal(amounts.net).times(sign)),
    vat: sum.vat.plus(decimal(amounts.vat).times(sign)),
    gross: sum.gross.plus(decimal(amounts.gross).times(sign)),
  });
  return {
    add(document: ExportDocumentRow, copy: Amounts | null, sign: 1 | -1): void {
      const { ours, theirs } = sums.get(document.currency) ?? { ours: nothing(), theirs: null };
      sums.set(document.currency, {
        ours: plus(ours, document, sign),
        theirs: copy === null ? theirs : plus(theirs ?? nothing(), copy, sign),
      });
    },
    list: (): BatchView['byCurrency'] =>
      [...sums].sort().map(([currency, { ours, theirs }]) => ({
        currency,
        ...texts(ours),
        readBack: theirs === null ? null : texts(theirs),
      })),
  };
}

export function documentView(row: ExportDocumentRow, reversal: ExportReversalRow | undefined): DocumentView {
  return {
    id: row.id,
    supplier: row.supplier,
    invoiceNumber: row.invoice_number,
    date: row.document_date,
    currency: row.currency,
    net: row.net,
    vat: row.vat,
    gross: row.gross,
    lines: row.lines,
    state: row.state,
    vendorId: row.vendor_id,
    jobId: row.job_id,
    problem: row.problem,
    readBack: totalsOf(row.read_back),
    linked: row.linked === 1,
    released: row.released_at !== null,
    changedAfterPosting: row.changed_after_posting === null ? null : isoOf(instant(row.changed_after_posting)),
    reversal: reversal === undefined ? null : reversalView(reversal),
  };
}

export function reversalView(row: ExportReversalRow): ReversalView {
  const { invoiceNumber, date } = LedgerDocument.parse(JSON.parse(row.frozen));
  return {
    state: row.state,
    number: invoiceNumber,
    date,
    vendorId: row.vendor_id,
    jobId: row.job_id,
    reason: row.reason,
    askedBy: row.asked_by,
    approvedBy: row.approved_by,
    at: isoOf(instant(row.asked_at)),
    lines: row.lines_then,
    problem: row.problem,
    readBack: totalsOf(row.read_back),
  };
}

export function differencesOf(row: ExportDocumentRow): Difference[] {
  return JSON.parse(row.differences) as Difference[];
}

function copyOf(text: string | null): ReadBack | null {
  return text === null ? null : ReadBack.parse(JSON.parse(text));
}

function totalsOf(text: string | null): DocumentView['readBack'] {
  const copy = copyOf(text);
  return copy === null ? null : { net: copy.net, vat: copy.vat, gross: copy.gross };
}

function isCredit(row: ExportDocumentRow): boolean {
  return (JSON.parse(row.frozen) as { documentType: string }).documentType === 'credit_note';
}

function texts(sum: { net: Big; vat: Big; gross: Big }): z.infer<typeof Totals> {
  return { net: sum.net.toFixed(2), vat: sum.vat.toFixed(2), gross: sum.gross.toFixed(2) };
}

function instant(ms: number) {
  return ms as Parameters<typeof isoOf>[0];
}
