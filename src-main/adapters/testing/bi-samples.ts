import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Big } from '../../../src-shared/domain/money/index.ts';
import { type BiRow, BiSync, type DatasetFile, rowsPerBlock } from '../kit/bi.ts';

/** As many levels as wanted, each of an hour and venue of its own. */
export function biRows(count: number): BiRow[] {
  const start = Date.parse('2026-08-01T00:00:00Z');
  return Array.from({ length: count }, (_, i) => [
    'ai_requests_total',
    start + Math.floor(i / 100) * 3_600_000,
    'peak',
    i % 100 === 0 ? '' : `venue-${i % 100}`,
    '',
    String(i % 97),
  ]);
}

/** A sync of the data sets given, one file each, as the engine would hand it over, and the files it names. */
export function aSync(
  sets: Readonly<Partial<Record<DatasetFile['dataset'], readonly BiRow[]>>> = { operations: biRows(3) },
  changed: number | null = 3,
): { readonly payload: BiSync; readonly datasets: ReadonlyMap<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  const named = Object.entries(sets).map(([dataset, rows]): unknown => {
    const members: Uint8Array[] = [];
    for (let from = 0; from < rows.length; from += rowsPerBlock)
      members.push(gzipSync(`${JSON.stringify(rows.slice(from, from + rowsPerBlock))}\n`));
    const bytes = new Uint8Array(Buffer.concat(members));
    const file = createHash('sha256').update(bytes).digest('hex');
    files.set(file, bytes);
    return {
      dataset,
      batchId: `${file.slice(0, 8)}-${file.slice(8, 12)}-4${file.slice(13, 16)}-8${file.slice(17, 20)}-${file.slice(20, 32)}`,
      file,
      rows: rows.length,
      sum: rows.reduce((sum, row) => sum.plus(row[5]), new Big(0)).toFixed(),
      metrics: [...new Set(rows.map(([metric]) => metric))],
      from: null,
      to: null,
    };
  });
  const payload = BiSync.parse({
    org: 'bluebell',
    run: 'run-1',
    at: Date.parse('2026-08-03T09:00:00Z'),
    changed,
    datasets: named,
  });
  return { payload, datasets: files };
}
