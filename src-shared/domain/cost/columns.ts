/** A header without the differences programs make: capitals, blanks, punctuation. `Billed_Cost` is `billedcost`. */
export function columnKey(header: string): string {
  return header
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}£$€#%]/gu, '');
}

/** What a CSV layout is recognised by: its headers in order, written the same way. */
export function layoutKey(headers: readonly string[]): string {
  return headers.map(columnKey).join('|');
}

/** The first header that stands twice and that somebody reads; `read`: the headers in use, all of them without it. */
export function repeatedHeader(headers: readonly string[], read: readonly string[] = headers): string | null {
  const used = new Set(read.map(columnKey));
  const met = new Set<string>();
  for (const header of headers) {
    const key = columnKey(header);
    if (key !== '' && used.has(key) && met.has(key)) return header;
    met.add(key);
  }
  return null;
}

/** Texts by which exports write "no value": empty, blanks, NULL, None, N/A, NaN, \\N. Asked for every cell of big files. */
export function isNull(cell: string): boolean {
  if (cell === '' || cell === 'NULL') return true;
  const first = cell.charCodeAt(0);
  // Nothing longer is one of them, but for blanks around it; nor what begins with another letter, digit or sign.
  if (first > 32 && (cell.length > 4 || (first < 127 && first !== 78 && first !== 110 && first !== 92))) return false;
  return /^\s*(?:null|\\n|n\/a|none|nan)?\s*$/i.test(cell);
}

/** A refused row or field, with what to do about it. */
export interface RowProblem {
  readonly field: string;
  readonly reason: string;
}

export type RowResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: RowProblem };

export function refuse(field: string, reason: string): { readonly ok: false; readonly problem: RowProblem } {
  return { ok: false, problem: { field, reason } };
}

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** A currency code of ISO 4217. */
export function isCurrency(code: string): boolean {
  return currencies.has(code);
}
