import ICAL from 'ical.js';
import { Instant, type IsoDate } from '../../../src-shared/domain/time-and-ids.ts';
import type { BankHoliday } from '../../../src-shared/domain/wedding-time/bank-holidays.ts';
import { addDays, instantOf, isTimeZone, localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { cleanText, isRealDate, type Wedding, type WeddingRejection, type WeddingsRead } from './wedding.ts';

/** A celebration of whole days longer than this is a mistake in the calendar. */
const MOST_DAYS = 14;
const MOST_OCCURRENCES = 1_000;
/** Nothing in a calendar needs a longer line; a longer one is refused before any pattern looks at it. */
const MOST_LINE = 20_000;
const CONTENT_LINE = /^[A-Za-z0-9-]+[;:]/;

export interface IcsOptions {
  /** Zone of floating times, and the one in which a wedding's day is told. */
  readonly zone: string;
  /** Recurrences are written out up to this moment. */
  readonly until: Instant;
}

interface Line {
  readonly row: number;
  readonly text: string;
}

interface Block {
  readonly row: number;
  readonly lines: readonly Line[];
}

/**
 * Reads a wedding calendar: recurrences with their exceptions and moved occurrences, whole days, floating times (in the
 * organisation's zone), TZID, cancelled entries. An entry that repeats a UID wins by SEQUENCE, then by its place in the
 * file. A broken line costs that line, a broken entry that entry; each is named with its line.
 */
export function readWeddingsIcs(text: string, options: IcsOptions): WeddingsRead {
  const rejections: WeddingRejection[] = [];
  const lines = unfolded(text, rejections);
  if (!lines.some((line) => /^BEGIN:VCALENDAR$/i.test(line.text))) {
    return {
      weddings: [],
      rejections: [{ row: 1, field: 'file', reason: 'This is not a calendar: BEGIN:VCALENDAR is missing.' }],
      duplicates: 0,
    };
  }
  const zones = fileZones(lines);
  const entries = blocksOf(lines, 'VEVENT', rejections).flatMap((block) => {
    const entry = entryOf(block, rejections);
    return entry ? [entry] : [];
  });

  const latest = new Map<string, Entry>();
  let duplicates = 0;
  for (const entry of entries) {
    const key = `${entry.uid}\n${entry.recurrence ?? ''}`;
    const other = latest.get(key);
    if (other) duplicates++;
    if (!other || entry.sequence >= other.sequence) latest.set(key, entry);
  }
  const moved = new Map<string, Set<string>>();
  for (const entry of latest.values()) {
    if (entry.recurrence === null) continue;
    const known = moved.get(entry.uid) ?? new Set();
    moved.set(entry.uid, known.add(entry.recurrence));
  }
  const weddings = [...latest.values()].flatMap((entry) => {
    try {
      return occurrencesOf(entry, moved.get(entry.uid) ?? new Set(), zones, options);
    } catch (thrown) {
      rejections.push({ row: entry.row, field: reasonField(thrown), reason: reasonOf(thrown) });
      return [];
    }
  });
  return { weddings, rejections: rejections.sort((a, b) => a.row - b.row), duplicates };
}

/** Reads a bank-holiday calendar, such as the government's: whole-day entries with a name. */
export function readBankHolidaysIcs(text: string): {
  readonly days: readonly BankHoliday[];
  readonly rejections: readonly WeddingRejection[];
} {
  const read = readWeddingsIcs(text, { zone: 'Europe/London', until: Instant.parse(Date.UTC(2101, 0, 1)) });
  const days = read.weddings
    .filter((entry) => entry.status !== 'cancelled')
    .map((entry): BankHoliday => ({ date: entry.date, name: entry.couple || 'Bank holiday' }));
  return { days, rejections: read.rejections };
}

class Refusal extends Error {
  readonly field: string;
  constructor(field: string, reason: string) {
    super(reason);
    this.field = field;
  }
}

function reasonField(thrown: unknown): string {
  return thrown instanceof Refusal ? thrown.field : 'event';
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof Refusal) return thrown.message;
  return `The entry could not be read: ${cleanText(thrown instanceof Error ? thrown.message : String(thrown), 120)}`;
}

/** Joins folded lines (RFC 5545, 3.1), each with the number of its first line in the file. */
function unfolded(text: string, rejections: WeddingRejection[]): readonly Line[] {
  const lines: { row: number; text: string }[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .forEach((raw, index) => {
      const before = lines.at(-1);
      if ((raw.startsWith(' ') || raw.startsWith('\t')) && before) {
        if (before.text.length < MOST_LINE) before.text += raw.slice(1);
        return;
      }
      if (raw.trim() !== '') lines.push({ row: index + 1, text: raw });
    });
  return lines.filter((line) => {
    if (line.text.length < MOST_LINE) return true;
    rejections.push({
      row: line.row,
      field: 'line',
      reason: 'The line is longer than any calendar needs; it was left out.',
    });
    return false;
  });
}

function blocksOf(lines: readonly Line[], name: string, rejections: WeddingRejection[]): readonly Block[] {
  const blocks: Block[] = [];
  let open: Line[] | null = null;
  for (const line of lines) {
    const mark = line.text.trim().toUpperCase();
    if (mark === `BEGIN:${name}`) {
      if (open) rejections.push(unfinished(open));
      open = [line];
    } else if (open) {
      open.push(line);
      if (mark === `END:${name}`) {
        blocks.push({ row: open[0]?.row ?? line.row, lines: open });
        open = null;
      }
    }
  }
  if (open) rejections.push(unfinished(open));
  return blocks;
}

function unfinished(lines: readonly Line[]): WeddingRejection {
  return { row: lines[0]?.row ?? 1, field: 'event', reason: 'The entry has no END line; it was left out.' };
}

/** Zones the file describes itself, for names the time library does not know. */
function fileZones(lines: readonly Line[]): ReadonlyMap<string, ICAL.Timezone> {
  const zones = new Map<string, ICAL.Timezone>();
  for (const block of blocksOf(lines, 'VTIMEZONE', [])) {
    try {
      const component = new ICAL.Component(ICAL.parse(block.lines.map((line) => line.text).join('\r\n')));
      const zone = new ICAL.Timezone(component);
      if (zone.tzid) zones.set(zone.tzid, zone);
    } catch {
      // An entry that needs this zone is refused by name below.
    }
  }
  return zones;
}

interface Entry {
  readonly row: number;
  readonly uid: string;
  readonly sequence: number;
  /** RECURRENCE-ID as wall time: this entry replaces one occurrence of a series. */
  readonly recurrence: string | null;
  readonly event: ICAL.Event;
  readonly component: ICAL.Component;
}

function entryOf(block: Block, rejections: WeddingRejection[]): Entry | null {
  const good = block.lines.filter((line) => {
    if (CONTENT_LINE.test(line.text)) return true;
    rejections.push({ row: line.row, field: 'line', reason: 'Not a calendar line (NAME:VALUE); it was left out.' });
    return false;
  });
  try {
    const component = new ICAL.Component(ICAL.parse(good.map((line) => line.text).join('\r\n')));
    const event = new ICAL.Event(component, { strictExceptions: false });
    if (!event.uid) throw new Refusal('UID', 'The entry has no UID, so a later update could not be recognised.');
    const start = component.getFirstPropertyValue('dtstart');
    if (!(start instanceof ICAL.Time)) throw new Refusal('DTSTART', 'The entry has no readable start.');
    if (!isRealDate(dateOf(start))) throw new Refusal('DTSTART', `${dateOf(start)} is not a day of a calendar.`);
    const recurrence = component.getFirstPropertyValue('recurrence-id');
    return {
      row: block.row,
      uid: event.uid,
      sequence: Number(event.sequence) || 0,
      recurrence: recurrence instanceof ICAL.Time ? wallOf(recurrence) : null,
      event,
      component,
    };
  } catch (thrown) {
    rejections.push({ row: block.row, field: reasonField(thrown), reason: reasonOf(thrown) });
    return null;
  }
}

function occurrencesOf(
  entry: Entry,
  moved: ReadonlySet<string>,
  zones: ReadonlyMap<string, ICAL.Timezone>,
  options: IcsOptions,
): readonly Wedding[] {
  const { component, event } = entry;
  const start = component.getFirstPropertyValue('dtstart');
  if (!(start instanceof ICAL.Time)) return [];
  const zoneName = component.getFirstProperty('dtstart')?.getFirstParameter('tzid');
  const facts = factsOf(component);
  const spanDays = start.isDate ? Math.min(MOST_DAYS, Math.max(1, wholeDays(event, start))) : 1;

  const weddingAt = (time: ICAL.Time, key: string): Wedding => {
    const startsAt = time.isDate ? null : momentOf(time, zoneName, zones, options.zone);
    const date = startsAt === null ? dateOf(time) : localAt(startsAt, options.zone).date;
    return {
      ...facts,
      key,
      series: entry.uid,
      sequence: entry.sequence,
      date,
      lastDate: addDays(date, spanDays - 1),
      startsAt,
    };
  };

  if (entry.recurrence !== null) return [weddingAt(start, `${entry.uid}/${entry.recurrence}`)];
  if (!event.isRecurring()) return [weddingAt(start, entry.uid)];

  const found: Wedding[] = [];
  const iterator = event.iterator(start);
  for (let count = 0; count < MOST_OCCURRENCES; count++) {
    const next = iterator.next();
    if (!next) break;
    const wedding = weddingAt(next, `${entry.uid}/${wallOf(next)}`);
    if ((wedding.startsAt ?? Date.parse(wedding.date)) > options.until) break;
    if (!moved.has(wallOf(next))) found.push(wedding);
  }
  return found;
}

function factsOf(component: ICAL.Component): Pick<Wedding, 'status' | 'venue' | 'region' | 'reference' | 'couple'> {
  const text = (name: string) => {
    const value = component.getFirstPropertyValue(name);
    return typeof value === 'string' ? value : '';
  };
  const status = text('status').toUpperCase();
  const parts = text('location')
    .split(/,|\n/)
    .map((part) => cleanText(part))
    .filter((part) => part !== '');
  return {
    status: status === 'CANCELLED' ? 'cancelled' : status === 'TENTATIVE' ? 'tentative' : 'confirmed',
    venue: parts[0] ?? '',
    region: cleanText(text('x-wedsync-region') || text('x-region')) || regionFrom(parts.slice(1)),
    reference: cleanText(text('x-wedsync-reference') || text('x-reference'), 60),
    couple: cleanText(text('summary')),
  };
}

const COUNTRY = /^(uk|gb|united kingdom|great britain|england|scotland|wales|northern ireland)$/i;
const POSTCODE = /^[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}$/i;
const POSTCODE_AT_END = / [a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}$/i;

/** The last part of an address that is neither a country nor a post code. */
function regionFrom(parts: readonly string[]): string {
  const region = parts.findLast((part) => !COUNTRY.test(part) && !POSTCODE.test(part));
  return (region ?? '').replace(POSTCODE_AT_END, '');
}

function momentOf(
  time: ICAL.Time,
  zoneName: unknown,
  zones: ReadonlyMap<string, ICAL.Timezone>,
  organisationZone: string,
): Instant {
  const clock = wallOf(time).slice(11);
  if (time.zone === ICAL.Timezone.utcTimezone) return instantOf(dateOf(time), clock, 'UTC');
  if (typeof zoneName !== 'string' || zoneName === '') return instantOf(dateOf(time), clock, organisationZone);
  if (isTimeZone(zoneName)) return instantOf(dateOf(time), clock, zoneName);
  const described = zones.get(zoneName);
  if (!described) {
    throw new Refusal(
      'DTSTART',
      `The time zone "${cleanText(zoneName, 60)}" is neither known nor described in the file.`,
    );
  }
  const local = time.clone();
  local.zone = described;
  return Instant.parse(local.toUnixTime() * 1000);
}

function wholeDays(event: ICAL.Event, start: ICAL.Time): number {
  const end = event.endDate;
  return end?.isDate ? Math.round((Date.parse(dateOf(end)) - Date.parse(dateOf(start))) / 86_400_000) : 1;
}

function dateOf(time: ICAL.Time): IsoDate {
  return `${pad(time.year, 4)}-${pad(time.month)}-${pad(time.day)}`;
}

function wallOf(time: ICAL.Time): string {
  return `${dateOf(time)}T${pad(time.hour)}:${pad(time.minute)}:${pad(time.second)}`;
}

function pad(value: number, length = 2): string {
  return String(value).padStart(length, '0');
}
