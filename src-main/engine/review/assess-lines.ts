import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { DocumentHistory, supplierKey } from '../../../src-shared/domain/vat/history.ts';
import { localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import type { Reader, Store, Tx } from '../../ports/store.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { keptInvoiceLines, listLocks } from '../../store/repositories/desk.ts';
import { partIds } from '../../store/repositories/line-splits.ts';
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
import { reshare } from './allocations.ts';
import { assessedColumns, assessRow, type Buyer, remember } from './assess-row.ts';
import { usageAgain } from './counted-again.ts';
import { storedChecks } from './stored-line.ts';

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
  // Asked once: nobody splits a line, or says what it is, while this transaction lasts.
  const about = { organisationId, buyer, now, alone: await comparedWithNothing(tx, organisationId) };
  const ids = await idsOf(tx, organisationId, which);
  let changed = 0;
  if (ids.length <= FEW) {
    for (let start = 0; start < ids.length; start += CHUNK) {
      const rows = await linesById(tx, organisationId, ids.slice(start, start + CHUNK));
      const likes = await linesLike(tx, organisationId, rows);
      changed += await take(tx, about, rows, new DocumentHistory(), likes);
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
    const rows = await linesById(tx, organisationId, meant(others, wanted));
    changed += await take(tx, about, rows, history, others);
    after = last.id;
  }
}

/**
 * The same over any number of lines without holding the writer: a transaction of its own every hundred lines. `prepare`
 * may change the lines of a piece first; it gives them back as they are then.
 * @returns how many lines changed
 */
export async function assessInPieces(
  store: Store,
  organisationId: string,
  ids: readonly string[],
  now: Instant,
  { prepare, signal }: { prepare?: PreparePiece | undefined; signal: AbortSignal },
): Promise<{ changed: number }> {
  const wanted = new Set(ids);
  const history = new DocumentHistory();
  const buyer = await buyerOf(store.read, organisationId, now);
  let changed = 0;
  for (let after = ''; ; ) {
    signal.throwIfAborted();
    const others = await likenessPage(store.read, organisationId, after, CHUNK);
    const last = others.at(-1);
    if (!last) return { changed };
    const mine = meant(others, wanted);
    if (mine.length === 0) for (const other of others) remember(history, other);
    else {
      changed += await store.transaction(async (tx) => {
        const rows = await linesById(tx, organisationId, mine);
        const about = { organisationId, buyer, now, alone: await comparedWithNothing(tx, organisationId) };
        return take(tx, about, prepare ? await prepare(tx, rows) : rows, history, others);
      });
    }
    after = last.id;
  }
}

export type PreparePiece = (tx: Tx, rows: readonly CostLineRow[]) => Promise<readonly CostLineRow[]>;

const meant = (others: readonly LikenessRow[], wanted: ReadonlySet<string>) =>
  others.filter(({ id }) => wanted.has(id)).map(({ id }) => id);

interface About {
  readonly organisationId: string;
  readonly buyer: Buyer;
  readonly now: Instant;
  /** Lines that are nobody's duplicate. */
  readonly alone: ReadonlySet<string>;
}

/** Parts of a split line: its whole was compared and stands for them. Further lines of one invoice, as a person said. */
async function comparedWithNothing(tx: Tx, organisationId: string): Promise<ReadonlySet<string>> {
  const parts = await partIds(tx, organisationId);
  for (const id of await keptInvoiceLines(tx, organisationId)) parts.add(id);
  return parts;
}

/** `others`: every line that may be earlier, and the rows themselves, in the order they came in. */
async function take(
  tx: Tx,
  { organisationId, buyer, now, alone }: About,
  rows: readonly CostLineRow[],
  history: DocumentHistory,
  others: readonly LikenessRow[],
): Promise<number> {
  const patches: { id: string; values: Readonly<Record<string, unknown>> }[] = [];
  const again = await usageAgain(tx, organisationId, rows);
  let at = 0;
  for (const row of rows) {
    for (let other = others[at]; other && other.id < row.id; other = others[++at]) remember(history, other);
    // Only the lines before it count; what is assessed joins the history by itself, unless it is excluded.
    const self = others[at]?.id === row.id ? others[at++] : undefined;
    if (row.state === 'batched' || row.state === 'posted') {
      remember(history, row);
      continue;
    }
    const compared = alone.has(row.id) ? new DocumentHistory() : history;
    const further = [again.get(row.id) ?? []].flat();
    const values = assessRow(row, buyer, compared, storedChecks(row), further);
    // Left out because it was split, it still stands for its parts.
    if (self && row.state === 'excluded') remember(history, self);
    const old: Readonly<Record<string, unknown>> = { ...row };
    if (assessedColumns.some((column) => values[column] !== old[column])) patches.push({ id: row.id, values });
  }
  for (let other = others[at]; other; other = others[++at]) remember(history, other);
  await patchLines(tx, organisationId, now, assessedColumns, patches);
  const nets = new Map(rows.map(({ id, net_gbp_minor }) => [id, net_gbp_minor]));
  const moved = patches.filter(({ id, values }) => values.net_gbp_minor !== nets.get(id));
  await reshare(
    tx,
    organisationId,
    moved.map(({ id, values }) => ({
      id,
      net: typeof values.net_gbp_minor === 'number' ? values.net_gbp_minor : null,
    })),
  );
  return patches.length;
}

/** The lines that could be a duplicate of one of these, before or after a change of them: of the same supplier alone. */
export async function likesOf(
  db: Reader,
  organisationId: string,
  rows: readonly Pick<CostLineRow, 'supplier' | 'currency' | 'gross_minor'>[],
): Promise<string[]> {
  const suppliers = new Set(rows.map(({ supplier }) => supplierKey(supplier)));
  const likes = await linesLike(db, organisationId, rows);
  return likes.filter(({ supplier }) => suppliers.has(supplierKey(supplier))).map(({ id }) => id);
}

/** Who buys, as the rules see it today. @throws ProblemError when the organisation does not exist */
export async function buyerOf(db: Reader, organisationId: string, now: Instant): Promise<Buyer> {
  const organisation = await getOrganisation(db, organisationId);
  if (organisation === null) throw notFound({ happened: `There is no organisation "${organisationId}".` });
  return {
    organisation,
    rates: await currentRates(db, organisationId),
    today: localAt(now, organisation.time_zone).date,
    closed: new Map((await listLocks(db, organisationId)).map(({ month, at }) => [month, at])),
  };
}

async function idsOf(tx: Tx, organisationId: string, which: LineSelection): Promise<string[]> {
  if (which !== 'all' && 'lineIds' in which) return [...new Set(which.lineIds)].sort();
  return lineIds(tx, organisationId, which === 'all' ? null : which.importId);
}
