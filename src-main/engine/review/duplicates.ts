import { sql } from 'kysely';
import { type DuplicateClass, duplicateClass, type Likeness } from '../../../src-shared/domain/cost/duplicate.ts';
import { supplierKey } from '../../../src-shared/domain/vat/history.ts';
import type { Reader } from '../../ports/store.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { dropDecision, duplicateDecisions, type LineDuplicateRow, putDecision } from '../../store/repositories/desk.ts';
import { splitsOf } from '../../store/repositories/line-splits.ts';
import { linesById, linesLike, seen } from '../../store/repositories/review.ts';
import { notFound, refused } from '../problem.ts';
import { standing } from './assess-row.ts';
import { acknowledgeLines, excludeLines, includeLines, markLines } from './change-lines.ts';
import { lineView } from './line-views.ts';
import type { Also, Reviewer, ReviewParts, Step } from './step.ts';
import { storedChecks } from './stored-line.ts';

type Alike = Pick<CostLineRow, 'supplier' | 'currency' | 'gross_minor' | 'invoice_number' | 'line_date'>;
const likenessOf = ({ supplier, currency, gross_minor, invoice_number, line_date }: Alike): Likeness => ({
  ...{ supplier, currency, grossMinor: gross_minor, number: invoice_number, date: line_date },
});

/** How two lines of one supplier and amount stand to each other; null: they are not alike. */
export const classOf = (line: Alike, earlier: Alike): DuplicateClass | null =>
  duplicateClass(likenessOf(line), likenessOf(earlier));

const viewsOf = (line: CostLineRow, earlier: CostLineRow) => ({
  line: lineView(line),
  earlier: lineView(earlier),
  onOneInvoice: onOneInvoice(line, earlier),
});

const mostPairs = 500;

/** Pairs somebody has to look at, blocked ones first, and those that were decided; newest decision first. */
export async function listDuplicates(db: Reader, organisationId: string) {
  const flagged = await sql<{ id: string }>`SELECT id FROM cost_line INDEXED BY cost_line_by_urgency
    WHERE organisation_id = ${organisationId} AND ${seen} AND state IN ('review', 'ready') AND (instr(check_ids, ' DUP ') > 0 OR instr(check_ids, ' DUP-NEAR ') > 0)
    ORDER BY (blocks = 0), line_date, id LIMIT ${mostPairs}`.execute(db);
  const lines = await linesById(
    db,
    organisationId,
    flagged.rows.map(({ id }) => id),
  );
  const decisions = await duplicateDecisions(db, organisationId);
  const decided = new Set(decisions.map(({ line_id, earlier_id }) => `${line_id} ${earlier_id}`));
  const likes = await linesLike(db, organisationId, lines);
  // A whole that was split is left out and stands for its parts all the same.
  const standing = new Set(likes.filter(({ state }) => state !== 'excluded').map(({ id }) => id));
  const candidates = new Map(
    (
      await linesById(
        db,
        organisationId,
        likes.map(({ id }) => id),
      )
    ).map((row) => [row.id, row]),
  );
  const bySupplierAndAmount = new Map<string, CostLineRow[]>();
  const keyOf = (row: CostLineRow) => `${supplierKey(row.supplier)} ${row.currency} ${row.gross_minor}`;
  for (const row of candidates.values())
    bySupplierAndAmount.set(keyOf(row), [...(bySupplierAndAmount.get(keyOf(row)) ?? []), row]);
  const open = lines.flatMap((line) => {
    const earlier = (bySupplierAndAmount.get(keyOf(line)) ?? []).find(
      (other) => other.id < line.id && standing.has(other.id) && classOf(line, other) !== 'different',
    );
    const kind = earlier && classOf(line, earlier);
    return earlier && kind && !decided.has(`${line.id} ${earlier.id}`)
      ? [{ kind, ...viewsOf(line, earlier), decision: null }]
      : [];
  });
  const named = new Map(
    (
      await linesById(
        db,
        organisationId,
        decisions.flatMap((one) => [one.line_id, one.earlier_id]),
      )
    ).map((row) => [row.id, row]),
  );
  const done = decisions.toReversed().flatMap((one) => {
    const [line, earlier] = [named.get(one.line_id), named.get(one.earlier_id)];
    if (!line || !earlier) return [];
    const { decision, reason, actor } = one;
    const kind = classOf(line, earlier) ?? ('different' as const);
    return [{ kind, ...viewsOf(line, earlier), decision: { decision, reason, by: actor } }];
  });
  return { open, decided: done };
}

async function pairOf(db: Reader, organisationId: string, lineId: string, earlierId: string) {
  const rows = await linesById(db, organisationId, [lineId, earlierId]);
  const line = rows.find(({ id }) => id === lineId);
  const earlier = rows.find(({ id }) => id === earlierId);
  if (!line || !earlier) throw notFound({ happened: 'One of the two lines is not there any more.' });
  return { line, earlier, kind: classOf(line, earlier) };
}

const isWhole = async (db: Reader, organisationId: string, lineId: string) =>
  (await splitsOf(db, organisationId, [lineId])).some(({ whole_id }) => whole_id === lineId);

const decisionOf = (
  organisationId: string,
  lineId: string,
  earlierId: string,
  decision: LineDuplicateRow['decision'],
  reason: string,
  who: Reviewer,
): Omit<LineDuplicateRow, 'change_id' | 'at'> => ({
  organisation_id: organisationId,
  line_id: lineId,
  earlier_id: earlierId,
  decision,
  reason,
  actor: who.name,
});

/** The later line is left out; the earlier one stands for both. */
export async function mergeDuplicate(
  parts: ReviewParts,
  organisationId: string,
  { lineId, earlierId, reason }: { readonly lineId: string; readonly earlierId: string; readonly reason: string },
  who: Reviewer,
): Promise<Step> {
  const { line, earlier, kind } = await pairOf(parts.store.read, organisationId, lineId, earlierId);
  const gone = earlier.state === 'excluded' && !(await isWhole(parts.store.read, organisationId, earlierId));
  if (kind === null || gone || line.id === earlier.id) {
    throw refused({
      happened: 'These two lines cannot be one document.',
      means: 'They differ in supplier, currency or amount, or the other one is left out itself.',
    });
  }
  const name = earlier.invoice_number || `the line of ${earlier.line_date}`;
  return excludeLines(
    parts,
    organisationId,
    { lineIds: [lineId], reason: `Merged into ${name}: ${reason}` },
    who,
    (tx, changeId, at) =>
      putDecision(tx, {
        ...decisionOf(organisationId, lineId, earlierId, 'merged', reason, who),
        change_id: changeId,
        at,
      }),
  );
}

/** Two lines that one file brought of one invoice: a supplier may ask for the same amount twice on it. */
const onOneInvoice = (line: CostLineRow, earlier: CostLineRow) =>
  line.import_id !== null &&
  line.invoice_number !== '' &&
  (['import_id', 'supplier', 'invoice_number', 'document_type', 'line_date', 'currency', 'gross_minor'] as const).every(
    (column) => line[column] === earlier[column],
  );

/**
 * Both stand: as two documents, where their numbers differ, or as two lines of one invoice that came in one file. Two documents
 * with one number need the right number on one of them first.
 */
export async function keepBoth(
  parts: ReviewParts,
  organisationId: string,
  pair: { readonly lineId: string; readonly earlierId: string; readonly reason: string },
  who: Reviewer,
): Promise<Step> {
  const { reason } = pair;
  // Said of the later one, whichever way round it is asked: of both, neither would be compared with a third any more.
  const [earlierId = '', lineId = ''] = [pair.lineId, pair.earlierId].toSorted();
  const { line, earlier, kind } = await pairOf(parts.store.read, organisationId, lineId, earlierId);
  const decide: Also = (tx, changeId, at) =>
    putDecision(tx, {
      ...decisionOf(organisationId, lineId, earlierId, 'kept', reason, who),
      change_id: changeId,
      at,
    });
  const lineIds = [lineId];
  if (line.id !== earlier.id && onOneInvoice(line, earlier))
    return markLines(
      parts,
      organisationId,
      { lineIds, reason, after: ({ document_lines }) => ({ document_lines: Math.max(2, document_lines) }) },
      who,
      decide,
    );
  if (kind === 'same') {
    throw refused({
      happened: `${line.supplier} has two documents with the number ${line.invoice_number || '(none)'} and the same amount.`,
      means: 'A ledger would book one document twice.',
      remedy: 'Correct the invoice number of the one that differs, or merge the two.',
    });
  }
  return acknowledgeLines(parts, organisationId, { lineIds, checks: ['DUP-NEAR'], note: reason }, who, decide);
}

/**
 * Takes a decision back: a merged line is reviewed again, and of lines that were kept it is asked again.
 * @throws ProblemError when nothing was decided of the two, or the line is on its way
 */
export async function unmerge(
  parts: ReviewParts,
  organisationId: string,
  { lineId, earlierId }: { readonly lineId: string; readonly earlierId: string },
  who: Reviewer,
): Promise<Step> {
  const decided = (await duplicateDecisions(parts.store.read, organisationId)).find(
    (one) => one.line_id === lineId && one.earlier_id === earlierId,
  );
  if (decided === undefined) throw notFound({ happened: 'Nothing was decided of these two lines.' });
  const drop: Also = (tx) => dropDecision(tx, organisationId, lineId, earlierId);
  if (decided.decision === 'merged') return includeLines(parts, organisationId, [lineId], who, drop);
  const after = (row: CostLineRow) => {
    const asked = storedChecks(row).map((one) => (one.id.startsWith('DUP') ? { ...one, acknowledged: null } : one));
    return standing(row.state, asked);
  };
  return markLines(parts, organisationId, { lineIds: [lineId], reason: 'Asked again', after }, who, drop);
}
