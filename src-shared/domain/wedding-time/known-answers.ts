import { Instant } from '../time-and-ids.ts';
import { bankHolidaysKnown } from './bank-holidays.ts';
import { weekendAt } from './weekend-at.ts';

/** Hours from Friday 18:00 to the end of the weekend that holds each Saturday noon in London (R30). */
const known: readonly (readonly [saturday: string, hours: number])[] = [
  ['2026-03-28', 52],
  ['2026-10-24', 54],
  ['2026-11-21', 53],
  ['2027-03-27', 76],
  ['2027-10-30', 54],
];

/** Saturdays whose weekend comes out wrong: the zone data of this machine is not to be trusted (R36). Empty: all is well. */
export function wrongWeekends(): readonly string[] {
  const bankHolidays = bankHolidaysKnown('england-and-wales');
  return known.flatMap(([saturday, hours]) => {
    const at = Instant.parse(Date.parse(`${saturday}T12:00:00Z`));
    const { weddingDay } = weekendAt({ at, zone: 'Europe/London', weddingDates: new Set(), bankHolidays, manual: [] });
    const { startsAt, endsAt } = weddingDay;
    return startsAt !== null && endsAt !== null && endsAt - startsAt === hours * 3_600_000 ? [] : [saturday];
  });
}
