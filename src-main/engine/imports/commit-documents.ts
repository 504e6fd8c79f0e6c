import type { CategoryRule } from '../../../src-shared/domain/cost/category-rule.ts';
import { exactMinus, exactPlus } from '../../../src-shared/domain/cost/document-sum.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Reader, Tx } from '../../ports/store.ts';
import * as costs from '../../store/repositories/costs.ts';
import { amountsCorrected } from '../../store/repositories/line-history.ts';
import { splitsOf } from '../../store/repositories/line-splits.ts';
import { refused } from '../problem.ts';
import { outsideClosed } from '../review/locks.ts';
import { ImportProblem } from './import-problem.ts';
import { contributionOf, type Document, documentLineRow, finality, summedLine } from './line-rows.ts';
import type { SupplierBook } from './supplier-book.ts';

/** Applies the VAT rules to stored lines; handed in so that the import knows no rule. */
export type AssessLines = (
  tx: Tx,
  organisationId: string,
  which: { readonly lineIds: readonly string[] },
  now: Instant,
) => Promise<unknown>;

interface DocumentParts {
  readonly ids: Runtime['ids'];
  readonly assess: AssessLines;
}

/** Lines a person gave figures of their own: split, or corrected. Added up anew these would be gone without a word. */
export async function settledByHand(
  db: Reader,
  organisationId: string,
  lines: readonly costs.CostLineRow[],
): Promise<Set<string>> {
  const ids = (some: readonly costs.CostLineRow[]) => some.map(({ id }) => id);
  const splits = await splitsOf(db, organisationId, ids(lines));
  // What is provisional becomes what the vendor says in the end.
  const final = lines.filter(({ document_type }) => document_type !== 'proforma');
  const corrected = await amountsCorrected(db, organisationId, ids(final));
  return new Set([...splits.map(({ whole_id }) => whole_id), ...corrected]);
}

/** Whether further rows are added to the line. */
export const grows = ({ id, state }: costs.CostLineRow, settled: ReadonlySet<string>) =>
  state !== 'batched' && state !== 'posted' && !settled.has(id);

/** Lines of closed months, which change no more. What is provisional is in no return yet, and becomes final in its own time. */
async function inClosedMonths(db: Reader, organisationId: string, lines: readonly costs.CostLineRow[]) {
  const final = lines.filter(({ document_type }) => document_type !== 'proforma').map(({ id }) => id);
  const open = new Set(await outsideClosed(db, organisationId, final));
  return final.filter((id) => !open.has(id));
}

/**
 * What rounding left over on the other lines of a document: with it a line takes the document to its exact sum rounded once. A
 * line that is left out, or whose amounts a person gave, leaves nothing.
 */
function carriedTo(
  line: Pick<costs.CostLineRow, 'id'>,
  lineIds: Iterable<string>,
  lines: ReadonlyMap<string, costs.CostLineRow>,
  corrected: ReadonlySet<string>,
): { readonly net: string; readonly vat: string } {
  const left = { net: '0', vat: '0' };
  for (const id of new Set(lineIds)) {
    const other = lines.get(id);
    if (other === undefined || id === line.id || other.state === 'excluded' || corrected.has(id)) continue;
    left.net = exactPlus(left.net, exactMinus(other.exact_net, other.net));
    left.vat = exactPlus(left.vat, exactMinus(other.exact_vat, other.vat));
  }
  return left;
}

/**
 * Adds sums to the lines of their documents. A document that has a line still under review grows (a new version); one
 * whose line is in a batch or posted gets a supplementary line beside it.
 */
export async function addDocuments(
  tx: Tx,
  { ids, assess }: DocumentParts,
  given: {
    readonly organisationId: string;
    readonly importId: string;
    readonly documents: readonly Document[];
    readonly book: SupplierBook;
    readonly rules: readonly CategoryRule[];
    readonly now: Instant;
  },
): Promise<number> {
  const { organisationId, importId, documents, book, rules, now } = given;
  const before = await costs.contributionsToDocuments(
    tx,
    organisationId,
    documents.map(({ key }) => key),
  );
  const lines = new Map(
    (await costs.linesByIds(tx, organisationId, [...new Set(before.map(({ line_id }) => line_id))])).map((line) => [
      line.id,
      line,
    ]),
  );
  // So does what is in a closed month stay as it is; more of it gets a line of its own.
  const corrected = await amountsCorrected(tx, organisationId, [...lines.keys()]);
  const settled = await settledByHand(tx, organisationId, [...lines.values()]);
  for (const id of await inClosedMonths(tx, organisationId, [...lines.values()])) settled.add(id);
  const created: costs.CostLineRow[] = [];
  const contributions: costs.CostContribution[] = [];
  const touched: string[] = [];
  for (const document of documents) {
    const earlier = before.filter(({ document_key }) => document_key === document.key);
    const lineIds = [...new Set(earlier.map(({ line_id }) => line_id))].filter((id) => lines.has(id));
    const open = lineIds.map((id) => lines.get(id)).findLast((line) => line && grows(line, settled));
    if (open) {
      const own = contributionOf(organisationId, importId, open.id, document);
      const parts = [...earlier.filter(({ line_id }) => line_id === open.id), own];
      const standing = { ...open, ...finality(document, open.document_type) };
      const grown = {
        ...summedLine(standing, parts, now, carriedTo(open, lineIds, lines, corrected)),
        version: open.version + 1,
        last_row: document.lastRow,
      };
      lines.set(open.id, grown);
      if (!(await costs.replaceLine(tx, grown, open.version)))
        throw new ImportProblem(
          'A line changed while the import was finishing. Nothing was imported; import the file again.',
        );
      contributions.push(own);
      touched.push(open.id);
    } else {
      const supplement = lineIds.length + 1;
      const key = supplement > 1 ? `${document.key}#${supplement}` : document.key;
      const id = ids.next();
      const own = contributionOf(organisationId, importId, id, document);
      const base = { organisationId, importId, id, now, supplier: book.find(document.issuer), rules };
      const row = documentLineRow(base, key, document, supplement);
      created.push(summedLine(row, [own], now, carriedTo(row, lineIds, lines, corrected)));
      contributions.push(own);
      touched.push(id);
    }
  }
  await costs.insertLines(tx, created);
  await costs.insertContributions(tx, contributions);
  if (touched.length > 0) await assess(tx, organisationId, { lineIds: touched }, now);
  return touched.length;
}

/**
 * Takes what an import gave to documents off their lines; a line nothing is left of goes.
 * @returns how many lines it gave to, and those that stay. @throws ProblemError when a person corrected one that stays
 */
export async function takeDocumentsBack(
  tx: Tx,
  organisationId: string,
  importId: string,
  now: Instant,
): Promise<{ readonly lines: number; readonly shrunk: readonly string[] }> {
  const own = await costs.contributionsOfImport(tx, organisationId, importId);
  await costs.removeContributions(tx, organisationId, importId);
  const given = new Set(own.map(({ line_id }) => line_id));
  const left = await costs.contributionsToDocuments(tx, organisationId, [
    ...new Set(own.map(({ document_key }) => document_key)),
  ]);
  const all = await costs.linesByIds(tx, organisationId, [...new Set([...given, ...left.map((one) => one.line_id)])]);
  const lines = new Map(all.map((line) => [line.id, line]));
  const corrected = await amountsCorrected(tx, organisationId, [...lines.keys()]);
  const byLine = new Map<string, costs.CostContribution[]>();
  const byDocument = new Map<string, string[]>();
  for (const one of left) {
    byLine.set(one.line_id, [...(byLine.get(one.line_id) ?? []), one]);
    byDocument.set(one.document_key, [...(byDocument.get(one.document_key) ?? []), one.line_id]);
  }
  const empty = [...given].filter((id) => !byLine.has(id));
  for (const id of empty) lines.delete(id);
  const shrunk = [...given].flatMap((id) => lines.get(id) ?? []);
  for (const line of shrunk) {
    if (corrected.has(line.id)) {
      throw refused({
        happened: `The amounts of ${`${line.supplier} ${line.invoice_number}`.trim()} were corrected by hand, and other files are in them too.`,
        means: 'Adding up what those leave would lose the correction; nothing was changed.',
        remedy: 'Take the correction back in the history of the line first, or leave the line out instead.',
      });
    }
    const parts = byLine.get(line.id) ?? [];
    const beside = parts.flatMap(({ document_key }) => byDocument.get(document_key) ?? []);
    const less = {
      ...summedLine(line, parts, now, carriedTo(line, beside, lines, corrected)),
      version: line.version + 1,
    };
    await costs.replaceLine(tx, less, line.version);
    lines.set(line.id, less);
  }
  await costs.removeLines(tx, organisationId, empty);
  return { lines: given.size, shrunk: shrunk.map(({ id }) => id) };
}
