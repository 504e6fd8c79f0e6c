import type { RowProblem } from '../../../src-shared/domain/cost/columns.ts';
import { readDate } from '../../../src-shared/domain/cost/dates.ts';
import { type DocumentSums, documentsOf } from '../../../src-shared/domain/cost/document-sum.ts';
import { type RefusedCharge, unreadCharge } from '../../../src-shared/domain/cost/focus.ts';
import type { PlainLayout } from '../../../src-shared/domain/cost/plain-csv.ts';
import { ImportProblem } from './import-problem.ts';
import { keysOf } from './plain-key.ts';
import type { MissingRow } from './worker-protocol.ts';

/** A row that is refused, and whose it is as far as it says; null: nobody's. */
export interface RefusedRow<Of> {
  readonly row: number;
  readonly problem: RowProblem;
  readonly of: Of | null;
}

export interface RefusedPlain {
  readonly supplier: string;
  /** Empty: it names none, so it is a line of its own; null: that cannot be read. */
  readonly invoiceNumber: string | null;
}

/** Gathers the refused rows of a file by the invoice they belong to; the first of each. */
export interface MissingRows<Of> {
  add(refused: RefusedRow<Of>): void;
  rows(): MissingRow[];
}

/** Far more than anybody corrects by hand; of a file with more rows refused nothing is right. */
const mostMissing = 2_000;

/** Of a plain CSV: by the invoice they name; one that cannot be read may be of any (`keys` empty). */
export function missingRows(): MissingRows<RefusedPlain> {
  const found = new Map<string, MissingRow>();
  return {
    add({ row, problem: { field }, of }) {
      if (of === null || of.invoiceNumber === '') return;
      const { supplier, invoiceNumber } = found.size < mostMissing ? of : { supplier: '', invoiceNumber: null };
      const keys = invoiceNumber === null ? '' : keysOf(invoiceNumber);
      const key = `${supplier} ${keys}`;
      if (!found.has(key)) found.set(key, { row, field, supplier, keys });
    },
    rows: () => [...found.values()],
  };
}

/** Of a FOCUS file: by what they say, led to every document they may belong to once all documents of the file are known. */
export function missingCharges(sums: DocumentSums): MissingRows<RefusedCharge> {
  const found = new Map<string, Pick<MissingRow, 'row' | 'field'> & { readonly of: RefusedCharge }>();
  return {
    add({ row, problem: { field }, of: said }) {
      if (said === null) return;
      const of = found.size < mostMissing ? said : unreadCharge;
      const key = JSON.stringify(of);
      if (!found.has(key)) found.set(key, { row, field, of });
    },
    rows() {
      const rows = new Map<string, MissingRow>();
      for (const { row, field, of } of found.values()) {
        for (const keys of documentsOf(of, sums.keys()))
          if (!rows.has(keys)) rows.set(keys, { row, field, supplier: '', keys });
      }
      return [...rows.values()];
    },
  };
}

/**
 * An order that was answered for an earlier file of the layout, and that a date of this one cannot have, would read its other
 * dates into wrong months.
 * @throws ImportProblem when the row has such a date
 */
export function refuseOtherOrder(
  row: number,
  cells: readonly string[],
  { places, options: { dateOrder } }: PlainLayout,
): void {
  if (dateOrder === null) return;
  const other = dateOrder === 'dmy' ? 'mdy' : 'dmy';
  const cell = dateFields
    .map((field) => cells[places[field]] ?? '')
    .find((one) => !readDate(one, dateOrder).ok && readDate(one, other).ok);
  if (cell === undefined) return;
  const answered = dateOrder === 'dmy' ? 'day first' : 'month first';
  throw new ImportProblem(
    `Dates in files of this layout were said to be ${answered}, and "${cell.trim()}" in row ${row} cannot be: others would come into wrong months. Open the import in the console and say which way round the dates of this file are, or correct the row.`,
  );
}

const dateFields = ['date', 'period_start', 'period_end', 'tax_point', 'paid', 'due'] as const;
