import Papa from 'papaparse';
import { instantOf } from '../../../src-shared/domain/wedding-time/local-time.ts';
import {
  cleanText,
  isRealDate,
  type Wedding,
  type WeddingRejection,
  type WeddingStatus,
  type WeddingsRead,
} from './wedding.ts';

/** Header names a wedding table may use, in the order they are looked for. */
const headers = {
  date: ['date', 'wedding date', 'ceremony date', 'day'],
  time: ['time', 'start', 'start time', 'ceremony time', 'starts at', 'startsat', 'ceremony'],
  venue: ['venue', 'venue name', 'location'],
  region: ['region', 'county', 'area'],
  reference: ['reference', 'ref', 'booking', 'booking reference', 'booking id', 'id'],
  couple: ['couple', 'couple names', 'names', 'clients', 'client'],
  status: ['status', 'state'],
} as const;
type Field = keyof typeof headers;
type Row = Readonly<Record<Field, string>>;

export type DateOrder = 'iso' | 'dmy' | 'mdy';

const statuses: Readonly<Record<string, WeddingStatus>> = {
  '': 'confirmed',
  confirmed: 'confirmed',
  booked: 'confirmed',
  tentative: 'tentative',
  provisional: 'tentative',
  held: 'tentative',
  cancelled: 'cancelled',
  canceled: 'cancelled',
};

export interface TableOptions {
  /** Zone the dates and times are told in. */
  readonly zone: string;
  /** How `01/02/2026` reads. Without it the file itself must prove one way; an unproven date is refused, never guessed. */
  readonly dateOrder?: DateOrder;
}

/** Reads a CSV of weddings; columns are found by name. A row is refused with its line and reason, the rest is kept. */
export function readWeddingsCsv(text: string, options: TableOptions): WeddingsRead {
  const parsed = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: false });
  const [head = [], ...body] = parsed.data;
  const columns = columnsOf(head);
  if (columns.date === undefined) {
    return {
      weddings: [],
      rejections: [{ row: 1, field: 'date', reason: 'No column is named "date"; weddings need one.' }],
      duplicates: 0,
      series: new Map(),
    };
  }
  const rows = body.flatMap((cells, index) => {
    if (cells.every((cell) => cell.trim() === '')) return [];
    const cell = (field: Field) => cells[columns[field] ?? -1]?.trim() ?? '';
    return [{ row: index + 2, value: rowFrom(cell) }];
  });
  return weddingsFrom(rows, options);
}

/** Reads a JSON list of weddings with the same field names as the CSV; `row` counts entries from 1. */
export function readWeddingsJson(text: string, options: TableOptions): WeddingsRead {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return {
      weddings: [],
      rejections: [{ row: 1, field: 'file', reason: 'This is not readable JSON.' }],
      duplicates: 0,
      series: new Map(),
    };
  }
  const entries: unknown = Array.isArray(list) ? list : (list as { weddings?: unknown } | null)?.weddings;
  if (!Array.isArray(entries)) {
    return {
      weddings: [],
      rejections: [{ row: 1, field: 'file', reason: 'A list of weddings was expected.' }],
      duplicates: 0,
      series: new Map(),
    };
  }
  const rows = entries.map((entry: unknown, index) => {
    const fields = new Map(
      Object.entries((typeof entry === 'object' && entry) || {}).map(([name, value]) => [normalised(name), value]),
    );
    const cell = (field: Field) => {
      const name = headers[field].find((known) => fields.has(known));
      const value = name === undefined ? '' : fields.get(name);
      return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    };
    return { row: index + 1, value: rowFrom(cell) };
  });
  return weddingsFrom(rows, options);
}

function rowFrom(cell: (field: Field) => string): Row {
  return {
    date: cell('date'),
    time: cell('time'),
    venue: cell('venue'),
    region: cell('region'),
    reference: cell('reference'),
    couple: cell('couple'),
    status: cell('status'),
  };
}

function normalised(header: string): string {
  return header
    .trim()
    .toLowerCase()
    .replace(/[_\s]+/g, ' ');
}

function columnsOf(head: readonly string[]): Partial<Record<Field, number>> {
  const names = head.map(normalised);
  const columns: Partial<Record<Field, number>> = {};
  for (const [field, known] of Object.entries(headers) as [Field, readonly string[]][]) {
    const name = known.find((each) => names.includes(each));
    if (name !== undefined) columns[field] = names.indexOf(name);
  }
  return columns;
}

function weddingsFrom(rows: readonly { row: number; value: Row }[], options: TableOptions): WeddingsRead {
  const order = options.dateOrder ?? provenOrder(rows.map(({ value }) => value.date));
  const rejections: WeddingRejection[] = [];
  const byKey = new Map<string, Wedding>();
  let duplicates = 0;
  for (const { row, value } of rows) {
    const result = weddingFrom(value, order, options.zone);
    if ('reason' in result) {
      rejections.push({ row, ...result });
      continue;
    }
    if (byKey.has(result.key)) duplicates++;
    byKey.set(result.key, result);
  }
  return { weddings: [...byKey.values()], rejections, duplicates, series: new Map() };
}

function weddingFrom(row: Row, order: DateOrder | null, zone: string): Wedding | { field: string; reason: string } {
  const date = dateFrom(row.date, order);
  if (date === null) return { field: 'date', reason: `"${cleanText(row.date, 40)}" is not a date. Write 2026-11-21.` };
  if (date === 'ambiguous') {
    return {
      field: 'date',
      reason: `"${cleanText(row.date, 40)}" could be two days. Say which way round dates are written, or use 2026-11-21.`,
    };
  }
  const time = timeFrom(row.time);
  if (time === null) return { field: 'time', reason: `"${cleanText(row.time, 40)}" is not a time. Write 14:30.` };
  const status = statuses[row.status.toLowerCase()];
  if (status === undefined) {
    return { field: 'status', reason: `"${cleanText(row.status, 40)}" is not confirmed, tentative or cancelled.` };
  }
  const reference = cleanText(row.reference, 60);
  const venue = cleanText(row.venue);
  const key = reference === '' ? `table:${date}|${time}|${venue.toLowerCase()}` : `reference:${reference}`;
  return {
    key,
    series: key,
    sequence: 0,
    status,
    date,
    lastDate: date,
    startsAt: time === '' ? null : instantOf(date, time, zone),
    venue,
    region: cleanText(row.region),
    reference,
    couple: cleanText(row.couple),
  };
}

const SLASHED = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function dateFrom(text: string, order: DateOrder | null): string | 'ambiguous' | null {
  const real = (year: number, month: number, day: number) => {
    const date = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
    return isRealDate(date) ? date : null;
  };
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return isRealDate(text) ? text : null;
  const named = /^(?:[a-z]{3,9},? )?(\d{1,2})(?:st|nd|rd|th)? ([a-z]{3,9}),? (\d{4})$/i.exec(text);
  if (named) {
    return real(Number(named[3]), MONTHS.indexOf((named[2] ?? '').slice(0, 3).toLowerCase()) + 1, Number(named[1]));
  }
  const slashed = SLASHED.exec(text);
  if (!slashed) return null;
  const [first, second, year] = [Number(slashed[1]), Number(slashed[2]), Number(slashed[3])];
  if (order === 'dmy') return real(year, second, first);
  if (order === 'mdy') return real(year, first, second);
  if (first === second) return real(year, first, second);
  return first > 12 && second > 12 ? null : 'ambiguous';
}

/** One row with a number above 12 tells how the whole file is written, unless another row says the opposite. */
function provenOrder(dates: readonly string[]): DateOrder | null {
  let dayFirst = false;
  let monthFirst = false;
  for (const date of dates) {
    const found = SLASHED.exec(date);
    if (!found) continue;
    if (Number(found[1]) > 12) dayFirst = true;
    if (Number(found[2]) > 12) monthFirst = true;
  }
  if (dayFirst === monthFirst) return null;
  return dayFirst ? 'dmy' : 'mdy';
}

/** `HH:MM`; '' when only the day is known; null when unreadable. */
function timeFrom(text: string): string | null {
  if (text === '') return '';
  const found = /^(\d{1,2})(?:[:.](\d{2}))?(?::\d{2})? ?(am|pm)?$/i.exec(text);
  if (!found || (found[2] === undefined && found[3] === undefined)) return null;
  const half = found[3]?.toLowerCase();
  const spoken = Number(found[1]);
  if (half !== undefined && (spoken < 1 || spoken > 12)) return null;
  const hour = half === undefined ? spoken : (spoken % 12) + (half === 'pm' ? 12 : 0);
  const minute = Number(found[2] ?? 0);
  if (hour > 23 || minute > 59) return null;
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}
