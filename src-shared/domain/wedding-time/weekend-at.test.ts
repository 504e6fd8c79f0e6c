import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Instant } from '../time-and-ids.ts';
import { bankHolidaysKnown, bankHolidaysOfYear } from './bank-holidays.ts';
import { wrongWeekends } from './known-answers.ts';
import { addDays, instantOf } from './local-time.ts';
import { type ManualSwitch, seasonOf, weekendAt } from './weekend-at.ts';

const london = 'Europe/London';
const english = bankHolidaysKnown('england-and-wales');
const instant = (text: string) => Instant.parse(Date.parse(text));

function at(text: string, more: { zone?: string; weddings?: string[]; manual?: ManualSwitch[] } = {}) {
  return weekendAt({
    at: instant(text),
    zone: more.zone ?? london,
    weddingDates: new Set(more.weddings),
    bankHolidays: english,
    manual: more.manual ?? [],
  });
}

function hours(text: string): number {
  const { startsAt, endsAt } = at(text).weddingDay;
  return startsAt === null || endsAt === null ? Number.NaN : (endsAt - startsAt) / 3_600_000;
}

describe('golden lengths of a wedding weekend (R30)', () => {
  test.each([
    ['an ordinary weekend', '2026-11-21T12:00:00Z', 53],
    ['the spring change of 2026', '2026-03-28T12:00:00Z', 52],
    ['the autumn change of 2026', '2026-10-24T12:00:00Z', 54],
    ['the autumn change of 2027', '2027-10-30T12:00:00Z', 54],
    ['Easter 2027 with its clock change', '2027-03-27T12:00:00Z', 76],
    ['the early May weekend of 2026', '2026-05-02T12:00:00Z', 77],
    ['Christmas 2026, whose Monday is a substitute day', '2026-12-26T12:00:00Z', 77],
    ['New Year 2027, a Friday holiday with a working Monday', '2027-01-02T12:00:00Z', 53],
  ])('%s', (_name, moment, expected) => {
    expect(hours(moment)).toBe(expected);
  });

  test('Scotland has no Easter Monday, so its Easter 2027 ends on Sunday', () => {
    const facts = weekendAt({
      at: instant('2027-03-27T12:00:00Z'),
      zone: london,
      weddingDates: new Set(),
      bankHolidays: bankHolidaysKnown('scotland'),
      manual: [],
    });
    expect((Number(facts.weddingDay.endsAt) - Number(facts.weddingDay.startsAt)) / 3_600_000).toBe(52);
  });
});

test('the known answers hold with the zone data of this machine (R36)', () => {
  expect(wrongWeekends()).toEqual([]);
});

describe('boundaries are half-open (R29)', () => {
  test.each([
    ['2026-11-20T17:59:59.999Z', false],
    ['2026-11-20T18:00:00.000Z', true],
    ['2026-11-22T22:59:59.999Z', true],
    ['2026-11-22T23:00:00.000Z', false],
    // British summer time.
    ['2026-07-17T16:59:59.999Z', false],
    ['2026-07-17T17:00:00.000Z', true],
    ['2026-07-19T22:00:00.000Z', false],
    // Easter Monday 2027.
    ['2027-03-29T21:59:59.999Z', true],
    ['2027-03-29T22:00:00.000Z', false],
  ])('mode at %s is %s', (moment, active) => {
    expect(at(moment).weddingDay.active).toBe(active);
  });

  test.each([
    ['2026-11-20T23:59:59.999Z', false],
    ['2026-11-21T00:00:00.000Z', true],
    ['2026-11-21T23:59:59.999Z', true],
    ['2026-11-22T00:00:00.000Z', false],
  ])('Saturday protection at %s is %s', (moment, expected) => {
    expect(at(moment).saturdayProtection).toBe(expected);
  });

  test.each([
    ['2026-11-21T09:59:59.999Z', true, false],
    ['2026-11-21T10:00:00.000Z', true, true],
    ['2026-11-21T17:59:59.999Z', true, true],
    ['2026-11-21T18:00:00.000Z', true, false],
    ['2026-11-24T12:00:00.000Z', false, false],
    ['2027-03-29T12:00:00.000Z', true, true],
  ])('at %s the mode is %s and peak hours are %s', (moment, active, peak) => {
    expect(at(moment).weddingDay.active).toBe(active);
    expect(at(moment).peakHours).toBe(peak);
  });

  test('seasons change with the local month', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(seasonOf).join(' ')).toBe(
      'off_season off_season off_season shoulder peak peak peak peak peak shoulder off_season off_season',
    );
    expect(at('2026-04-30T22:59:59Z').season).toBe('shoulder');
    expect(at('2026-04-30T23:00:00Z').season).toBe('peak');
  });
});

describe('confirmed weddings and the manual switch', () => {
  test('a Wednesday with a confirmed wedding is a wedding day from midnight to midnight', () => {
    const weddings = ['2026-11-25'];
    expect(at('2026-11-24T23:59:59.999Z', { weddings }).weddingDay.active).toBe(false);
    expect(at('2026-11-25T12:00:00Z', { weddings }).weddingDay).toEqual({
      active: true,
      reason: 'confirmed_wedding',
      startsAt: instant('2026-11-25T00:00:00Z'),
      endsAt: instant('2026-11-26T00:00:00Z'),
    });
    expect(at('2026-11-25T12:00:00Z', { weddings }).peakHours).toBe(true);
  });

  test('a Sunday wedding carries the weekend to midnight', () => {
    expect(at('2026-11-22T23:30:00Z', { weddings: ['2026-11-22'] }).weddingDay.active).toBe(true);
  });

  test('weddings on every day of a summer are one stretch', () => {
    const weddings = Array.from({ length: 90 }, (_, day) => addDays('2026-06-01', day));
    const { startsAt, endsAt } = at('2026-07-15T12:00:00Z', { weddings }).weddingDay;
    // 90 days from 1 June end on 29 August, inside the bank-holiday weekend that runs to Monday 31 August, 23:00.
    expect(startsAt).toBe(instant('2026-05-31T23:00:00Z'));
    expect(endsAt).toBe(instant('2026-08-31T22:00:00Z'));
  });

  const off: ManualSwitch = {
    mode: 'off',
    reason: 'Venue closed by snow',
    by: 'alex',
    startsAt: instant('2026-11-21T12:00:00Z'),
    endsAt: instant('2026-11-21T15:00:00Z'),
  };

  test('switched off by hand: inactive with the reason, back on at the end, Saturday protection stays', () => {
    const facts = at('2026-11-21T13:00:00Z', { manual: [off] });
    expect(facts.weddingDay).toEqual({
      active: false,
      reason: 'manual',
      startsAt: instant('2026-11-21T15:00:00Z'),
      endsAt: instant('2026-11-22T23:00:00Z'),
    });
    expect(facts.saturdayProtection).toBe(true);
    expect(facts.peakHours).toBe(false);
    expect(at('2026-11-21T15:00:00Z', { manual: [off] }).weddingDay.active).toBe(true);
  });

  test('a later switch beats an earlier one', () => {
    const on: ManualSwitch = { ...off, mode: 'on', endsAt: instant('2026-11-21T14:00:00Z') };
    expect(at('2026-11-21T13:00:00Z', { manual: [off, on] }).weddingDay.active).toBe(true);
    expect(at('2026-11-21T14:30:00Z', { manual: [off, on] }).weddingDay.active).toBe(false);
  });

  test('switched on during the week, with peak hours', () => {
    const on: ManualSwitch = {
      ...off,
      mode: 'on',
      startsAt: instant('2026-11-24T09:00:00Z'),
      endsAt: instant('2026-11-24T20:00:00Z'),
    };
    const facts = at('2026-11-24T11:00:00Z', { manual: [on] });
    expect(facts.weddingDay).toEqual({ active: true, reason: 'manual', startsAt: on.startsAt, endsAt: on.endsAt });
    expect(facts.peakHours).toBe(true);
  });
});

describe('bank holidays', () => {
  const dates = (nation: 'england-and-wales' | 'scotland' | 'northern-ireland', year: number) =>
    bankHolidaysOfYear(nation, year)
      .map((day) => day.date.slice(5))
      .join(' ');

  // As published by the government.
  test.each([
    ['england-and-wales', 2025, '01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26'],
    ['england-and-wales', 2026, '01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28'],
    ['england-and-wales', 2027, '01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28'],
    ['england-and-wales', 2028, '01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26'],
    ['scotland', 2025, '01-01 01-02 04-18 05-05 05-26 08-04 12-01 12-25 12-26'],
    ['scotland', 2026, '01-01 01-02 04-03 05-04 05-25 06-15 08-03 11-30 12-25 12-28'],
    ['scotland', 2027, '01-01 01-04 03-26 05-03 05-31 08-02 11-30 12-27 12-28'],
    ['northern-ireland', 2025, '01-01 03-17 04-18 04-21 05-05 05-26 07-14 08-25 12-25 12-26'],
    ['northern-ireland', 2026, '01-01 03-17 04-03 04-06 05-04 05-25 07-13 08-31 12-25 12-28'],
    ['northern-ireland', 2030, '01-01 03-18 04-19 04-22 05-06 05-27 07-12 08-26 12-25 12-26'],
  ] as const)('%s %i', (nation, year, expected) => {
    expect(dates(nation, year)).toBe(expected);
  });

  test('no holiday falls on a weekend, and none twice, in any built-in year', () => {
    for (const nation of ['england-and-wales', 'scotland', 'northern-ireland'] as const) {
      const known = [...bankHolidaysKnown(nation).keys()];
      expect(new Set(known).size).toBe(known.length);
      for (const date of known) expect([1, 2, 3, 4, 5]).toContain(new Date(date).getUTCDay());
      expect(known.at(0)).toBe('2025-01-01');
      expect(known.at(-1)?.slice(0, 4)).toBe('2032');
    }
  });

  test('an imported year replaces the built-in one as a whole', () => {
    const known = bankHolidaysKnown('england-and-wales', [{ date: '2027-06-07', name: 'Moved' }]);
    expect([...known.keys()].filter((date) => date.startsWith('2027'))).toEqual(['2027-06-07']);
    expect(known.has('2026-05-04')).toBe(true);
  });
});

/** Reads the wall with Intl and decides by weekday and minute alone: shares nothing with the code under test. */
function oracle(moment: number, zone: string, weddings: ReadonlySet<string>) {
  const parts = Object.fromEntries(
    formatter(zone)
      .formatToParts(moment)
      .map((part) => [part.type, part.value]),
  );
  const date = `${parts.year}-${parts.month}-${parts.day}`;
  const day = new Date(`${date}T00:00:00Z`).getUTCDay();
  const minute = Number(parts.hour) * 60 + Number(parts.minute);
  const next = new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  const weekend =
    (day === 5 && minute >= 1080) ||
    day === 6 ||
    (day === 0 && (minute < 1380 || english.has(next))) ||
    (day === 1 && minute < 1380 && english.has(date));
  const active = weekend || weddings.has(date);
  return { active, saturday: day === 6, peak: active && minute >= 600 && minute < 1080 };
}

const formatters = new Map<string, Intl.DateTimeFormat>();
function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  formatters.set(zone, made);
  return made;
}

describe('against an independent oracle', () => {
  const zones = Intl.supportedValuesOf('timeZone');
  const minute = fc
    .integer({ min: Date.UTC(2025, 0, 15) / 60_000, max: Date.UTC(2032, 11, 1) / 60_000 })
    .map((value) => value * 60_000);

  test('every zone of the world, any minute of the built-in years, with and without weddings', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        minute,
        fc.array(fc.integer({ min: -4, max: 4 }), { maxLength: 3 }),
        (zone, moment, offsets) => {
          const today = new Date(moment).toISOString().slice(0, 10);
          const weddings = new Set(offsets.map((days) => addDays(today, days)));
          const facts = weekendAt({
            at: Instant.parse(moment),
            zone,
            weddingDates: weddings,
            bankHolidays: english,
            manual: [],
          });
          const expected = oracle(moment, zone, weddings);
          expect([facts.weddingDay.active, facts.saturdayProtection, facts.peakHours]).toEqual([
            expected.active,
            expected.saturday,
            expected.peak,
          ]);
          const { startsAt, endsAt } = facts.weddingDay;
          if (startsAt === null || endsAt === null) throw new Error('a weekend always comes');
          expect(oracle(startsAt, zone, weddings).active).toBe(true);
          expect(oracle(startsAt - 60_000, zone, weddings).active).toBe(false);
          expect(oracle(endsAt - 60_000, zone, weddings).active).toBe(true);
          expect(oracle(endsAt, zone, weddings).active).toBe(false);
          // The facts hold until `validUntil`, to the last minute.
          expect(oracle(facts.validUntil - 60_000, zone, weddings)).toEqual(expected);
        },
      ),
      { numRuns: 800 },
    );
  });

  test.each(['2026-03-26T00:00:00Z', '2026-10-22T00:00:00Z', '2027-03-25T00:00:00Z', '2027-10-28T00:00:00Z'])(
    'every ten minutes around the clock change from %s in London',
    (start) => {
      for (let step = 0; step < 6 * 24 * 6; step++) {
        const moment = Date.parse(start) + step * 600_000;
        const facts = at(new Date(moment).toISOString());
        const expected = oracle(moment, london, new Set());
        expect([facts.weddingDay.active, facts.saturdayProtection, facts.peakHours]).toEqual([
          expected.active,
          expected.saturday,
          expected.peak,
        ]);
      }
    },
  );

  test('a day that a zone never had does not break the week (Samoa, 30 December 2011)', () => {
    const facts = at('2011-12-31T10:30:00Z', { zone: 'Pacific/Apia' });
    expect(facts.weddingDay.active).toBe(true);
    // Friday did not exist: the mode begins with the Saturday that follows the gap.
    expect(facts.weddingDay.startsAt).toBe(instant('2011-12-30T10:00:00Z'));
  });

  test('a skipped wall time means the first instant after the gap, a repeated one the first', () => {
    expect(instantOf('2026-03-29', '01:30', london)).toBe(instant('2026-03-29T01:00:00Z'));
    expect(instantOf('2026-10-25', '01:30', london)).toBe(instant('2026-10-25T00:30:00Z'));
  });
});
