import { sql } from 'kysely';
import { z } from 'zod';
import type { VatReturn } from '../../../src-shared/contract/insight.ts';
import type { Period } from '../../../src-shared/domain/period.ts';
import type { Reader } from '../../ports/store.ts';
import { listLocks } from '../../store/repositories/desk.ts';
import { returnDay, reversedBoxes } from '../../store/repositories/reversals.ts';
import { monthsOf } from '../review/locks.ts';
import { boxesOf, vatLedgers } from './vat-ledgers.ts';

interface Sums {
  readonly standing: 'verified' | 'open' | 'missing' | 'blocked';
  readonly lines: number;
  readonly box1: number;
  readonly box4: number;
  readonly box6: number;
  readonly box7: number;
}

const Differences = z.array(z.object({ field: z.string(), expected: z.string(), found: z.string() }));

/** Box totals of the purchases of a period, each line where its document stands in the ledger. */
export async function vatReturn(db: Reader, organisationId: string, period: Period): Promise<VatReturn> {
  const day = await returnDay(db, organisationId);
  const sums = await sql<Sums>`
    SELECT standing, count(*) AS lines, sum(box1_minor) AS box1, sum(box4_minor) AS box4, sum(box6_minor) AS box6,
      sum(box7_minor) AS box7
    FROM (
      SELECT line.box1_minor, line.box4_minor, line.box6_minor, line.box7_minor,
        CASE WHEN line.state = 'review' AND line.blocks > 0 THEN 'blocked'
          WHEN line.state NOT IN ('batched', 'posted') THEN 'missing'
          ELSE coalesce((SELECT CASE document.state WHEN 'verified' THEN 'verified' WHEN 'waiting' THEN 'missing' ELSE 'open' END
            FROM export_document_line AS part JOIN export_document AS document
              ON document.organisation_id = part.organisation_id AND document.id = part.document_id
            WHERE part.organisation_id = line.organisation_id AND part.line_id = line.id AND document.released_at IS NULL
            ORDER BY document.updated_at DESC LIMIT 1), 'missing') END AS standing
      FROM cost_line_seen AS line
      WHERE line.organisation_id = ${organisationId} AND ${day} BETWEEN ${period.from} AND ${period.to}
        AND line.state <> 'excluded'
    ) GROUP BY standing`.execute(db);
  const documents = await sql<{ invoice_number: string; supplier: string; differences: string }>`
    SELECT DISTINCT document.supplier, document.invoice_number, document.differences
    FROM export_document AS document
    JOIN export_document_line AS part ON part.organisation_id = document.organisation_id AND part.document_id = document.id
    JOIN cost_line AS line ON line.organisation_id = part.organisation_id AND line.id = part.line_id
    WHERE document.organisation_id = ${organisationId} AND document.state = 'mismatch' AND document.released_at IS NULL
      AND ${day} BETWEEN ${period.from} AND ${period.to} LIMIT 500`.execute(db);
  const locked = new Set((await listLocks(db, organisationId)).map(({ month }) => month));
  // A reversal belongs to its own day: what stood in a month, closed perhaps and filed, goes on standing there.
  const reversed = { standing: 'verified', lines: 0, ...(await reversedBoxes(db, organisationId, period)) } as const;
  const of = (standing: Sums['standing'] | null) =>
    boxes(
      [...sums.rows, reversed].filter((sum) =>
        standing === null ? sum.standing !== 'blocked' : sum.standing === standing,
      ),
    );
  const linesOf = (standing: Sums['standing']) => sums.rows.find((sum) => sum.standing === standing)?.lines ?? 0;
  return {
    period: period.label,
    lines: sums.rows.reduce((total, { lines }) => total + lines, 0),
    blocked: { ...of('blocked'), lines: linesOf('blocked') },
    verifiedLines: linesOf('verified'),
    all: of(null),
    verified: of('verified'),
    open: of('open'),
    missing: of('missing'),
    differences: documents.rows.flatMap(({ supplier, invoice_number, differences }) =>
      Differences.parse(JSON.parse(differences)).map((one) => ({ document: `${supplier} ${invoice_number}`, ...one })),
    ),
    ledgers: await vatLedgers(db, organisationId, period),
    locked: monthsOf(period).every((month) => locked.has(month)),
  };
}

function boxes(sums: readonly Sums[]) {
  const total = (box: 'box1' | 'box4' | 'box6' | 'box7') => sums.reduce((sum, one) => sum + one[box], 0);
  return boxesOf({ box1: total('box1'), box4: total('box4'), box6: total('box6'), box7: total('box7') });
}
