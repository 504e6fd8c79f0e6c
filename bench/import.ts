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
      benchRow(`plain CSV: ${rows} rows`, plain.ms, 'ms', 60_000, { atMost: 1 }),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
