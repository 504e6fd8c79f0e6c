import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { ValueSettings } from '../../../src-shared/domain/value/settings.ts';
import { MetricBatch } from '../../adapters/kit/metrics.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../store/open.ts';
import { type KpiPointRow, listPoints } from '../../store/repositories/kpis.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { workedMs } from '../../testing/work-time.ts';
import { createEvents, type Events } from '../events.ts';
import { createOutbox, type Outbox } from '../outbox/outbox.ts';
import { createKpis, type Kpis } from './index.ts';
import { kpiSeeds, octoberByHand } from './testing/october.ts';

const NOW = '2026-10-31T12:30:00Z';
const hour = 3_600_000;
let store: Store;
const { use, cost, october } = kpiSeeds(() => store);
let runtime: ReturnType<typeof testRuntime>;
let events: Events;
let outbox: Outbox;
let kpis: Kpis;
let raised: { key: string; severity: string; title: string }[];
let sent: { system: string; batch: MetricBatch }[];
let answer: (job: OutboxJob) => Promise<{ vendorId: string | null; document?: never }>;

beforeEach(async () => {
  runtime = testRuntime(NOW);
  store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'kpis-')), runtime, version: '1.0.0' });
  await sql`INSERT INTO organisation (id, name, created_at) VALUES ('org', 'Org', 1)`
    .execute(store.read)
    .catch(() => undefined);
  await store.batch([
    { sql: "INSERT INTO organisation (id, name, created_at) VALUES ('org', 'Org', 1)", params: [] },
    ...['datadog', 'newrelic', 'grafana'].map((system) => ({
      sql: 'INSERT INTO connection (id, organisation_id, system, created_at, updated_at) VALUES (?, ?, ?, 1, 1)',
      params: [`org/${system}`, 'org', system],
    })),
  ]);
  events = createEvents();
  sent = [];
  raised = [];
  answer = async () => ({ vendorId: null });
  outbox = createOutbox({
    store,
    runtime,
    events,
    deliverer: {
      limits: () => ({ concurrency: 4 }),
      idempotency: () => 'native-key',
      async deliver(job) {
        sent.push({ system: job.system, batch: MetricBatch.parse(job.payload) });
        return answer(job);
      },
      find: async () => null,
    },
  });
  kpis = make();
  for (const system of ['datadog', 'newrelic', 'grafana']) outbox.onSettled({ system }, kpis.onSettled);
  await outbox.start();
});
afterEach(async () => {
  await kpis.stop();
  await outbox.stop();
  await store.close();
});

function make(spoolBytes?: number, change: Partial<Parameters<typeof createKpis>[0]> = {}): Kpis {
  return createKpis({
    store,
    runtime,
    events,
    enqueue: outbox.enqueue,
    cancel: outbox.cancel,
    zoneOf: async () => 'Europe/London',
    valueSettings: async () => ValueSettings.parse({}),
    audit: (async () => undefined) as never,
    alerts: {
      async raise(_org, report) {
        raised.push(report as (typeof raised)[number]);
      },
      async resolveKey(_org, key) {
        raised = raised.filter((one) => one.key !== key);
      },
    },
    planned: false,
    ...(spoolBytes === undefined ? {} : { spoolBytes }),
    ...change,
  });
}

const read = async (grain: KpiPointRow['grain'], kpi: string, cell = '') =>
  (await listPoints(store.read, 'org', { grain, from: 0, to: Date.parse('2027-01-01'), kpis: [kpi] })).filter(
    ({ venue, region }) => (venue || region) === cell,
  );
const monthly = async (kpi: string, month: string, cell = '') =>
  (await read('month', kpi, cell)).find(({ at }) => new Date(at + 2 * hour).toISOString().startsWith(month));

test('a month worked by hand: every KPI is what the pencil says', async () => {
  await october();
  expect(await kpis.compute('org')).toMatchObject({ outcome: 'done' });
  const values: Record<string, string | null> = {};
  for (const row of await listPoints(store.read, 'org', {
    grain: 'month',
    from: Date.parse('2026-09-30T23:00:00Z'),
    to: Date.parse('2026-10-02T00:00:00Z'),
    totals: true,
  })) {
    values[row.kpi] = row.value === null ? row.reason : row.value;
  }
  expect(values).toMatchObject(octoberByHand);
});

test('figures handed in complete what no table holds', async () => {
  await october();
  const by = { id: 'person:alex', channel: 'window', correlationId: 'c' };
  const at = Date.parse('2026-10-05T09:00:00Z');
  for (const [name, value] of [
    ['satisfaction_points', '46'],
    ['satisfaction_answers', '10'],
    ['capacity_per_hour', '20'],
  ] as const) {
    await kpis.handIn('org', { name, at, value, source: 'survey' }, by);
  }
  await kpis.compute('org');
  expect((await monthly('client_satisfaction_score', '2026-10'))?.value).toBe('4.6');
  expect((await monthly('capacity_utilization', '2026-10'))?.value).toBe('0.25');
});

test('venues and regions carry their own points, and the total is the sum of nothing else', async () => {
  await october();
  await kpis.compute('org');
  expect((await monthly('ai_requests_total', '2026-10', 'cotswold-barn'))?.value).toBe('5');
  expect((await monthly('ai_requests_total', '2026-10', 'kent'))?.value).toBe('2');
  expect((await monthly('weddings_ai_assisted', '2026-10', 'hall-farm'))?.value).toBe('1');
});

test('an undone import takes its numbers back, down to a zero where a venue had some', async () => {
  await october();
  await kpis.compute('org');
  await store.batch([
    { sql: "DELETE FROM usage_record WHERE wedding = 'W1'", params: [] },
    {
      sql: "UPDATE usage_month SET requests = 1, successful = 1 WHERE vendor_id = 'v1' AND month = '2026-10'",
      params: [],
    },
  ]);
  await kpis.compute('org');
  expect((await monthly('weddings_ai_assisted', '2026-10'))?.value).toBe('1');
  expect((await monthly('ai_requests_total', '2026-10', 'cotswold-barn'))?.value).toBe('0');
});

test('nothing is computed while a file is on its way in, and all of it after', async () => {
  await october();
  await store.batch([{ sql: "UPDATE import_batch SET state = 'running'", params: [] }]);
  expect(await kpis.compute('org')).toMatchObject({ outcome: 'deferred' });
  await store.batch([{ sql: "UPDATE import_batch SET state = 'done'", params: [] }]);
  expect(await kpis.compute('org')).toMatchObject({ outcome: 'done' });
  expect(await kpis.compute('org')).toMatchObject({ outcome: 'nothing' });
});

test('incremental and from scratch end at the same points', async () => {
  await october();
  await kpis.compute('org');
  await use([{ at: '2026-10-12T09:00:00Z', wedding: 'W3' }]);
  await cost('c4', '2026-10-25', 55);
  await kpis.compute('org');
  const plain = async () =>
    (
      await Promise.all(
        (['hour', 'day', 'month'] as const).map((grain) => listPoints(store.read, 'org', { grain, from: 0, to: 1e15 })),
      )
    )
      .flat()
      .map(
        ({ kpi, grain, at, venue, region, value, inputs }) =>
          `${kpi} ${grain} ${at} ${venue} ${region} ${value} ${inputs}`,
      );
  const stepwise = await plain();
  await store.batch([
    { sql: 'DELETE FROM kpi_point', params: [] },
    {
      sql: "INSERT OR IGNORE INTO kpi_dirty (organisation_id, kind, at) SELECT DISTINCT organisation_id, 'usage', CAST(at - at % 3600000 AS TEXT) FROM usage_record",
      params: [],
    },
    {
      sql: "INSERT OR IGNORE INTO kpi_dirty (organisation_id, kind, at) SELECT DISTINCT organisation_id, 'cost', tax_date FROM cost_line",
      params: [],
    },
    {
      sql: "INSERT OR IGNORE INTO kpi_dirty (organisation_id, kind, at) SELECT DISTINCT organisation_id, 'wedding', date FROM wedding",
      params: [],
    },
  ]);
  await kpis.compute('org');
  expect(await plain()).toEqual(stepwise);
});

test('a new hour of data is computed in under 200 ms beside a year of history', async () => {
  const year = Array.from({ length: 365 * 4 }, (_, i) => ({
    at: new Date(Date.parse('2025-11-01T09:00:00Z') + i * 6 * hour).toISOString(),
  }));
  await use(year);
  await october();
  await kpis.compute('org');
  await use(
    Array.from({ length: 200 }, (_, i) => ({
      at: new Date(Date.parse('2026-10-31T12:00:00Z') + i * 1_000).toISOString(),
      wedding: 'W1',
    })),
  );
  const started = workedMs();
  expect(await kpis.compute('org')).toMatchObject({ outcome: 'done' });
  expect(workedMs() - started).toBeLessThan(200);
});

test('crossing a threshold of the season alerts once and resolves when it is over', async () => {
  await use(
    Array.from({ length: 30 }, (_, i) => ({ at: `2026-10-31T11:${String(i).padStart(2, '0')}:00Z`, success: i > 3 })),
  );
  await kpis.compute('org');
  expect(raised).toMatchObject([{ key: 'kpi:ai_error_rate', severity: 'critical' }]);
  await use(Array.from({ length: 30 }, (_, i) => ({ at: `2026-10-31T12:${String(i).padStart(2, '0')}:00Z` })));
  await kpis.compute('org');
  expect(raised).toEqual([]);
});

test.each([
  ['a rate over too few requests', 30, (i: number) => i > 3, 'kpi:ai_error_rate'],
  ['requests an hour', 2_600, () => true, 'kpi:wedding_requests_per_hour'],
])('%s: an hour that has only begun ends no alert, a whole one does', async (_what, requests, success, key) => {
  const at = (index: number) => new Date(Date.parse('2026-10-31T11:00:00Z') + index * 1_000).toISOString();
  await use(Array.from({ length: requests }, (_, i) => ({ at: at(i), success: success(i) })));
  await kpis.compute('org');
  expect(raised).toMatchObject([{ key }]);
  await use([{ at: '2026-10-31T12:00:10Z' }]);
  await kpis.compute('org');
  expect(raised).toMatchObject([{ key }]);
  await runtime.clock.advance(hour);
  await use([{ at: '2026-10-31T13:00:10Z' }]);
  await kpis.compute('org');
  expect(raised).toEqual([]);
});

test('50,000 distinct venues cost 500 labels; the rest count together', { timeout: 90_000 }, async () => {
  const many = 50_000;
  await store.batch([
    {
      sql: `INSERT INTO wedding (organisation_id, key, series, sequence, status, date, last_date, venue, region, reference, updated_at)
        SELECT 'org', 'k' || key, 'k' || key, 0, 'confirmed', '2026-10-03', '2026-10-03', value, 'Kent', 'R' || key, 1
        FROM json_each(?)`,
      params: [
        JSON.stringify(Array.from({ length: many }, (_, i) => (i === 0 ? `${'💒'.repeat(150)} Manor` : `Venue ${i}`))),
      ],
    },
  ]);
  // Each with a request of its own, an hour for every ninety of them.
  await use(
    Array.from({ length: many }, (_, i) => ({
      at: new Date(Date.parse('2026-10-03T09:00:00Z') + Math.floor(i / 90) * hour + (i % 90) * 1_000).toISOString(),
      wedding: `R${i}`,
    })),
  );
  const began = performance.now();
  const result = await kpis.compute('org');
  process.stdout.write(`50,000 venues: computed in ${Math.round(performance.now() - began)} ms\n`);
  expect(result.folded).toBeGreaterThan(0);
  const labels = new Set(
    (await listPoints(store.read, 'org', { grain: 'day', from: 0, to: 1e15 })).map(({ venue }) => venue),
  );
  expect(labels.size).toBeLessThanOrEqual(502);
  expect([...labels].every((label) => /^[a-z0-9_-]{0,64}$/.test(label))).toBe(true);
  const held = await read('day', 'weddings_today');
  expect(held.find(({ number }) => number === many)).toBeDefined();
  const requests = await read('hour', 'ai_requests_total');
  expect(requests.reduce((sum, { number }) => sum + (number ?? 0), 0)).toBe(many);
  // What leaves for monitoring is bounded by the labels, not by the venues.
  await kpis.queue('org', 'datadog');
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM outbox_job WHERE system = 'datadog'`.execute(
    store.read,
  );
  expect(rows[0]?.n).toBeLessThanOrEqual(10);
});

const total = (system: string) =>
  sent
    .filter((one) => one.system === system)
    .flatMap(({ batch }) => batch.points)
    .filter(({ metric, venue, region }) => metric === 'ai_requests_total' && venue === '' && region === '')
    .reduce((sum, { delta }) => sum + Number(delta), 0);

test('systems are told side by side; counts reach each exactly once, failures or not', async () => {
  await october();
  answer = async (job) => {
    if (job.system === 'newrelic') throw new RetryableError('vendor-down', 'Answered 500');
    if (job.system === 'grafana') throw new PermanentError('rejected', 'Answered 400');
    return { vendorId: null };
  };
  const first = await kpis.push('org', ['datadog', 'newrelic', 'grafana']);
  expect(first).toMatchObject([
    { system: 'datadog', ok: true, error: null },
    { system: 'newrelic', ok: false, error: expect.stringContaining('kept') },
    { system: 'grafana', ok: false, error: 'Answered 400' },
  ]);
  expect(first[0]?.points).toBeGreaterThan(5);

  answer = async () => ({ vendorId: null });
  await use([{ at: '2026-10-31T12:10:00Z' }]);
  await runtime.clock.advance(2_000);
  sent = [];
  await kpis.push('org', ['datadog', 'grafana']);
  // 10 before, 1 new: Datadog is told the new one, Grafana, which refused the first, all of them.
  expect(total('datadog')).toBe(1);
  expect(total('grafana')).toBe(11);
});

test('an hour taken back does not turn a counter round', async () => {
  await october();
  await kpis.push('org', ['datadog']);
  await store.batch([{ sql: "DELETE FROM usage_record WHERE wedding = 'W1'", params: [] }]);
  await runtime.clock.advance(2_000);
  sent = [];
  await kpis.push('org', ['datadog']);
  expect(total('datadog')).toBe(0);
  await use(Array.from({ length: 6 }, (_, i) => ({ at: `2026-10-31T12:0${i}:30Z` })));
  await runtime.clock.advance(2_000);
  sent = [];
  await kpis.push('org', ['datadog']);
  expect(total('datadog')).toBe(1);
});

test('points a system took and dropped are told as lost, not as sent', async () => {
  await october();
  answer = async () => ({
    vendorId: null,
    document: { accepted: 3, dropped: [{ reason: 'too old', points: 2 }] } as never,
  });
  const [result] = await kpis.push('org', ['datadog']);
  expect(result).toMatchObject({ ok: false, error: '2 points were dropped there: too old' });
  expect(raised).toMatchObject([{ key: 'telemetry-lost:datadog' }]);
});

test('a full spool gives up its oldest, counts what it lost, and says so', async () => {
  const small = make(60_000);
  outbox.onSettled({ system: 'datadog' }, small.onSettled);
  await october();
  await small.compute('org');
  answer = async () => {
    throw new RetryableError('network', 'Down');
  };
  for (let i = 0; i < 110; i++) {
    runtime.clock.jump(1_000);
    await small.queue('org', 'datadog');
  }
  const { rows } = await sql<{
    state: string;
    n: number;
    bytes: number;
  }>`SELECT state, count(*) AS n, sum(length(payload)) AS bytes
    FROM outbox_job WHERE system = 'datadog' GROUP BY state`.execute(store.read);
  expect(rows.find(({ state }) => state === 'cancelled')?.n).toBeGreaterThan(0);
  expect(raised.some(({ key }) => key === 'telemetry-lost:datadog')).toBe(true);
});

test('while the disk has little room nothing planned is spooled, and the counts go with the first push after', async () => {
  let room = false;
  await october();
  const planned = make(undefined, { planned: true, roomToSpool: () => room });
  planned.start();
  const minute = async () => {
    await runtime.clock.advance(60_000);
    return sent.length;
  };
  for (let i = 0; i < 20; i++) {
    await minute();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(sent).toEqual([]);
  room = true;
  await expect.poll(minute, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
  await planned.stop();
  expect(total('datadog')).toBe(10);
});

test('the metrics page holds every counter and level once, and no text of a person', async () => {
  await october();
  await kpis.compute('org');
  const text = await kpis.metricsText();
  expect(text).toContain('wedsync_ai_requests_total{context="wedding_industry",org="org",season="shoulder"} 10');
  expect(text).not.toContain('Hall Farm');
  const series = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/ \S+$/, ''));
  expect(new Set(series).size).toBe(series.length);
});

test('the clock of a point is the start of a local day, summer or winter', async () => {
  await october();
  await kpis.compute('org');
  const starts = (await read('day', 'weddings_today')).map(({ at }) => new Date(Instant.parse(at)).toISOString());
  expect(starts).toContain('2026-10-02T23:00:00.000Z');
  expect(starts).toContain('2026-10-31T00:00:00.000Z');
});
