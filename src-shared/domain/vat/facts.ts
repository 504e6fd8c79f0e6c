import { formatMoney } from '../../format/money.ts';
import { type Fixed, fixedText, readFixed, roundedQuotient, tenTo } from '../money/fixed.ts';
import { type Day, dayOf } from './calendar.ts';
import type { DateRange, FxRate, VatLine } from './line.ts';
import { rulebookDate } from './line.ts';
import { fxBands, ukVatArea } from './tables.ts';
import { readVatNumber, type VatNumber } from './vat-number.ts';

/** Pounds per unit as a fraction, so that nothing is rounded before the amount is. */
export interface Ratio {
  readonly over: bigint;
  readonly under: bigint;
}

export interface Period {
  readonly from: Day;
  readonly to: Day;
}

/** The part of the facts that decides the tax point. */
export interface Times {
  readonly line: VatLine;
  readonly day: Day | null;
  readonly seen: Day;
  readonly period: Period | null;
  readonly paid: Day | null;
  /** The establishment that supplies belongs to the UK VAT area, by country or because a person confirmed it. */
  readonly ukSupplier: boolean;
}

/** A line with its texts read: what every stage looks at. */
export interface Facts extends Times {
  readonly net: Fixed;
  readonly vat: Fixed;
  readonly gross: Fixed;
  /** null: no usable rate. One for pounds. */
  readonly fx: Ratio | null;
  readonly number: VatNumber;
}

const ONE: Ratio = { over: 1n, under: 1n };

function periodOf(range: DateRange | null): Period | null {
  if (range === null) return null;
  const from = dayOf(range.from);
  const to = dayOf(range.to);
  return from === null || to === null ? null : { from, to };
}

/** Optional decimal text; null when it is absent or unreadable. */
export function readOptional(text: string | null): Fixed | null {
  if (text === null || text.trim() === '') return null;
  try {
    return readFixed(text);
  } catch {
    return null;
  }
}

/** The rate as written; null when there is none, or none that can be read. */
export function rateOf(fx: FxRate | null): Fixed | null {
  return fx === null ? null : readOptional('gbpPerUnit' in fx ? fx.gbpPerUnit : fx.unitsPerGbp);
}

function ratioOf(line: VatLine): Ratio | null {
  if (line.currency === 'GBP') return ONE;
  if (line.fx === null) return null;
  const rate = rateOf(line.fx);
  if (rate === null || rate.digits <= 0n) return null;
  const unit = tenTo(rate.scale);
  return 'gbpPerUnit' in line.fx ? { over: rate.digits, under: unit } : { over: unit, under: rate.digits };
}

const rulebookDay = dayOf(rulebookDate) ?? 0;

export function timesOf(line: VatLine): Times {
  const { attributes } = line;
  return {
    line,
    day: dayOf(line.date),
    seen: dayOf(attributes.seen) ?? rulebookDay,
    period: periodOf(attributes.period),
    paid: attributes.paid === null ? null : dayOf(attributes.paid),
    ukSupplier: ukVatArea.has(line.supplierCountry) || attributes.ukEstablishment,
  };
}

/** @throws RangeError when an amount is no decimal number */
export function factsOf(line: VatLine): Facts {
  const { day, seen, period, paid, ukSupplier } = timesOf(line);
  return {
    line,
    day,
    seen,
    period,
    paid,
    ukSupplier,
    net: readFixed(line.net),
    vat: readFixed(line.vat),
    gross: readFixed(line.gross),
    fx: ratioOf(line),
    number: readVatNumber(line.supplierVatNumber),
  };
}

export function openPeriodOf(line: VatLine): Period | null {
  return periodOf(line.attributes.openPeriod);
}

/** Hundredths of a currency in pence at a rate, rounded half away from zero. */
export function toPence(hundredths: bigint, fx: Ratio): bigint {
  return fx === ONE ? hundredths : roundedQuotient(hundredths * fx.over, fx.under);
}

const bands: ReadonlyMap<string, readonly [low: Fixed, high: Fixed]> = new Map(
  Object.entries(fxBands).map(([currency, [low, high]]) => [currency, [readFixed(low), readFixed(high)]]),
);

/** Whether a rate lies outside the believable band of its currency; currencies without a band always pass. */
export function outsideBand(currency: string, fx: Ratio): boolean {
  const band = bands.get(currency);
  if (!band) return false;
  const [low, high] = band;
  return fx.over * tenTo(low.scale) < low.digits * fx.under || fx.over * tenTo(high.scale) > high.digits * fx.under;
}

/** Hundredths as a message shows them: `£1,234.50`. */
export function money(hundredths: bigint, currency: string): string {
  return formatMoney(fixedText(hundredths, 2), currency);
}
