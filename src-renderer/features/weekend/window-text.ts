import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { formatDuration, formatTime, formatWeekday } from '../../../src-shared/format/time.ts';
import { reasons } from './strings.ts';

type Mode = Pick<WeekendView, 'weddingDay' | 'peakHours' | 'saturdayProtection'>;

/** `Sun 23:00`, as a badge has room for. */
export function shortMoment(at: string, zone: string): string {
  const { date } = localAt(Instant.parse(Date.parse(at)), zone);
  return `${formatWeekday(date).split(' ')[0]} ${formatTime(at, zone)}`;
}

/** `Fri 27 Nov 18:00`. */
export function dayMoment(at: string, zone: string): string {
  const { date } = localAt(Instant.parse(Date.parse(at)), zone);
  return `${formatWeekday(date).replace(/ \d{4}$/, '')} ${formatTime(at, zone)}`;
}

/** The window in force or coming, and why, in one line. */
export function windowText(view: Mode, zone: string, now: number): string {
  const { active, reason, startsAt, endsAt } = view.weddingDay;
  if (!active) {
    if (startsAt === null) return 'No wedding-day window is known.';
    const off = reason === 'manual' ? 'Switched off by hand. ' : '';
    return `${off}Next wedding window: ${dayMoment(startsAt, zone)} (in ${formatDuration(Date.parse(startsAt) - now)}).`;
  }
  const parts = [
    `Wedding day (${reason === null ? 'window' : reasons[reason]})`,
    view.saturdayProtection ? 'Saturday protection on' : null,
    view.peakHours ? 'peak hours to 18:00' : null,
    endsAt === null ? null : `until ${shortMoment(endsAt, zone)} (${formatDuration(Date.parse(endsAt) - now)})`,
  ];
  return parts.filter(Boolean).join(' · ');
}
