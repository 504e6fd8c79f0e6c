import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { undoneOnce } from '../../testing/undone-once.ts';
import { workedMs } from '../../testing/work-time.ts';
import type { AuditInput } from '../audit/audit.ts';
import { seedPracticeWeddings } from './seed-practice-weddings.ts';
import { createWeddingsImporter } from './weddings-importer.ts';
import { createWeekend, type Weekend } from './weekend.ts';

const alex = { personId: 'alex', name: 'Alex Morgan', channel: 'window', correlationId: 'c' };
const folder = mkdtempSync(join(tmpdir(), 'weekend-'));
let store: Store;
let weekend: Weekend;
let org = '';
let count = 0;
let audited: AuditInput[] = [];
const runtime = testRuntime('2026-11-21T13:50:00Z');

beforeAll(async () => {
  store = await openStore({ folder, runtime });
});
afterAll(() => store.close());
beforeEach(async () => {
  org = `org-${++count}`;
  audited = [];
  weekend = createWeekend({
    store,
    runtime,
    audit: async (_tx, input) => void audited.push(input),
    publish: () => undefined,
  });
  await store.transaction((tx) =>
    tx.insertInto('organisation').values({ id: org, name: 'Bluebell', created_at: 0 }).execute(),
  );
});

const importer = () => createWeddingsImporter({ store, runtime, weekend });
function asked(
  text: string,
  importId = 'i1',
  mapping: Parameters<ReturnType<typeof importer>['run']>[0]['mapping'] = null,
) {
  const path = join(folder, 'calendar');
  writeFileSync(path, text);
  return {
    organisationId: org,
    importId,
    file: { path, name: 'calendar', bytes: text.length },
    format: null,
    mapping,
    signal: new AbortController().signal,
    progress: () => undefined,
  };
}
async function bring(
  text: string,
  importId = 'i1',
  mapping: Parameters<ReturnType<typeof importer>['run']>[0]['mapping'] = null,
) {
  const outcome = await importer().run(asked(text, importId, mapping));
  await store.transaction((tx) => outcome.commit(tx));
  return outcome;
}
const event = (...lines: string[]) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'].join('\r\n');
const ics = (...events: string[]) => ['BEGIN:VCALENDAR', 'VERSION:2.0', ...events, 'END:VCALENDAR'].join('\r\n');
const now = () => weekend.result(org, runtime.clock.now());

describe('bringing a calendar in', () => {
  const wedding = (sequence: number, start: string, status = 'CONFIRMED') =>
    event(
      'UID:w1',
      `SEQUENCE:${sequence}`,
      `STATUS:${status}`,
      `DTSTART:${start}`,
      'LOCATION:Barn\\, Surrey',
      'SUMMARY:Ann & Bo',
    );

  test('the same file twice adds nothing; a higher SEQUENCE updates, a lower one is old news; cancelled counts no more', async () => {
    expect(await bring(ics(wedding(1, '20261121T140000')))).toMatchObject({ imported: 1, duplicates: 0, rejected: 0 });
    expect(await bring(ics(wedding(1, '20261121T140000')))).toMatchObject({ imported: 0, duplicates: 1 });
    expect(await bring(ics(wedding(3, '20261121T160000')))).toMatchObject({ imported: 1 });
    expect(await bring(ics(wedding(2, '20261121T120000')))).toMatchObject({ imported: 0, duplicates: 1 });
    expect((await now()).weddings).toEqual([
      { date: '2026-11-21', venue: 'Barn', region: 'Surrey', startsAt: '2026-11-21T16:00:00.000Z' },
    ]);
    await bring(ics(wedding(4, '20261121T160000', 'CANCELLED')));
    expect((await now()).weddingsToday).toBe(0);
  });

  test('what came to nothing once is written whole the next time, its venues as well', async () => {
    const imported = await importer().run(asked(ics(wedding(1, '20261121T140000'))));
    await undoneOnce(store).transaction((tx) => imported.commit(tx));
    expect(await weekend.venues(org)).toMatchObject([{ name: 'Barn', region: 'Surrey' }]);
    expect(await weekend.countWeddings(org)).toBe(1);
  });

  test('an occurrence that an updated series no longer has is gone', async () => {
    const series = (sequence: number, rule: string) =>
      ics(event('UID:s', `SEQUENCE:${sequence}`, 'DTSTART:20261121T140000', `RRULE:${rule}`));
    await bring(series(0, 'FREQ=DAILY;COUNT=3'));
    expect(await weekend.countWeddings(org)).toBe(3);
    await bring(series(1, 'FREQ=DAILY;COUNT=2'));
    expect(await weekend.countWeddings(org)).toBe(2);
  });

  test('an update of one occurrence alone leaves the others as they are; a series without any day left takes all', async () => {
    const start = 'DTSTART;TZID=Europe/London:20261121T140000';
    await bring(ics(event('UID:s', 'SEQUENCE:0', start, 'RRULE:FREQ=DAILY;COUNT=3')));
    await bring(ics(event('UID:s', 'SEQUENCE:1', 'RECURRENCE-ID:20261122T140000Z', 'DTSTART:20261122T160000Z')));
    expect(await weekend.countWeddings(org)).toBe(3);
    expect((await now()).weddings.map(({ startsAt }) => startsAt)).toContain('2026-11-22T16:00:00.000Z');
    await bring(ics(event('UID:s', 'SEQUENCE:2', start, 'RRULE:FREQ=DAILY;COUNT=1', 'EXDATE:20261121T140000Z')));
    expect(await weekend.countWeddings(org)).toBe(0);
  });

  test('a couple’s name that a calendar no longer has is forgotten, cancelled or not', async () => {
    const list = (...rows: string[]) => `date,time,venue,region,reference,couple\n${rows.join('\n')}\n`;
    await bring(list('2026-11-21,14:00,Barn,Surrey,R-1,Ann & Bo', '2026-11-22,14:00,Barn,Surrey,R-2,Cy & Di'));
    const stored = () => store.read.selectFrom('wedding_couple').select('names').where('organisation_id', '=', org);
    expect((await stored().execute()).map(({ names }) => names)).toEqual(['Ann & Bo', 'Cy & Di']);
    await bring(list('2026-11-21,14:00,Barn,Surrey,R-1,'), 'i2');
    expect((await stored().execute()).map(({ names }) => names)).toEqual(['Cy & Di']);
    expect(await weekend.countWeddings(org)).toBe(2);
  });

  test('5,000 weddings commit in one short transaction', async () => {
    const rows = Array.from(
      { length: 5000 },
      (_, index) => `2027-0${1 + (index % 9)}-1${index % 10},14:00,Venue ${index % 40},Kent,R-${index},C ${index}`,
    );
    const path = join(folder, 'large.csv');
    const text = `date,time,venue,region,reference,couple\n${rows.join('\n')}\n`;
    writeFileSync(path, text);
    const run = {
      organisationId: org,
      importId: 'big',
      file: { path, name: 'l', bytes: 1 },
      format: null,
      mapping: null,
      signal: new AbortController().signal,
      progress: () => undefined,
    };
    const outcome = await importer().run(run);
    const before = workedMs();
    await store.transaction((tx) => outcome.commit(tx));
    expect(workedMs() - before).toBeLessThan(1000);
    expect(await weekend.countWeddings(org)).toBe(5000);
    expect(await importer().held(org, 'big')).toBeNull();
    await store.transaction((tx) => importer().undo(tx, org, 'big'));
    expect(await weekend.countWeddings(org)).toBe(0);
  });

  test('an import that overwrote weddings cannot be taken back, and says why', async () => {
    await bring(ics(wedding(1, '20261121T140000')), 'a');
    await bring(ics(wedding(2, '20261121T150000')), 'b');
    expect(await importer().held(org, 'b')).toContain('1 weddings were updated');
  });

  test('the day order of dates is asked, not guessed', async () => {
    const path = join(folder, 'order.csv');
    writeFileSync(path, 'date,venue\n01/02/2026,A\n');
    expect((await importer().preview(org, { path, name: 'o', bytes: 1 })).questions).toHaveLength(1);
    const mapping = { name: '', columns: {}, dateOrder: 'dmy' as const, decimal: '.' as const };
    expect(await bring('date,venue\n01/02/2026,A\n', 'm', mapping)).toMatchObject({ imported: 1, rejected: 0 });
  });

  test('a file that is no calendar is refused as a whole', async () => {
    await expect(bring('name,colour\nx,y\n')).rejects.toThrow('No column is named "date"');
    await expect(bring('')).rejects.toThrow('empty');
  });
});

test('the practice weekend has 8, 23 and 5 weddings and is laid down once', async () => {
  await seedPracticeWeddings(weekend, runtime, org);
  await seedPracticeWeddings(weekend, runtime, org);
  const { weddings, weddingsToday } = await now();
  const on = (date: string) => weddings.filter((wedding) => wedding.date === date).length;
  expect([on('2026-11-20'), on('2026-11-21'), on('2026-11-22'), weddingsToday]).toEqual([8, 23, 5, 23]);
});

test('another nation keeps other bank holidays; both changes are audited', async () => {
  const monday = '2026-11-30T12:00:00Z';
  const at = () =>
    weekend.result(
      org,
      (runtime.clock.now() + Date.parse(monday) - runtime.clock.now()) as ReturnType<typeof runtime.clock.now>,
    );
  expect((await at()).weddingDay.active).toBe(false);
  await weekend.setNation(org, 'scotland', alex);
  expect((await at()).weddingDay).toMatchObject({ active: true, reason: 'bank_holiday_weekend' });
  await weekend.importBankHolidays(org, ics(event('UID:x', 'DTSTART;VALUE=DATE:20261225', 'SUMMARY:Christmas')), alex);
  expect((await at()).weddingDay.active).toBe(false);
  expect(audited.map((each) => each.action)).toEqual(['setting.changed', 'bank-holidays.imported']);
});
