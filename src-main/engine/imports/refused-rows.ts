import type { RowProblem } from '../../../src-shared/domain/cost/columns.ts';
import { readDate } from '../../../src-shared/domain/cost/dates.ts';
import type { PlainLayout } from '../../../src-shared/domain/cost/plain-csv.ts';
import { ImportProblem } from './import-problem.ts';
import type { MissingRow } from './worker-protocol.ts';

/** A row that is refused, and whose it is as far as it says. */
export interface RefusedRow {
  readonly row: number;
  readonly problem: RowProblem;
  readonly of?: { readonly supplier: string; readonly invoiceNumber: string };
}

/** Far more than anybody corrects by hand; of a file with more rows refused nothing is right. */
const mostMissing = 2_000;

/** Refused rows by the invoice they name; the first of each. */
export function missingRows() {
  const found = new Map<string, MissingRow>();
  return {
    add({ row, problem, of }: RefusedRow) {
      if (!of?.invoiceNumber || found.size >= mostMissing) return;
      const { supplier, invoiceNumber: number } = of;
      const key = `${supplier} ${number}`;
      if (!found.has(key)) found.set(key, { row, field: problem.field, supplier, number });
    },
    rows: () => [...found.values()],
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
