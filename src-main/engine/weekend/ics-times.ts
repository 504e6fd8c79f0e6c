import ICAL from 'ical.js';
import { Instant, type IsoDate } from '../../../src-shared/domain/time-and-ids.ts';
import { instantOf, isTimeZone, localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { cleanText } from './wedding.ts';

const MOST_OCCURRENCES = 1_000;
/** Every day of eleven years: whoever looks longer for the next day of a rule looks for one that never comes. */
const MOST_TRIES = 4_000;
/** `2026-07-18T14:00:00`, by the clock of the zone it belongs to; a whole day is told as its midnight. */
export type Wall = string;
/** A name the time library knows, or what the file describes itself. */
type Zone = string | ICAL.Timezone;

/** A refused entry: the property that is wrong, and why. */
export class Refusal extends Error {
  readonly field: string;
  constructor(field: string, reason: string) {
    super(reason);
    this.field = field;
  }
}

export interface ZoneNames {
  /** Zones the file describes itself, for names the time library does not know. */
  readonly described: ReadonlyMap<string, ICAL.Timezone>;
  /** Zone of floating times. */
  readonly floating: string;
}

/** How one calendar entry tells time: every date and time of its series is told by the clock its start is told by. */
export class EntryClock {
  readonly start: ICAL.Time;
  readonly wholeDay: boolean;
  readonly #zone: Zone;
  readonly #names: ZoneNames;

  constructor(component: ICAL.Component, names: ZoneNames) {
    const property = component.getFirstProperty('dtstart');
    const start = property?.getFirstValue();
    if (!(start instanceof ICAL.Time)) throw new Refusal('DTSTART', 'The entry has no readable start.');
    this.#names = names;
    this.#zone = zoneOf(start, property?.getFirstParameter('tzid'), names);
    this.start = start;
    this.wholeDay = start.isDate;
  }

  /** The moment of an occurrence; null for whole days. */
  momentOf(wall: Wall): Instant | null {
    return this.wholeDay ? null : instantIn(wall, this.#zone);
  }

  /** What another date or time of the series is by the clock of the start: the rule may be written in UTC, or as a day. */
  wallOf(time: ICAL.Time, zoneName: unknown): Wall {
    if (this.wholeDay) return `${dateOf(time)}T00:00:00`;
    if (time.isDate) return `${dateOf(time)}T${clockOf(this.start)}`;
    const zone = zoneOf(time, zoneName, this.#names);
    const wall = `${dateOf(time)}T${clockOf(time)}`;
    return zone === this.#zone ? wall : wallIn(instantIn(wall, zone), this.#zone);
  }

  /** The occurrences of a series up to a moment: its rules, the days named beside them, without the exceptions. */
  occurrences(component: ICAL.Component, until: Instant): readonly Wall[] {
    const found = new Set<Wall>();
    const rules = component.getAllProperties('rrule').map((property) => property.getFirstValue());
    for (const rule of rules) if (rule instanceof ICAL.Recur) this.#expand(rule, until, found);
    const named = this.#listed(component, 'rdate');
    // Without a rule the start itself is the first of the days named.
    for (const { wall } of named) found.add(wall);
    if (rules.length === 0) found.add(`${dateOf(this.start)}T${clockOf(this.start)}`);
    for (const { wall, day } of this.#listed(component, 'exdate')) {
      found.delete(wall);
      if (day) for (const each of found) if (each.startsWith(wall.slice(0, 10))) found.delete(each);
    }
    return [...found].sort().slice(0, MOST_OCCURRENCES);
  }

  #expand(rule: ICAL.Recur, until: Instant, found: Set<Wall>): void {
    if (/^(SECOND|MINUTE|HOUR)LY$/.test(rule.freq))
      throw new Refusal('RRULE', 'The entry repeats within a day; no wedding does.');
    const own = rule.clone();
    if (own.until) own.until = this.#lastOf(own.until);
    const iterator = own.iterator(timeOf(`${dateOf(this.start)}T${clockOf(this.start)}`, this.wholeDay));
    // The library looks for 31 February for ever, and everything else would wait for it.
    let tries = 0;
    const fits = iterator.check_contracting_rules.bind(iterator);
    iterator.check_contracting_rules = () => {
      if (++tries > MOST_TRIES) throw new Refusal('RRULE', 'The rule names a day that never comes.');
      return fits();
    };
    for (let count = 0; count < MOST_OCCURRENCES; count++) {
      tries = 0;
      const next = iterator.next();
      if (!next) break;
      const wall = `${dateOf(next)}T${clockOf(next)}`;
      if ((this.momentOf(wall) ?? Date.parse(`${wall}Z`)) > until) break;
      found.add(wall);
    }
  }

  /** The end of a rule is inclusive; a day means all of that day. */
  #lastOf(until: ICAL.Time): ICAL.Time {
    if (this.wholeDay)
      return timeOf(
        until.isDate
          ? `${dateOf(until)}T00:00:00`
          : wallIn(
              instantIn(`${dateOf(until)}T${clockOf(until)}`, zoneOf(until, '', this.#names)),
              this.#names.floating,
            ),
        true,
      );
    return timeOf(until.isDate ? `${dateOf(until)}T23:59:59` : this.wallOf(until, ''), false);
  }

  #listed(component: ICAL.Component, name: 'rdate' | 'exdate'): readonly { wall: Wall; day: boolean }[] {
    return component.getAllProperties(name).flatMap((property) =>
      property.getValues().flatMap((value: unknown) => {
        const time = value instanceof ICAL.Period ? value.start : value;
        if (!(time instanceof ICAL.Time)) return [];
        return [{ wall: this.wallOf(time, property.getFirstParameter('tzid')), day: time.isDate }];
      }),
    );
  }
}

export function dateOf(time: ICAL.Time): IsoDate {
  return `${pad(time.year, 4)}-${pad(time.month)}-${pad(time.day)}`;
}

function zoneOf(time: ICAL.Time, name: unknown, { described, floating }: ZoneNames): Zone {
  if (time.zone === ICAL.Timezone.utcTimezone) return 'UTC';
  if (time.isDate || typeof name !== 'string' || name === '') return floating;
  if (isTimeZone(name)) return name;
  const zone = described.get(name);
  if (zone) return zone;
  throw new Refusal('DTSTART', `The time zone "${cleanText(name, 60)}" is neither known nor described in the file.`);
}

function instantIn(wall: Wall, zone: Zone): Instant {
  if (typeof zone === 'string') return instantOf(wall.slice(0, 10), wall.slice(11), zone);
  const local = timeOf(wall, false);
  local.zone = zone;
  return Instant.parse(local.toUnixTime() * 1000);
}

function wallIn(at: Instant, zone: Zone): Wall {
  if (typeof zone !== 'string') {
    const local = ICAL.Time.fromJSDate(new Date(at), true).convertToZone(zone);
    return `${dateOf(local)}T${clockOf(local)}`;
  }
  const { date, hour, minute } = localAt(at, zone);
  // No zone in use differs from UTC by seconds.
  return `${date}T${pad(hour)}:${pad(minute)}:${pad(new Date(at).getUTCSeconds())}`;
}

function timeOf(wall: Wall, isDate: boolean): ICAL.Time {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = wall.split(/\D/).map(Number);
  return new ICAL.Time({ year, month, day, hour, minute, second, isDate }, ICAL.Timezone.localTimezone);
}

function clockOf(time: ICAL.Time): string {
  return `${pad(time.hour)}:${pad(time.minute)}:${pad(time.second)}`;
}

function pad(value: number, length = 2): string {
  return String(value).padStart(length, '0');
}
