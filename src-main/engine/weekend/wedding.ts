import { z } from 'zod';
import { type Instant, IsoDate } from '../../../src-shared/domain/time-and-ids.ts';

export const WeddingStatus = z.enum(['confirmed', 'tentative', 'cancelled']);
export type WeddingStatus = z.infer<typeof WeddingStatus>;

/** One wedding as read from a calendar or a table. The couple's names travel apart from it (X13). */
export interface Wedding {
  /** Calendar UID with the occurrence, or the booking reference: what an update is recognised by. */
  readonly key: string;
  /** UID of the whole series; equal to `key` for a single wedding. */
  readonly series: string;
  /** SEQUENCE of the calendar entry; 0 in tables. A lower one than stored is old news. */
  readonly sequence: number;
  readonly status: WeddingStatus;
  /** Local day, in the organisation's zone. */
  readonly date: IsoDate;
  /** Last local day of a celebration entered as several whole days. */
  readonly lastDate: IsoDate;
  /** Ceremony; null when only the day is known. */
  readonly startsAt: Instant | null;
  readonly venue: string;
  readonly region: string;
  readonly reference: string;
  readonly couple: string;
}

/** A refused part of a file. `row` is the line a person would look at; line 1 is the first. */
export interface WeddingRejection {
  readonly row: number;
  readonly field: string;
  readonly reason: string;
}

export interface WeddingsRead {
  readonly weddings: readonly Wedding[];
  readonly rejections: readonly WeddingRejection[];
  /** Entries that repeat another one of the same file. */
  readonly duplicates: number;
  /** Series the file describes as a whole, with their SEQUENCE: what they no longer hold is gone. Tables have none. */
  readonly series: ReadonlyMap<string, number>;
}

/** Outside text in one line: no control or direction characters, single spaces, at most `max` characters. */
export function cleanText(text: string, max = 200): string {
  return [...text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()].slice(0, max).join('');
}

/** True for a day that exists in a year a calendar may sensibly name. */
export function isRealDate(date: string): boolean {
  return IsoDate.safeParse(date).success && date >= '2000-01-01' && date <= '2100-12-31';
}

/** Days from first to last, both included. */
export function daysOf(wedding: Pick<Wedding, 'date' | 'lastDate'>): readonly IsoDate[] {
  const days: IsoDate[] = [];
  for (let at = Date.parse(wedding.date); at <= Date.parse(wedding.lastDate); at += 86_400_000) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}

/** Days with at least one confirmed wedding: what switches wedding-day mode on (T2). */
export function confirmedDates(
  weddings: Iterable<Pick<Wedding, 'date' | 'lastDate' | 'status'>>,
): ReadonlySet<IsoDate> {
  const dates = new Set<IsoDate>();
  for (const wedding of weddings) {
    if (wedding.status === 'confirmed') for (const day of daysOf(wedding)) dates.add(day);
  }
  return dates;
}
