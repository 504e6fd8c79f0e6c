import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import Papa from 'papaparse';
import { ImportProblem } from './import-problem.ts';
import { unreadable } from './sniff.ts';

const blockBytes = 128 * 1024;
/** Characters cut into records at a time: the fewer live at once, the less the garbage collector copies. */
const pieceLength = 16 * 1024;
/** Longest row that is taken seriously, in characters; beyond it a quotation mark was never closed. */
const longestRow = 1_000_000;

/** One record of a delimited file. `row` is what a spreadsheet shows: 1 is the header, blank lines count. */
export interface FileRecord {
  readonly row: number;
  readonly cells: readonly string[];
  /** Why its cells cannot be trusted, with the remedy; null when they can. */
  readonly damage: string | null;
}

interface RecordBlock {
  readonly records: readonly FileRecord[];
  readonly bytesRead: number;
}

export interface FileReading {
  readonly bytesTotal: number;
  /** First non-blank record of the file. */
  readonly headers: readonly string[];
  /** Records after the header, in blocks of about 256 KiB; memory does not depend on the size of the file. */
  blocks(): AsyncGenerator<RecordBlock>;
  /**
   * After the last block: SHA-256 of what was read.
   * @throws ImportProblem when the file is no longer what was read (size, time, inode or content)
   */
  verify(): Promise<string>;
  close(): Promise<void>;
}

interface Mark {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

const changed =
  'The file changed while it was being read. Nothing was imported; wait until it is complete and import it again.';

/**
 * Opens a delimited text file for one streaming pass. Delimiter (`, ; tab |`) and line ends are found from its head; a BOM,
 * CRLF, mixed line ends and quoted newlines are understood.
 * @throws ImportProblem for a file that is no UTF-8 text at all
 */
export async function openRecords(path: string): Promise<FileReading> {
  const before: Mark = await stat(path);
  const text = await openText(path);
  try {
    const first = await text.next();
    if (first.trim() === '') throw new ImportProblem('The file is empty: it has no header row. Export it again.');
    const loneCarriageReturns = first.includes('\r') && !first.includes('\n');
    const cutter = createCutter(delimiterOf(first), loneCarriageReturns);
    let ready = cutter.cut(first, text.ended());
    while (!ready.some((record) => !isBlank(record)) && !text.ended())
      ready = [...ready, ...cutter.cut(await text.next(), text.ended())];
    const headerAt = ready.findIndex((record) => !isBlank(record));
    const header = ready[headerAt];
    if (!header) throw new ImportProblem('The file is empty: it has no header row. Export it again.');
    if (header.damage) throw new ImportProblem(`The header row cannot be read: ${header.damage}`);
    const headers = header.cells.map((cell) => cell.trim());

    return {
      bytesTotal: before.size,
      headers,
      async *blocks() {
        yield { records: ready.slice(headerAt + 1).filter(keep), bytesRead: text.bytesRead() };
        ready = [];
        while (!text.ended()) {
          const before = text.bytesRead();
          const more = await text.next();
          let from = 0;
          // A quoted text may be longer than many pieces, and would be looked at anew with each.
          for (; from + pieceLength < more.length && cutter.held() <= pieceLength; from += pieceLength)
            yield { records: cutter.cut(more.slice(from, from + pieceLength), false).filter(keep), bytesRead: before };
          yield { records: cutter.cut(more.slice(from), text.ended()).filter(keep), bytesRead: text.bytesRead() };
        }
      },
      async verify() {
        const sha256 = text.sha256();
        const after: Mark = await stat(path).catch(() => ({ size: -1, mtimeMs: 0, ino: 0 }));
        const same = after.size === before.size && after.mtimeMs === before.mtimeMs && after.ino === before.ino;
        if (!same || text.bytesRead() !== before.size || (await hashOf(path)) !== sha256)
          throw new ImportProblem(changed);
        return sha256;
      },
      close: text.close,
    };
  } catch (error) {
    await text.close();
    throw error;
  }
}

/** SHA-256 of a file, read in blocks. */
async function hashOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafe(blockBytes);
  try {
    for (;;) {
      const { bytesRead } = await file.read(block, 0, blockBytes);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(block.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

async function openText(path: string) {
  const file = await open(path, 'r');
  const decoder = new StringDecoder('utf8');
  const hash = createHash('sha256');
  const blocks = [Buffer.allocUnsafe(blockBytes), Buffer.allocUnsafe(blockBytes)] as const;
  let turn = 0;
  const fetch = () => {
    const block = blocks[turn++ % 2 === 0 ? 0 : 1];
    return file.read(block, 0, blockBytes).then(
      ({ bytesRead }) => block.subarray(0, bytesRead),
      (error: unknown) => error,
    );
  };
  /** Read while the one before is looked at. */
  let coming = fetch();
  let bytes = 0;
  let ended = false;
  return {
    bytesRead: () => bytes,
    ended: () => ended,
    sha256: () => hash.digest('hex'),
    async close() {
      await coming;
      await file.close();
    },
    async next(): Promise<string> {
      const part = await coming;
      if (!Buffer.isBuffer(part)) throw part;
      if (part.length > 0) coming = fetch();
      const isFirst = bytes === 0;
      const problem = isFirst ? unreadable(part) : null;
      if (problem) throw new ImportProblem(problem);
      bytes += part.length;
      hash.update(part);
      ended = part.length === 0;
      const text = ended ? decoder.end() : decoder.write(part);
      return isFirst && text.startsWith('\uFEFF') ? text.slice(1) : text;
    },
  };
}

/** Turns text into records, block by block; keeps an unfinished record for the next block. */
function createCutter(delimiter: string, loneCarriageReturns: boolean) {
  const parser = new Papa.Parser({ delimiter, newline: '\n' });
  let rest = '';
  let row = 0;
  /** Inside a row that was given up: everything up to its end is dropped. */
  let discarding = false;

  function normalised(text: string, ended: boolean): string {
    if (loneCarriageReturns) return text.replaceAll('\r', '\n');
    if (!text.includes('\r')) return text;
    const held = !ended && text.endsWith('\r');
    const whole = held ? text.slice(0, -1) : text;
    return whole.replaceAll('\r\n', '\n') + (held ? '\r' : '');
  }

  const parse = (ended: boolean) => parser.parse(rest, 0, !ended) as Papa.ParseResult<string[]>;

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

  /** The line with the open quotation mark is lost; the lines after it are read as if it had been closed. */
  function skipLine(records: FileRecord[], from: number, damage: string): void {
    records.push({ row: ++row, cells: [], damage });
    const next = rest.indexOf('\n', from);
    discarding = next < 0;
    rest = next < 0 ? '' : rest.slice(next + 1);
  }

  return {
    /** Characters of a record whose end has not come yet. */
    held: () => rest.length,
    cut(text: string, ended: boolean): FileRecord[] {
      const records: FileRecord[] = [];
      rest = normalised(rest + text, ended);
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
        const open = ended ? result.errors.find((error) => error.code === 'MissingQuotes') : undefined;
        take(records, result, open ? result.data.length - 1 : result.data.length);
        if (open) skipLine(records, open.index ?? 0, openQuote);
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

function isBlank(record: FileRecord): boolean {
  return record.damage === null && record.cells.every((cell) => cell.trim() === '');
}

function keep(record: FileRecord): boolean {
  return !isBlank(record);
}

/** The delimiter that cuts the first line, outside quotes, into most cells. */
function delimiterOf(head: string): string {
  const line = head.replace(/^[\s\uFEFF]+/, '').split(/\r?\n|\r/, 1)[0] ?? '';
  const bare = line.replace(/"(?:[^"]|"")*"/g, '');
  const count = (mark: string) => bare.split(mark).length;
  return [',', ';', '\t', '|'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}
