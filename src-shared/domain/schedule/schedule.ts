import { z } from 'zod';
import type { Instant, IsoDate } from '../time-and-ids.ts';
import { addDays, instantOf, localAt, weekdayOf } from '../wedding-time/local-time.ts';

const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** When something is to be done again and again, in the organisation's local time. A 31st in a short month is its last day. */
export const ScheduleRule = z.discriminatedUnion('every', [
  z.strictObject({
    every: z.literal('month'),
    on: z.union([z.number().int().min(1).max(31), z.enum(['first-working-day', 'last-working-day', 'last-day'])]),
    time: Time,
  }),
  /** 1 is Monday. */
  z.strictObject({ every: z.literal('week'), on: z.number().int().min(1).max(7), time: Time }),
  z.strictObject({ every: z.literal('day'), time: Time }),
]);
export type ScheduleRule = z.infer<typeof ScheduleRule>;

export interface Occurrence {
  readonly at: Instant;
  /** The period it stands for, once a schedule (R31): a month, or the day itself. */
  readonly key: string;
  readonly date: IsoDate;
}

type Holidays = ReadonlySet<string> | ReadonlyMap<string, string>;

const monthDays = (date: IsoDate) =>
  new Date(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)), 0)).getUTCDate();

const working = (date: IsoDate, holidays: Holidays) => weekdayOf(date) <= 5 && !holidays.has(date);

/** The day of the month (any day of it given) on which the rule falls. */
function dayInMonth(rule: Extract<ScheduleRule, { every: 'month' }>, month: IsoDate, holidays: Holidays): IsoDate {
  const first = `${month.slice(0, 7)}-01` as IsoDate;
  const last = addDays(first, monthDays(first) - 1);
  if (typeof rule.on === 'number') return addDays(first, Math.min(rule.on, monthDays(first)) - 1);
  if (rule.on === 'last-day') return last;
  let day = rule.on === 'first-working-day' ? first : last;
  while (!working(day, holidays)) day = addDays(day, rule.on === 'first-working-day' ? 1 : -1);
  return day;
}

function fallsOn(rule: ScheduleRule, date: IsoDate, holidays: Holidays): boolean {
  if (rule.every === 'day') return true;
  if (rule.every === 'week') return weekdayOf(date) === rule.on;
  return dayInMonth(rule, date, holidays) === date;
}

/**
 * The first occurrence after an instant. A local time that does not exist means the first instant after the gap, one that
 * exists twice means the first (R31).
 */
export function nextOccurrence(rule: ScheduleRule, after: Instant, zone: string, holidays: Holidays): Occurrence {
  // A local day may begin before `after`; from there on every rule falls within two months.
  let date = localAt(after, zone).date;
  for (let days = 0; days < 70; days++, date = addDays(date, 1)) {
    if (!fallsOn(rule, date, holidays)) continue;
    const at = instantOf(date, rule.time, zone);
    if (at > after) return { at, date, key: rule.every === 'month' ? date.slice(0, 7) : date };
  }
  throw new RangeError('The rule never falls on a day');
}

/** The latest occurrence that is due at an instant, after another one; null when none is. */
export function latestDue(
  rule: ScheduleRule,
  after: Instant,
  now: Instant,
  zone: string,
  holidays: Holidays,
): Occurrence | null {
  let found: Occurrence | null = null;
  for (let next = nextOccurrence(rule, after, zone, holidays); next.at <= now; ) {
    found = next;
    next = nextOccurrence(rule, next.at, zone, holidays);
  }
  return found;
}

/** The month or quarter before the one a local day lies in, `2026-09` or `2026-Q3`. */
export function periodBefore(date: IsoDate, kind: 'month' | 'quarter'): string {
  const before = addDays(`${date.slice(0, 7)}-01` as IsoDate, -1);
  if (kind === 'month') return before.slice(0, 7);
  const quarter = Math.ceil(Number(date.slice(5, 7)) / 3) - 1;
  return quarter === 0 ? `${Number(date.slice(0, 4)) - 1}-Q4` : `${date.slice(0, 4)}-Q${quarter}`;
}

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** Reads `every 1st at 07:00`, `last working day at 17:00`, `last day at 06:00`, `every Monday at 08:00`, `daily at 07:00`; null otherwise. */
export function readRule(text: string): ScheduleRule | null {
  const match = /^(?:every |on the |on )?(.+?) at (\d{2}:\d{2})$/.exec(text.trim().toLowerCase().replace(/\s+/g, ' '));
  if (!match) return null;
  const [, when = '', time = ''] = match;
  const month = /^(\d{1,2})(?:st|nd|rd|th)?(?: of the month)?$/.exec(when);
  const named = when.replace(/ of the month$/, '').replaceAll(' ', '-');
  const weekday = weekdays.indexOf(when) + 1;
  const rule =
    when === 'daily' || when === 'day'
      ? { every: 'day', time }
      : weekday > 0
        ? { every: 'week', on: weekday, time }
        : { every: 'month', on: month ? Number(month[1]) : named === 'month-end' ? 'last-day' : named, time };
  const parsed = ScheduleRule.safeParse(rule);
  return parsed.success ? parsed.data : null;
}

/** In words, as `readRule` reads it. */
export function ruleText(rule: ScheduleRule): string {
  if (rule.every === 'day') return `daily at ${rule.time}`;
  if (rule.every === 'week') {
    const name = weekdays[rule.on - 1] ?? '';
    return `every ${name.charAt(0).toUpperCase()}${name.slice(1)} at ${rule.time}`;
  }
  if (typeof rule.on === 'string') return `${rule.on.replaceAll('-', ' ')} at ${rule.time}`;
  const tens = rule.on % 100;
  const ending = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][rule.on % 10] ?? 'th');
  return `every ${rule.on}${ending} at ${rule.time}`;
}
