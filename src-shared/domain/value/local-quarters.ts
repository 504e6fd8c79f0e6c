import type { Instant } from '../time-and-ids.ts';
import { instantOf, localAt } from '../wedding-time/local-time.ts';

const quarterMs = 900_000;

/** What a usage record needs to know of its moment. */
export interface UsageMoment {
  readonly day: string;
  /** Friday 18:00 (inclusive) to Sunday 23:00 (exclusive), local (T6). */
  readonly inPreparationWindow: boolean;
}

/**
 * Local time of many instants at the price of few: every zone's clock changes and the edges of the window fall on quarters
 * of an hour, so one look at the calendar serves all records of a quarter.
 */
export function localQuarters(zone: string) {
  const moments = new Map<number, UsageMoment>();
  const starts = new Map<string, Instant>();
  return {
    at(instant: Instant): UsageMoment {
      const quarter = Math.floor(instant / quarterMs);
      const known = moments.get(quarter);
      if (known) return known;
      const { date, weekday, hour } = localAt((quarter * quarterMs) as Instant, zone);
      const moment = {
        day: date,
        inPreparationWindow: (weekday === 5 && hour >= 18) || weekday === 6 || (weekday === 7 && hour < 23),
      };
      moments.set(quarter, moment);
      return moment;
    },
    /** The instant at which the zone shows `YYYY-MM-DD` and `HH:MM:SS.mmm`; a time that happens twice is the first. */
    instantOf(day: string, hour: number, minute: number, restMs: number): Instant {
      const quarter = Math.floor(minute / 15) * 15;
      const key = `${day} ${hour} ${quarter}`;
      let start = starts.get(key);
      if (start === undefined) {
        start = instantOf(day, `${String(hour).padStart(2, '0')}:${String(quarter).padStart(2, '0')}`, zone);
        starts.set(key, start);
      }
      return (start + (minute - quarter) * 60_000 + restMs) as Instant;
    },
  };
}
export type LocalQuarters = ReturnType<typeof localQuarters>;
