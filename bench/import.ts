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
const Totals = Peer.extend({ rssMb: z.number() });
const Rounds = z.array(z.object({ own: z.number(), duck: z.number() }));
const Ours = Totals.extend({ longestSilenceMs: z.number(), loopP99Ms: z.number(), longestWaitMs: z.number() });

/** A folder for files of this run, and the sides of `import-run.ts`, each in a process of its own. */
async function inFolder(measure: (folder: string, side: Side) => Promise<BenchRow[]>): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-import-file-'));
  try {
    // The console keeps what Node compiled for its next start, its threads included (hosts/cli/main.ts); so do these.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
    const side: Side = async (...order) =>
      JSON.parse((await run(process.execPath, [runner, ...order], { env })).stdout);
    const few = join(folder, 'few.csv');
    await writePlainFile(few, 10);
    await side('ours', few);
    return await measure(folder, side);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
type Side = (...order: readonly string[]) => Promise<unknown>;

/**
 * 100,000 FOCUS rows: ours beside the parser alone and one bare transaction, each in a process of its own on the same file;
 * 100,000 lines of a plain CSV, each of which is judged and kept; and plain CSVs only read and added up, beside DuckDB.
 */
export function importBench(): Promise<BenchRow[]> {
  return inFolder(async (folder, side) => {
    const file = join(folder, 'focus.csv');
    await writeFocusFile(file, rows);
    const parser = Peer.parse(await side('parser', file));
    const sqlite = Peer.parse(await side('sqlite', file));
    const ours = Ours.parse(await side('ours', file));
    if (ours.imported !== rows) throw new Error(`${ours.imported} of ${rows} rows came in`);
    const plainFile = join(folder, 'plain.csv');
    await writePlainFile(plainFile, rows);
    const plain = Ours.parse(await side('ours', plainFile));
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
      ...(await totalsRows(folder, plainFile, side)),
    ];
  });
}

/** Reading, validating and adding up alone, of 100,000 and of 1,000,000 lines. */
async function totalsRows(folder: string, small: string, side: Side): Promise<BenchRow[]> {
  const large = join(folder, 'large.csv');
  await writePlainFile(large, 1_000_000);
  const found: BenchRow[] = [];
  const memory: number[] = [];
  for (const [count, file, atMost] of [
    ['100,000', small, 1.5],
    ['1,000,000', large, 3.5],
  ] as const) {
    const figure = `${count} lines read, validated, added up exactly, beside DuckDB's totals alone`;
    const pairs = await peer('DuckDB', async () => Rounds.parse(await side('rounds', file)));
    if (pairs) {
      const [own, duck] = [median(pairs.map((one) => one.own)), median(pairs.map((one) => one.duck))];
      found.push(benchRow(figure, own, 'ms', duck, { atMost }));
    }
    const first: { readonly own: z.infer<typeof Totals>; readonly duck: number }[] = [];
    for (let round = 0; round < 5; round++) {
      const own = Totals.parse(await side('totals', file));
      const duck = pairs ? Totals.parse(await side('duckdb', file)).ms : 0;
      first.push({ own, duck });
    }
    memory.push(median(first.map(({ own }) => own.rssMb)));
    const [own, duck] = [median(first.map((one) => one.own.ms)), median(first.map((one) => one.duck))];
    if (pairs) found.push(benchRow(`${figure}, each the first in its process`, own, 'ms', duck, { atMost }));
  }
  const [few = 0, many = 0] = memory;
  found.push(
    benchRow('reading and adding up: memory at 1,000,000 lines beside 100,000', many, 'MB', few, { atMost: 1.3 }),
  );
  return found;
}

/** What a peer answers; null, and said so, where it is not on this machine. */
async function peer<T>(name: string, ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (thrown) {
    console.error(`${name} cannot be asked here, so nothing is compared with it: ${String(thrown).slice(0, 300)}`);
    return null;
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** A plain CSV of 1,000,000 lines imported by ours and in one blocking transaction, beside SQLite's own shell. */
export function importMillionBench(): Promise<BenchRow[]> {
  return inFolder(async (folder, side) => {
    const [small, large] = [join(folder, 'small.csv'), join(folder, 'large.csv')];
    await writePlainFile(small, 100_000);
    await writePlainFile(large, 1_000_000);
    const few = Ours.parse(await side('ours', small, 'alone'));
    const shell = await peer('The command sqlite3', async () => {
      const answer = Peer.parse(await side('shell', large));
      if (answer.imported !== 1_000_000) throw new Error(`it took ${answer.imported} lines`);
      return answer;
    });
    const many = Ours.parse(await side('ours', large, 'alone'));
    if (many.imported !== 1_000_000) throw new Error(`${many.imported} of a million rows came in`);
    const blocking = Peer.parse(await side('blocking', large));
    const figure = '1,000,000 lines imported, each judged and kept';
    return [
      ...(shell ? [benchRow(`${figure}, beside sqlite3 .import + index`, many.ms, 'ms', shell.ms, { atMost: 2 })] : []),
      benchRow(`${figure}, beside one blocking transaction`, many.ms, 'ms', blocking.ms, { atMost: 1.2 }),
      benchRow('import: memory at 1,000,000 lines beside 100,000', many.rssMb, 'MB', few.rssMb, { atMost: 1.3 }),
      benchRow('import of a million: longest time without progress', many.longestSilenceMs, 'ms', 500, { atMost: 1 }),
    ];
  });
}
