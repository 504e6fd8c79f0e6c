import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { createCutter, type FileRecord } from './cut-records.ts';
import { ImportProblem } from './import-problem.ts';
import { unreadable } from './sniff.ts';

const usualBlock = 128 * 1024;
/** Bytes cut into records at a time: the less text lives at once, the less the garbage collector copies. */
const pieceLength = 16 * 1024;
const lineFeed = 10;

interface RecordBlock {
  readonly records: readonly FileRecord[];
  readonly bytesRead: number;
}

export interface FileReading {
  readonly bytesTotal: number;
  /** First non-blank record of the file. */
  readonly headers: readonly string[];
  /** Records after the header, in blocks of 16 KiB; memory does not depend on the size of the file. */
  blocks(): AsyncGenerator<RecordBlock>;
  /** The same, for a reader that understands most rows by itself. */
  readonly raw: RawRecords;
  /**
   * After the last block: SHA-256 of what was read.
   * @throws ImportProblem when the file is no longer what was read (size, time, inode or content)
   */
  verify(): Promise<string>;
  close(): Promise<void>;
}

/** What follows the header as bytes; a reader gives back what it does not understand, in order and nothing else, to be cut. */
export interface RawRecords {
  readonly delimiter: string;
  /** Records that came with the header. */
  readonly early: readonly FileRecord[];
  readonly bytesRead: () => number;
  /** Bytes that stay what they are until the next but one are asked for; none at the end. */
  next(): Promise<Buffer>;
  /** Where what is cut next ends: with its line, except inside a quoted text. */
  pieceEnd(bytes: Buffer, from: number): number;
  /** Records that end in these bytes, without blank ones. */
  cut(bytes: Buffer): FileRecord[];
  /** The record the file ends in without a line end, if it has one. */
  end(): FileRecord[];
  /** Whether the next byte begins a record of a file whose lines end in LF. */
  isBetween(): boolean;
  /** The number of the next row, which the reader understood. */
  readonly pass: () => number;
}

interface Mark {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

/** A byte order mark, and the line by which Excel tells itself the delimiter and which it never shows. */
const beforeHeader = /^\uFEFF?(?:("?)sep=[^\r\n]\1\r?\n)?/i;
const changed =
  'The file changed while it was being read. Nothing was imported; wait until it is complete and import it again.';

/**
 * Opens a delimited text file for one streaming pass. Delimiter (`, ; tab |`) and line ends are found from its head; a BOM,
 * CRLF, mixed line ends and quoted newlines are understood.
 * @throws ImportProblem for a file that is no UTF-8 text at all
 */
export async function openRecords(path: string, blockBytes = usualBlock): Promise<FileReading> {
  const found: Mark = await stat(path);
  const bytes = await openBytes(path, blockBytes);
  try {
    let block = await bytes.next();
    const head = block.toString('utf8');
    if (head.trim() === '') throw new ImportProblem('The file is empty: it has no header row. Export it again.');
    const opening = beforeHeader.exec(head)?.[0] ?? '';
    let at = Buffer.byteLength(opening);
    const pieces = createPieces(head.slice(opening.length));
    const ready: FileRecord[] = [];
    while (ready.length === 0 && block.length > 0) {
      const end = pieces.pieceEnd(block, at);
      ready.push(...pieces.cut(block.subarray(at, end)));
      at = end;
      if (at < block.length || ready.length > 0) continue;
      block = await bytes.next();
      at = 0;
      if (block.length === 0) ready.push(...pieces.end());
    }
    const [header, ...early] = ready;
    if (!header) throw new ImportProblem('The file is empty: it has no header row. Export it again.');
    if (header.damage) throw new ImportProblem(`The header row cannot be read: ${header.damage}`);
    const headers = header.cells.map((cell) => cell.trim());
    let rest = block.subarray(at);
    const raw: RawRecords = {
      ...pieces,
      early,
      bytesRead: bytes.read,
      async next() {
        if (rest.length === 0) return bytes.next();
        const first = rest;
        rest = rest.subarray(rest.length);
        return first;
      },
    };

    return {
      bytesTotal: found.size,
      headers,
      raw,
      async *blocks() {
        yield { records: early, bytesRead: 0 };
        for (let more = await raw.next(), before = 0; more.length > 0; more = await raw.next()) {
          let from = 0;
          // A quoted text may be longer than many pieces, and would be looked at anew with each.
          for (; from + pieceLength < more.length && !pieces.isLong(); from += pieceLength)
            yield { records: pieces.cut(more.subarray(from, from + pieceLength)), bytesRead: before };
          before = bytes.read();
          yield { records: pieces.cut(more.subarray(from)), bytesRead: before };
        }
        yield { records: pieces.end(), bytesRead: bytes.read() };
      },
      async verify() {
        const sha256 = bytes.sha256();
        const after: Mark = await stat(path).catch(() => ({ size: -1, mtimeMs: 0, ino: 0 }));
        const same = after.size === found.size && after.mtimeMs === found.mtimeMs && after.ino === found.ino;
        if (!same || bytes.read() !== found.size || (await hashOf(path)) !== sha256) throw new ImportProblem(changed);
        return sha256;
      },
      close: bytes.close,
    };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/** SHA-256 of a file, read in blocks. */
async function hashOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafe(usualBlock);
  try {
    for (;;) {
      const { bytesRead } = await file.read(block, 0, usualBlock);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(block.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

async function openBytes(path: string, blockBytes: number) {
  const file = await open(path, 'r');
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
  let read = 0;
  return {
    read: () => read,
    sha256: () => hash.digest('hex'),
    async close() {
      await coming;
      await file.close();
    },
    async next(): Promise<Buffer> {
      const part = await coming;
      if (!Buffer.isBuffer(part)) throw part;
      if (part.length > 0) coming = fetch();
      const problem = read === 0 ? unreadable(part) : null;
      if (problem) throw new ImportProblem(problem);
      read += part.length;
      hash.update(part);
      return part;
    },
  };
}

/** Cuts bytes into records piece by piece, by what the head of the file shows. */
function createPieces(head: string) {
  const decoder = new StringDecoder('utf8');
  const delimiter = delimiterOf(head);
  const loneCarriageReturns = head.includes('\r') && !head.includes('\n');
  const cutter = createCutter(delimiter, loneCarriageReturns);
  let atLineStart = true;
  let ended = false;
  /** A record is longer than a piece: it would be looked at anew with each. */
  const isLong = () => cutter.held() > pieceLength;
  return {
    delimiter,
    isLong,
    pass: cutter.pass,
    isBetween: () => atLineStart && cutter.isBetween() && !loneCarriageReturns,
    pieceEnd(bytes: Buffer, from: number): number {
      // After a whole line something is held only when a quotation mark is open.
      if (atLineStart && !cutter.isBetween())
        return isLong() ? bytes.length : Math.min(from + pieceLength, bytes.length);
      return bytes.indexOf(lineFeed, from) + 1 || bytes.length;
    },
    cut(bytes: Buffer): FileRecord[] {
      atLineStart = bytes.at(-1) === lineFeed;
      return cutter.cut(decoder.write(bytes), false).filter(keep);
    },
    end(): FileRecord[] {
      if (ended) return [];
      ended = true;
      return cutter.cut(decoder.end(), true).filter(keep);
    },
  };
}

/** Blank rows are no records. */
function keep({ damage, cells }: FileRecord): boolean {
  return damage !== null || cells.some((cell) => cell.trim() !== '');
}

/** The delimiter that cuts the first line, outside quotes, into most cells. */
function delimiterOf(head: string): string {
  const line = head.replace(/^[\s\uFEFF]+/, '').split(/\r?\n|\r/, 1)[0] ?? '';
  const bare = line.replace(/"(?:[^"]|"")*"/g, '');
  const count = (mark: string) => bare.split(mark).length;
  return [',', ';', '\t', '|'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}
