import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { listPoints } from '../../store/repositories/kpis.ts';
import { workedMs } from '../../testing/work-time.ts';
import { cost, hour, kpiDesk, kpis, october, raised, read, runtime, store, use } from './testing/kpi-desk.ts';
import { octoberByHand } from './testing/october.ts';

kpiDesk();

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

test('a command, which computes nothing by itself, shows what is there now', async () => {
  await october();
  const { tiles, empty } = await kpis.view('org', '2026-10');
  expect(empty).toBe(false);
  expect(tiles.find(({ id }) => id === 'ai_cost_gbp')).toMatchObject({ value: '3', reason: null });
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
