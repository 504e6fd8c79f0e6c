import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { PermanentError } from '../../../src-shared/domain/failure.ts';
import { datasets } from '../../../src-shared/domain/kpi/datasets.ts';
import { Season } from '../../../src-shared/domain/wedding-time/weekend-at.ts';
import type { Context } from './adapter.ts';

const compress = promisify(gzip);

/** The action of every BI system; the engine enqueues it. */
export const SYNC_KPIS = 'sync-kpis';
/** The action of the warehouse, one job a data set. */
export const LOAD_DATASET = 'load-dataset';

const slug = z.string().regex(/^[a-z0-9_-]{0,64}$/);
const amount = z.string().regex(/^-?\d+(\.\d+)?$/);

/** A data set as it was judged: its rows lie in a file, named by the hash of its content. */
export const DatasetFile = z.object({
  dataset: z.enum(datasets),
  /** UUID of these very rows. */
  batchId: z.uuid(),
  file: z.string().regex(/^[0-9a-f]{64}$/),
  /** 0: there were some, and they are no more. */
  rows: z.number().int().nonnegative(),
  /** Of all values, exact. */
  sum: amount,
  /** Also those of which no value is known any more. */
  metrics: z.array(z.string().regex(/^[a-z][a-z0-9_]{0,79}$/)).min(1),
  /** First and last moment anything was ever known of, ms UTC; a job of an earlier version names none. */
  from: z.number().int().nonnegative().nullable().default(null),
  to: z.number().int().nonnegative().nullable().default(null),
});
export type DatasetFile = z.infer<typeof DatasetFile>;

/** What a BI system is handed. Where it reads the warehouse, everything named here is loaded by then. */
export const BiSync = z.object({
  org: slug,
  /** The run it belongs to. */
  run: z.string().min(1),
  /** When the rows were judged, ms UTC. */
  at: z.number().int().nonnegative(),
  /** Rows the warehouse did not have like this before; null: this system does not read it. */
  changed: z.number().int().nonnegative().nullable(),
  datasets: z.array(DatasetFile).min(1),
});
export type BiSync = z.infer<typeof BiSync>;

export const DatasetLoad = z.object({ org: slug, run: z.string().min(1), dataset: DatasetFile });
export type DatasetLoad = z.infer<typeof DatasetLoad>;

/** What became of a sync, in the receipt; the engine and the screen read it. */
export const BiOutcome = z.object({
  rows: z.number().int().nonnegative(),
  /** Warehouse: rows new or different, and rows that went. */
  changed: z.number().int().nonnegative().optional(),
  removed: z.number().int().nonnegative().optional(),
  /** Not all is as it should be, in people's words; the delivery itself worked. */
  warning: z.string().optional(),
});

/** `[metric, ms UTC, season, venue, region, exact value]`: names of venues are slugs, and no person is in it (X13). */
export const BiRow = z.tuple([
  z.string().regex(/^[a-z][a-z0-9_]{0,79}$/),
  z.number().int().nonnegative(),
  Season,
  slug,
  slug,
  amount,
]);
export type BiRow = z.infer<typeof BiRow>;

/** Rows a block: a few milliseconds of work each, so that a large set never holds the process up. */
export const rowsPerBlock = 1_000;

/** One block as it lies in the file; members of a gzip file follow one another. */
export const packed = async (rows: readonly BiRow[]): Promise<Uint8Array> =>
  new Uint8Array(await compress(Buffer.from(`${JSON.stringify(rows)}\n`)));

/** The blocks of a file, each the JSON text of `BiRow[]`. Throws `gone` when newer rows have taken its place. */
export async function* blocksOf(
  ctx: Pick<Context<unknown, unknown>, 'datasets'>,
  { dataset, file }: DatasetFile,
): AsyncGenerator<string> {
  const bytes = await ctx.datasets?.read(file).catch((thrown: unknown) => {
    throw new PermanentError('gone', `The rows of ${dataset} are no longer kept; a new sync brings new ones`, {
      cause: thrown,
    });
  });
  if (bytes === undefined) throw new PermanentError('gone', 'This host keeps no data sets');
  const utf8 = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of Readable.from([bytes]).pipe(createGunzip()) as AsyncIterable<Uint8Array>) {
    const lines = utf8.decode(chunk, { stream: true }).split('\n');
    for (const [i, line] of lines.entries()) {
      parts.push(line);
      if (i === lines.length - 1) break;
      yield parts.join('');
      parts = [];
    }
  }
}

/** The rows of all data sets, block by block, each row checked once more before it leaves. */
export async function* rowsOf(
  ctx: Pick<Context<unknown, unknown>, 'datasets'>,
  sync: Pick<BiSync, 'datasets'>,
): AsyncGenerator<readonly BiRow[]> {
  for (const dataset of sync.datasets) {
    for await (const block of blocksOf(ctx, dataset)) yield z.array(BiRow).parse(JSON.parse(block));
  }
}

export const totalRows = (sync: Pick<BiSync, 'datasets'>) => sync.datasets.reduce((sum, { rows }) => sum + rows, 0);

/** Lines of a preview. */
export const previewOf = (sync: Pick<BiSync, 'datasets'>) =>
  sync.datasets.map(({ dataset, rows, batchId }) => ({
    name: dataset.replace('_', ' '),
    next: `${rows} rows, batch ${batchId.slice(0, 8)}`,
  }));

const Brought = z.object({ to: z.string(), batches: z.array(z.string()) });

/** Kept in the receipt of a delivery: which rows went where. */
export const brought = (sync: Pick<BiSync, 'datasets'>, to: string) => ({
  rows: totalRows(sync),
  to,
  batches: sync.datasets.map(({ batchId }) => batchId),
});

/** The newest delivery brought these very rows to this very place. */
export async function alreadyThere(
  ctx: Pick<Context<unknown, unknown>, 'earlier'>,
  sync: Pick<BiSync, 'datasets'>,
  to: string,
): Promise<boolean> {
  const [newest] = (await ctx.earlier?.()) ?? [];
  const last = Brought.safeParse(newest?.document).data;
  if (last === undefined || last.to !== to) return false;
  const now = new Set(sync.datasets.map(({ batchId }) => batchId));
  return last.batches.length === now.size && last.batches.every((batch) => now.has(batch));
}
