import { describe, expect, test } from 'vitest';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { textOfBytes } from './file-text.ts';
import { readBankHolidaysIcs, readWeddingsIcs } from './read-ics.ts';
import { readWeddingsCsv } from './read-table.ts';
import type { Wedding } from './wedding.ts';
import { readWeddings, weekendResult } from './weekend-at.ts';

const zone = 'Europe/London';
const until = Instant.parse(Date.UTC(2029, 0, 1));
const calendar = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...lines, 'END:VCALENDAR'].join('\r\n');
const event = (...lines: string[]) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'];
const starts = (weddings: readonly Wedding[]) =>
  weddings.map(({ startsAt }) => (startsAt === null ? null : isoOf(startsAt)));
const read = (...lines: string[]) => readWeddingsIcs(calendar(...lines), { zone, until });

describe('a wedding calendar', () => {
  test('UTC, TZID and floating times mean what they say; the day is told in the organisation zone', () => {
    const { weddings, rejections } = read(
      ...event('UID:utc', 'DTSTART:20260718T233000Z', 'SUMMARY:A & B'),
      ...event('UID:paris', 'DTSTART;TZID=Europe/Paris:20260718T150000'),
      ...event('UID:floating', 'DTSTART:20260718T140000'),
    );
    expect(rejections).toEqual([]);
    expect(starts(weddings)).toEqual([
      '2026-07-18T23:30:00.000Z',
      '2026-07-18T13:00:00.000Z',
      '2026-07-18T13:00:00.000Z',
    ]);
    expect(weddings[0]?.date).toBe('2026-07-19');
  });

  test('a zone the file describes itself is used, an unknown one refuses its entry by line', () => {
    const { weddings, rejections } = read(
      'BEGIN:VTIMEZONE',
      'TZID:House time',
      'BEGIN:STANDARD',
      'DTSTART:19700101T000000',
      'TZOFFSETFROM:+0300',
      'TZOFFSETTO:+0300',
      'END:STANDARD',
      'END:VTIMEZONE',
      ...event('UID:described', 'DTSTART;TZID=House time:20260718T150000'),
      ...event('UID:unknown', 'DTSTART;TZID=Atlantis:20260718T150000'),
    );
    expect(starts(weddings)).toEqual(['2026-07-18T12:00:00.000Z']);
    expect(rejections).toEqual([{ row: 16, field: 'DTSTART', reason: expect.stringContaining('Atlantis') }]);
  });

  test('THISANDFUTURE moves an occurrence and all after it, until the next such word; what was moved alone stays', () => {
    const { weddings, rejections } = read(
      ...event('UID:s', 'DTSTART;TZID=Europe/London:20261003T140000', 'RRULE:FREQ=WEEKLY;COUNT=6', 'LOCATION:Old Barn'),
      ...event(
        'UID:s',
        'RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/London:20261017T140000',
        'DTSTART;TZID=Europe/London:20261018T160000',
        'LOCATION:New Barn',
      ),
      ...event(
        'UID:s',
        'RECURRENCE-ID;TZID=Europe/London:20261031T140000',
        'DTSTART;TZID=Europe/London:20261030T090000',
      ),
      ...event(
        'UID:s',
        'RECURRENCE-ID;TZID=Europe/London;RANGE=THISANDFUTURE:20261107T140000',
        'DTSTART;TZID=Europe/London:20261107T140000',
        'STATUS:CANCELLED',
      ),
    );
    expect(rejections).toEqual([]);
    const told = weddings.map(({ startsAt, venue, status }) => [startsAt && isoOf(startsAt), venue, status]);
    expect(told.toSorted()).toEqual([
      ['2026-10-03T13:00:00.000Z', 'Old Barn', 'confirmed'],
      ['2026-10-10T13:00:00.000Z', 'Old Barn', 'confirmed'],
      ['2026-10-18T15:00:00.000Z', 'New Barn', 'confirmed'],
      ['2026-10-25T16:00:00.000Z', 'New Barn', 'confirmed'],
      ['2026-10-30T09:00:00.000Z', '', 'confirmed'],
      ['2026-11-07T14:00:00.000Z', '', 'cancelled'],
    ]);
    expect(new Set(weddings.map(({ key }) => key)).size).toBe(6);
  });

  test('a whole-day series given a time from one day on has it on every later day; THISANDPRIOR is refused by name', () => {
    const { weddings, rejections } = read(
      ...event('UID:s', 'DTSTART;VALUE=DATE:20261003', 'RRULE:FREQ=WEEKLY;COUNT=3'),
      ...event('UID:s', 'RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261010', 'DTSTART:20261011T120000Z'),
      ...event('UID:p', 'RECURRENCE-ID;RANGE=THISANDPRIOR:20261010T120000Z', 'DTSTART:20261011T120000Z'),
    );
    expect(weddings.map(({ date, startsAt }) => [date, startsAt && isoOf(startsAt)])).toEqual([
      ['2026-10-03', null],
      ['2026-10-18', '2026-10-18T12:00:00.000Z'],
      ['2026-10-11', '2026-10-11T12:00:00.000Z'],
    ]);
    expect(rejections).toEqual([
      { row: 14, field: 'RECURRENCE-ID', reason: expect.stringContaining('RANGE=THISANDPRIOR') },
    ]);
  });

  test('recurrences keep their wall time over the clock change; exceptions and moved occurrences count', () => {
    const { weddings } = read(
      ...event(
        'UID:series',
        'DTSTART;TZID=Europe/London:20261017T140000',
        'RRULE:FREQ=WEEKLY;COUNT=4',
        'EXDATE;TZID=Europe/London:20261024T140000',
        'LOCATION:Barn at Wick\\, Surrey',
      ),
      ...event(
        'UID:series',
        'RECURRENCE-ID;TZID=Europe/London:20261107T140000',
        'DTSTART;TZID=Europe/London:20261107T160000',
      ),
    );
    expect(starts(weddings)).toEqual([
      '2026-10-17T13:00:00.000Z',
      '2026-10-31T14:00:00.000Z',
      '2026-11-07T16:00:00.000Z',
    ]);
    expect(new Set(weddings.map((wedding) => wedding.key)).size).toBe(3);
  });

  test('a rule without an end is written out to the horizon only', () => {
    const { weddings } = read(...event('UID:endless', 'DTSTART;VALUE=DATE:20260103', 'RRULE:FREQ=WEEKLY;BYDAY=SA'));
    expect(weddings.length).toBe(157);
  });

  test('whole days, one or several', () => {
    const { weddings } = read(
      ...event('UID:one', 'DTSTART;VALUE=DATE:20260718'),
      ...event('UID:three', 'DTSTART;VALUE=DATE:20260717', 'DTEND;VALUE=DATE:20260720'),
    );
    expect(weddings.map(({ date, lastDate, startsAt }) => [date, lastDate, startsAt])).toEqual([
      ['2026-07-18', '2026-07-18', null],
      ['2026-07-17', '2026-07-19', null],
    ]);
  });

  test('the highest SEQUENCE of a UID wins wherever it stands, and a cancelled entry stays cancelled', () => {
    const { weddings, duplicates } = read(
      ...event('UID:w', 'SEQUENCE:3', 'STATUS:CANCELLED', 'DTSTART:20260718T140000'),
      ...event('UID:w', 'SEQUENCE:2', 'DTSTART:20260725T140000'),
    );
    expect(weddings.map(({ status, date }) => [status, date])).toEqual([['cancelled', '2026-07-18']]);
    expect(duplicates).toBe(1);
  });

  test('venue and region come from the address, or from our own property', () => {
    const { weddings } = read(
      ...event(
        'UID:a',
        'DTSTART:20260718T140000',
        'LOCATION:Orchard House\\, Mill Lane\\, Kent\\, TN1 2AB\\, United Kingdom',
      ),
      ...event('UID:b', 'DTSTART:20260718T140000', 'LOCATION:St Ives Pavilion', 'X-WEDSYNC-REGION:Cornwall'),
    );
    expect(weddings.map(({ venue, region }) => [venue, region])).toEqual([
      ['Orchard House', 'Kent'],
      ['St Ives Pavilion', 'Cornwall'],
    ]);
  });

  test('broken lines and entries are named by line, and cost nothing else', () => {
    const { weddings, rejections } = read(
      ...event('UID:good', 'this line is broken', 'DTSTART:20260718T140000'),
      ...event('DTSTART:20260718T140000'),
      ...event('UID:no-start'),
      ...event('UID:bad-start', 'DTSTART:2026-13-45'),
      'BEGIN:VEVENT',
      'UID:cut off',
    );
    expect(weddings.map((wedding) => wedding.key)).toEqual(['good']);
    expect(rejections.map(({ row, field }) => [row, field])).toEqual([
      [6, 'line'],
      [9, 'UID'],
      [12, 'DTSTART'],
      [15, expect.any(String)],
      [19, 'event'],
    ]);
  });

  test('5,000 entries are read in a moment', () => {
    const lines = Array.from({ length: 5000 }, (_, index) =>
      event(`UID:w${index}`, 'DTSTART;TZID=Europe/London:20260718T140000', 'LOCATION:Hall\\, Kent'),
    ).flat();
    const before = performance.now();
    expect(read(...lines).weddings.length).toBe(5000);
    expect(performance.now() - before).toBeLessThan(5000);
  });

  test('not a calendar', () => {
    expect(readWeddingsIcs('hello', { zone, until }).rejections).toHaveLength(1);
  });

  test('a bank-holiday calendar', () => {
    const { days } = readBankHolidaysIcs(
      calendar(...event('UID:x', 'DTSTART;VALUE=DATE:20270607', 'DTEND;VALUE=DATE:20270608', 'SUMMARY:Jubilee')),
    );
    expect(days).toEqual([{ date: '2027-06-07', name: 'Jubilee' }]);
  });
});

describe('a series', () => {
  const series = (...lines: string[]) => event('UID:s', 'DTSTART;TZID=Europe/London:20260704T140000', ...lines);
  const days = (weddings: readonly Wedding[]) =>
    weddings.filter(({ status }) => status !== 'cancelled').map(({ date }) => date.slice(5));

  test.each([
    ['in UTC', 'EXDATE:20260711T130000Z'],
    ['as a day', 'EXDATE;VALUE=DATE:20260711'],
    ['as a day that does not say so', 'EXDATE:20260711'],
    ['in another zone', 'EXDATE;TZID=Europe/Paris:20260711T150000'],
    ['by its own clock', 'EXDATE;TZID=Europe/London:20260711T140000'],
  ])('leaves out an exception written %s', (_name, exception) => {
    expect(days(read(...series('RRULE:FREQ=WEEKLY;COUNT=3', exception)).weddings)).toEqual(['07-04', '07-18']);
  });

  test.each(['20260718T130000Z', '20260718', '20260718T225959Z', '20260718T140000'])(
    'includes its last day when the rule ends at %s',
    (end) => {
      expect(days(read(...series(`RRULE:FREQ=WEEKLY;UNTIL=${end}`)).weddings)).toEqual(['07-04', '07-11', '07-18']);
    },
  );

  test.each([
    'RECURRENCE-ID:20260711T130000Z',
    'RECURRENCE-ID;VALUE=DATE:20260711',
    'RECURRENCE-ID;TZID=Europe/Paris:20260711T150000',
    'RECURRENCE-ID;TZID=Europe/London:20260711T140000',
  ])('an occurrence moved by %s stands once', (recurrence) => {
    const { weddings } = read(
      ...series('RRULE:FREQ=WEEKLY;COUNT=3'),
      ...event('UID:s', recurrence, 'DTSTART;TZID=Europe/London:20260712T160000'),
    );
    expect(days(weddings).sort()).toEqual(['07-04', '07-12', '07-18']);
    expect(weddings.map(({ key }) => key)).toContain('s/2026-07-11T14:00:00');
  });

  test('days named beside it count, each by the clock it is told in, and the start is one of them', () => {
    const { weddings } = read(
      ...series(
        'RDATE;TZID=Europe/Paris:20260806T140000',
        'RDATE:20260907T140000Z',
        'RDATE;VALUE=PERIOD:20261003T120000Z/PT3H',
      ),
    );
    expect(starts(weddings)).toEqual([
      '2026-07-04T13:00:00.000Z',
      '2026-08-06T12:00:00.000Z',
      '2026-09-07T14:00:00.000Z',
      '2026-10-03T12:00:00.000Z',
    ]);
  });

  test('that is called off takes its moved occurrences with it; so does a calendar sent to call off', () => {
    const moved = event('UID:s', 'RECURRENCE-ID:20260711T130000Z', 'DTSTART:20260712T130000Z');
    const off = read(...series('STATUS:CANCELLED', 'RRULE:FREQ=WEEKLY;COUNT=3'), ...moved).weddings;
    expect(new Set(off.map(({ status }) => status))).toEqual(new Set(['cancelled']));
    const sent = read('METHOD:CANCEL', ...event('UID:one', 'DTSTART:20260712T130000Z')).weddings;
    expect(sent.map(({ status }) => status)).toEqual(['cancelled']);
  });

  test('whose rule repeats within a day, or names a day that never comes, is refused and holds nothing up', () => {
    for (const rule of ['FREQ=SECONDLY', 'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31']) {
      const { weddings, rejections } = read(...series(`RRULE:${rule}`), ...event('UID:x', 'DTSTART:20260718'));
      expect(weddings.map(({ key, date }) => [key, date])).toEqual([['x', '2026-07-18']]);
      expect(rejections.map(({ field }) => field)).toEqual(['RRULE']);
    }
  });

  test('a moved occurrence is as new as the series it stands in', () => {
    const { weddings } = read(
      ...series('SEQUENCE:4', 'RRULE:FREQ=WEEKLY;COUNT=2'),
      ...event('UID:s', 'RECURRENCE-ID:20260711T130000Z', 'DTSTART:20260711T150000Z'),
    );
    expect(weddings.map(({ sequence }) => sequence)).toEqual([4, 4]);
  });

  test('a day that no calendar has is refused, not moved to the next month', () => {
    const { weddings, rejections } = read(...event('UID:f', 'DTSTART;VALUE=DATE:20260230'));
    expect(weddings).toEqual([]);
    expect(rejections).toEqual([{ row: 4, field: 'DTSTART', reason: '2026-02-30 is not a day of a calendar.' }]);
  });
});

describe('the bytes of a file', () => {
  const folded = (text: string, at: number) => {
    const bytes = Buffer.from(text);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from('\r\n '), bytes.subarray(at)]);
  };

  test('a letter whose bytes were folded apart is one letter again', () => {
    const text = calendar(...event('UID:a', 'DTSTART:20260718T140000Z', 'LOCATION:Château\\, Kent'));
    for (let cut = 0; cut < 2; cut++) {
      const raw = folded(text, Buffer.from(text).indexOf('â') + cut);
      expect(readWeddingsIcs(textOfBytes(raw), { zone, until }).weddings[0]?.venue).toBe('Château');
    }
  });

  test('UTF-8, UTF-16 and what Excel writes are read', () => {
    const text = 'date,venue\n2026-07-18,Café Rosé\n';
    const files = [Buffer.from(text), Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from(text, 'latin1')];
    for (const raw of files) expect(readWeddingsCsv(textOfBytes(raw), { zone }).weddings[0]?.venue).toBe('Café Rosé');
  });
});

describe('a wedding table', () => {
  test('columns are found by name, times are told in the organisation zone', () => {
    const { weddings, rejections } = readWeddingsCsv(
      '\uFEFFReference,Wedding date,Ceremony_time,Venue,Region,Couple,Status\r\nB-1,2026-07-18,14:30,"Barn at Wick, The",Surrey,Ann & Bo,confirmed\r\n\r\nB-2,18 Jul 2026,2pm,Hall Farm,Kent,,Cancelled\r\n',
      { zone },
    );
    expect(rejections).toEqual([]);
    expect(starts(weddings)).toEqual(['2026-07-18T13:30:00.000Z', '2026-07-18T13:00:00.000Z']);
    expect(weddings.map(({ venue, status }) => [venue, status])).toEqual([
      ['Barn at Wick, The', 'confirmed'],
      ['Hall Farm', 'cancelled'],
    ]);
  });

  test('bad rows are refused by line, field and reason', () => {
    const { weddings, rejections } = readWeddingsCsv(
      'date,time,venue,status\n2026-02-30,,A,\n2026-07-18,25:00,A,\n2026-07-18,,A,maybe\n2026-07-18,,A,\n',
      { zone },
    );
    expect(weddings).toHaveLength(1);
    expect(rejections.map(({ row, field }) => [row, field])).toEqual([
      [2, 'date'],
      [3, 'time'],
      [4, 'status'],
    ]);
  });

  test('dates that could be two days are refused until the file or a person says which', () => {
    const both = 'date,venue\n01/02/2026,A\n03/04/2026,B\n';
    expect(readWeddingsCsv(both, { zone }).rejections).toHaveLength(2);
    expect(readWeddingsCsv(both, { zone, dateOrder: 'dmy' }).weddings[0]?.date).toBe('2026-02-01');
    expect(readWeddingsCsv(`${both}18/07/2026,C\n`, { zone }).weddings.map((wedding) => wedding.date)).toEqual([
      '2026-02-01',
      '2026-04-03',
      '2026-07-18',
    ]);
  });

  test('the same row twice is one wedding', () => {
    const { weddings, duplicates } = readWeddingsCsv('date,venue\n2026-07-18,A\n2026-07-18,A\n', { zone });
    expect([weddings.length, duplicates]).toEqual([1, 1]);
  });
});

describe('the weekend answer', () => {
  test('has exactly the promised fields and never a couple', async () => {
    const at = Instant.parse(Date.parse('2026-11-21T13:50:00Z'));
    const { weddings } = await readWeddings(
      'date,time,venue,region,couple,status\n2026-11-21,14:00,The Barn,Surrey,Ann & Bo,confirmed\n2026-11-22,13:00,Hall,Kent,,confirmed\n2026-11-21,15:00,Gone,Kent,,cancelled\n2026-12-05,15:00,Later,Kent,,confirmed\n',
      zone,
      at,
    );
    expect(weekendResult({ at, zone, nation: 'england-and-wales', weddings })).toEqual({
      at: '2026-11-21T13:50:00.000Z',
      timezone: 'Europe/London',
      weddingDay: {
        active: true,
        reason: 'weekend',
        startsAt: '2026-11-20T18:00:00.000Z',
        endsAt: '2026-11-23T00:00:00.000Z',
      },
      saturdayProtection: true,
      peakHours: true,
      season: 'off_season',
      weddingsToday: 1,
      weddings: [
        { date: '2026-11-21', venue: 'The Barn', region: 'Surrey', startsAt: '2026-11-21T14:00:00.000Z' },
        { date: '2026-11-22', venue: 'Hall', region: 'Kent', startsAt: '2026-11-22T13:00:00.000Z' },
      ],
    });
  });
});
