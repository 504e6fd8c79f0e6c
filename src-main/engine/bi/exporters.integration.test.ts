import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { ValueSettings } from '../../../src-shared/domain/value/settings.ts';
import type { AnyAdapter } from '../../adapters/kit/adapter.ts';
import { type BiRow, type BiSync, rowsOf, SYNC_KPIS } from '../../adapters/kit/bi.ts';
import { powerbi } from '../../adapters/powerbi/index.ts';
import { powerbiSandbox, practicePowerBi } from '../../adapters/powerbi/sandbox.ts';
import { tableau } from '../../adapters/tableau/index.ts';
import { practiceTableau, tableauSandbox } from '../../adapters/tableau/sandbox.ts';
import { type BenchOptions, openBench } from '../../adapters/testing/bench.ts';
import type { HttpClient } from '../../ports/http.ts';
import { openStore } from '../../store/open.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createEvents } from '../events.ts';
import { createKpis } from '../kpis/index.ts';
import { kpiSeeds, octoberByHand } from '../kpis/testing/october.ts';
import { prepareDataset } from './prepare.ts';

const runtime = testRuntime('2026-10-31T12:30:00Z');
/** Start of October where the organisation is. */
const month = Date.parse('2026-09-30T23:00:00Z');

/** October computed from its records and put into files as a sync does, each KPI at its grain. */
async function handed(): Promise<{ sync: BiSync; datasets: ReadonlyMap<string, Uint8Array>; rows: readonly BiRow[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'exporters-'));
  const store = await openStore({ folder, runtime });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  await store.batch([{ sql: "INSERT INTO organisation (id, name, created_at) VALUES ('org', 'Org', 1)", params: [] }]);
  await kpiSeeds(() => store).october();
  const kpis = createKpis({
    ...{ store, runtime, events: createEvents(), zoneOf: async () => 'Europe/London', planned: false },
    valueSettings: async () => ValueSettings.parse({}),
    ...{ enqueue: neither, cancel: neither, audit: neither },
    alerts: { raise: async () => undefined, resolveKey: async () => undefined },
  });
  await kpis.compute('org');
  await kpis.stop();
  const kept = new Map<string, Uint8Array>();
  const datasets = {
    async put(bytes: Uint8Array) {
      const id = createHash('sha256').update(bytes).digest('hex');
      kept.set(id, bytes);
      return id;
    },
    read: async (id: string) => kept.get(id) ?? new Uint8Array(),
    remove: async () => undefined,
  };
  const parts = { store, runtime, datasets, zoneOf: async () => 'Europe/London' };
  const files = [];
  for (const dataset of ['finance', 'vendor_success'] as const) {
    const { file, reason } = await prepareDataset(parts, 'org', dataset, true);
    if (file === null) throw new Error(`${dataset}: ${reason}`);
    files.push(file);
  }
  const sync: BiSync = { org: 'org', run: 'r', at: runtime.clock.now(), changed: null, datasets: files };
  const rows: BiRow[] = [];
  for await (const block of rowsOf({ datasets }, sync)) rows.push(...block);
  return { sync, datasets: kept, rows };
}
const neither = (() => Promise.reject(new Error('Nothing is sent here'))) as never;

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
  const { sync, datasets, rows } = await handed();
  const ofOctober = new Map(
    rows.flatMap(([kpi, at, , venue, region, value]) =>
      at === month && venue === '' && region === '' ? [[kpi, value] as const] : [],
    ),
  );
  const byHand = Object.entries(octoberByHand).filter(([kpi]) => ofOctober.has(kpi));
  expect(byHand.length).toBeGreaterThan(3);
  expect(Object.fromEntries(byHand)).toEqual(Object.fromEntries(byHand.map(([kpi]) => [kpi, ofOctober.get(kpi)])));
  const expected = told(
    rows.map(([metric, at, , venue, region, value]) => ({
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
  const read = sent.flatMap((bytes) => {
    const body = Buffer.from(bytes);
    const parquet = body.subarray(body.indexOf('PAR1'), body.lastIndexOf('PAR1') + 4);
    return tableFromIPC(readParquet(parquet).intoIPCStream())
      .toArray()
      .map((row) => Told.parse({ ...row.toJSON(), ts: new Date(Number(row.ts)).toISOString() }));
  });
  expect(told(read)).toEqual(expected);
});
