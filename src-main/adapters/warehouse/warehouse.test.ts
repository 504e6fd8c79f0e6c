import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { createPracticeWarehouse, practiceWarehouse } from '../../platform/practice-warehouse.ts';
import { type BiRow, LOAD_DATASET } from '../kit/bi.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { openBench } from '../testing/bench.ts';
import { aSync } from '../testing/bi-samples.ts';
import { warehouse } from './index.ts';

const file = () => join(mkdtempSync(join(tmpdir(), 'practice-warehouse-')), 'practice-warehouse.db');
const sample = aSync();
const payload = { org: 'bluebell', run: 'run-1', dataset: sample.payload.datasets[0] };
const base = {
  systems: [],
  settings: { host: practiceWarehouse.host },
  secrets: { password: practiceWarehouse.password },
};
adapterSuite(warehouse, {
  ...base,
  datasets: sample.datasets,
  warehouse: createPracticeWarehouse(file()),
  samples: { [LOAD_DATASET]: { payload } },
  http: false,
});

async function bench(rows: readonly BiRow[], path: string, change: object = {}) {
  const { payload: sync, datasets } = aSync({ finance: rows });
  const opened = await openBench(warehouse, { ...base, datasets, warehouse: createPracticeWarehouse(path), ...change });
  onTestFinished(() => opened.close());
  const action = warehouse.actions[LOAD_DATASET];
  const settings = warehouse.settings.schema.parse({ ...base.settings });
  const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt: 1 };
  const plan = action?.plan({ org: 'bluebell', run: 'r', dataset: sync.datasets[0] }, settings, stamp);
  return { opened, load: async () => plan && action?.deliver(plan, stamp, opened.context()) };
}
const day = (date: string, value: string): BiRow => ['ai_cost_gbp', Date.parse(date), 'peak', '', '', value];

test('practice keeps the promises of the real one: the same again changes nothing, what is no more goes, sums are checked', async () => {
  const path = file();
  const first = await bench([day('2026-08-01', '0.10'), day('2026-08-02', '0.20')], path);
  expect(await first.load()).toMatchObject({ document: { rows: 2, changed: 2, removed: 0 } });
  expect(await first.load()).toMatchObject({ document: { changed: 0, removed: 0 } });
  const second = await bench([day('2026-08-01', '0.15'), day('2026-08-03', '0.30')], path);
  expect(await second.load()).toMatchObject({ document: { changed: 2, removed: 1 } });
  const stored = new Database(path).prepare('SELECT exact FROM kpi_point ORDER BY ts').pluck().all();
  expect(stored).toEqual(['0.15', '0.30']);
});

test('rows that newer ones have replaced are not loaded any more', async () => {
  const { load } = await bench([day('2026-08-01', '1')], file(), { datasets: new Map() });
  await expect(load()).rejects.toMatchObject({ kind: 'permanent', code: 'gone' });
});

test('practice reaches no other warehouse, and a wrong password stops the connection', async () => {
  const client = createPracticeWarehouse(file());
  const server = { ...warehouse.settings.schema.parse(base.settings), password: practiceWarehouse.password, ca: null };
  const still = new AbortController().signal;
  await expect(client.check({ ...server, host: 'db.example.org' }, still)).rejects.toMatchObject({
    code: 'misconfigured',
  });
  await expect(client.check({ ...server, password: 'x' }, still)).rejects.toMatchObject({ code: 'auth' });
});
