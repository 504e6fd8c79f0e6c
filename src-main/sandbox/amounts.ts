/** Integers of hundredths of a penny, so that nothing here depends on binary fractions. */
const scale = 10_000n;

/** A JSON number as Xero reads it, at most four decimals kept. */
export function unitsOf(value: number): bigint {
  return BigInt(value.toFixed(4).replace('.', ''));
}

/** Half away from zero, so that a credit mirrors its invoice. */
function divide(x: bigint, by: bigint): bigint {
  const half = by / 2n;
  return x >= 0n ? (x + half) / by : -((-x + half) / by);
}

/** To whole pennies, still in units. */
export function toPennies(units: bigint): bigint {
  return divide(units, 100n) * 100n;
}

/** The product to whole pennies, rounded once. */
export function times(a: bigint, b: bigint): bigint {
  return divide(a * b, scale * 100n) * 100n;
}

/** The tax on an amount, or inside one, to whole pennies, rounded once. */
export function taxOf(amount: bigint, ratePercent: number, inside: boolean): bigint {
  const rate = unitsOf(ratePercent);
  const whole = 100n * scale + (inside ? rate : 0n);
  return divide(amount * rate, whole * 100n) * 100n;
}

/** Back to a JSON number with two (or four) decimals. */
export function numberOf(units: bigint): number {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(5, '0');
  return Number(`${negative ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`);
}
