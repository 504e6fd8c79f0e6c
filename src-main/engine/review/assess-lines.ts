import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { dayOf } from '../../../src-shared/domain/vat/calendar.ts';
import { documentKeyOf } from '../../../src-shared/domain/vat/document.ts';
import { DocumentHistory } from '../../../src-shared/domain/vat/history.ts';
import { localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import type { Reader, Tx } from '../../ports/store.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import {
  currentRates,
  type LikenessRow,
  likenessPage,
  lineIds,
  linesById,
  linesLike,
  patchLines,
} from '../../store/repositories/review.ts';
import { notFound } from '../problem.ts';
import { assessedColumns, assessRow, type Buyer, historyLabel } from './stored-line.ts';

/** Which stored lines are meant. */
export type LineSelection = 'all' | { readonly importId: string } | { readonly lineIds: readonly string[] };

/** Lines assessed before the loop is let go; a few milliseconds of work. */
const CHUNK = 100;
/** Up to here it is cheaper to look up each line's likes than to walk the whole organisation. */
const FEW = 2_000;

/**
 * Applies the VAT rules to stored lines: exchange rate, treatment, boxes, checks, the one reason, and `ready` when nothing
 * blocks and every warning is confirmed. Lines in a batch or posted are left as they are. Earlier lines are those with a
 * smaller id; excluded ones are nobody's duplicate. Lines that do not change keep their version.
 * Called at the end of an import (`{ importId }`), and after every edit, supplier, rate or setting that matters.
 * @returns how many lines changed. @throws ProblemError when the organisation does not exist
 */
export async function assessLines(
  tx: Tx,
  organisationId: string,
  which: LineSelection,
  now: Instant,
): Promise<{ changed: number }> {
  const buyer = await buyerOf(tx, organisationId, now);
  const ids = await idsOf(tx, organisationId, which);
  let changed = 0;
  const take = async (rows: readonly CostLineRow[], history: DocumentHistory, others: readonly LikenessRow[]) => {
    const patches: { id: string; values: Readonly<Record<string, unknown>> }[] = [];
    let at = 0;
    for (const row of rows) {
      for (; at < others.length && (others[at]?.id ?? '') < row.id; at++) remember(history, others[at]);
      // Only the lines before it count; what is assessed joins the history by itself, unless it is excluded.
      if (others[at]?.id === row.id) at += 1;
      const open = row.state !== 'batched' && row.state !== 'posted';
      if (!open) {
        remember(history, row);
        continue;
      }
      const values = assessRow(row, buyer, history);
      const old: Readonly<Record<string, unknown>> = { ...row };
      if (assessedColumns.some((column) => values[column] !== old[column])) patches.push({ id: row.id, values });
    }
    for (; at < others.length; at++) remember(history, others[at]);
    await patchLines(tx, organisationId, now, assessedColumns, patches);
    changed += patches.length;
  };

  if (ids.length <= FEW) {
    for (let start = 0; start < ids.length; start += CHUNK) {
      const rows = await linesById(tx, organisationId, ids.slice(start, start + CHUNK));
      await take(rows, new DocumentHistory(), await linesLike(tx, organisationId, rows));
    }
    return { changed };
  }
  // A walk over all lines in the order they came in: linear, whatever there are duplicates of.
  const wanted = new Set(ids);
  const history = new DocumentHistory();
  for (let after = ''; ; ) {
    const others = await likenessPage(tx, organisationId, after, CHUNK);
    const last = others.at(-1);
    if (!last) return { changed };
    const rows = await linesById(
      tx,
      organisationId,
      others.filter(({ id }) => wanted.has(id)).map(({ id }) => id),
    );
    await take(rows, history, others);
    after = last.id;
  }
}

/** The lines that could be a duplicate of one of these, before or after a change of them; themselves included. */
export async function likesOf(
  db: Reader,
  organisationId: string,
  rows: readonly Pick<CostLineRow, 'currency' | 'gross_minor'>[],
): Promise<string[]> {
  return (await linesLike(db, organisationId, rows)).map(({ id }) => id);
}

function remember(history: DocumentHistory, row: LikenessRow | undefined): void {
  if (!row || row.state === 'excluded') return;
  history.add(
    documentKeyOf(row.supplier, row.currency, row.gross, row.invoice_number),
    dayOf(row.line_date),
    historyLabel(row),
  );
}

async function buyerOf(tx: Tx, organisationId: string, now: Instant): Promise<Buyer> {
  const organisation = await getOrganisation(tx, organisationId);
  if (organisation === null) throw notFound({ happened: `There is no organisation "${organisationId}".` });
  return {
    organisation,
    rates: await currentRates(tx, organisationId),
    today: localAt(now, organisation.time_zone).date,
  };
}

async function idsOf(tx: Tx, organisationId: string, which: LineSelection): Promise<string[]> {
  if (which !== 'all' && 'lineIds' in which) return [...new Set(which.lineIds)].sort();
  return lineIds(tx, organisationId, which === 'all' ? null : which.importId);
}
