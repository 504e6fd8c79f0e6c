import { z } from 'zod';
import type { AlertFactsMessage, AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import { type Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatTime } from '../../../src-shared/format/time.ts';
import type { Json } from './adapter.ts';

/** The facts of an alert in words that every channel shares; each channel escapes, folds and cuts them in its own way. */

/** From this on a message says that it is late. */
const lateMs = 60_000;

const severityWords = { info: 'Info', warning: 'Warning', critical: 'Critical', emergency: 'Emergency' } as const;
/** A season as people say it. */
export const seasonWords = { peak: 'peak season', shoulder: 'shoulder season', off_season: 'off season' } as const;

export const severityWord = (severity: AlertFactsMessage['severity']): string => severityWords[severity];

/** One line of outside text: control and direction characters gone. */
export function plainLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** The same for text of several lines. */
export function plainText(text: string): string {
  return text
    .replace(/\r\n?|\p{Zl}|\p{Zp}/gu, '\n')
    .replace(/[^\P{Cc}\n]|\p{Cf}/gu, ' ')
    .trim();
}

const letters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** At most `max` UTF-16 units, cut between characters as people see them, and marked when cut. */
export function cut(text: string, max: number, mark = '…'): string {
  if (text.length <= max) return text;
  let end = 0;
  for (const { index, segment } of letters.segment(text.slice(0, max + 64))) {
    if (index + segment.length > max - mark.length) break;
    end = index + segment.length;
  }
  return `${text.slice(0, end).trimEnd()}${mark}`;
}

/** Whole minutes this message is late; 0 when it is not (ux "LATE"). */
export function lateMinutes({ dueAt }: Pick<AlertMessage, 'dueAt'>, at: Instant): number {
  return at - dueAt < lateMs ? 0 : Math.floor((at - dueAt) / 60_000);
}

export const clock = (at: Instant, zone: string): string => formatTime(isoOf(at), zone);

export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

export const weddings = (count: number): string => `${counted(count, 'wedding')} today`;

/** `2 venues (Surrey)`, `The Barn (Surrey)`; null: no venue is named. */
export function venuesShort({ venues }: Pick<AlertFactsMessage, 'venues'>): string | null {
  const [first] = venues;
  if (!first) return null;
  const regions = [...new Set(venues.map(({ region }) => region).filter((region) => region !== ''))];
  const where = regions.length === 0 ? '' : ` (${regions.slice(0, 3).join(', ')}${regions.length > 3 ? ', …' : ''})`;
  return plainLine(`${venues.length === 1 ? first.name : `${venues.length} venues`}${where}`);
}

/** What this message says has happened, e.g. `Acknowledged by Sam Okafor until 14:30`. */
export function happening(message: AlertFactsMessage): string {
  const { kind, owner, zone, step } = message;
  const who = owner === null ? '' : ` by ${plainLine(owner.name)}`;
  const until = owner?.until == null ? '' : ` until ${clock(owner.until, zone)}`;
  const note = owner === null || owner.note === '' ? '' : `: ${cut(plainLine(owner.note), 200)}`;
  switch (kind) {
    case 'firing':
      return 'Firing';
    case 'fires_again':
      return 'Firing again';
    case 'escalated':
      return `Not acknowledged: escalated to step ${step}`;
    case 'acknowledged':
      return `Acknowledged${who}${until}${note}`;
    case 'unacknowledged':
      return 'Given back: nobody has it now';
    case 'snoozed':
      return `Snoozed${who}${until}${note}`;
    case 'resolved':
      return `Resolved${who}${note}`;
    case 'test':
      return 'TEST: nothing is wrong, no action needed';
  }
}

export const isAlert = (message: AlertMessage): message is AlertFactsMessage =>
  message.kind !== 'bundle' && message.kind !== 'notice';

/** Kinds that want somebody to act. */
export const wantsAction = ({ kind }: Pick<AlertMessage, 'kind'>): boolean =>
  kind === 'firing' || kind === 'fires_again' || kind === 'escalated' || kind === 'unacknowledged';

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** What every message carries (ux §7), most important first. No couple's name can be in it: no field holds one (X13). */
export function alertFacts(message: AlertFactsMessage): readonly Fact[] {
  const { zone } = message;
  const [next] = message.nextCeremonies;
  const raised =
    message.severity === message.reportedSeverity
      ? ''
      : ` (raised from ${severityWord(message.reportedSeverity)}: wedding day)`;
  const times = [
    message.weddingDay ? 'wedding day' : null,
    message.saturday ? 'Saturday protection' : null,
    message.peakHours ? 'peak hours' : null,
    seasonWords[message.season],
  ].filter((each) => each !== null);
  const venues = message.venues.map(({ name, region }) => (region === '' ? name : `${name} (${region})`));
  const shown = venues.length > 10 ? [...venues.slice(0, 10), `and ${venues.length - 10} more`] : venues;
  return [
    { name: 'Severity', value: `${severityWord(message.severity)}${raised}` },
    { name: 'Weddings today', value: String(message.weddingsToday) },
    { name: 'Venues', value: shown.join(', ') },
    {
      name: 'Next ceremony',
      value: next ? `${clock(next.at, zone)} ${next.venue}${next.region === '' ? '' : ` (${next.region})`}` : '',
    },
    { name: 'Time', value: times.join(', ') },
    { name: 'Since', value: clock(message.startedAt, zone) },
    { name: 'What to do next', value: message.nextStep ?? '' },
    { name: 'Reported by', value: message.source },
    { name: 'Reference', value: message.reference },
  ].flatMap(({ name, value }) => {
    const tidy = plainLine(value);
    return tidy === '' ? [] : [{ name, value: tidy }];
  });
}

/** Why this place is told (A13), as one line. */
export const reasonLine = ({ reasons }: Pick<AlertFactsMessage, 'reasons'>): string => plainLine(reasons.join(' → '));

/** A value as it will be stored and sent: absent fields are gone, as in any JSON. */
export const asJson = (value: unknown): Json => z.json().parse(JSON.parse(JSON.stringify(value)));
