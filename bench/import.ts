import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { writeFocusFile } from './focus-file.ts';
import { type BenchRow, benchRow } from './row.ts';

const rows = 100_000;
const run = promisify(execFile);
const runner = fileURLToPath(new URL('./import-run.ts', import.meta.url));

const Peer = z.object({ ms: z.number(), imported: z.number() });
const Ours = Peer.extend({ longestSilenceMs: z.number(), loopP99Ms: z.number(), rssMb: z.number() });

/** 100,000 FOCUS rows: ours beside the parser alone and one bare transaction, each in a process of its own on the same file. */
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
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
