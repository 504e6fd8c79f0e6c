import type { RowProblem } from '../../../src-shared/domain/cost/columns.ts';
import { columnKey } from '../../../src-shared/domain/cost/columns.ts';
import type { FileRecord } from './cut-records.ts';

/** What is said of the header where it stands again. */
export const headerAgain: RowProblem = {
  field: '',
  reason: 'The header is repeated here; there is nothing in this row to import.',
};

/** Refuses records no layout should have to look at: damaged ones, a repeated header, too few or too many cells. */
export function createRowGate(headers: readonly string[]): (record: FileRecord, isLast: boolean) => RowProblem | null {
  const headerKeys = headers.map(columnKey);
  const [firstKey = ''] = headerKeys;
  const firstHasDigit = /\d/.test(firstKey);
  /** Whether a cell may be the first header again: numbers and dates, which most rows begin with, cannot. */
  const mayBeHeader = (cell: string) => (firstHasDigit || !/\d/.test(cell)) && columnKey(cell) === firstKey;
  return ({ cells, damage }, isLast) => {
    if (damage !== null) return { field: '', reason: damage };
    if (cells.length === headers.length) {
      if (mayBeHeader(cells[0] ?? '') && cells.every((cell, index) => columnKey(cell) === headerKeys[index])) {
        return headerAgain;
      }
      return null;
    }
    if (cells.length < headers.length) {
      const cut = isLast
        ? 'The file seems to be cut off here; export it again.'
        : 'Correct the row and import the file again.';
      return {
        field: headers[cells.length] ?? '',
        reason: `The row has ${cells.length} of ${headers.length} columns. ${cut}`,
      };
    }
    return cells.slice(headers.length).every((cell) => cell.trim() === '')
      ? null
      : {
          field: '',
          reason: `The row has ${cells.length} columns, the header ${headers.length}: a text with a comma in it may lack its quotation marks.`,
        };
  };
}
