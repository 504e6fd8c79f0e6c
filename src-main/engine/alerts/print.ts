import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FileHandles } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';

/** One part of a printed page, in plain texts. */
export type PrintBlock =
  | { readonly kind: 'heading'; readonly text: string; readonly level: 1 | 2 | 3 }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'item'; readonly text: string; readonly box: 'none' | 'open' | 'ticked' }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
      /** `*` takes what is left, `auto` what it needs. */
      readonly widths: readonly ('*' | 'auto')[];
    };

/** Everything the print worker needs, as plain data. */
export interface PrintInput {
  readonly title: string;
  readonly organisation: string;
  readonly practice: boolean;
  /** As a person reads it, in the organisation's zone. */
  readonly asOf: string;
  readonly blocks: readonly PrintBlock[];
}

export interface PrintParts {
  readonly runtime: Runtime;
  readonly files: FileHandles;
  readonly temporaryFolder: string;
}

export type Print = ReturnType<typeof createPrint>;

/** Prints data as A4 PDF, black and white safe, and offers the file for download. */
export function createPrint({ runtime, files, temporaryFolder }: PrintParts) {
  return async (
    input: PrintInput,
    name: string,
  ): Promise<{ readonly name: string; readonly bytes: number; readonly download: string }> => {
    const bytes = await inWorker(input);
    await mkdir(temporaryFolder, { recursive: true, mode: 0o700 });
    const path = join(temporaryFolder, `${runtime.ids.next()}.pdf`);
    await writeFile(path, bytes, { mode: 0o600 });
    return { name, bytes: bytes.byteLength, download: await files.offer(path, name, { temporary: true }) };
  };
}

/** The plain text of a report (headings, items, tick boxes) as parts of a page; what it does not know stays text. */
export function blocksOf(text: string): PrintBlock[] {
  return text.split(/\r?\n/).flatMap((line): PrintBlock[] => {
    const heading = /^(#{1,3})\s+(.+)$/.exec(line);
    if (heading) {
      const level = heading[1]?.length === 1 ? 1 : heading[1]?.length === 2 ? 2 : 3;
      return [{ kind: 'heading', level, text: heading[2] ?? '' }];
    }
    const item = /^\s*- (?:\[([ x])\] )?(.+)$/.exec(line);
    if (item) {
      const box = item[1] === undefined ? 'none' : item[1] === 'x' ? 'ticked' : 'open';
      return [{ kind: 'item', box, text: item[2] ?? '' }];
    }
    return line.trim() === '' ? [] : [{ kind: 'text', text: line }];
  });
}

function inWorker(input: PrintInput): Promise<Uint8Array> {
  const file = import.meta.url.endsWith('.ts') ? './print-worker.ts' : './print-worker.js';
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(file, import.meta.url), { workerData: input });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The print worker ended with ${code} before it was done`)));
  });
}
