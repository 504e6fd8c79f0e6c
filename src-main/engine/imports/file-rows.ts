import { hash } from 'node:crypto';
import { type DocumentSums, documentKey } from '../../../src-shared/domain/cost/document-sum.ts';
import {
  type FocusCharge,
  focusLayout,
  type RefusedCharge,
  unreadCharge,
} from '../../../src-shared/domain/cost/focus.ts';
import { identityOf, plainLayout } from '../../../src-shared/domain/cost/plain-csv.ts';
import type { FileRecord } from './cut-records.ts';
import { ImportProblem } from './import-problem.ts';
import { Occurrences } from './occurrences.ts';
import { plainKey } from './plain-key.ts';
import { PlainRows } from './plain-rows.ts';
import type { FileReading } from './read-records.ts';
import { type RefusedPlain, type RefusedRow, refuseOtherOrder } from './refused-rows.ts';
import { createRowGate, headerAgain } from './row-gate.ts';
import type { PlainReading, StagedLine } from './worker-protocol.ts';

/** A row that was read: what the database keeps of it, and what is to be done when it turns out to be new. */
export interface ReadRow {
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

/** One row of a file: to be kept, or why not. */
type FoundRow<Of> =
  | { readonly ok: true; readonly value: ReadRow; readonly repeated: boolean }
  | ({ readonly ok: false } & RefusedRow<Of>);

/** Every row of a block has to be taken before the next block. */
export type RowBlocks<Of> = AsyncIterable<{ readonly found: Iterable<FoundRow<Of>>; readonly bytesRead: number }>;

export function focusRows(reading: FileReading, sums: DocumentSums): RowBlocks<RefusedCharge> {
  const layout = focusLayout(reading.headers);
  if ('missing' in layout)
    throw new ImportProblem(
      missingColumns(layout.missing, 'Every FOCUS version from 1.0 has them: export the full FOCUS columns.'),
    );
  const gate = createRowGate(reading.headers);
  const occurrences = new Occurrences();
  const foundIn = (record: FileRecord, isLast: boolean): FoundRow<RefusedCharge> => {
    const { row } = record;
    const problem = gate(record, isLast);
    // Of a row that is damaged or cut no cell can be relied on to stand under its header.
    if (problem) return { ok: false, row, problem, of: problem === headerAgain ? null : unreadCharge };
    const result = layout.read(record.cells);
    if (!result.ok) return { ...result, row, of: layout.named(record.cells) };
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

export function plainRows(
  reading: FileReading,
  plain: PlainReading | null,
  slice: StagedLine[],
  isRemembered: boolean,
): RowBlocks<RefusedPlain> {
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
  const foundHere = (): FoundRow<RefusedPlain> => {
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
