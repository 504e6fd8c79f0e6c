import type { Instant } from '../time-and-ids.ts';
import type { LocalQuarters } from './local-quarters.ts';

/** One AI request of a vendor, as files and the WedSync usage API tell it. */
export interface UsageRecord {
  /** The record's own id; null when the source gives none. */
  readonly id: string | null;
  /** As written: id, e-mail or name. */
  readonly vendor: string;
  readonly vendorName: string;
  readonly vendorEmail: string;
  readonly wedding: string;
  readonly client: string;
  readonly feature: string;
  readonly at: Instant;
  readonly day: string;
  /** The source says the day and not when: equal records of it may be several requests. */
  readonly dayAlone: boolean;
  readonly inPreparationWindow: boolean;
  readonly success: boolean;
  /** Seconds of work the source reports; our own figures count requests instead (V1). */
  readonly seconds: number;
}

export type UsageField =
  | 'id'
  | 'vendor'
  | 'vendorName'
  | 'vendorEmail'
  | 'wedding'
  | 'client'
  | 'feature'
  | 'time'
  | 'success'
  | 'minutes';
export type UsageCells = Readonly<Partial<Record<UsageField, string>>>;
export type UsageRead =
  | { readonly ok: true; readonly record: UsageRecord }
  | { readonly ok: false; readonly field: string; readonly reason: string };

/** Header spellings, compared without case, blanks and marks. */
const spellings: Readonly<Record<UsageField, readonly string[]>> = {
  id: ['id', 'recordid', 'usageid', 'requestid', 'eventid', 'record'],
  vendor: ['vendor', 'vendorid', 'vendorref', 'supplier', 'account'],
  vendorName: ['vendorname', 'vendortitle', 'business', 'businessname'],
  vendorEmail: ['vendoremail', 'email'],
  wedding: ['wedding', 'weddingid', 'weddingref', 'weddingreference', 'booking'],
  client: ['client', 'clientid', 'clientref', 'couple', 'customer'],
  feature: ['feature', 'aifeature', 'tool', 'service'],
  time: ['time', 'at', 'timestamp', 'datetime', 'date', 'occurredat', 'createdat', 'requestedat', 'usedat'],
  success: ['success', 'succeeded', 'successful', 'ok', 'result', 'outcome', 'status'],
  minutes: ['minutes', 'minutesused', 'durationminutes', 'duration', 'mins'],
};
export const requiredUsageFields = ['vendor', 'feature', 'time'] as const;

/** Which column feeds which field; the first that fits. */
export function usageColumns(headers: readonly string[]): Partial<Record<UsageField, number>> {
  const found: Partial<Record<UsageField, number>> = {};
  const keys = headers.map((header) => header.toLowerCase().replace(/[^a-z]/g, ''));
  for (const [field, names] of Object.entries(spellings) as [UsageField, readonly string[]][]) {
    const at = names.map((name) => keys.indexOf(name)).find((index) => index >= 0);
    if (at !== undefined) found[field] = at;
  }
  // A file that only names its vendors by name or e-mail says who they are all the same.
  const vendor = found.vendor ?? found.vendorName ?? found.vendorEmail;
  return vendor === undefined ? found : { ...found, vendor };
}

const yes = new Set(['', 'true', 'yes', 'y', '1', 'ok', 'success', 'successful', 'succeeded', 'done', '200']);
const no = new Set(['false', 'no', 'n', '0', 'failed', 'failure', 'fail', 'error', 'timeout', 'cancelled']);
const longest = 200;
/** Clocks of others run a little ahead. */
const aheadMs = 300_000;
const longestMinutes = 10_080;

const timeShape = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d\d:?\d\d)?)?$/i;

/** Reads one record. `now` refuses usage of the future; a time without an offset is local. Pure. */
export function readUsage(cells: UsageCells, now: Instant, quarters: LocalQuarters): UsageRead {
  for (const [field, value] of Object.entries(cells)) {
    if (value.length > longest)
      return refuse(field, `It is ${value.length} characters long; at most ${longest} are read. Shorten it.`);
  }
  const vendor = (cells.vendor ?? '').trim();
  if (vendor === '') return refuse('vendor', 'The vendor is missing. Name it by id, e-mail or name.');
  const feature = (cells.feature ?? '').trim().toLowerCase();
  if (feature === '') return refuse('feature', 'The AI feature is missing, for example gallery or chat.');
  const at = readTime((cells.time ?? '').trim(), quarters);
  if (at === null) {
    return refuse('time', `"${(cells.time ?? '').slice(0, 40)}" is not a time. Write it as 2026-10-03T14:05:00Z.`);
  }
  if (at > now + aheadMs) {
    return refuse('time', `${cells.time?.trim()} lies in the future. Correct the time, or the clock of the source.`);
  }
  const word = (cells.success ?? '').trim().toLowerCase();
  if (!yes.has(word) && !no.has(word)) {
    return refuse('success', `"${word.slice(0, 40)}" says neither success nor failure. Write true or false.`);
  }
  const minutesText = (cells.minutes ?? '').trim();
  const minutes = minutesText === '' ? 0 : Number(minutesText);
  if (!Number.isFinite(minutes)) return refuse('minutes', `"${minutesText.slice(0, 40)}" is not a number of minutes.`);
  if (minutes < 0) return refuse('minutes', `${minutesText} minutes: usage cannot be negative. Correct the row.`);
  if (minutes > longestMinutes)
    return refuse('minutes', `${minutesText} minutes are longer than a week. Are these seconds?`);
  return {
    ok: true,
    record: {
      id: (cells.id ?? '').trim() || null,
      vendor,
      vendorName: (cells.vendorName ?? '').trim(),
      vendorEmail: (cells.vendorEmail ?? '').trim(),
      wedding: (cells.wedding ?? '').trim(),
      client: (cells.client ?? '').trim(),
      feature,
      at,
      ...quarters.at(at),
      dayAlone: !/[T ]/i.test((cells.time ?? '').trim()),
      success: yes.has(word),
      seconds: Math.round(minutes * 60),
    },
  };
}

function readTime(text: string, quarters: LocalQuarters): Instant | null {
  const match = timeShape.exec(text);
  if (!match) return null;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '', offset] = match;
  const date = `${year}-${month}-${day}`;
  const whole = Date.parse(`${date}T${hour}:${minute}:${second}Z`);
  // Date.parse takes 31 February for a day in March.
  if (Number.isNaN(whole) || new Date(whole).getUTCDate() !== Number(day)) return null;
  const rest = Number(`${fraction}000`.slice(0, 3));
  if (offset === undefined) {
    return quarters.instantOf(date, Number(hour), Number(minute), Number(second) * 1_000 + rest);
  }
  const sign = offset.startsWith('-') ? -1 : 1;
  const digits = offset.replace(/\D/g, '');
  const shift = /z/i.test(offset) ? 0 : sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4))) * 60_000;
  const at = whole + rest - shift;
  return at < 0 ? null : (at as Instant);
}

function refuse(field: string, reason: string): UsageRead {
  return { ok: false, field, reason };
}

/** How a vendor is looked up: lower case, single blanks. */
export function vendorKey(text: string): string {
  return text.trim().toLowerCase().replace(/\s+/g, ' ');
}
