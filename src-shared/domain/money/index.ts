import { Big as BigJs } from 'big.js';
import { fixedText, readFixed, tenTo } from './fixed.ts';

/**
 * Decimal arithmetic for amounts, the only place it is configured: round half away from zero, 40 places on division,
 * and never an exponent in the text. For sums use {@link ExactSum}; a JavaScript number never holds an amount.
 */
export const Big = BigJs();
export type Big = BigJs;
Big.RM = Big.roundHalfUp;
Big.DP = 40;
Big.NE = -1_100;
Big.PE = 1_100;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

/**
 * Reads a decimal number as files write it: optional sign, digits with a dot, optional exponent (`1.5E-9`).
 * Blanks around it are ignored.
 * @throws RangeError on anything else: thousands separators, currency signs, `NaN`, an empty text, an exponent beyond 999
 */
export function decimal(text: string): Big {
  const trimmed = text.trim();
  if (!NUMBER.test(trimmed)) throw new RangeError(`"${text.slice(0, 40)}" is not a decimal number`);
  const value = new Big(trimmed.replace(/^\+/, '').replace(/\.(?=$|[eE])/, ''));
  return value.s < 0 && value.eq(0) ? value.abs() : value;
}

/** To 0.01, half away from zero: a credit mirrors its invoice. */
export function r2(x: Big): Big {
  return x.round(2, Big.roundHalfUp);
}

/** Currencies whose smallest unit is not a hundredth (ISO 4217). Iceland counts as none, as card schemes do. */
const MINOR_UNITS: ReadonlyMap<string, number> = new Map([
  ...[
    'BIF',
    'CLP',
    'DJF',
    'GNF',
    'ISK',
    'JPY',
    'KMF',
    'KRW',
    'PYG',
    'RWF',
    'UGX',
    'VND',
    'VUV',
    'XAF',
    'XOF',
    'XPF',
  ].map((code) => [code, 0] as const),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3] as const),
]);

/** How many decimals an amount of this currency has: 2 unless ISO 4217 says otherwise. */
export function minorUnits(currency: string): number {
  return MINOR_UNITS.get(currency) ?? 2;
}

/**
 * An amount as an integer of minor units, as it is stored: `'12.34'` GBP is 1234, `'500'` JPY is 500.
 * @throws RangeError when it has more decimals than the currency, or is too large for an exact integer
 */
export function toMinor(x: Big | string, currency: string): number {
  const value = (typeof x === 'string' ? decimal(x) : x).times(new Big(10).pow(minorUnits(currency)));
  if (!value.eq(value.round(0, Big.roundDown))) {
    throw new RangeError(`${typeof x === 'string' ? x : x.toString()} has more decimals than ${currency} has`);
  }
  const minor = Number(value.toFixed(0));
  if (!Number.isSafeInteger(minor)) throw new RangeError('The amount is too large to be held exactly');
  return minor === 0 ? 0 : minor;
}

/** Decimal text of an integer of minor units: 1234 GBP is `'12.34'`, 500 JPY is `'500'`. Throws RangeError on a fraction. */
export function fromMinor(n: number, currency: string): string {
  if (!Number.isSafeInteger(n)) throw new RangeError(`${n} is not a whole number of minor units`);
  return fixedText(BigInt(n), minorUnits(currency));
}

/**
 * A sum that loses nothing, for millions of sub-penny amounts: one big integer at the finest scale seen so far.
 * Plain decimal text takes a quick way in; exponents are accepted too.
 */
export class ExactSum {
  #digits = 0n;
  #scale = 0;
  /** Short amounts of one scale gather here as a whole number that stays far below 2^53, before they go to the big one. */
  #gathered = 0;
  #gatheredScale = 0;

  /** Adds one amount. Throws RangeError on text that is no decimal number. */
  add(text: string): this {
    if (text.length <= 15 && this.#gather(text)) return this;
    const { digits, scale } = readFixed(text);
    this.#addScaled(digits, scale);
    return this;
  }

  /** False: it is no plain decimal, or one of another scale. */
  #gather(text: string): boolean {
    const negative = text.charCodeAt(0) === 45;
    let digits = 0;
    let scale = -1;
    let count = 0;
    for (let i = negative ? 1 : 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 46 && scale < 0 && count > 0) {
        scale = 0;
        continue;
      }
      if (code < 48 || code > 57) return false;
      digits = digits * 10 + code - 48;
      count++;
      if (scale >= 0) scale++;
    }
    if (count === 0 || scale === 0) return false;
    this.addUnits(negative ? -digits : digits, Math.max(scale, 0));
    return true;
  }

  /** Adds a whole number of 10^-scale, 10^15 at most either way. */
  addUnits(units: number, scale: number): this {
    if (scale !== this.#gatheredScale) {
      this.#spill();
      this.#gatheredScale = scale;
    }
    this.#gathered += units;
    if (Math.abs(this.#gathered) > 4e15) this.#spill();
    return this;
  }

  #spill(): void {
    this.#addScaled(BigInt(this.#gathered), this.#gatheredScale);
    this.#gathered = 0;
  }

  addSum(other: ExactSum): this {
    other.#spill();
    this.#addScaled(other.#digits, other.#scale);
    return this;
  }

  /** The exact sum as a decimal, ready to be rounded. */
  value(): Big {
    return new Big(this.text());
  }

  /** Exact decimal text; keeps the finest scale that was added, e.g. `'0.30'` for 0.1 + 0.20. */
  text(): string {
    this.#spill();
    return fixedText(this.#digits, this.#scale);
  }

  #addScaled(digits: bigint, scale: number): void {
    if (scale > this.#scale) {
      this.#digits *= tenTo(scale - this.#scale);
      this.#scale = scale;
    }
    this.#digits += scale === this.#scale ? digits : digits * tenTo(this.#scale - scale);
  }
}

/**
 * Splits an amount of minor units into `parts` equal shares; what does not divide goes, one unit each, to the first
 * shares, so that the shares always add up again.
 */
export function splitMinor(total: number, parts: number): number[] {
  if (!Number.isSafeInteger(total) || !Number.isSafeInteger(parts) || parts < 1) {
    throw new RangeError('A split needs a whole amount and at least one part');
  }
  const base = Math.trunc(total / parts);
  const left = total - base * parts;
  return Array.from({ length: parts }, (_, i) => (i < Math.abs(left) ? base + Math.sign(left) : base));
}
