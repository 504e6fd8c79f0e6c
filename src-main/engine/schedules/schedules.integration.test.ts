import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ScheduledWork } from '../../../src-shared/contract/schedules.ts';
import { readRule, type ScheduleRule } from '../../../src-shared/domain/schedule/schedule.ts';
import { bankHolidaysKnown, type Nation } from '../../../src-shared/domain/wedding-time/bank-holidays.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../store/open.ts';
import { insertOrganisation } from '../../store/repositories/organisations.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { refused } from '../problem.ts';
import { createSchedules, type DoWork } from './index.ts';

const org = 'org';
const alex = { personId: 'alex', name: 'Alex Morgan', channel: 'cli', correlationId: 'c' };
const prepare: ScheduledWork = { do: 'prepare', target: 'xero', period: 'month' };
const hour = 3_600_000;
let folder: string;
let store: Store;
let done: string[] = [];
let told: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'schedules-'));
  done = [];
  told = [];
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function setUp(start: string, work?: DoWork, nation: Nation = 'england-and-wales') {
  const runtime = testRuntime(start);
  store = await openStore({ folder, runtime });
  await store.transaction((tx) =>
    insertOrganisation(tx, { id: org, name: 'Test', created_at: 1, vat_number: null, registered_from: null }),
  );
  const make = () =>
    createSchedules({
      store,
      runtime,
      audit: async () => undefined,
      publish: () => undefined,
      calendar: async () => ({ zone: 'Europe/London', bankHolidays: bankHolidaysKnown(nation) }),
      told: ({ state, how }) => void told.push(`${how}: ${state}`),
      work:
        work ??
        (async (_organisation, _work, { date, dry }) => {
          if (!dry) done.push(`${date} at ${new Date(runtime.clock.now()).toISOString().slice(0, 16)}`);
          return dry ? 'would do' : 'did';
        }),
    });
  const schedules = make();
  const add = (text: string, name = text) =>
    schedules.save(org, { name, rule: readRule(text) as ScheduleRule, work: prepare, enabled: true }, alex);
  const history = async () => (await schedules.history(org)).map(({ how, state }) => `${how}: ${state}`);
  return { runtime, schedules, make, add, history };
}

test('every 1st at 07:00 local runs once a month on time, over both clock changes', async () => {
  const t = await setUp('2026-09-15T12:00:00Z');
  await t.add('every 1st at 07:00');
  for (let hours = 0; hours < 24 * 210; hours++) {
    await t.runtime.clock.advance(hour);
    await t.schedules.runDue();
  }
  expect(done.slice(0, 3)).toEqual([
    '2026-10-01 at 2026-10-01T06:00',
    '2026-11-01 at 2026-11-01T07:00',
    '2026-12-01 at 2026-12-01T07:00',
  ]);
  expect(done.at(-1)).toBe('2027-04-01 at 2027-04-01T06:00');
  expect(done).toHaveLength(7);
  expect(new Set(await t.history())).toEqual(new Set(['on time: done']));
});

test('a time the clock skips or shows twice runs exactly once that day', async () => {
  const t = await setUp('2026-10-23T12:00:00Z');
  await t.add('daily at 01:30');
  for (let quarters = 0; quarters < 4 * 24 * 4; quarters++) {
    await t.runtime.clock.advance(hour / 4);
    await t.schedules.runDue();
  }
  expect(done).toEqual([
    '2026-10-24 at 2026-10-24T00:30',
    '2026-10-25 at 2026-10-25T00:30',
    '2026-10-26 at 2026-10-26T01:30',
    '2026-10-27 at 2026-10-27T01:30',
  ]);
});

test('after a long sleep one run catches up, marked so, and none when the next is near', async () => {
  const t = await setUp('2026-06-15T12:00:00Z');
  await t.add('every 1st at 07:00');
  t.runtime.clock.jump(100 * 24 * hour);
  await t.schedules.runDue();
  await t.schedules.runDue();
  expect(done).toEqual(['2026-09-01 at 2026-09-23T12:00']);
  expect(told).toEqual(['caught up: done']);
  t.runtime.clock.jump(Date.parse('2026-11-01T06:55:00Z') - Date.parse('2026-09-23T12:00:00Z'));
  await t.schedules.runDue();
  expect(done).toHaveLength(1);
  await t.runtime.clock.advance(5 * 60_000);
  await t.schedules.runDue();
  expect(done.at(-1)).toBe('2026-11-01 at 2026-11-01T07:00');
});

test('a clock set back runs nothing twice, also after a restart', async () => {
  const t = await setUp('2026-10-31T12:00:00Z');
  await t.add('every 1st at 07:00');
  t.runtime.clock.jump(20 * hour);
  await t.schedules.runDue();
  t.runtime.clock.jump(-3 * 24 * hour);
  await t.schedules.runDue();
  await t.runtime.clock.advance(4 * 24 * hour);
  await t.make().runDue();
  expect(done).toEqual(['2026-11-01 at 2026-11-01T08:00']);
});

test('the loop sleeps until something falls due, and wakes when a schedule is added', async () => {
  const t = await setUp('2026-11-01T06:00:00Z');
  await t.schedules.start();
  await t.runtime.clock.advance(hour / 2);
  await t.add('every 1st at 07:00');
  const later = async () => {
    await t.runtime.clock.advance(5 * 60_000);
    return done;
  };
  await expect.poll(later).toHaveLength(1);
  await t.schedules.stop();
});

test('a refusal is told with its reason and the month is not tried again; a dry run and one by hand leave it free', async () => {
  const t = await setUp('2026-10-31T12:00:00Z', async (_o, _w, { dry }) => {
    if (dry) return 'would prepare 3 lines';
    throw refused({ happened: '2026-10 is closed.', remedy: 'Open the month again.' });
  });
  const { id } = await t.add('every 1st at 07:00');
  expect(await t.schedules.runNow(org, id, true, alex)).toMatchObject({
    state: 'done',
    result: 'would prepare 3 lines',
  });
  expect(await t.schedules.runNow(org, id, false, alex)).toMatchObject({ how: 'by hand', state: 'failed' });
  await t.runtime.clock.advance(20 * hour);
  await t.schedules.runDue();
  await t.schedules.runDue();
  const [last] = await t.schedules.history(org);
  expect(last).toMatchObject({ state: 'failed', result: '2026-10 is closed. Open the month again.' });
  expect(await t.history()).toHaveLength(3);
  expect((await t.schedules.list(org))[0]).toMatchObject({
    nextAt: '2026-12-01T07:00:00.000Z',
    when: 'every 1st at 07:00',
  });
});

test('a working day is one of the organisation’s nation: 30 November is a holiday in Scotland', async () => {
  const last = async (nation: Nation) => {
    const t = await setUp('2026-11-20T12:00:00Z', undefined, nation);
    const { nextAt } = await t.add('last working day at 17:00');
    return nextAt;
  };
  expect(await last('england-and-wales')).toBe('2026-11-30T17:00:00.000Z');
  await store.close();
  rmSync(folder, { recursive: true });
  folder = mkdtempSync(join(tmpdir(), 'schedules-'));
  expect(await last('scotland')).toBe('2026-11-27T17:00:00.000Z');
});
