import type { Grain } from '../../../src-shared/domain/kpi/kpi.ts';
import { parsePeriod } from '../../../src-shared/domain/period.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, localAt, startOfDay } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { type Season, seasonOf } from '../../../src-shared/domain/wedding-time/weekend-at.ts';

export const hourMs = 3_600_000;

/** Local days and months of one zone, remembered: a run asks for the same few thousand times over. */
export function localCalendar(zone: string) {
  const days = new Map<number, string>();
  const starts = new Map<string, number>();

  function dayOf(at: number): string {
    // No zone changes its offset within a quarter of an hour.
    const quarter = at - (at % 900_000);
    const known = days.get(quarter);
    if (known !== undefined) return known;
    const day = localAt(Instant.parse(quarter), zone).date;
    days.set(quarter, day);
    return day;
  }
  function startOf(day: string): number {
    const known = starts.get(day);
    if (known !== undefined) return known;
    const at = startOfDay(day, zone);
    starts.set(day, at);
    return at;
  }
  const monthOf = (at: number) => dayOf(at).slice(0, 7);
  const firstOf = (month: string) => `${month}-01`;
  const lastOf = (month: string) => parsePeriod(month)?.to ?? firstOf(month);
  return {
    zone,
    dayOf,
    monthOf,
    firstOf,
    lastOf,
    startOfDay: startOf,
    endOfDay: (day: string) => startOf(addDays(day, 1)),
    startOfMonth: (month: string) => startOf(firstOf(month)),
    endOfMonth: (month: string) => startOf(addDays(lastOf(month), 1)),
    monthAfter: (month: string, count = 1) => shiftMonth(month, count),
    seasonAt: (at: number): Season => seasonOf(Number(monthOf(at).slice(5))),
    /** Exclusive end of an interval that starts at `at`. */
    endOf(grain: Grain, at: number): number {
      if (grain === 'hour') return at + hourMs;
      const day = dayOf(at);
      return grain === 'day' ? startOf(addDays(day, 1)) : startOf(addDays(lastOf(day.slice(0, 7)), 1));
    },
  };
}
export type LocalCalendar = ReturnType<typeof localCalendar>;

/** `count` months later (earlier when negative); a month is `YYYY-MM`. */
export function shiftMonth(month: string, count: number): string {
  const at = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + count;
  return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`;
}

/** Every month from the first to the last, both included. */
export function monthsBetween(first: string, last: string): string[] {
  const months: string[] = [];
  for (let month = first; month <= last; month = shiftMonth(month, 1)) months.push(month);
  return months;
}
