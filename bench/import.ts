import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { writeFocusFile } from './focus-file.ts';
import { writePlainFile } from './plain-file.ts';
import { type BenchRow, benchRow } from './row.ts';

const rows = 100_000;
const run = promisify(execFile);
const runner = fileURLToPath(new URL('./import-run.ts', import.meta.url));

const Peer = z.object({ ms: z.number(), imported: z.number() });
const Ours = Peer.extend({
  longestSilenceMs: z.number(),
  loopP99Ms: z.number(),
  rssMb: z.number(),
  longestWaitMs: z.number(),
});

/**
 * 100,000 FOCUS rows: ours beside the parser alone and one bare transaction, each in a process of its own on the same file;
 * and 100,000 lines of a plain CSV, each of which is judged and kept.
 */
export async function importBench(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-import-file-'));
  try {
    const file = join(folder, 'focus.csv');
    await writeFocusFile(file, rows);
    const side = async (name: string) =>
      JSON.parse((await run(process.execPath, [runner, name, file])).stdout) as unknown;
    const parser = Peer.parse(await side('parser'));
    const sqlite = Peer.parse(await side('sqlite'));
    const ours = Ours.parse(await side('ours'));
    if (ours.imported !== rows) throw new Error(`${ours.imported} of ${rows} rows came in`);
    const plainFile = join(folder, 'plain.csv');
    await writePlainFile(plainFile, rows);
    const plain = Ours.parse(JSON.parse((await run(process.execPath, [runner, 'ours', plainFile])).stdout));
    if (plain.imported !== rows) throw new Error(`${plain.imported} of ${rows} plain rows came in`);
    const megabytes = Math.round(statSync(file).size / 1e6);
    return [
      benchRow(
        `import ${rows} FOCUS rows (${megabytes} MB) beside parser alone + one bare transaction`,
        ours.ms,
        'ms',
        parser.ms + sqlite.ms,
        { atMost: 4 },
      ),
      benchRow('import: event-loop delay p99 in the owner', ours.loopP99Ms, 'ms', 10, { atMost: 1 }),
      benchRow('import: peak memory of the owner', ours.rssMb, 'MB', 250, { atMost: 1 }),
      benchRow('import: longest time without progress', ours.longestSilenceMs, 'ms', 500, { atMost: 1 }),
      benchRow('plain CSV, a line a row: longest wait of another transaction', plain.longestWaitMs, 'ms', 50, {
        atMost: 3,
      }),
      benchRow('plain CSV: event-loop delay p99 in the owner', plain.loopP99Ms, 'ms', 10, { atMost: 1 }),
      benchRow('plain CSV: peak memory of the owner', plain.rssMb, 'MB', 250, { atMost: 1 }),
      benchRow('plain CSV: longest time without progress', plain.longestSilenceMs, 'ms', 500, { atMost: 1 }),
      benchRow(`plain CSV: ${rows} rows`, plain.ms, 'ms', 30_000, { atMost: 1 }),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the peer is at hand on this machine; the figure is left out, and said so, where it is not. */
async function peer(name: string, file: string): Promise<number | null> {
  try {
    const { ms, imported } = Peer.parse(JSON.parse((await run(process.execPath, [runner, name, file])).stdout));
    return imported > 0 ? ms : null;
  } catch {
    console.error(`${name} is not installed here: nothing to compare with`);
    return null;
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** A plain CSV of 100,000 and of 1,000,000 lines: read and added up beside DuckDB, imported beside SQLite's own shell. */
export async function importMillionBench(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-million-file-'));
  const rows: BenchRow[] = [];
  try {
    const files = { '100,000': join(folder, 'small.csv'), '1,000,000': join(folder, 'large.csv') };
    await writePlainFile(files['100,000'], 100_000);
    await writePlainFile(files['1,000,000'], 1_000_000);
    for (const [count, atMost] of [
      ['100,000', 1.5],
      ['1,000,000', 3.5],
    ] as const) {
      const ratios: { readonly own: number; readonly duck: number }[] = [];
      for (let round = 0; round < 3; round++) {
        const duck = await peer('duckdb', files[count]);
        if (duck === null) break;
        const own = Peer.parse(JSON.parse((await run(process.execPath, [runner, 'totals', files[count]])).stdout)).ms;
        ratios.push({ own, duck });
      }
      const [own, duck] = [median(ratios.map((one) => one.own)), median(ratios.map((one) => one.duck))];
      if (ratios.length > 0)
        rows.push(
          benchRow(`${count} lines read, validated, added up exactly, beside DuckDB's totals alone`, own, 'ms', duck, {
            atMost,
          }),
        );
    }
    const imported = async (file: string) =>
      Ours.parse(JSON.parse((await run(process.execPath, [runner, 'ours', file])).stdout));
    const small = await imported(files['100,000']);
    const shell = await peer('shell', files['1,000,000']);
    const large = await imported(files['1,000,000']);
    if (large.imported !== 1_000_000) throw new Error(`${large.imported} of a million rows came in`);
    if (shell !== null)
      rows.push(
        benchRow(
          '1,000,000 lines imported, each judged and kept, beside sqlite3 .import + index',
          large.ms,
          'ms',
          shell,
          { atMost: 2 },
        ),
      );
    rows.push(
      benchRow('import: memory at 1,000,000 lines beside 100,000', large.rssMb, 'MB', small.rssMb, { atMost: 1.3 }),
      benchRow('import of a million: longest wait of another transaction', large.longestWaitMs, 'ms', 50, {
        atMost: 1,
      }),
      benchRow('import of a million: longest time without progress', large.longestSilenceMs, 'ms', 500, { atMost: 1 }),
    );
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
