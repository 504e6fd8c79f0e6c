import { Temporal } from 'temporal-polyfill';
import { Instant, type IsoDate } from '../time-and-ids.ts';

const DAY_MS = 86_400_000;

/** What the clock on the wall of a zone shows at one instant. */
export interface LocalMoment {
  readonly date: IsoDate;
  /** 1 Monday … 7 Sunday. */
  readonly weekday: number;
  readonly month: number;
  readonly hour: number;
  readonly minute: number;
}

/** The wall time of `zone` at an instant. */
export function localAt(at: Instant, zone: string): LocalMoment {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  return {
    date: local.toPlainDate().toString(),
    weekday: local.dayOfWeek,
    month: local.month,
    hour: local.hour,
    minute: local.minute,
  };
}

/**
 * The instant at which `zone` shows a date and a `HH:MM[:SS]` time. A time that a clock change skips means the first
 * instant after the gap; one that happens twice means the first (R31).
 */
export function instantOf(date: IsoDate, time: string, zone: string): Instant {
  const wanted = Temporal.PlainDateTime.from(`${date}T${time}`);
  const found = wanted.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (found.toPlainDateTime().equals(wanted)) return sinceEpoch(found.epochMilliseconds);
  const change = found.getTimeZoneTransition('next');
  return sinceEpoch((change ?? found).epochMilliseconds);
}

/** The first instant of a local day; where midnight is skipped, the first moment after it. */
export function startOfDay(date: IsoDate, zone: string): Instant {
  return instantOf(date, '00:00', zone);
}

/** The calendar day `days` later (earlier when negative). */
export function addDays(date: IsoDate, days: number): IsoDate {
  return isoDate(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS);
}

/** 1 Monday … 7 Sunday. */
export function weekdayOf(date: IsoDate): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay() || 7;
}

/** False for a name the time library does not know. */
export function isTimeZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

function isoDate(utcMidnight: number): IsoDate {
  return new Date(utcMidnight).toISOString().slice(0, 10);
}

/** No instant lies before 1970: a clock without its battery stands there, and yesterday must not end the console (FT-28). */
const sinceEpoch = (ms: number): Instant => Instant.parse(Math.max(0, ms));
