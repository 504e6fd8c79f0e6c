import { z } from 'zod';
import type { IsoDate } from '../time-and-ids.ts';
import { addDays, weekdayOf } from './local-time.ts';

/** Whose bank holidays an organisation keeps; `none` outside the United Kingdom. */
export const Nation = z.enum(['england-and-wales', 'scotland', 'northern-ireland', 'none']);
export type Nation = z.infer<typeof Nation>;

export interface BankHoliday {
  readonly date: IsoDate;
  readonly name: string;
}

/** The built-in years. Beyond them a calendar file must be imported; `weekendAt` then simply knows no holiday. */
export const BUILT_IN_YEARS = { first: 2025, last: 2032 } as const;

/** One-off days by royal proclamation; they follow no rule. */
const proclaimed: readonly (BankHoliday & { readonly nation: Nation })[] = [
  { nation: 'scotland', date: '2026-06-15', name: 'World Cup' },
];

interface Feast {
  readonly date: IsoDate;
  readonly name: string;
  /** A day that falls on a weekend is moved to the next working day that is not a holiday itself. */
  readonly substitute: boolean;
}

/**
 * The bank holidays of one nation and year by the rules of the Banking and Financial Dealings Act, with substitute days.
 * The day itself is left out when it falls on a weekend, as the official list does.
 */
export function bankHolidaysOfYear(nation: Nation, year: number): readonly BankHoliday[] {
  if (nation === 'none') return [];
  const feasts = feastsOf(nation, year);
  // A holiday on a working day keeps it; only then do the moved ones look for a free day.
  const taken = new Set(feasts.filter((feast) => weekdayOf(feast.date) < 6).map((feast) => feast.date));
  const days = feasts.map((feast): BankHoliday => {
    if (!feast.substitute || weekdayOf(feast.date) < 6) return { date: feast.date, name: feast.name };
    let date = feast.date;
    while (weekdayOf(date) > 5 || taken.has(date)) date = addDays(date, 1);
    taken.add(date);
    return { date, name: `${feast.name} (substitute day)` };
  });
  const special = proclaimed.filter((day) => day.nation === nation && day.date.startsWith(`${year}-`));
  return [...days, ...special.map(({ date, name }) => ({ date, name }))].sort((a, b) => a.date.localeCompare(b.date));
}

/**
 * Every holiday known: built in, with the years an imported file covers taken from the file instead. A whole year is
 * replaced, so a day the government moves does not stay behind.
 */
export function bankHolidaysKnown(nation: Nation, imported: readonly BankHoliday[] = []): ReadonlyMap<IsoDate, string> {
  if (nation === 'none') return new Map();
  const fileYears = new Set(imported.map((day) => day.date.slice(0, 4)));
  const known: [IsoDate, string][] = imported.map((day) => [day.date, day.name]);
  for (let year: number = BUILT_IN_YEARS.first; year <= BUILT_IN_YEARS.last; year++) {
    if (fileYears.has(String(year))) continue;
    for (const day of bankHolidaysOfYear(nation, year)) known.push([day.date, day.name]);
  }
  return new Map(known.sort(([a], [b]) => a.localeCompare(b)));
}

function feastsOf(nation: Exclude<Nation, 'none'>, year: number): readonly Feast[] {
  const easter = easterSunday(year);
  const fixed = (monthDay: string, name: string): Feast => ({ date: `${year}-${monthDay}`, name, substitute: true });
  const moving = (date: IsoDate, name: string): Feast => ({ date, name, substitute: false });
  const everywhere = [
    fixed('01-01', "New Year's Day"),
    moving(addDays(easter, -2), 'Good Friday'),
    moving(firstMonday(year, 5), 'Early May bank holiday'),
    moving(lastMonday(year, 5), 'Spring bank holiday'),
    fixed('12-25', 'Christmas Day'),
    fixed('12-26', 'Boxing Day'),
  ];
  if (nation === 'scotland') {
    return [
      ...everywhere,
      fixed('01-02', '2nd January'),
      moving(firstMonday(year, 8), 'Summer bank holiday'),
      fixed('11-30', "St Andrew's Day"),
    ];
  }
  const southern = [
    ...everywhere,
    moving(addDays(easter, 1), 'Easter Monday'),
    moving(lastMonday(year, 8), 'Summer bank holiday'),
  ];
  if (nation === 'england-and-wales') return southern;
  return [...southern, fixed('03-17', "St Patrick's Day"), fixed('07-12', 'Battle of the Boyne')];
}

function firstMonday(year: number, month: number): IsoDate {
  let date: IsoDate = `${year}-${String(month).padStart(2, '0')}-01`;
  while (weekdayOf(date) !== 1) date = addDays(date, 1);
  return date;
}

function lastMonday(year: number, month: number): IsoDate {
  let date: IsoDate = `${year}-${String(month).padStart(2, '0')}-31`;
  while (weekdayOf(date) !== 1) date = addDays(date, -1);
  return date;
}

/** Gregorian computus (Meeus, Jones and Butcher). */
function easterSunday(year: number): IsoDate {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const month = Math.floor((h + l - 7 * m + 114) / 31);
  const day = ((h + l - 7 * m + 114) % 31) + 1;
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}
