import { hash } from 'node:crypto';
import { DocumentSums, documentKey } from '../../../src-shared/domain/cost/document-sum.ts';
import { type FocusCharge, focusLayout } from '../../../src-shared/domain/cost/focus.ts';
import { looksLikeInvoiceDetail } from '../../../src-shared/domain/cost/invoice-detail.ts';
import { identityOf, plainLayout } from '../../../src-shared/domain/cost/plain-csv.ts';
import { autoMap } from '../../../src-shared/domain/cost/plain-fields.ts';
import type { LocalReader, Statement, StatementResult } from '../../ports/store.ts';
import {
  anyEarlierKey,
  anyLine,
  anyRow,
  insertRowsStatement,
  knownLine,
  knownRow,
  longLogStatements,
} from '../../store/repositories/import-statements.ts';
import type { FileRecord } from './cut-records.ts';
import { ImportProblem } from './import-problem.ts';
import { formatOf, proveReading } from './inspect-file.ts';
import { importDetails } from './invoice-details.ts';
import { refuseJson } from './json-file.ts';
import { layoutHash, repeatedColumn } from './layout-hash.ts';
import { Occurrences } from './occurrences.ts';
import { plainKey } from './plain-key.ts';
import { openPlainLines } from './plain-lines.ts';
import { PlainRows } from './plain-rows.ts';
import { type FileReading, openRecords } from './read-records.ts';
import { missingRows, type RefusedRow, refuseOtherOrder } from './refused-rows.ts';
import { createRejections } from './rejections.ts';
import { createRowGate } from './row-gate.ts';
import type { FromWorker, ImportTask, PlainReading, StagedLine } from './worker-protocol.ts';

/**
 * Source rows in one message to the writer: few enough that others wait a few thousandths of a second at most; the
 * writer commits many of them together, so that the pages of its indexes are not written anew for every line.
 */
const chunkRows = { focus: 200, csv: 50 };
/** Chunks on their way to the writer at once: what shares a commit there, and what is ready behind it. */
export const chunksUnderway = 50;
/**
 * Chunks after which the write-ahead log is moved into the database (some 30 MB of it). A multiple of what shares a commit in
 * the writer, alone and beside others: the last commit before is a full one.
 */
const chunksSettled = 120;
/** Chunks between two words about how far it is. */
const chunksTold = 5;
/** Documents in one message to the owner: what it works between two turns of its event loop. */
const sliceDocuments = 50;

export interface WorkerContext {
  readonly task: ImportTask;
  /** The line to the writer thread: one atomic unit a call. */
  readonly writer: {
    runBatch(statements: readonly Statement[], urgent?: 'urgent'): Promise<readonly StatementResult[]>;
  };
  readonly tell: (message: FromWorker) => void;
  /** Tells, and waits until the owner has taken it. */
  readonly hand: (message: FromWorker) => Promise<unknown>;
  readonly look: LocalReader;
}

/** A row that was read: what the database keeps of it, and what is to be done when it turns out to be new. */
interface ReadRow {
  readonly hash: string;
  readonly occurrence: number;
  readonly row: number;
  readonly document: number;
  readonly amount: string;
  readonly isTax: boolean;
  readonly service: string;
  /** Its invoice number. */
  readonly number: string;
  readonly keep: () => void;
}

/**
 * Reads a cost file in one streaming pass. Rows are written in chunks, invisible until the owner's last step; a row whose
 * hash and occurrence are already here is a duplicate and adds to no sum.
 * @throws ImportProblem when the file as a whole is refused; nothing of it may be kept then
 */
export async function importCosts(context: WorkerContext): Promise<void> {
  const { task, tell, hand } = context;
  if (task.format === 'api') return (await import('./read-fetched.ts')).importFetched(context);
  await refuseJson(task.path);
  let reading = await openRecords(task.path);
  try {
    const format = task.format ?? formatOf(reading.headers, 'costs');
    if (format === 'hmrc')
      throw new ImportProblem('This is a file of exchange rates, not of costs. Import it as rates.');
    if (format === 'focus' && looksLikeInvoiceDetail(reading.headers)) return await importDetails(context, reading);
    let plain: PlainReading | null = null;
    if (format === 'csv') {
      plain = task.plain ??
        task.known[layoutHash(reading.headers)] ?? {
          columns: autoMap(reading.headers).columns,
          dateOrder: null,
          decimal: null,
        };
      if (plain.dateOrder === null || plain.decimal === null) {
        const proven = await proveReading(task.path, plain.columns);
        plain = { ...plain, dateOrder: plain.dateOrder ?? proven.dateOrder, decimal: plain.decimal ?? proven.decimal };
        await reading.close();
        reading = await openRecords(task.path);
      }
    }
    const repeated = repeatedColumn(reading.headers, plain ? Object.values(plain.columns) : undefined);
    if (repeated) throw new ImportProblem(repeated);
    const sums = new DocumentSums();
    const slice: StagedLine[] = [];
    const blocks =
      format === 'focus' ? focusRows(reading, sums) : plainRows(reading, plain, slice, task.plain === null);
    const lines = format === 'csv' ? openPlainLines(context) : null;
    const { counts, missing } = await readRows(context, reading.bytesTotal, blocks, {
      size: chunkRows[format],
      ...(lines ? rowsAsLines(context, () => lines.judge(slice.splice(0))) : rowsOfSums(context)),
    });
    const written = lines?.written() ?? { lines: 0, suppliers: [], days: [] };
    const sha256 = await reading.verify();
    let documents: (typeof sums extends { results(): Generator<infer D> } ? D : never)[] = [];
    for (const document of sums.results()) {
      documents.push(document);
      if (documents.length < sliceDocuments) continue;
      await hand({ type: 'documents', documents });
      documents = [];
    }
    if (documents.length > 0) await hand({ type: 'documents', documents });
    tell({ type: 'finished', format, plain, layout: layoutHash(reading.headers), counts, sha256, written, missing });
  } finally {
    await reading.close();
  }
}

/** One row of a file: to be kept, or why not. */
type FoundRow =
  | { readonly ok: true; readonly value: ReadRow; readonly repeated: boolean }
  | ({ readonly ok: false } & RefusedRow);

/** Every row of a block has to be taken before the next block. */
type RowBlocks = AsyncIterable<{ readonly found: Iterable<FoundRow>; readonly bytesRead: number }>;

/** Where rows are kept, and what is asked about them. */
interface RowKeeping {
  /** Whether the organisation has any row yet: one that has none has no duplicates. */
  any(): boolean;
  known(row: ReadRow): boolean;
  /** What keeps rows that are new, after each `keep` was called. */
  statements(fresh: readonly ReadRow[]): Statement[];
}

/** Rows that are summed into documents are kept one by one. */
function rowsOfSums({ task: { organisationId, importId }, look }: WorkerContext): RowKeeping {
  return {
    any: () => look.has(anyRow, [organisationId]),
    known: ({ hash: digest, occurrence }) => look.has(knownRow, [organisationId, digest, occurrence]),
    statements: (fresh) => [
      insertRowsStatement(
        organisationId,
        importId,
        fresh.map(
          (one) =>
            [one.hash, one.occurrence, one.row, one.document, one.amount, one.isTax ? 1 : 0, one.service] as const,
        ),
      ),
    ],
  };
}

/** A row that is a line of its own is known by that line's key; lines from before that have their row beside them. */
function rowsAsLines({ task: { organisationId }, look }: WorkerContext, lines: () => Statement[]): RowKeeping {
  const beside = look.has(anyRow, [organisationId]);
  const earlier = look.has(anyEarlierKey, [organisationId]);
  return {
    any: () => beside || look.has(anyLine, [organisationId]),
    known: ({ hash: digest, occurrence, number }) =>
      look.has(knownLine, [organisationId, plainKey(number, digest, occurrence)]) ||
      (earlier && look.has(knownLine, [organisationId, `csv:${digest}:${occurrence}`])) ||
      (beside && look.has(knownRow, [organisationId, digest, occurrence])),
    statements: lines,
  };
}

async function readRows(
  { task, writer, tell, look }: WorkerContext,
  bytesTotal: number,
  blocks: RowBlocks,
  keeping: RowKeeping & { readonly size: number },
) {
  const { organisationId, importId } = task;
  const rejections = createRejections(organisationId, importId);
  const missing = missingRows();
  // Imports of an organisation follow one another: what is here at the start is all there is to know.
  const others = keeping.any();
  await writer.runBatch(longLogStatements, 'urgent');
  let chunk: ReadRow[] = [];
  const underway = new Set<Promise<unknown>>();
  let failure: unknown = null;
  let written = 0;
  let imported = 0;
  let duplicates = 0;
  let rows = 0;
  let reached = 0;
  let done = 0;

  const progress = () => ({ type: 'progress', bytesRead: reached, bytesTotal, rows }) as const;

  /** Chunks are written while the next one is read and judged. */
  async function flush(urgent?: 'urgent'): Promise<void> {
    const fresh = others ? chunk.filter((row) => !keeping.known(row)) : chunk;
    imported += fresh.length;
    duplicates += chunk.length - fresh.length;
    for (const one of fresh) one.keep();
    chunk = [];
    const statements = [...keeping.statements(fresh), ...rejections.take()];
    const isTimeToSettle = ++written % chunksSettled === 0;
    while (underway.size >= chunksUnderway) await Promise.race(underway);
    if (failure) throw failure;
    const further = progress();
    const one: Promise<unknown> = writer
      .runBatch(statements, urgent ?? (isTimeToSettle ? 'urgent' : undefined))
      // What was written counts as progress, not what was read: reading waits for the log, while writing goes on.
      .then(() => {
        if (++done % chunksTold === 0) tell(further);
      })
      .catch((thrown: unknown) => {
        failure ??= thrown;
      })
      .finally(() => underway.delete(one));
    underway.add(one);
    if (isTimeToSettle) {
      // Most of it while the writer still works; what is left is short, and then the log begins anew.
      look.settle();
      await Promise.all(underway);
      look.settle();
    }
  }

  tell(progress());
  for await (const { found, bytesRead } of blocks) {
    reached = bytesRead;
    for (const result of found) {
      rows++;
      if (!result.ok) {
        rejections.add(result.row, result.problem);
        missing.add(result);
      } else if (result.repeated) duplicates++;
      else chunk.push(result.value);
      if (chunk.length >= keeping.size || rejections.waiting >= keeping.size) await flush();
    }
    // Whatever of the block brought nothing to write is done as well.
    if (underway.size === 0) tell(progress());
  }
  await flush('urgent');
  await Promise.all(underway);
  if (failure) throw failure;
  tell(progress());
  // Else the writer would do it at its next commit, and whoever asked for that one would wait.
  look.settle();
  return { counts: { imported, duplicates, rejected: rejections.count }, missing: missing.rows() };
}

function focusRows(reading: FileReading, sums: DocumentSums): RowBlocks {
  const layout = focusLayout(reading.headers);
  if ('missing' in layout)
    throw new ImportProblem(
      missingColumns(layout.missing, 'Every FOCUS version from 1.0 has them: export the full FOCUS columns.'),
    );
  const gate = createRowGate(reading.headers);
  const occurrences = new Occurrences();
  const foundIn = (record: FileRecord, isLast: boolean): FoundRow => {
    const { row } = record;
    const problem = gate(record, isLast);
    const result = problem ? ({ ok: false, problem } as const) : layout.read(record.cells);
    if (!result.ok) return { ...result, row };
    const charge: FocusCharge = result.value;
    const key = documentKey(charge);
    const digest = hash('sha256', charge.identity).slice(0, 32);
    const { amount, isTax, service } = charge;
    const value: ReadRow = {
      hash: digest,
      occurrence: occurrences.next(digest),
      row,
      document: sums.numberOf(key),
      amount,
      isTax,
      service,
      number: '',
      keep: () => sums.add(key, charge, row),
    };
    return { ok: true, value, repeated: false };
  };
  return (async function* () {
    for await (const { records, bytesRead } of reading.blocks()) {
      const atEnd = bytesRead >= reading.bytesTotal;
      yield {
        found: records.map((record, index) => foundIn(record, atEnd && index === records.length - 1)),
        bytesRead,
      };
    }
  })();
}

function plainRows(
  reading: FileReading,
  plain: PlainReading | null,
  slice: StagedLine[],
  isRemembered: boolean,
): RowBlocks {
  const { columns = {}, dateOrder = null, decimal = null } = plain ?? {};
  const layout = plainLayout(reading.headers, { columns, dateOrder, decimal: decimal ?? '.' });
  if ('missing' in layout)
    throw new ImportProblem(
      missingColumns(
        layout.missing,
        'Open the import in the console and say which column is which, or name a saved mapping with --mapping.',
      ),
    );
  const rows = new PlainRows(reading, layout);
  const occurrences = new Occurrences();
  const foundHere = (): FoundRow => {
    const { row, problem } = rows;
    if (problem && isRemembered) refuseOtherOrder(row, rows.cells, layout);
    if (problem) return { ok: false, row, problem, of: rows.refused };
    const line = rows.line();
    const digest = hash('sha256', identityOf(line)).slice(0, 32);
    const occurrence = occurrences.next(digest);
    const value: ReadRow = {
      hash: digest,
      occurrence,
      row,
      document: row,
      amount: line.gross,
      isTax: false,
      service: '',
      number: line.invoiceNumber,
      keep: () => slice.push({ row, key: plainKey(line.invoiceNumber, digest, occurrence), line }),
    };
    return { ok: true, value, repeated: line.numbered && occurrence > 0 };
  };
  function* found() {
    while (rows.next()) yield foundHere();
  }
  return (async function* () {
    for await (const bytesRead of rows.blocks()) yield { found: found(), bytesRead };
  })();
}

function missingColumns(missing: readonly string[], remedy: string): string {
  return `The file has no column for ${missing.join(', ')}. ${remedy}`;
}
