/** A decimal as a whole number of 10^-scale; what the hot paths calculate with. */
export interface Fixed {
  readonly digits: bigint;
  readonly scale: number;
}

const WRITTEN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads a decimal number as files write it; `scale` is the number of decimals as written (`'1.50'` has two).
 * @throws RangeError on anything that is no decimal number
 */
export function readFixed(text: string): Fixed {
  const plain = text.length <= 15 ? readPlain(text) : null;
  if (plain) return plain;
  const [, sign, whole = '', fraction = '', exponent = '0'] = WRITTEN.exec(text.trim()) ?? [];
  if (whole === '' && fraction === '') throw new RangeError(`"${text.slice(0, 40)}" is not a decimal number`);
  const magnitude = BigInt(whole + fraction);
  const digits = sign === '-' ? -magnitude : magnitude;
  const scale = fraction.length - Number(exponent);
  return scale < 0 ? { digits: digits * tenTo(-scale), scale: 0 } : { digits, scale };
}

/** Plain decimal text short enough that its digits are an exact integer; null: it is written otherwise. */
function readPlain(text: string): Fixed | null {
  const negative = text.charCodeAt(0) === 45;
  let digits = 0;
  let point = -1;
  for (let i = negative ? 1 : 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
    else if (digit === -2 && point < 0 && i > (negative ? 1 : 0)) point = i;
    else return null;
  }
  const scale = point < 0 ? 0 : text.length - 1 - point;
  if (text.length === (negative ? 1 : 0) || (point >= 0 && scale === 0)) return null;
  return { digits: BigInt(negative ? -digits : digits), scale };
}

const TENS = Array.from({ length: 40 }, (_, i) => 10n ** BigInt(i));

export function tenTo(exponent: number): bigint {
  return TENS[exponent] ?? 10n ** BigInt(exponent);
}

/** Digits at a finer scale; the scale asked for is never coarser than the one it has. */
export function atScale(value: Fixed, scale: number): bigint {
  return scale === value.scale ? value.digits : value.digits * tenTo(scale - value.scale);
}

/** Quotient to a whole number, half away from zero. The divisor is positive. */
export function roundedQuotient(dividend: bigint, divisor: bigint): bigint {
  const doubled = 2n * dividend;
  return dividend < 0n ? (doubled - divisor) / (2n * divisor) : (doubled + divisor) / (2n * divisor);
}

/** Decimal text of a whole number of 10^-scale. */
export function fixedText(digits: bigint, scale: number): string {
  const negative = digits < 0n;
  const padded = (negative ? -digits : digits).toString().padStart(scale + 1, '0');
  const whole = padded.slice(0, padded.length - scale);
  return `${negative ? '-' : ''}${scale === 0 ? whole : `${whole}.${padded.slice(-scale)}`}`;
}

export function magnitude(n: bigint): bigint {
  return n < 0n ? -n : n;
}
