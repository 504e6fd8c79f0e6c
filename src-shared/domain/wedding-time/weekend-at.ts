import { z } from 'zod';
import { Instant, type IsoDate } from '../time-and-ids.ts';
import { addDays, instantOf, type LocalMoment, localAt, startOfDay, weekdayOf } from './local-time.ts';

const FRIDAY = 5;
const SATURDAY = 6;
const MINUTES_PEAK = { from: 10 * 60, to: 18 * 60 } as const;

export const Season = z.enum(['peak', 'shoulder', 'off_season']);
export type Season = z.infer<typeof Season>;

/** Why wedding-day mode is on (or, with `manual` while inactive, why it is off). */
export const WeddingDayReason = z.enum(['weekend', 'bank_holiday_weekend', 'confirmed_wedding', 'manual']);
export type WeddingDayReason = z.infer<typeof WeddingDayReason>;

/** How long a person may switch the mode by hand: longer would be forgotten. */
export const LONGEST_SWITCH_MS = 14 * 86_400_000;

/** A person switched the mode on or off until an end (T2). The last one in the list that covers a moment decides. */
export const ManualSwitch = z.object({
  mode: z.enum(['on', 'off']),
  reason: z.string().min(1),
  by: z.string(),
  startsAt: Instant,
  /** Exclusive. */
  endsAt: Instant,
});
export type ManualSwitch = z.infer<typeof ManualSwitch>;

export interface WeekendInput {
  readonly at: Instant;
  /** IANA name; the organisation's, never the machine's (R35). */
  readonly zone: string;
  /** Local days with at least one confirmed wedding. */
  readonly weddingDates: ReadonlySet<IsoDate>;
  readonly bankHolidays: { has(date: IsoDate): boolean };
  readonly manual: readonly ManualSwitch[];
}

export interface WeekendFacts {
  readonly at: Instant;
  readonly zone: string;
  readonly local: LocalMoment;
  readonly weddingDay: {
    readonly active: boolean;
    /** null while inactive, unless a person switched the mode off. */
    readonly reason: WeddingDayReason | null;
    /** Inclusive start of the unbroken stretch in force, or of the next one while inactive. */
    readonly startsAt: Instant | null;
    /** Exclusive end of that stretch. */
    readonly endsAt: Instant | null;
  };
  /** Saturday 00:00 to 24:00 local (T3). Switching the mode off by hand does not end it. */
  readonly saturdayProtection: boolean;
  /** Wedding-day mode is on and the wall shows 10:00 to 18:00 (T4). */
  readonly peakHours: boolean;
  readonly season: Season;
  /** Friday to Sunday (Monday on a bank-holiday weekend) of the weekend in force or coming next. */
  readonly weekendDates: readonly IsoDate[];
  /** None of the facts above changes before this instant: a caller may keep them until then. */
  readonly validUntil: Instant;
}

/** T5. */
export function seasonOf(month: number): Season {
  if (month >= 5 && month <= 9) return 'peak';
  return month === 4 || month === 10 ? 'shoulder' : 'off_season';
}

interface Stretch {
  readonly from: Instant;
  readonly to: Instant;
}
interface Window extends Stretch {
  readonly reason: WeddingDayReason;
}

/**
 * Everything the product knows about wedding time at one instant (T2 to T5). Intervals are half-open (R29).
 *
 * A weekend counts as a bank-holiday weekend when its Monday is a bank holiday of the organisation's nation; a Good
 * Friday alone neither moves the start nor the end. Overlapping and touching windows count as one stretch, so a Sunday
 * with a confirmed wedding runs on to midnight.
 */
export function weekendAt(input: WeekendInput): WeekendFacts {
  const { at, zone } = input;
  const local = localAt(at, zone);
  const manual = input.manual.findLast((entry) => entry.startsAt <= at && at < entry.endsAt);
  // Ten days always hold a whole weekend; longer only where weddings or a switch chain days together.
  for (let span = 10; ; span *= 2) {
    const first = addDays(local.date, -span);
    const last = addDays(local.date, span);
    const windows = ruleWindows(addDays(first, -4), last, input);
    const stretches = withManual(windows, input.manual);
    const current = stretches.find((stretch) => stretch.from <= at && at < stretch.to);
    const shown = current ?? stretches.find((stretch) => stretch.from > at);
    const cut = !shown || shown.from < startOfDay(first, zone) || shown.to > startOfDay(last, zone);
    if (cut && span < 800) continue;

    const active = current !== undefined;
    const covering = windows.filter((window) => window.from <= at && at < window.to);
    const byRule = covering.find((window) => window.reason !== 'confirmed_wedding') ?? covering[0];
    const minutes = local.hour * 60 + local.minute;
    return {
      at,
      zone,
      local,
      weddingDay: {
        active,
        reason: manual ? 'manual' : active ? (byRule?.reason ?? 'manual') : null,
        startsAt: shown?.from ?? null,
        endsAt: shown?.to ?? null,
      },
      saturdayProtection: local.weekday === SATURDAY,
      peakHours: active && minutes >= MINUTES_PEAK.from && minutes < MINUTES_PEAK.to,
      season: seasonOf(local.month),
      weekendDates: weekendDates(local, input),
      validUntil: nextEdge(at, [
        ...windows.flatMap((window) => [window.from, window.to]),
        ...input.manual.flatMap((entry) => [entry.startsAt, entry.endsAt]),
        instantOf(local.date, '10:00', zone),
        instantOf(local.date, '18:00', zone),
        startOfDay(addDays(local.date, 1), zone),
      ]),
    };
  }
}

/** The windows of T2 that begin on one of the days from `first` to `last`. */
function ruleWindows(first: IsoDate, last: IsoDate, input: WeekendInput): readonly Window[] {
  const { zone, bankHolidays, weddingDates } = input;
  const windows: Window[] = [];
  for (let date = first; date <= last; date = addDays(date, 1)) {
    if (weekdayOf(date) === FRIDAY) {
      const long = bankHolidays.has(addDays(date, 3));
      windows.push({
        from: instantOf(date, '18:00', zone),
        to: instantOf(addDays(date, long ? 3 : 2), '23:00', zone),
        reason: long ? 'bank_holiday_weekend' : 'weekend',
      });
    }
    if (weddingDates.has(date)) {
      windows.push({
        from: startOfDay(date, zone),
        to: startOfDay(addDays(date, 1), zone),
        reason: 'confirmed_wedding',
      });
    }
  }
  return windows;
}

/** Joins the windows and lays the switches over them, later switches last. */
function withManual(windows: readonly Window[], switches: readonly ManualSwitch[]): readonly Stretch[] {
  let stretches = join(windows);
  for (const { mode, startsAt: from, endsAt: to } of switches) {
    if (to <= from) continue;
    stretches =
      mode === 'on' ? join([...stretches, { from, to }]) : stretches.flatMap((each) => without(each, from, to));
  }
  return stretches;
}

function join(parts: readonly Stretch[]): readonly Stretch[] {
  const joined: { from: Instant; to: Instant }[] = [];
  for (const { from, to } of [...parts].sort((a, b) => a.from - b.from)) {
    const before = joined.at(-1);
    // A day that a zone skipped altogether leaves an empty window.
    if (to <= from) continue;
    if (!before || from > before.to) joined.push({ from, to });
    else if (to > before.to) before.to = to;
  }
  return joined;
}

function without(stretch: Stretch, from: Instant, to: Instant): readonly Stretch[] {
  const left = { from: stretch.from, to: from < stretch.to ? from : stretch.to };
  const right = { from: to > stretch.from ? to : stretch.from, to: stretch.to };
  if (to <= stretch.from || from >= stretch.to) return [stretch];
  return [left, right].filter((part) => part.from < part.to);
}

function weekendDates(local: LocalMoment, input: WeekendInput): readonly IsoDate[] {
  const isLongMonday = local.weekday === 1 && input.bankHolidays.has(local.date);
  const toFriday = isLongMonday ? -3 : FRIDAY - local.weekday;
  const friday = addDays(local.date, toFriday);
  const days = input.bankHolidays.has(addDays(friday, 3)) ? 4 : 3;
  return Array.from({ length: days }, (_, index) => addDays(friday, index));
}

function nextEdge(at: Instant, edges: readonly Instant[]): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (const edge of edges) if (edge > at && edge < next) next = edge;
  return Instant.parse(next);
}
