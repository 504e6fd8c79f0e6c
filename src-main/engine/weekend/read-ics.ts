import ICAL from 'ical.js';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { BankHoliday } from '../../../src-shared/domain/wedding-time/bank-holidays.ts';
import { addDays, localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { dateOf, EntryClock, Refusal, type Wall, type ZoneNames } from './ics-times.ts';
import { cleanText, isRealDate, type Wedding, type WeddingRejection, type WeddingsRead } from './wedding.ts';

/** A celebration of whole days longer than this is a mistake in the calendar. */
const MOST_DAYS = 14;
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
      series: new Map(),
    };
  }
  const names: ZoneNames = { described: fileZones(lines), floating: options.zone };
  // A whole calendar sent to call something off (iTIP).
  const calledOff = lines.some((line) => /^METHOD:CANCEL$/i.test(line.text.trim()));
  const entries = blocksOf(lines, 'VEVENT', rejections).flatMap((block) => {
    const entry = entryOf(block, names, rejections);
    return entry ? [entry] : [];
  });

  let duplicates = 0;
  const latest = (of: readonly Entry[], keyOf: (entry: Entry) => string) => {
    const found = new Map<string, Entry>();
    for (const entry of of) {
      const other = found.get(keyOf(entry));
      if (other) duplicates++;
      if (!other || entry.sequence >= other.sequence) found.set(keyOf(entry), entry);
    }
    return found;
  };
  const masters = latest(
    entries.filter((entry) => entry.replaces === null),
    (entry) => entry.uid,
  );
  /** The clock of the series decides which occurrence an entry replaces. */
  const replacedBy = (entry: Entry): Wall =>
    entry.replaces === null
      ? ''
      : (masters.get(entry.uid) ?? entry).clock.wallOf(entry.replaces.time, entry.replaces.zone);
  const exceptions = latest(
    entries.filter((entry) => entry.replaces !== null),
    (entry) => `${entry.uid}\n${replacedBy(entry)}`,
  );
  const moved = new Map<string, Set<Wall>>();
  for (const entry of exceptions.values()) {
    moved.set(entry.uid, (moved.get(entry.uid) ?? new Set()).add(replacedBy(entry)));
  }

  const onwards = [...exceptions.values()].filter(({ replaces }) => replaces?.onwards);
  const weddings: Wedding[] = [];
  const series = new Map<string, number>();
  const attempt = (entry: Entry, work: () => void) => {
    try {
      work();
    } catch (thrown) {
      rejections.push({ row: entry.row, field: reasonField(thrown), reason: reasonOf(thrown) });
    }
  };
  for (const entry of masters.values()) {
    attempt(entry, () => {
      const wedding = weddingOf(entry, options, calledOff);
      const hidden = moved.get(entry.uid) ?? new Set();
      if (entry.event.isRecurring()) {
        for (const wall of entry.clock.occurrences(entry.component, options.until)) {
          if (hidden.has(wall)) continue;
          const since = (one: Entry) => (one.uid === entry.uid && replacedBy(one) < wall ? replacedBy(one) : '');
          const change = onwards.filter(since).sort((a, b) => (since(a) < since(b) ? 1 : -1))[0];
          weddings.push(
            change
              ? changedOnwards(
                  entry,
                  change,
                  { from: replacedBy(change), wall },
                  options,
                  calledOff || isCancelled(entry),
                )
              : wedding(wall, `${entry.uid}/${wall}`),
          );
        }
      } else weddings.push(wedding(null, entry.uid));
      series.set(entry.uid, entry.sequence);
    });
  }
  for (const entry of exceptions.values()) {
    attempt(entry, () => {
      const master = masters.get(entry.uid);
      // A series that is called off takes its moved occurrences with it; and they are as new as the series they stand in.
      const off = calledOff || (master !== undefined && isCancelled(master));
      const found = weddingOf(entry, options, off)(null, `${entry.uid}/${replacedBy(entry)}`);
      weddings.push({ ...found, sequence: Math.max(found.sequence, master?.sequence ?? 0) });
    });
  }
  return { weddings, rejections: rejections.sort((a, b) => a.row - b.row), duplicates, series };
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
  /** RECURRENCE-ID: this entry stands in place of one occurrence of a series; `onwards`: and changes all later ones alike. */
  readonly replaces: { readonly time: ICAL.Time; readonly zone: unknown; readonly onwards: boolean } | null;
  readonly clock: EntryClock;
  readonly event: ICAL.Event;
  readonly component: ICAL.Component;
}

/** Sloppy calendars leave out that a day is a day. */
const BARE_DAY = /^(DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)((?:;[^:]*)?):(\d{8}(?:,\d{8})*)$/i;
const START_DAY = /^DTSTART(?:;[^:]*)?:(\d{4})-?(\d{2})-?(\d{2})/i;

function entryOf(block: Block, names: ZoneNames, rejections: WeddingRejection[]): Entry | null {
  const good = block.lines.filter((line) => {
    if (CONTENT_LINE.test(line.text)) return true;
    rejections.push({ row: line.row, field: 'line', reason: 'Not a calendar line (NAME:VALUE); it was left out.' });
    return false;
  });
  try {
    const texts = good.map(({ text }) => {
      const [, name, parameters = '', days] = BARE_DAY.exec(text) ?? [];
      return name === undefined || /VALUE=/i.test(parameters) ? text : `${name}${parameters};VALUE=DATE:${days}`;
    });
    // Before the calendar library rolls 30 February on to March.
    const [, year, month, day] = texts.flatMap((text) => START_DAY.exec(text) ?? []);
    const given = `${year}-${month}-${day}`;
    if (day !== undefined && !isRealDate(given)) throw new Refusal('DTSTART', `${given} is not a day of a calendar.`);
    const component = new ICAL.Component(ICAL.parse(texts.join('\r\n')));
    const event = new ICAL.Event(component, { strictExceptions: false });
    if (!event.uid) throw new Refusal('UID', 'The entry has no UID, so a later update could not be recognised.');
    const clock = new EntryClock(component, names);
    const replaces = component.getFirstProperty('recurrence-id');
    const time = replaces?.getFirstValue();
    const range = String(replaces?.getFirstParameter('range') ?? '').toUpperCase();
    if (range !== '' && range !== 'THISANDFUTURE')
      throw new Refusal(
        'RECURRENCE-ID',
        `RANGE=${cleanText(range, 60)} changes more than one occurrence in a way no longer in use. Change each by itself, and export the calendar again.`,
      );
    return {
      row: block.row,
      uid: event.uid,
      sequence: Number(event.sequence) || 0,
      replaces:
        time instanceof ICAL.Time ? { time, zone: replaces?.getFirstParameter('tzid'), onwards: range !== '' } : null,
      clock,
      event,
      component,
    };
  } catch (thrown) {
    rejections.push({ row: block.row, field: reasonField(thrown), reason: reasonOf(thrown) });
    return null;
  }
}

/** Makes the wedding of one occurrence, told by `told`; of the entry's own start when none is given. */
function weddingOf(entry: Entry, options: IcsOptions, calledOff: boolean, told = entry.clock) {
  const { clock, component, event } = entry;
  const facts = factsOf(component);
  const spanDays = clock.wholeDay ? Math.min(MOST_DAYS, Math.max(1, wholeDays(event, clock.start))) : 1;
  return (occurrence: Wall | null, key: string): Wedding => {
    const wall =
      occurrence ?? clock.wallOf(clock.start, component.getFirstProperty('dtstart')?.getFirstParameter('tzid'));
    const startsAt = told.momentOf(wall);
    const date = startsAt === null ? wall.slice(0, 10) : localAt(startsAt, options.zone).date;
    return {
      ...facts,
      status: calledOff ? 'cancelled' : facts.status,
      key,
      series: entry.uid,
      sequence: entry.sequence,
      date,
      lastDate: addDays(date, spanDays - 1),
      startsAt,
    };
  };
}

/** An occurrence after one that was changed together with all that follow: moved as far as that one was. */
function changedOnwards(
  master: Entry,
  change: Entry,
  { from, wall }: { readonly from: Wall; readonly wall: Wall },
  options: IcsOptions,
  calledOff: boolean,
): Wedding {
  // By the clock of the series, so that it keeps its hour over the clock change, unless days became times or times days.
  const clock = master.clock.wholeDay === change.clock.wholeDay ? master.clock : change.clock;
  const to = clock.wallOf(change.clock.start, change.component.getFirstProperty('dtstart')?.getFirstParameter('tzid'));
  const at = Date.parse(`${wall}Z`) + Date.parse(`${to}Z`) - Date.parse(`${from}Z`);
  const wedding = weddingOf(change, options, calledOff, clock);
  const found = wedding(new Date(at).toISOString().slice(0, 19), `${change.uid}/${wall}`);
  return { ...found, sequence: Math.max(found.sequence, master.sequence) };
}

const isCancelled = ({ component }: Entry) => factsOf(component).status === 'cancelled';

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

function wholeDays(event: ICAL.Event, start: ICAL.Time): number {
  const end = event.endDate;
  return end?.isDate ? Math.round((Date.parse(dateOf(end)) - Date.parse(dateOf(start))) / 86_400_000) : 1;
}
