import { decimal } from '../money/index.ts';
import { columnKey, isCurrency, type RowResult, refuse } from './columns.ts';
import { readDate } from './dates.ts';

/** Units of a currency for one pound, over the months of `months` (`YYYY-MM`). */
export interface MonthlyRate {
  readonly currency: string;
  readonly months: readonly string[];
  /** Decimal text as published. */
  readonly unitsPerGbp: string;
}

export interface RatesLayout {
  read(cells: readonly string[]): RowResult<MonthlyRate>;
}

const columns = {
  currency: ['currencycode', 'currency', 'code', 'ccy'],
  units: ['currencyunitsper£1', 'currencyunitsper1', 'unitspergbp', 'unitsper£1', 'ratenew', 'rate'],
  start: ['startdate', 'from', 'validfrom'],
  end: ['enddate', 'to', 'validto'],
  month: ['month', 'period'],
} as const;

/**
 * The columns of a rates file: HMRC's monthly CSV in its old and new spelling, or one typed by hand with currency,
 * month (or start and end) and units for one pound.
 * @returns the layout, or what is missing
 */
export function ratesLayout(headers: readonly string[]): RatesLayout | { readonly missing: readonly string[] } {
  const keys = headers.map(columnKey);
  const find = (names: readonly string[]) => {
    for (const name of names) {
      const index = keys.indexOf(name);
      if (index >= 0) return index;
    }
    return -1;
  };
  const at = {
    currency: find(columns.currency),
    units: find(columns.units),
    start: find(columns.start),
    end: find(columns.end),
    month: find(columns.month),
  };
  const missing: string[] = [];
  if (at.currency < 0) missing.push('Currency Code');
  if (at.units < 0) missing.push('Currency Units per £1');
  if (at.start < 0 && at.month < 0) missing.push('Start Date (or Month)');
  if (missing.length > 0) return { missing };
  return {
    read: (cells) => {
      const text = (index: number) => (index < 0 ? '' : (cells[index] ?? '').trim());
      const from = at.start >= 0 ? text(at.start) : text(at.month);
      return monthlyRate(text(at.currency), text(at.units), from, at.start >= 0 ? text(at.end) : from);
    },
  };
}

/** One published rate. HMRC writes its dates day first (DD/MM/YYYY, or 01/Jul/2026 in the XML). */
export function monthlyRate(currency: string, units: string, from: string, to: string): RowResult<MonthlyRate> {
  const code = currency.toUpperCase();
  if (!isCurrency(code)) return refuse('Currency Code', `"${currency}" is no currency code.`);
  if (!/^\d{1,9}(?:\.\d{1,12})?$/.test(units) || decimal(units).lte(0)) {
    return refuse(
      'Currency Units per £1',
      `"${units}" is no rate above zero; it must say how many ${code} one pound buys.`,
    );
  }
  const first = monthOf(from);
  const last = to ? monthOf(to) : first;
  if (!first) return refuse('Start Date', `"${from}" is not a date; HMRC writes 01/07/2026.`);
  if (!last || last < first) return refuse('End Date', `"${to}" is not a date after the start.`);
  const months = monthsFrom(first, last);
  if (months.length > 24) return refuse('End Date', 'The rate covers more than two years; monthly rates are expected.');
  return { ok: true, value: { currency: code, months, unitsPerGbp: units } };
}

function monthOf(text: string): string | null {
  if (/^\d{4}-(?:0[1-9]|1[0-2])$/.test(text)) return text;
  const read = readDate(text, 'dmy');
  return read.ok ? read.day.slice(0, 7) : null;
}

function monthsFrom(first: string, last: string): string[] {
  const months: string[] = [];
  for (let at = first; at <= last && months.length <= 24; ) {
    months.push(at);
    const [year = 0, month = 0] = at.split('-').map(Number);
    at = month === 12 ? `${year + 1}-01` : `${year}-${String(month + 1).padStart(2, '0')}`;
  }
  return months;
}

/**
 * Reads HMRC's monthly XML: `<exchangeRateMonthList Period="01/Jul/2026 to 31/Jul/2026">` with one `<exchangeRate>` a
 * country. `row` counts the rates from 1.
 */
export function readRatesXml(
  xml: string,
):
  | { readonly problem: string }
  | { readonly rates: readonly { readonly row: number; readonly result: RowResult<MonthlyRate> }[] } {
  const root = /<exchangeRateMonthList\b[^>]*\bPeriod="([^"]*)"/i.exec(xml);
  if (!root)
    return {
      problem:
        "This is not HMRC's monthly rates file: <exchangeRateMonthList> with a Period is missing. Download the XML or CSV of the month again.",
    };
  if (!/<\/exchangeRateMonthList>\s*$/i.test(xml))
    return { problem: 'The file stops before its end. Download it again.' };
  const [from = '', to = ''] = (root[1] ?? '').split(/\s+to\s+/i);
  const rates = [...xml.matchAll(/<exchangeRate>([\s\S]*?)<\/exchangeRate>/gi)].map((match, index) => {
    const field = (name: string) =>
      new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`, 'i').exec(match[1] ?? '')?.[1] ?? '';
    return { row: index + 1, result: monthlyRate(field('currencyCode'), field('rateNew'), from, to) };
  });
  return rates.length > 0 ? { rates } : { problem: 'The file has no rates in it. Download it again.' };
}
