import type { Instant, IsoDate } from '../time-and-ids.ts';
import { addDays, instantOf, localAt } from '../wedding-time/local-time.ts';
import type { Rota } from './routing-config.ts';

export interface OnCall {
  readonly personId: string;
  readonly because: 'rota' | 'override';
}

/**
 * Who is on call. Shifts are counted in local days from the first one and change at a wall time, so a clock change moves
 * nothing but the length of one shift. The override that was entered last wins. null: nobody.
 */
export function onCallAt(rota: Rota | null, at: Instant, zone: string): OnCall | null {
  if (!rota) return null;
  const override = rota.overrides.findLast((entry) => entry.startsAt <= at && at < entry.endsAt);
  if (override) return { personId: override.personId, because: 'override' };
  const shift = shiftAt(rota, at, zone);
  const personId = shift === null ? undefined : rota.people[shift.place];
  return personId === undefined ? null : { personId, because: 'rota' };
}

/** Who is on call at `from` and after each change until `until`. */
export function onCallTurns(
  rota: Rota | null,
  from: Instant,
  until: Instant,
  zone: string,
): readonly { readonly at: Instant; readonly personId: string | null }[] {
  const moments: Instant[] = [];
  if (rota) {
    const last = localAt(until, zone).date;
    for (let day = localAt(from, zone).date; day <= last; day = addDays(day, 1))
      moments.push(instantOf(day, rota.handoverAt, zone));
    for (const { startsAt, endsAt } of rota.overrides) moments.push(startsAt, endsAt);
  }
  const within = moments.filter((at) => from < at && at < until).sort((a, b) => a - b);
  return [from, ...within]
    .map((at) => ({ at, personId: onCallAt(rota, at, zone)?.personId ?? null }))
    .filter(({ personId }, index, all) => index === 0 || personId !== all[index - 1]?.personId);
}

/** Whose turn it is, as a place in `people`, and the day it began; null: the rota has not begun or names nobody. */
export function shiftAt(rota: Rota, at: Instant, zone: string): { place: number; beganOn: IsoDate } | null {
  const { date, hour, minute } = localAt(at, zone);
  const clock = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  // Before the handover the shift of the day before still runs; an hour that comes twice hands over the first time.
  const before = clock < rota.handoverAt && at < instantOf(date, rota.handoverAt, zone);
  const day = before ? addDays(date, -1) : date;
  const days = daysBetween(rota.startsOn, day);
  if (days < 0 || rota.people.length === 0) return null;
  const shift = Math.floor(days / rota.shiftDays);
  return { place: shift % rota.people.length, beganOn: addDays(rota.startsOn, shift * rota.shiftDays) };
}

function daysBetween(from: IsoDate, to: IsoDate): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}
