import { columnKey } from '../../../src-shared/domain/cost/columns.ts';
import {
  type CheckedField,
  checkedFields,
  type PlainCells,
  type PlainLayout,
  textOf,
} from '../../../src-shared/domain/cost/plain-csv.ts';
import { type PlainField, plainFields } from '../../../src-shared/domain/cost/plain-fields.ts';
import type { ExactSum } from '../../../src-shared/domain/money/index.ts';

const quote = 34;
const lineFeed = 10;
const carriageReturn = 13;
const minus = 45;
const point = 46;
const zero = 48;
/** Digits and a point that are an exact integer in any case. */
const longestAmount = 15;

/** How a column is read; the others are texts. */
const supplierKind = 1;
const checkedKind = 2;
const amountKind = 3;

const amountFields = ['net', 'vat', 'gross'] as const;
export type Sums = Readonly<Record<(typeof amountFields)[number], ExactSum>>;

/**
 * One line of a plain CSV, read where it lies: ASCII, quotation marks around whole cells only, amounts of plain digits. Texts
 * are made when somebody asks for them; what a field that can be wrong means is worked out once for each way it is written.
 */
export class ByteLine implements PlainCells {
  readonly #places: PlainLayout['places'];
  readonly #delimiter: number;
  readonly #kinds: Uint8Array;
  readonly #outside: readonly Uint8Array[];
  readonly #inside: readonly Uint8Array[];
  readonly #meanings: readonly (Meanings | undefined)[];
  /** Of the line read last, by column. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #values: string[];
  readonly #units: Float64Array;
  readonly #scales: Uint8Array;
  #bytes: Buffer = Buffer.alloc(0);
  #from = 0;
  #end = 0;
  #text: string | null = null;

  /** Null where no line of the file can be read so. */
  static for(layout: PlainLayout, headers: readonly string[], delimiter: string): ByteLine | null {
    const { places, options } = layout;
    const used = plainFields.map((field) => places[field]).filter((at) => at >= 0);
    const isShared = new Set(used).size < used.length;
    // Where the name of a date's column may be a date, the header repeated looks like a row.
    const isHeaderLikeRow = /\d/.test(columnKey(headers[places.date] ?? ''));
    return isShared || isHeaderLikeRow || options.decimal !== '.'
      ? null
      : new ByteLine(layout, headers.length, delimiter);
  }

  private constructor(layout: PlainLayout, columns: number, delimiter: string) {
    const { places } = layout;
    const kinds = new Uint8Array(columns);
    const meanings: (Meanings | undefined)[] = Array.from({ length: columns });
    if (places.supplier >= 0) kinds[places.supplier] = supplierKind;
    for (const field of amountFields) if (places[field] >= 0) kinds[places[field]] = amountKind;
    for (const field of checkedFields) {
      if (places[field] < 0) continue;
      kinds[places[field]] = checkedKind;
      const isNeeded = field === 'date' || field === 'currency';
      meanings[places[field]] = new Meanings((cell) => layout.check(field, cell), isNeeded);
    }
    // A description with semicolons says more than its text.
    const stops = (...marks: string[]) =>
      Array.from({ length: columns }, (_, at) => stopsAt([...marks, ...(at === places.description ? [';'] : [])]));
    this.#places = places;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#kinds = kinds;
    this.#meanings = meanings;
    this.#outside = stops(delimiter, '"');
    this.#inside = stops('"');
    this.#starts = new Int32Array(columns);
    this.#ends = new Int32Array(columns);
    this.#values = Array.from({ length: columns }, () => '');
    this.#units = new Float64Array(columns);
    this.#scales = new Uint8Array(columns);
  }

  /** Reads the line that begins at `from` and has its line feed in `bytes`: where the next begins, or -1: it is written otherwise, or wrong. */
  read(bytes: Buffer, from: number): number {
    const kinds = this.#kinds;
    const last = kinds.length - 1;
    let at = from;
    for (let column = 0; column <= last; column++) {
      const quoted = bytes[at] === quote;
      if (quoted) at++;
      this.#starts[column] = at;
      const kind = kinds[column];
      if (kind === amountKind) at = this.#readAmount(bytes, at, column);
      else at = this.#readText(bytes, at, column, kind, (quoted ? this.#inside : this.#outside)[column] ?? everything);
      if (at < 0) return -1;
      this.#ends[column] = at;
      if (quoted && bytes[at++] !== quote) return -1;
      const next = bytes[at++];
      if (column < last) {
        if (next !== this.#delimiter) return -1;
      } else if (next !== lineFeed && (next !== carriageReturn || bytes[at++] !== lineFeed)) return -1;
    }
    this.#bytes = bytes;
    this.#from = from;
    this.#end = at;
    this.#text = null;
    return at;
  }

  #readText(bytes: Buffer, from: number, column: number, kind: number | undefined, stops: Uint8Array): number {
    let at = from;
    if (kind === checkedKind) {
      let hash = 0;
      for (; stops[bytes[at] ?? 0] === 0; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
      const value = this.#meanings[column]?.of(bytes, from, at, hash);
      if (value === undefined || value === null) return -1;
      this.#values[column] = value;
      return at;
    }
    while (stops[bytes[at] ?? 0] === 0) at++;
    return kind === supplierKind && !isSaid(bytes[from] ?? 0, at - from) ? -1 : at;
  }

  #readAmount(bytes: Buffer, start: number, column: number): number {
    const isNegative = bytes[start] === minus;
    const from = isNegative ? start + 1 : start;
    let at = from;
    let units = 0;
    let pointAt = -1;
    for (; ; at++) {
      const byte = bytes[at] ?? 0;
      if (byte >= zero && byte < zero + 10) units = units * 10 + byte - zero;
      else if (byte === point && pointAt < 0 && at > from) pointAt = at;
      else break;
    }
    if (at === from || at - from > longestAmount || pointAt === at - 1) return -1;
    this.#units[column] = isNegative ? -units : units;
    this.#scales[column] = pointAt < 0 ? 0 : at - 1 - pointAt;
    return at;
  }

  has(field: PlainField): boolean {
    return this.#places[field] >= 0;
  }

  text(field: PlainField): string {
    return textOf(this.#cell(this.#places[field]));
  }

  checked(field: CheckedField): string {
    return this.#values[this.#places[field]] ?? '';
  }

  amount(field: (typeof amountFields)[number]) {
    const column = this.#places[field];
    if (column < 0) return null;
    const text = this.#cell(column);
    return { text: text.startsWith('-') && this.#units[column] === 0 ? text.slice(1) : text, sign: '' };
  }

  /** Adds its amounts to sums; of three of which a file has two, the third follows. */
  addTo({ net, vat, gross }: Sums): void {
    const { net: netAt, vat: vatAt, gross: grossAt } = this.#places;
    if (netAt >= 0) this.#add(net, netAt, 1);
    else {
      this.#add(net, grossAt, 1);
      this.#add(net, vatAt, -1);
    }
    if (vatAt >= 0) this.#add(vat, vatAt, 1);
    else {
      this.#add(vat, grossAt, 1);
      this.#add(vat, netAt, -1);
    }
    if (grossAt >= 0) this.#add(gross, grossAt, 1);
    else {
      this.#add(gross, netAt, 1);
      this.#add(gross, vatAt, 1);
    }
  }

  #add(sum: ExactSum, column: number, sign: 1 | -1): void {
    sum.addUnits(sign * (this.#units[column] ?? 0), this.#scales[column] ?? 0);
  }

  #cell(column: number): string {
    if (column < 0) return '';
    this.#text ??= this.#bytes.toString('latin1', this.#from, this.#end);
    return this.#text.slice((this.#starts[column] ?? 0) - this.#from, (this.#ends[column] ?? 0) - this.#from);
  }
}

/** Whether a cell says something, by its first byte and length; false where it has to be looked at (`isNull`). */
function isSaid(first: number, length: number): boolean {
  return length > 0 && first > 32 && (length > 4 || (first !== 78 && first !== 110 && first !== 92));
}

/** Which bytes end a cell or are none of those that most lines are made of. */
function stopsAt(marks: readonly string[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) =>
    byte < 32 || byte > 126 || marks.includes(String.fromCharCode(byte)) ? 1 : 0,
  );
}

const everything = new Uint8Array(256).fill(1);

const slots = 1024;

/** What a column's cells mean, by the bytes they are written in: files say few things in many rows. A later one takes the slot of an earlier one. */
class Meanings {
  readonly #mean: (cell: string) => string | null;
  readonly #isNeeded: boolean;
  readonly #cells: (Uint8Array | undefined)[] = Array.from({ length: slots });
  readonly #values: string[] = Array.from({ length: slots }, () => '');

  constructor(mean: (cell: string) => string | null, isNeeded: boolean) {
    this.#mean = mean;
    this.#isNeeded = isNeeded;
  }

  /** Null: it is wrong, or says nothing and should. */
  of(bytes: Buffer, from: number, to: number, hash: number): string | null {
    const slot = (hash ^ (hash >>> 10)) & (slots - 1);
    const known = this.#cells[slot];
    if (known !== undefined && isSame(known, bytes, from, to)) return this.#values[slot] ?? null;
    const value = this.#mean(bytes.toString('latin1', from, to));
    if (value === null || (value === '' && this.#isNeeded)) return null;
    // A copy: the bytes of the block are written over.
    this.#cells[slot] = Uint8Array.prototype.slice.call(bytes, from, to);
    this.#values[slot] = value;
    return value;
  }
}

function isSame(known: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (known.length !== to - from) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[from + i]) return false;
  return true;
}
