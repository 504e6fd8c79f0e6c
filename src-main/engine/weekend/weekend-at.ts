import { type Instant, isoOf, later } from '../../../src-shared/domain/time-and-ids.ts';
import { bankHolidaysKnown, type Nation } from '../../../src-shared/domain/wedding-time/bank-holidays.ts';
import {
  type ManualSwitch,
  type Season,
  type WeddingDayReason,
  type WeekendFacts,
  weekendAt,
} from '../../../src-shared/domain/wedding-time/weekend-at.ts';
import type { IcsOptions } from './read-ics.ts';
import type { TableOptions } from './read-table.ts';
import { confirmedDates, type Wedding, type WeddingsRead } from './wedding.ts';

const THREE_YEARS_MS = 3 * 366 * 86_400_000;

/** What the `weekend` command prints and the screen shows; instants are ISO 8601 with `Z`. */
export interface WeekendResult {
  readonly at: string;
  readonly timezone: string;
  readonly weddingDay: {
    readonly active: boolean;
    readonly reason: WeddingDayReason | null;
    /** The stretch in force, or the next one while inactive. */
    readonly startsAt: string | null;
    readonly endsAt: string | null;
  };
  readonly saturdayProtection: boolean;
  readonly peakHours: boolean;
  readonly season: Season;
  /** Confirmed weddings on the local day of `at`. */
  readonly weddingsToday: number;
  /** Confirmed weddings of today and of the weekend in force or coming next, by date and time. Never the couple (X13). */
  readonly weddings: {
    readonly date: string;
    readonly venue: string;
    readonly region: string;
    readonly startsAt: string | null;
  }[];
}

export interface WeekendQuestion {
  readonly at: Instant;
  readonly zone: string;
  readonly nation: Nation;
  readonly weddings: readonly Wedding[];
  readonly manual?: readonly ManualSwitch[];
}

/** Answers "what wedding time is it, and who marries?" from weddings already read; needs no data folder. */
export function weekendResult(question: WeekendQuestion): WeekendResult {
  const facts = weekendAt({
    at: question.at,
    zone: question.zone,
    weddingDates: confirmedDates(question.weddings),
    bankHolidays: bankHolidaysKnown(question.nation),
    manual: question.manual ?? [],
  });
  return resultFrom(facts, question.weddings);
}

/** Shapes facts and weddings into the result; weddings may be a superset of those shown. */
export function resultFrom(facts: WeekendFacts, weddings: readonly Wedding[]): WeekendResult {
  const today = facts.local.date;
  const shown = new Set([today, ...facts.weekendDates]);
  const confirmed = weddings.filter((wedding) => wedding.status === 'confirmed');
  const iso = (at: Instant | null) => (at === null ? null : isoOf(at));
  return {
    at: isoOf(facts.at),
    timezone: facts.zone,
    weddingDay: {
      active: facts.weddingDay.active,
      reason: facts.weddingDay.reason,
      startsAt: iso(facts.weddingDay.startsAt),
      endsAt: iso(facts.weddingDay.endsAt),
    },
    saturdayProtection: facts.saturdayProtection,
    peakHours: facts.peakHours,
    season: facts.season,
    weddingsToday: confirmed.filter((wedding) => wedding.date <= today && today <= wedding.lastDate).length,
    weddings: confirmed
      .filter((wedding) => [...shown].some((date) => wedding.date <= date && date <= wedding.lastDate))
      .sort(
        (a, b) => a.date.localeCompare(b.date) || (a.startsAt ?? 0) - (b.startsAt ?? 0) || a.key.localeCompare(b.key),
      )
      .map(({ date, venue, region, startsAt }) => ({ date, venue, region, startsAt: iso(startsAt) })),
  };
}

/**
 * Reads a weddings file of any known format; the content decides, not the name. `at` bounds how far recurring entries
 * are written out (three years on).
 */
export function readWeddings(text: string, zone: string, at: Instant): Promise<WeddingsRead> {
  return readWeddingsAs(formatOf(text), text, at, { zone });
}

/** The readers are loaded when a file is there to be read: a start of the console needs none of them. */
export async function readWeddingsAs(
  format: 'ics' | 'json' | 'csv',
  text: string,
  at: Instant,
  options: TableOptions,
): Promise<WeddingsRead> {
  if (format === 'ics') return (await import('./read-ics.ts')).readWeddingsIcs(text, icsOptions(options.zone, at));
  const { readWeddingsCsv, readWeddingsJson } = await import('./read-table.ts');
  return format === 'json' ? readWeddingsJson(text, options) : readWeddingsCsv(text, options);
}

/** What the content is, whatever the file is called. */
export function formatOf(text: string): 'ics' | 'json' | 'csv' {
  const start = text
    .slice(0, 1000)
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (/^BEGIN:VCALENDAR/i.test(start)) return 'ics';
  return start.startsWith('[') || start.startsWith('{') ? 'json' : 'csv';
}

/** Recurring entries are written out three years on. */
function icsOptions(zone: string, at: Instant): IcsOptions {
  return { zone, until: later(at, THREE_YEARS_MS) };
}
