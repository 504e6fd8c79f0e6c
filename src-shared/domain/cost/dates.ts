/** Which way round a date such as 01/02/2026 is read. */
export type DateOrder = 'iso' | 'dmy' | 'mdy';

export type ReadDate =
  | { readonly ok: true; readonly day: string }
  | { readonly ok: false; readonly ambiguous: boolean };

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const isoForm = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?(?: ?(?:Z|UTC|[+-]00:?00))?$/i;
const yearFirst = /^(\d{4})[/.](\d{1,2})[/.](\d{1,2})$/;
const numbers = /^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})(?:,? \d{1,2}:\d{2}(?::\d{2})?)?$/;
const dayMonth = /^(\d{1,2})(?:st|nd|rd|th)?[ \-/.]+([a-z]{3,9})\.?[ \-/.,]+(\d{4}|\d{2})$/i;
const monthDay = /^([a-z]{3,9})\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})$/i;
const compact = /^(\d{4})(\d{2})(\d{2})$/;

/**
 * Reads a day as files write it: ISO with or without a UTC time, 1 Feb 2026, Feb 1, 2026, and numbers such as 13/02/2026.
 * Numbers that could be read both ways are only read with a known order, never guessed.
 */
export function readDate(text: string, order: DateOrder | null): ReadDate {
  const trimmed = text.trim();
  if (isWritten(trimmed)) return isDay(trimmed) ? { ok: true, day: trimmed } : { ok: false, ambiguous: false };
  const iso = isoForm.exec(trimmed) ?? yearFirst.exec(trimmed) ?? compact.exec(trimmed);
  if (iso) return checked(iso[1], iso[2], iso[3]);
  const named = dayMonth.exec(trimmed);
  if (named) return checked(named[3], monthNumber(named[2]), named[1]);
  const american = monthDay.exec(trimmed);
  if (american) return checked(american[3], monthNumber(american[1]), american[2]);
  const two = numbers.exec(trimmed);
  if (!two) return { ok: false, ambiguous: false };
  const [, first, second, year] = two;
  if (order === 'dmy') return checked(year, second, first);
  if (order === 'mdy') return checked(year, first, second);
  const asDmy = checked(year, second, first);
  const asMdy = checked(year, first, second);
  if (asDmy.ok && asMdy.ok && asDmy.day !== asMdy.day) return { ok: false, ambiguous: true };
  return asDmy.ok ? asDmy : asMdy;
}

/** Collects what the dates of one file prove about their order. */
export class DateEvidence {
  #dmy = 0;
  #mdy = 0;
  #ambiguous = 0;
  #example = '';
  #sure: Readonly<Partial<Record<DateOrder, string>>> = {};

  add(text: string): void {
    const two = numbers.exec(text.trim());
    if (!two) return;
    const dmy = readDate(text, 'dmy').ok;
    const mdy = readDate(text, 'mdy').ok;
    if (dmy && mdy) {
      if (Number(two[1]) === Number(two[2])) return;
      this.#ambiguous++;
      if (!this.#example) this.#example = text.trim();
    } else if (dmy) {
      this.#dmy++;
      this.#sure = { dmy: text.trim(), ...this.#sure };
    } else if (mdy) {
      this.#mdy++;
      this.#sure = { mdy: text.trim(), ...this.#sure };
    }
  }

  /** A date that cannot be written in this order; null where there is none. */
  against(order: DateOrder): string | null {
    return this.#sure[order === 'dmy' ? 'mdy' : 'dmy'] ?? null;
  }

  /** The order at least one row proves while none speaks against it; null when nothing does. */
  get proven(): 'dmy' | 'mdy' | null {
    if (this.#dmy > 0 && this.#mdy === 0) return 'dmy';
    if (this.#mdy > 0 && this.#dmy === 0) return 'mdy';
    return null;
  }

  /** A date that can be read two ways while the file proves neither; null when nothing has to be asked. */
  get question(): string | null {
    return this.proven === null && this.#ambiguous > 0 ? this.#example : null;
  }
}

function monthNumber(name: string | undefined): string {
  return String(months.indexOf((name ?? '').slice(0, 3).toLowerCase()) + 1);
}

function checked(year = '', month = '', day = ''): ReadDate {
  const fullYear = year.length === 2 ? `20${year}` : year;
  const iso = `${fullYear}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return isDay(iso) ? { ok: true, day: iso } : { ok: false, ambiguous: false };
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a text is `YYYY-MM-DD` in its form; most dates of most files are. */
function isWritten(text: string): boolean {
  if (text.length !== 10) return false;
  for (let i = 0; i < 10; i++) {
    const code = text.charCodeAt(i);
    if (i === 4 || i === 7 ? code !== 45 : code < 48 || code > 57) return false;
  }
  return true;
}

/** Whether `YYYY-MM-DD` names a day that exists. Asked for every row of big files: no Date is made, no text cut. */
function isDay(iso: string): boolean {
  const two = (at: number) => iso.charCodeAt(at) * 10 + iso.charCodeAt(at + 1) - 528;
  const [century, year, month, day] = [two(0), two(2), two(5), two(8)];
  const isLeap = year % 4 === 0 && (year !== 0 || century % 4 === 0);
  const length = month === 2 && isLeap ? 29 : (monthLengths[month - 1] ?? 0);
  return day >= 1 && day <= length;
}

/** The day before, `YYYY-MM-DD`. */
function dayBefore(iso: string): string {
  return new Date(Date.parse(`${iso}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}

/** The last day a period covers: ends written as an instant at midnight are exclusive (FOCUS), others include their day. */
export function lastDayBefore(endText: string, endDay: string): string {
  const time = /[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)/.exec(endText)?.[1];
  return time === undefined || /^[0:.,]+$/.test(time) ? dayBefore(endDay) : endDay;
}
