import { harmlessCell } from './spreadsheet.ts';

const quoted = (cell: string) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** RFC 4180 with formula cells neutralised; numbers stay numbers. */
export function csvText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, ...rows].map((row) => row.map((cell) => quoted(harmlessCell(cell))).join(',')).join('\r\n');
}
