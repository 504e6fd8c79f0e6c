import { isDeepStrictEqual } from 'node:util';
import type { Mapping } from '../../../src-shared/contract/imports.ts';
import type { CategoryRule } from '../../../src-shared/domain/cost/category-rule.ts';
import type { InvoiceDetail } from '../../../src-shared/domain/cost/invoice-detail.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Reader, Store, Tx } from '../../ports/store.ts';
import { contributionsUnder } from '../../store/repositories/cost-fetches.ts';
import * as costs from '../../store/repositories/costs.ts';
import { clearStatements, forgetHiddenStatement, usualStatements } from '../../store/repositories/import-statements.ts';
import { importAfter, listMappings, saveMapping } from '../../store/repositories/imports.ts';
import { currentDetails, insertDetails, removeDetails } from '../../store/repositories/invoice-details.ts';
import { amountsCorrected } from '../../store/repositories/line-history.ts';
import { splitsOf } from '../../store/repositories/line-splits.ts';
import { refused } from '../problem.ts';
import { buyerOf } from '../review/assess-lines.ts';
import { wayBack } from '../review/fixed-lines.ts';
import { outsideClosed } from '../review/locks.ts';
import type { Rechecks } from '../review/rechecks.ts';
import { differencesOf, fetchedPrefix } from './fetched-costs.ts';
import { ImportProblem } from './import-problem.ts';
import { runImportThread } from './import-thread.ts';
import type { Importer, ImportOutcome, ImportRun, Preview, PreviewQuestion } from './importer.ts';
import { newDetails } from './invoice-details.ts';
import { layoutHash } from './layout-hash.ts';
import { contributionOf, type Document, documentLineRow, finality, summedLine } from './line-rows.ts';
import { mappingOfReading, readingOf, storedMapping } from './mapping.ts';
import { knownSuppliers, saveFresh } from './stored-suppliers.ts';
import { openSupplierBook, type SupplierBook } from './supplier-book.ts';
import type { FromWorker, Inspected } from './worker-protocol.ts';

/** Applies the VAT rules to stored lines; handed in so that the import knows no rule. */
export type AssessLines = (
  tx: Tx,
  organisationId: string,
  which: { readonly lineIds: readonly string[] },
  now: Instant,
) => Promise<unknown>;

export interface CostsImporterDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly assess: AssessLines;
  readonly rechecks: Pick<Rechecks, 'request'>;
}

/** Lines a person gave figures of their own: split, or corrected. Added up anew these would be gone without a word. */
async function settledByHand(
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

const grows = ({ id, state }: costs.CostLineRow, settled: ReadonlySet<string>) =>
  state !== 'batched' && state !== 'posted' && !settled.has(id);

/** Lines of closed months, which change no more. What is provisional is in no return yet, and becomes final in its own time. */
async function inClosedMonths(db: Reader, organisationId: string, lines: readonly costs.CostLineRow[]) {
  const final = lines.filter(({ document_type }) => document_type !== 'proforma').map(({ id }) => id);
  const open = new Set(await outsideClosed(db, organisationId, final));
  return final.filter((id) => !open.has(id));
}

const dayFirst = 'Day first (1 February 2026)';
const monthFirst = 'Month first (2 January 2026)';

/** Imports of cost files: FOCUS 1.0 to 1.4, summed to one line an invoice, and plain CSV, one line a row. */
export function createCostsImporter({ store, runtime, assess, rechecks }: CostsImporterDeps): Importer {
  const { clock, ids } = runtime;

  /** What persons answered before, by layout. */
  async function remembered(organisationId: string): Promise<ReadonlyMap<string, Mapping>> {
    const stored = await listMappings(store.read, organisationId);
    return new Map(stored.map((row) => [row.fingerprint, storedMapping(row)]));
  }

  const readings = (known: ReadonlyMap<string, Mapping>) =>
    Object.fromEntries([...known].map(([layout, mapping]) => [layout, readingOf(mapping)]));

  async function preview(
    organisationId: string,
    file: { readonly path: string },
    columns?: Mapping['columns'],
  ): Promise<Preview> {
    const mappings = await remembered(organisationId);
    let found: Inspected | undefined;
    const task = {
      mode: 'inspect',
      kind: 'costs',
      path: file.path,
      organisationId,
      importId: '',
      format: null,
      plain: columns ? readingOf({ name: '', columns, dateOrder: 'iso', decimal: '.' }) : null,
    } as const;
    await runImportThread({ ...task, known: readings(mappings) }, null, new AbortController().signal, (message) => {
      if (message.type === 'inspected') found = message.result;
    });
    if (!found) throw new Error('The import thread ended without an answer');
    const known = found.format === 'csv' && !columns ? mappings.get(layoutHash(found.headers)) : undefined;
    const questions: PreviewQuestion[] = [];
    if (found.ambiguousDate) {
      questions.push({
        field: 'date',
        question: `Dates such as ${found.ambiguousDate} can be read two ways, and nothing in the file says which. Which way round are they?`,
        choices: [dayFirst, monthFirst],
      });
    }
    if (found.otherOrder) {
      questions.push({
        field: 'date',
        question: `Files of this layout were answered for before, but ${found.otherOrder} cannot be a date in that order. Which way round are the dates of this one?`,
        choices: [dayFirst, monthFirst],
      });
    }
    if (found.format === 'csv') {
      for (const field of found.missing) {
        questions.push({ field, question: `Which column holds ${field}?`, choices: [...found.headers] });
      }
    }
    return {
      kind: found.kind,
      format: found.format,
      headers: [...found.headers],
      firstRows: found.firstRows.map((row) => [...row]),
      mapping: known ?? (found.plain ? mappingOfReading('', found.plain) : null),
      questions,
      problem:
        found.format !== 'csv' && found.missing.length > 0
          ? `The file has no column for ${found.missing.join(', ')}.`
          : found.problem,
    };
  }

  async function run(order: ImportRun): Promise<ImportOutcome> {
    const { organisationId, importId, file, signal } = order;
    const suppliers = await knownSuppliers(store.read, organisationId);
    const buyer = await buyerOf(store.read, organisationId, clock.now());
    const book = openSupplierBook(suppliers, organisationId, ids, clock);
    const format = order.format === 'focus' || order.format === 'csv' || order.format === 'api' ? order.format : null;
    let documents: Document[] = [];
    let details: readonly InvoiceDetail[] = [];
    let finished: Extract<FromWorker, { type: 'finished' }> | undefined;
    const mappings = await remembered(organisationId);
    const task = {
      mode: 'import',
      kind: 'costs',
      path: file.path,
      organisationId,
      importId,
      format,
      plain: order.mapping && readingOf(order.mapping),
      known: readings(mappings),
      buyer,
      suppliers,
      now: clock.now(),
      seeds: { lines: ids.next(), suppliers: ids.next() },
    } as const;
    await runImportThread(task, store, signal, (message) => {
      if (message.type === 'progress') order.progress(message.bytesRead, message.bytesTotal, message.rows);
      else if (message.type === 'documents') {
        documents.push(...message.documents);
        for (const { issuer } of message.documents) book.find(issuer);
      } else if (message.type === 'details') details = message.details;
      else if (message.type === 'finished') finished = message;
    }).finally(() => store.batch(usualStatements));
    if (!finished) throw new Error('The import thread ended without a result');
    const { counts, sha256, plain, layout, written, fetched, missing = [] } = finished;
    if (fetched) documents = await newOf(organisationId, documents, fetched);
    const { format: found } = finished;
    const known = details.length === 0 ? [] : await currentDetails(store.read, organisationId);
    const items = newDetails(organisationId, importId, details, known);
    const same = fetched && documents.length === 0 ? counts.imported : details.length - items.length;
    const mapping = plain
      ? mappingOfReading(order.mapping?.name || mappings.get(layout)?.name || file.name, plain)
      : null;
    const noteRefused = (tx: Tx, of: string, at: Instant) =>
      costs.noteRefusedRows(
        tx,
        of,
        missing.map(({ row, field, ...which }) => ({
          ...which,
          text: `row ${row} of ${file.name}${field && `, ${field}`}`,
        })),
        at,
      );
    return {
      format: finished.format,
      mapping,
      sha256,
      ...counts,
      imported: counts.imported - same,
      duplicates: counts.duplicates + same,
      async commit(tx) {
        const now = clock.now();
        const fresh = [...book.fresh, ...written.suppliers];
        await saveFresh(tx, organisationId, fresh);
        const topics = fresh.length > 0 ? (['lines', 'suppliers'] as const) : (['lines'] as const);
        if (order.mapping && mapping) await remember(tx, organisationId, layout, mapping, now);
        await insertDetails(tx, items);
        if (found === 'focus' || found === 'api') {
          const given = { organisationId, importId, documents, book, rules: suppliers.rules, now };
          const lines = await commitDocuments(tx, given);
          await noteRefused(tx, organisationId, now);
          return { lines, topics };
        }
        await costs.showImport(tx, organisationId, importId, written.days);
        await noteRefused(tx, organisationId, now);
        // They were judged by what was so when the import began.
        if (written.lines > 0 && !isDeepStrictEqual(buyer, await buyerOf(tx, organisationId, now)))
          await rechecks.request(tx, organisationId, { kind: 'import', importId });
        return { lines: written.lines, topics };
      },
    };
  }

  /** What a month fetched again changes; all of it the first time, nothing when the vendor says the same. */
  async function newOf(
    organisationId: string,
    documents: readonly Document[],
    { source, month, provisional }: { source: string; month: string; provisional: boolean },
  ): Promise<Document[]> {
    const earlier = await contributionsUnder(store.read, organisationId, fetchedPrefix(source, month));
    const lines = await costs.linesByIds(store.read, organisationId, [...new Set(earlier.map((one) => one.line_id))]);
    // What is on its way or settled stays what it is: it would get an empty line beside it.
    const settled = await settledByHand(store.read, organisationId, lines);
    const turned = lines.some((line) => grows(line, settled) && (line.document_type === 'proforma') !== provisional);
    const changed = differencesOf(documents, earlier, { unchanged: turned });
    return changed.map((document) => ({ ...document, provisional }));
  }

  /** Only what a person answered is remembered: what a file proves, its next edition will prove again. */
  async function remember(
    tx: Tx,
    organisationId: string,
    fingerprint: string,
    mapping: Mapping,
    now: number,
  ): Promise<void> {
    await saveMapping(tx, {
      organisation_id: organisationId,
      fingerprint,
      name: mapping.name,
      columns: JSON.stringify(mapping.columns),
      date_order: mapping.dateOrder,
      decimal: mapping.decimal,
      updated_at: now,
    });
  }

  /**
   * Adds sums to the lines of their documents. A document that has a line still under review grows (a new version); one
   * whose line is in a batch or posted gets a supplementary line beside it.
   */
  async function commitDocuments(
    tx: Tx,
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
        const grown = { ...summedLine(standing, parts, now), version: open.version + 1, last_row: document.lastRow };
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
        created.push(summedLine(documentLineRow(base, key, document, supplement), [own], now));
        contributions.push(own);
        touched.push(id);
      }
    }
    await costs.insertLines(tx, created);
    await costs.insertContributions(tx, contributions);
    if (touched.length > 0) await assess(tx, organisationId, { lineIds: touched }, now);
    return touched.length;
  }

  async function heldBy(db: Reader, organisationId: string, importId: string): Promise<string | null> {
    const line = await costs.heldLineOf(db, organisationId, importId);
    if (line) {
      const [is, way] = await (async () => {
        if (line.state === 'posted') return ['posted', await wayBack(db, line)];
        if (line.state === 'batched') return ['in a batch', await wayBack(db, line)];
        return ['split', 'Undo the split first.'];
      })();
      return `A line of it (${line.supplier} ${line.invoice_number}) is ${is}. ${way}`;
    }
    const closed = await costs.closedMonthOfImport(db, organisationId, importId);
    if (closed) {
      const name = `${closed.supplier} ${closed.invoice_number}`.trim();
      return `A line of it (${name}) belongs to ${formatPeriod(closed.month)}, which is closed: its return may have been filed. Have an approver open the month again first.`;
    }
    const after = await importAfter(db, organisationId, importId);
    if (!after) return null;
    const rows = after.duplicates === 1 ? 'a row that was' : `${after.duplicates} rows that were`;
    return `${after.file_name} was imported after it and left out ${rows} here already; what of it came with this import would be missing. Undo that one first and import it again afterwards, or leave the wrong lines of this one out instead.`;
  }

  return {
    kind: 'costs',
    preview,
    run,
    held: (organisationId, importId) => heldBy(store.read, organisationId, importId),
    async undo(tx, organisationId, importId) {
      // Asked again: since the first look a batch may have taken a line.
      const held = await heldBy(tx, organisationId, importId);
      if (held) throw refused({ happened: 'This import can no longer be undone.', means: held });
      const now = clock.now();
      const own = await costs.contributionsOfImport(tx, organisationId, importId);
      const single = await costs.hideLinesOfImport(tx, organisationId, importId);
      const items = await removeDetails(tx, organisationId, importId);
      await costs.removeContributions(tx, organisationId, importId);
      const lineIds = [...new Set(own.map(({ line_id }) => line_id))];
      const left = await costs.contributionsToDocuments(tx, organisationId, [
        ...new Set(own.map(({ document_key }) => document_key)),
      ]);
      const shrunk: string[] = [];
      const empty: string[] = [];
      for (const line of await costs.linesByIds(tx, organisationId, lineIds)) {
        const parts = left.filter(({ line_id }) => line_id === line.id);
        if (parts.length === 0) empty.push(line.id);
        else {
          await costs.replaceLine(tx, { ...summedLine(line, parts, now), version: line.version + 1 }, line.version);
          shrunk.push(line.id);
        }
      }
      await costs.removeLines(tx, organisationId, empty);
      // What stood in for something that is gone waits for nobody any more.
      await rechecks.request(tx, organisationId, { kind: 'alike' });
      if (shrunk.length > 0) await assess(tx, organisationId, { lineIds: shrunk }, now);
      return single + lineIds.length + items;
    },
    async clear(organisationId, importId) {
      // Twice nothing: what a stopped thread had already sent may be written during the first look.
      for (let clean = 0; clean < 2; ) {
        const results = await store.batch(clearStatements(organisationId, importId));
        clean = results.every(({ changes }) => changes === 0) ? clean + 1 : 0;
      }
      await store.batch([forgetHiddenStatement(importId)]);
    },
  };
}
