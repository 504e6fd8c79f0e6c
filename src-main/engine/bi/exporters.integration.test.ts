import { createHash } from 'node:crypto';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { AnyAdapter } from '../../adapters/kit/adapter.ts';
import { type BiRow, type BiSync, packed, SYNC_KPIS } from '../../adapters/kit/bi.ts';
import { powerbi } from '../../adapters/powerbi/index.ts';
import { powerbiSandbox, practicePowerBi } from '../../adapters/powerbi/sandbox.ts';
import { tableau } from '../../adapters/tableau/index.ts';
import { practiceTableau, tableauSandbox } from '../../adapters/tableau/sandbox.ts';
import { type BenchOptions, openBench } from '../../adapters/testing/bench.ts';
import type { HttpClient } from '../../ports/http.ts';

const month = Date.parse('2026-09-30T23:00:00Z');
/** October as worked by hand in the tests of the KPIs: what the pencil says, at its grain, and two venues of it. */
const worked: readonly BiRow[] = [
  ['vendor_efficiency_gain', month, 'shoulder', '', '', '0.005268817204'],
  ['ai_cost_gbp', month, 'shoulder', '', '', '3'],
  ['cost_per_wedding_gbp', month, 'shoulder', '', '', '1.5'],
  ['ai_roi', month, 'shoulder', '', '', '5.833333333333'],
  ['vendor_retention', month, 'shoulder', '', '', '0.5'],
  ['weddings_ai_assisted', month, 'shoulder', 'hall-farm', 'kent', '1'],
  ['weddings_ai_assisted', month, 'shoulder', 'cotswold-barn', 'south-west', '1'],
];

async function handed(): Promise<{ sync: BiSync; datasets: ReadonlyMap<string, Uint8Array> }> {
  const bytes = await packed(worked);
  const file = createHash('sha256').update(bytes).digest('hex');
  const dataset = {
    dataset: 'finance' as const,
    batchId: '5b0f3a52-9a3c-4f3b-9d0e-2d3f0f1f7c11',
    file,
    rows: worked.length,
    sum: '0',
    metrics: [...new Set(worked.map(([metric]) => metric))],
  };
  return {
    sync: { org: 'org', run: 'r', at: Date.parse('2026-10-31T12:30:00Z'), changed: null, datasets: [dataset] },
    datasets: new Map([[file, bytes]]),
  };
}

async function deliver(adapter: AnyAdapter, options: BenchOptions, sync: BiSync, seen?: (bytes: Uint8Array) => void) {
  const bench = await openBench(adapter, options);
  onTestFinished(() => bench.close());
  const action = adapter.actions[SYNC_KPIS];
  const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt: 1 };
  const http: HttpClient = {
    send(request) {
      if (request.method === 'PUT' && request.bytes) seen?.(request.bytes);
      return bench.http.send(request);
    },
  };
  const settings = adapter.settings.schema.parse(options.settings);
  await action?.deliver(action.plan(sync, settings, stamp), stamp, bench.context({ http }));
  return bench;
}

const Told = z.looseObject({
  metric: z.string(),
  ts: z.string(),
  venue: z.string(),
  region: z.string(),
  value: z.union([z.number(), z.string()]),
});
const told = (rows: readonly z.infer<typeof Told>[]) =>
  rows.map(({ metric, ts, venue, region, value }) => `${metric} ${ts} ${venue} ${region} ${value}`).sort();

test('the month worked by hand reaches a pushed model and a published file with the same numbers', async () => {
  const { sync, datasets } = await handed();
  const expected = told(
    worked.map(([metric, at, , venue, region, value]) => ({
      metric,
      ts: new Date(at).toISOString(),
      venue,
      region,
      value,
    })),
  );

  const { clientSecret, ...settings } = practicePowerBi;
  const push = { ...settings, mode: 'push', modelId: '' };
  const bi = { systems: [powerbiSandbox], settings: push, secrets: { clientSecret }, datasets };
  const stored = (await deliver(powerbi, bi, sync)).sandbox.documents('powerbi', 'rows').all();
  const pushed = z.array(z.object({ rows: z.array(Told) })).parse(stored);
  expect(told(pushed.flatMap(({ rows }) => rows))).toEqual(expected);

  const sent: Uint8Array[] = [];
  const { tokenSecret } = practiceTableau;
  const file = { systems: [tableauSandbox], settings: {}, secrets: { tokenSecret }, datasets };
  await deliver(tableau, file, sync, (bytes) => sent.push(bytes));
  const body = Buffer.from(sent[0] ?? []);
  const parquet = body.subarray(body.indexOf('PAR1'), body.lastIndexOf('PAR1') + 4);
  const read = tableFromIPC(readParquet(parquet).intoIPCStream())
    .toArray()
    .map((row) => Told.parse({ ...row.toJSON(), ts: new Date(Number(row.ts)).toISOString() }));
  expect(told(read)).toEqual(expected);
});
