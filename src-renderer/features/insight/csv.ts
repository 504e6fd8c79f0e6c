/** A cell that a spreadsheet would take for a formula is shown as text. */
const harmless = (cell: string) => (/^[=+@\t\r]|^-(?!\d)/.test(cell) ? `'${cell}` : cell);
const quoted = (cell: string) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** RFC 4180 with formula cells neutralised; numbers stay numbers. */
export function csvText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, ...rows].map((row) => row.map((cell) => quoted(harmless(cell))).join(',')).join('\r\n');
}
