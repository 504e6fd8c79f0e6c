/** An accounting period: a month `2026-09`, a quarter `2026-Q3` or a year `2026`. Both days belong to it. */
export interface Period {
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

/** @returns null when the text is not a period, or its year is no accounting year (1900 to 2199) */
export function parsePeriod(text: string): Period | null {
  const match = /^(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?$/i.exec(text.trim());
  if (!match) return null;
  const [, year = '', month, quarter] = match;
  if (year < '1900' || year > '2199') return null;
  const first = month ? Number(month) : quarter ? Number(quarter) * 3 - 2 : 1;
  const last = month ? first : quarter ? first + 2 : 12;
  const lastDay = new Date(Date.UTC(Number(year), last, 0)).getUTCDate();
  return {
    label: `${year}${month ? `-${month}` : quarter ? `-Q${quarter}` : ''}`,
    from: `${year}-${two(first)}-01`,
    to: `${year}-${two(last)}-${two(lastDay)}`,
  };
}

/** The month an ISO day lies in, e.g. `2026-09`. */
export function monthOf(day: string): string {
  return day.slice(0, 7);
}

/** The month after this one, `2026-12` to `2027-01`. */
export function nextMonth(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${two(number + 1)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
