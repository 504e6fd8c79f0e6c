import Papa from 'papaparse';

/** Longest row that is taken seriously, in characters; beyond it a quotation mark was never closed. */
const longestRow = 1_000_000;

/** One record of a delimited file. `row` is what a spreadsheet shows: 1 is the header, blank lines count. */
export interface FileRecord {
  readonly row: number;
  readonly cells: readonly string[];
  /** Why its cells cannot be trusted, with the remedy; null when they can. */
  readonly damage: string | null;
}

/** Turns text into records, block by block; keeps an unfinished record for the next block. */
export function createCutter(delimiter: string, loneCarriageReturns: boolean) {
  const parser = new Papa.Parser({ delimiter, newline: '\n' });
  let rest = '';
  /** A carriage return whose line feed may come next. */
  let carried = '';
  let row = 0;
  /** Inside a row that was given up: everything up to its end is dropped. */
  let discarding = false;

  function normalised(text: string, ended: boolean): string {
    if (loneCarriageReturns) return text.replaceAll('\r', '\n');
    let whole = carried + text;
    carried = '';
    if (!whole.includes('\r')) return whole;
    if (!ended && whole.endsWith('\r')) {
      carried = '\r';
      whole = whole.slice(0, -1);
    }
    return whole.replaceAll('\r\n', '\n');
  }

  function take(records: FileRecord[], { data, errors }: Papa.ParseResult<string[]>, count: number): void {
    const bad = new Set(errors.map((error) => error.row));
    const suspicious = isSuspicious(rest);
    for (let index = 0; index < count; index++) {
      const cells = data[index] ?? [];
      const damage = bad.has(index) ? strayQuote : suspicious ? damageOf(cells) : null;
      records.push({ row: ++row, cells, damage });
    }
  }

  /** The whole lines of a text without quotation marks: each is a row, and most files have no others. */
  function takeLines(records: FileRecord[]): void {
    const suspicious = isSuspicious(rest);
    let from = 0;
    let next = rest.indexOf(delimiter);
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
      const cells: string[] = [];
      for (; next >= 0 && next < end; next = rest.indexOf(delimiter, from)) {
        cells.push(rest.slice(from, next));
        from = next + 1;
      }
      cells.push(rest.slice(from, end));
      from = end + 1;
      records.push({ row: ++row, cells, damage: suspicious ? damageOf(cells) : null });
    }
    rest = rest.slice(from);
  }

  /** The text that is whole as records of a file that goes on, or ends here. */
  function parse(ended: boolean): Papa.ParseResult<string[]> {
    const text = ended ? rest : rest.slice(0, rest.lastIndexOf('\n') + 1);
    return parser.parse(text, 0, !ended) as Papa.ParseResult<string[]>;
  }

  /** The line with the open quotation mark is lost; the lines after it are read as if it had been closed. */
  function skipLine(records: FileRecord[], from: number, damage: string): void {
    records.push({ row: ++row, cells: [], damage });
    const next = rest.indexOf('\n', from);
    discarding = next < 0;
    rest = next < 0 ? '' : rest.slice(next + 1);
  }

  return {
    /** Characters of a record whose end has not come yet. */
    held: () => rest.length + carried.length,
    /** Whether what comes next begins a record. */
    isBetween: () => rest === '' && carried === '' && !discarding,
    /** The number of the next row, which somebody else reads. */
    pass: () => ++row,
    cut(text: string, ended: boolean): FileRecord[] {
      const records: FileRecord[] = [];
      rest += normalised(text, ended);
      if (discarding) {
        const next = rest.indexOf('\n');
        discarding = next < 0;
        rest = next < 0 ? '' : rest.slice(next + 1);
      }
      if (!rest.includes('"')) {
        takeLines(records);
        if (!ended && rest.length <= longestRow) return records;
      }
      for (;;) {
        const result = parse(ended);
        const open = firstOpen(result);
        take(records, result, Math.min(open?.row ?? Number.POSITIVE_INFINITY, result.data.length));
        if (open) skipLine(records, open.index ?? 0, open.code === 'MissingQuotes' ? openQuote : strayQuote);
        else {
          rest = rest.slice(result.meta.cursor);
          if (ended || rest.length <= longestRow) return records;
          const unclosed = parse(true).errors.find((error) => error.code === 'MissingQuotes');
          skipLine(records, unclosed?.index ?? rest.length, unclosed ? openQuote : tooLong);
        }
        if (rest === '') return records;
      }
    },
  };
}

/** The first record of which nobody can say where it ends: what a wrong quotation mark swallows are the rows after it. */
function firstOpen({ data, errors }: Papa.ParseResult<string[]>): Papa.ParseError | undefined {
  return errors.find(({ code, row = 0 }) => code === 'MissingQuotes' || !data[row] || isOfLines(data[row]));
}

const isOfLines = (cells: readonly string[]) => cells.some((cell) => cell.includes('\n'));

const strayQuote = 'A quotation mark stands where none may be; double it inside a quoted text.';
const openQuote =
  'A quotation mark is opened and never closed; the file may be cut off here. Export it again, or correct the row.';
const tooLong = 'The row is longer than a million characters. Correct it and import the file again.';

function isSuspicious(text: string): boolean {
  return text.includes('\uFFFD') || text.includes('\0');
}

function damageOf(cells: readonly string[]): string | null {
  if (cells.some((cell) => cell.includes('\0')))
    return 'The row contains NUL bytes; the file is damaged here. Export it again.';
  if (cells.some((cell) => cell.includes('\uFFFD'))) {
    return 'The row is not UTF-8 text (it may be Windows-1252). Save the file as "CSV UTF-8" and import it again; rows already in are not added twice.';
  }
  return null;
}
