import { expect, test } from 'vitest';
import { ValueSettings } from '../../../src-shared/domain/value/settings.ts';
import { putCrmSetting } from '../../store/repositories/crm.ts';
import { getVendor, putVendor } from '../../store/repositories/usage.ts';
import { weddingsBetween } from '../../store/repositories/weddings.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { cost, hour, kpiDesk, kpis, make, october, read, runtime, store, use, wed } from './testing/kpi-desk.ts';

kpiDesk();

const by = { id: 'person:alex', channel: 'window', correlationId: 'c' };
const monthly = async (kpi: string, month: string) =>
  (await read('month', kpi)).find(({ at }) => new Date(at + 2 * hour).toISOString().startsWith(month));

test('a month between two files had no usage, whichever file came first', async () => {
  await use([{ at: '2026-07-10T10:00:00Z' }]);
  await kpis.compute('org');
  await use([{ at: '2026-09-10T10:00:00Z' }]);
  await kpis.compute('org');
  expect((await monthly('ai_requests_total', '2026-08'))?.value).toBe('0');
  // The file is taken back: whether August had any is not known again.
  await store.batch([
    { sql: "DELETE FROM usage_record WHERE day LIKE '2026-09%'", params: [] },
    { sql: "DELETE FROM usage_month WHERE month = '2026-09'", params: [] },
  ]);
  await kpis.compute('org');
  expect(await monthly('ai_requests_total', '2026-08')).toMatchObject({
    value: null,
    reason: 'No AI usage is known for this month yet.',
  });
});

test('a capacity entered late counts for every day and month after it', async () => {
  await use([{ at: '2026-08-10T10:00:00Z' }, { at: '2026-09-10T10:00:00Z' }, { at: '2026-09-10T10:05:00Z' }]);
  await kpis.compute('org');
  const at = Date.parse('2026-08-01T12:00:00Z');
  await kpis.handIn('org', { name: 'capacity_per_hour', at, value: '8', source: 'contract' }, by);
  await kpis.compute('org');
  expect((await monthly('capacity_utilization', '2026-08'))?.value).toBe('0.125');
  expect((await monthly('capacity_utilization', '2026-09'))?.value).toBe('0.25');
  const daily = (await read('day', 'capacity_utilization')).filter(({ value }) => value !== null);
  expect(daily.map(({ at: day, value }) => [new Date(day + 2 * hour).toISOString().slice(0, 10), value])).toEqual([
    ['2026-08-10', '0.125'],
    ['2026-09-10', '0.25'],
  ]);
});

test('a survey entered again within the day replaces what was entered before', async () => {
  await runtime.clock.advance(Date.parse('2026-11-01T08:00:00Z') - runtime.clock.now());
  const enter = async (points: string, answers: string) => {
    const at = Date.parse('2026-11-01T12:00:00Z');
    await kpis.handIn('org', { name: 'satisfaction_points', at, value: points, source: 'survey' }, by);
    await kpis.handIn('org', { name: 'satisfaction_answers', at, value: answers, source: 'survey' }, by);
    await kpis.compute('org');
  };
  await enter('10', '10');
  await runtime.clock.advance(6 * hour);
  await enter('50', '10');
  expect((await monthly('client_satisfaction_score', '2026-11'))?.value).toBe('5');
});

test('other multipliers are in force for the months there are as well: KPIs and previews tell one story', async () => {
  let settings = ValueSettings.parse({});
  const own = make(undefined, { valueSettings: async () => settings });
  await october();
  await own.compute('org');
  expect((await monthly('ai_roi', '2026-10'))?.value).toBe('5.833333333333');
  settings = ValueSettings.parse({ poundsPerRequest: '3.00' });
  await runtime.clock.advance(3 * 24 * hour);
  await store.transaction((tx) => putCrmSetting(tx, 'org', 'value', settings, runtime.clock.now()));
  await own.compute('org');
  // 7 × £3 ÷ £3
  expect((await monthly('ai_roi', '2026-10'))?.value).toBe('7');
  expect((await monthly('ai_roi', '2026-09'))?.reason).toBe('No cost lines are known for this month yet.');
  expect(JSON.parse((await monthly('ai_roi', '2026-09'))?.inputs ?? '{}')).toEqual({ time_value_gbp: '6' });
});

test('a vendor who turned out to be another is one vendor in the months there are', async () => {
  await october();
  await kpis.compute('org');
  await runtime.clock.advance(3 * 24 * hour);
  await store.transaction(async (tx) => {
    const row = await getVendor(tx, 'org', 'v2');
    if (row) await putVendor(tx, { ...row, same_as: 'v1' });
  });
  await kpis.compute('org');
  // v1 and v3 in September; of these v1 in October. 105 minutes of one vendor's 9,964.285714.
  expect((await monthly('vendor_retention', '2026-10'))?.value).toBe('0.5');
  expect((await monthly('vendor_efficiency_gain', '2026-10'))?.value).toBe('0.010537634409');
});

test('a cost line that is said to be a pro forma no longer counts, though nothing else of it changed', async () => {
  await october();
  await cost('c9', '2026-10-07', 700);
  await kpis.compute('org');
  expect((await monthly('ai_cost_gbp', '2026-10'))?.value).toBe('10');
  await store.batch([{ sql: "UPDATE cost_line SET document_type = 'proforma' WHERE id = 'c9'", params: [] }]);
  await kpis.compute('org');
  expect((await monthly('ai_cost_gbp', '2026-10'))?.value).toBe('3');
  expect((await read('day', 'ai_cost_gbp')).map(({ value }) => value)).toEqual(['4', null, '-1']);
});

test('days on which the console did not run are told afterwards, and a month that ended meanwhile by all its hours', async () => {
  await october();
  await wed('W7', '2026-11-07', 'Hall Farm', 'Kent');
  await kpis.compute('org');
  // 12:30 on the 31st: 732.5 hours of an October of 745, the clocks having gone back.
  expect(JSON.parse((await monthly('wedding_requests_per_hour', '2026-10'))?.inputs ?? '{}').hours).toBe('734');
  const { clock } = testRuntime('2026-11-10T09:00:00Z');
  await make(undefined, { runtime: { ...runtime, clock } }).compute('org');
  const held = (await read('day', 'weddings_today')).filter(({ at }) => at >= Date.parse('2026-10-31T00:00:00Z'));
  expect(held.map(({ at, value }) => [new Date(at).toISOString().slice(0, 10), value])).toEqual([
    ['2026-10-31', '0'],
    ...Array.from({ length: 10 }, (_, i) => [`2026-11-${String(i + 1).padStart(2, '0')}`, i === 6 ? '1' : '0']),
  ]);
  expect(JSON.parse((await monthly('wedding_requests_per_hour', '2026-10'))?.inputs ?? '{}').hours).toBe('745');
});

test('a wedding that the calendar and the booking list both tell of is one wedding', async () => {
  await october();
  await store.batch([
    {
      sql: `INSERT INTO wedding (organisation_id, key, series, sequence, status, date, last_date, venue, region, reference, updated_at)
      SELECT organisation_id, 'uid-of-' || key, 'uid-of-' || key, 3, status, date, last_date, venue, region, reference, 1
      FROM wedding WHERE reference = 'W2'`,
      params: [],
    },
  ]);
  await kpis.compute('org');
  expect((await monthly('weddings_today', '2026-10'))?.value).toBe('3');
  expect((await monthly('weddings_ai_assisted', '2026-10'))?.value).toBe('2');
  expect(
    (await weddingsBetween(store.read, 'org', '2026-10-10', '2026-10-10')).map(({ reference }) => reference),
  ).toEqual(['W2']);
});

test('when an organisation says another time zone, the days and months of the old one give way to those of the new', async () => {
  await october();
  await kpis.compute('org');
  const sumOf = async (grain: 'day' | 'month', kpi: string) =>
    (await read(grain, kpi)).reduce((sum, { value }) => sum + Number(value ?? 0), 0);
  const before = await store.read.selectFrom('kpi_counter').selectAll().orderBy('kpi').execute();
  for (const [zone, offset] of [
    ['America/New_York', 4],
    ['Europe/London', -1],
  ] as const) {
    const there = make(undefined, { zoneOf: async () => zone });
    await there.compute('org');
    for (const grain of ['day', 'month'] as const) {
      expect(await sumOf(grain, 'ai_cost_gbp')).toBe(3);
      const october3 = (await read(grain, 'weddings_ai_assisted')).filter(({ at }) => at < Date.parse('2026-10-25'));
      expect(october3.map(({ at }) => new Date(at - offset * hour).toISOString().slice(11))).toEqual(
        october3.map(() => '00:00:00.000Z'),
      );
    }
    expect(await sumOf('month', 'ai_requests_total')).toBe(10);
    expect(await store.read.selectFrom('kpi_counter').selectAll().orderBy('kpi').execute()).toEqual(before);
    await there.stop();
  }
});
