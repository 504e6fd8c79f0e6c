import { sql } from 'kysely';
import type { z } from 'zod';
import type { Boxes, VatReturn } from '../../../src-shared/contract/insight.ts';
import { type Big, decimal, fromMinor, r2 } from '../../../src-shared/domain/money/index.ts';
import type { Period } from '../../../src-shared/domain/period.ts';
import { LedgerDocument, ReadBack } from '../../adapters/kit/ledger.ts';
import type { Reader } from '../../ports/store.ts';
import { returnDay } from '../../store/repositories/reversals.ts';

type BoxMinor = { readonly [box in 'box1' | 'box4' | 'box6' | 'box7']: number };

interface DocumentSums extends BoxMinor {
  readonly target: string;
  readonly frozen: string;
  readonly read_back: string;
}

const names: Readonly<Record<string, string>> = { xero: 'Xero', quickbooks: 'QuickBooks', freshbooks: 'FreshBooks' };
/** Why the other side is added up from documents. */
const why = (system: string) =>
  system === 'freshbooks'
    ? 'FreshBooks keeps no boxes of a VAT return, so its side is the sum of the documents read back from it.'
    : `${names[system] ?? system} gives this console no VAT return of its own, so its side is the sum of the documents read back from it.`;

/**
 * Our boxes beside each ledger's, to the penny. No ledger hands its return to this console, so the other side is added up from
 * what was read back: ours, and by how much the copy's net and VAT are others. Documents not read back yet are on neither side,
 * and those whose lines were given back on neither too.
 */
export async function vatLedgers(db: Reader, organisationId: string, period: Period): Promise<VatReturn['ledgers']> {
  const day = await returnDay(db, organisationId);
  const found = await sql<DocumentSums>`
    SELECT batch.target AS target, document.frozen AS frozen, document.read_back AS read_back,
      sum(line.box1_minor) AS box1, sum(line.box4_minor) AS box4, sum(line.box6_minor) AS box6, sum(line.box7_minor) AS box7
    FROM cost_line AS line
    JOIN export_document_line AS part ON part.organisation_id = line.organisation_id AND part.line_id = line.id
    JOIN export_document AS document ON document.organisation_id = part.organisation_id AND document.id = part.document_id
    JOIN export_batch AS batch ON batch.organisation_id = document.organisation_id AND batch.id = document.batch_id
    WHERE line.organisation_id = ${organisationId} AND ${day} BETWEEN ${period.from} AND ${period.to}
      AND line.state = 'posted' AND document.released_at IS NULL AND document.read_back IS NOT NULL
      AND batch.target <> 'file'
    GROUP BY document.organisation_id, document.id`.execute(db);
  const bySystem = new Map<string, { ours: BoxMinor; theirs: BoxMinor; documents: number }>();
  const nothing: BoxMinor = { box1: 0, box4: 0, box6: 0, box7: 0 };
  for (const row of found.rows) {
    const before = bySystem.get(row.target) ?? { ours: nothing, theirs: nothing, documents: 0 };
    bySystem.set(row.target, {
      ours: plus(before.ours, row),
      theirs: plus(before.theirs, theirsOf(row)),
      documents: before.documents + 1,
    });
  }
  return [...bySystem].sort().map(([system, { ours, theirs, documents }]) => ({
    ...{ system, documents, ours: boxesOf(ours), ledger: boxesOf(theirs), why: why(system) },
    difference: boxesOf(plus(theirs, ours, -1)),
  }));
}

/** What the ledger's copy puts into the boxes: one that was removed there puts nothing. */
function theirsOf(row: DocumentSums): BoxMinor {
  const frozen = LedgerDocument.parse(JSON.parse(row.frozen));
  const copy = ReadBack.parse(JSON.parse(row.read_back));
  if (copy.status !== 'approved') return { box1: 0, box4: 0, box6: 0, box7: 0 };
  const sign = frozen.documentType === 'credit_note' ? -1 : 1;
  const more = (of: 'net' | 'vat') =>
    sign * pence(decimal(copy[of]).minus(decimal(frozen.totals[of])), frozen.currencyRate);
  return { ...row, box4: row.box4 + more('vat'), box7: row.box7 + more('net') };
}

function pence(amount: Big, unitsPerPound: string | undefined): number {
  const pounds = unitsPerPound === undefined ? amount : amount.div(decimal(unitsPerPound));
  return Number(r2(pounds).times(100).toFixed(0));
}

function plus(a: BoxMinor, b: BoxMinor, sign: 1 | -1 = 1): BoxMinor {
  const of = (box: keyof BoxMinor) => a[box] + sign * b[box];
  return { box1: of('box1'), box4: of('box4'), box6: of('box6'), box7: of('box7') };
}

/** As decimal text, with box 5: 1 less 4. */
export function boxesOf({ box1, box4, box6, box7 }: BoxMinor): z.infer<typeof Boxes> {
  const text = (minor: number) => fromMinor(minor, 'GBP');
  return { box1: text(box1), box4: text(box4), box5: text(box1 - box4), box6: text(box6), box7: text(box7) };
}
