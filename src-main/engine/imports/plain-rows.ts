import type { RowProblem } from '../../../src-shared/domain/cost/columns.ts';
import type { PlainLayout, PlainLine } from '../../../src-shared/domain/cost/plain-csv.ts';
import { ByteLine, type Sums } from './byte-line.ts';
import type { FileRecord } from './cut-records.ts';
import type { FileReading } from './read-records.ts';
import type { RefusedPlain } from './refused-rows.ts';
import { createRowGate, headerAgain } from './row-gate.ts';

const lineFeed = 10;

/**
 * The rows of a plain CSV after its header, one at a time, without blank ones: `for await (… of rows.blocks()) while (rows.next()) …`.
 * Lines written as most are are understood from their bytes; every other one is cut and read as text, so that it is said in one
 * place what is wrong.
 */
export class PlainRows {
  readonly #raw: FileReading['raw'];
  readonly #layout: PlainLayout;
  readonly #headers: number;
  readonly #gate: ReturnType<typeof createRowGate>;
  readonly #fast: ByteLine | null;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Behind the last line that is whole. */
  #wholeTo = 0;
  #isEnded = false;
  #cut: readonly FileRecord[];
  #cutAt = 0;
  /** What was found last: a record, or what `fast` read when null; `isAhead`: a row too short stands before it, which is told first. */
  #record: FileRecord | null = null;
  #fastRow = 0;
  #short: FileRecord | null = null;
  #isAhead = false;
  #line: PlainLine | null = null;
  #row = 0;
  #problem: RowProblem | null = null;
  #refused: readonly string[] = [];
  /** Its cells do not fill its columns, or fill more. */
  #isUneven = false;

  constructor({ raw, headers }: FileReading, layout: PlainLayout) {
    this.#raw = raw;
    this.#layout = layout;
    this.#headers = headers.length;
    this.#gate = createRowGate(headers);
    this.#fast = ByteLine.for(layout, headers, raw.delimiter);
    this.#cut = raw.early;
  }

  /** Number of the row, as a spreadsheet shows it. */
  get row(): number {
    return this.#row;
  }

  /** Why the row is refused; null when it is not. */
  get problem(): RowProblem | null {
    return this.#problem;
  }

  /** What stands in a row that is refused; nothing where it could not be cut. */
  get cells(): readonly string[] {
    return this.#refused;
  }

  /** Of which invoice a row is that is refused, as far as it can be read; null: of none. */
  get refused(): RefusedPlain | null {
    if (this.#problem === headerAgain) return null;
    const { length } = this.#refused;
    const isCut = this.#isUneven && length < this.#headers;
    // Of a row that is damaged, or has too many cells, none can be relied on to stand under its header; the last one before a cut is torn.
    const named =
      length === 0 || (this.#isUneven && !isCut)
        ? null
        : this.#layout.named(isCut ? this.#refused.slice(0, -1) : this.#refused);
    const isUnread = named === null || (isCut && named.invoiceNumber === '');
    return isUnread ? { supplier: '', invoiceNumber: null } : named;
  }

  /** Bytes read so far, block by block; every row of a block has to be asked for before the next. */
  async *blocks(): AsyncGenerator<number> {
    while (!this.#isEnded) {
      this.#bytes = await this.#raw.next();
      this.#at = 0;
      this.#wholeTo = this.#bytes.lastIndexOf(lineFeed) + 1;
      this.#isEnded = this.#bytes.length === 0;
      if (this.#isEnded) this.#take([...this.#cut.slice(this.#cutAt), ...this.#raw.end()]);
      yield this.#raw.bytesRead();
    }
  }

  /** Goes to the next row of the block, if there is one. */
  next(): boolean {
    if (!this.#isAhead && !this.#find()) {
      if (!this.#isEnded || !this.#short) return false;
      this.#tell(this.#short, true);
      this.#short = null;
      return true;
    }
    if (this.#short) {
      this.#tell(this.#short, false);
      this.#short = null;
      this.#isAhead = true;
      return true;
    }
    this.#isAhead = false;
    const record = this.#record;
    if (record && record.damage === null && record.cells.length < this.#headers) {
      // Whether the file is cut off here shows when no row follows.
      this.#short = record;
      return this.next();
    }
    if (record) this.#tell(record, false);
    else {
      this.#row = this.#fastRow;
      this.#problem = null;
      this.#line = null;
    }
    return true;
  }

  /** The row as a line; for a row that is not refused. */
  line(): PlainLine {
    if (this.#line) return this.#line;
    if (!this.#fast || this.#problem) throw new Error(`Row ${this.#row} has no line`);
    return this.#layout.lineOf(this.#fast);
  }

  /** Adds the amounts of the row, for which no line has to be made. */
  addTo(sums: Sums): void {
    if (this.#fast && !this.#line && !this.#problem) this.#fast.addTo(sums);
    else for (const field of ['net', 'vat', 'gross'] as const) sums[field].add(this.line()[field]);
  }

  /** The next row there is; false: none in this block. */
  #find(): boolean {
    for (;;) {
      const cut = this.#cut[this.#cutAt];
      if (cut) {
        this.#cutAt++;
        this.#record = cut;
        return true;
      }
      if (this.#at >= this.#bytes.length) return false;
      const end =
        this.#fast && this.#at < this.#wholeTo && this.#raw.isBetween() ? this.#fast.read(this.#bytes, this.#at) : -1;
      if (end >= 0) {
        this.#at = end;
        this.#record = null;
        this.#fastRow = this.#raw.pass();
        return true;
      }
      const pieceEnd = this.#raw.pieceEnd(this.#bytes, this.#at);
      this.#take(this.#raw.cut(this.#bytes.subarray(this.#at, pieceEnd)));
      this.#at = pieceEnd;
    }
  }

  #take(records: readonly FileRecord[]): void {
    this.#cut = records;
    this.#cutAt = 0;
  }

  #tell(record: FileRecord, isLast: boolean): void {
    const problem = this.#gate(record, isLast);
    const result = problem ? ({ ok: false, problem } as const) : this.#layout.read(record.cells);
    this.#row = record.row;
    this.#problem = result.ok ? null : result.problem;
    this.#refused = result.ok || record.damage !== null ? [] : record.cells;
    this.#isUneven = problem !== null;
    this.#line = result.ok ? result.value : null;
  }
}
