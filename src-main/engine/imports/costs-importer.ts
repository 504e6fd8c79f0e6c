import { isDeepStrictEqual } from 'node:util';
import type { Mapping } from '../../../src-shared/contract/imports.ts';
import type { InvoiceDetail } from '../../../src-shared/domain/cost/invoice-detail.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Reader, Store, Tx } from '../../ports/store.ts';
import { contributionsUnder } from '../../store/repositories/cost-fetches.ts';
import * as costs from '../../store/repositories/costs.ts';
import { clearStatements, forgetHiddenStatement, usualStatements } from '../../store/repositories/import-statements.ts';
import {
  importAfter,
  listMappings,
  saveMapping,
  unreadImports,
  updateImport,
} from '../../store/repositories/imports.ts';
import { currentDetails, insertDetails, removeDetails } from '../../store/repositories/invoice-details.ts';
import { refused } from '../problem.ts';
import { buyerOf } from '../review/assess-lines.ts';
import { wayBack } from '../review/fixed-lines.ts';
import type { Rechecks } from '../review/rechecks.ts';
import { type AssessLines, addDocuments, grows, settledByHand, takeDocumentsBack } from './commit-documents.ts';
import { differencesOf, fetchedPrefix } from './fetched-costs.ts';
import { runImportThread } from './import-thread.ts';
import type { Importer, ImportOutcome, ImportRun, Preview, PreviewQuestion } from './importer.ts';
import { newDetails } from './invoice-details.ts';
import { layoutHash } from './layout-hash.ts';
import type { Document } from './line-rows.ts';
import { mappingOfReading, readingOf, storedMapping } from './mapping.ts';
import { knownSuppliers, saveFresh } from './stored-suppliers.ts';
import { openSupplierBook } from './supplier-book.ts';
import type { FromWorker, Inspected } from './worker-protocol.ts';

export interface CostsImporterDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly assess: AssessLines;
  readonly rechecks: Pick<Rechecks, 'request'>;
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
    const unread = await unreadImports(store.read, organisationId);
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
      unread: unread.map(({ id }) => id),
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
    const { counts, sha256, plain, layout, written, fetched, missing = [], again = {} } = finished;
    if (fetched) documents = await newOf(organisationId, documents, fetched);
    const { format: found } = finished;
    const known = details.length === 0 ? [] : await currentDetails(store.read, organisationId);
    const items = newDetails(organisationId, importId, details, known);
    const same = fetched && documents.length === 0 ? counts.imported : details.length - items.length;
    const mapping = plain
      ? mappingOfReading(order.mapping?.name || mappings.get(layout)?.name || file.name, plain)
      : null;
    const noteRefused = async (tx: Tx, of: string, at: Instant) => {
      const notes = missing.map(({ row, field, ...which }) => ({
        ...which,
        text: `row ${row} of ${file.name}${field && `, ${field}`}`,
      }));
      const ofAny = notes.find(({ keys }) => keys === '');
      if (ofAny) await updateImport(tx, of, importId, { unread_row: ofAny.text });
      // All that an earlier edition brought stands here as well, and every row of it could be read.
      else
        for (const { id, imported } of unread)
          if (imported > 0 && again[id] === imported) await updateImport(tx, of, id, { unread_row: null });
      const named = notes.filter(({ keys }) => keys !== '');
      await costs.noteRefusedRows(tx, of, named, at);
    };
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
          const lines = await addDocuments(tx, { ids, assess }, given);
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
      const single = await costs.hideLinesOfImport(tx, organisationId, importId);
      const items = await removeDetails(tx, organisationId, importId);
      const { lines, shrunk } = await takeDocumentsBack(tx, organisationId, importId, now);
      // What stood in for something that is gone waits for nobody any more.
      await rechecks.request(tx, organisationId, { kind: 'alike' });
      if (shrunk.length > 0) await assess(tx, organisationId, { lineIds: shrunk }, now);
      return single + lines + items;
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
