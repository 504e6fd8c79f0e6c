/**
 * Splits an amount of minor units by weights. Every share is rounded towards zero first; the units left over go one each
 * to the largest remainders, the first of equals, so that the shares always add up again.
 * @throws RangeError without parts, on weights below one, or on amounts that are no whole units
 */
export function splitByWeights(total: number, weights: readonly number[]): number[] {
  if (!Number.isSafeInteger(total) || weights.length === 0)
    throw new RangeError('A split needs a whole amount and a part');
  if (weights.some((weight) => !Number.isSafeInteger(weight) || weight < 1))
    throw new RangeError('A weight is 1 or more');
  const sign = total < 0 ? -1n : 1n;
  const whole = BigInt(Math.abs(total));
  const all = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  const parts = weights.map((weight, index) => {
    const product = whole * BigInt(weight);
    return { index, share: product / all, rest: product % all };
  });
  let left = whole - parts.reduce((sum, { share }) => sum + share, 0n);
  for (const part of parts.toSorted((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest < b.rest ? 1 : -1))) {
    if (left === 0n) break;
    part.share += 1n;
    left -= 1n;
  }
  return parts.map(({ share }) => Number(share * sign));
}

/**
 * Net and VAT of a document line by weights, minor units. The VAT follows the nets, so that each is the rate of its own net
 * but for what rounding leaves over.
 */
export function splitLineAmounts(net: number, vat: number, weights: readonly number[]): { net: number; vat: number }[] {
  const nets = splitByWeights(net, weights);
  const bases = nets.map((one) => Math.abs(one));
  const vats = splitByWeights(vat, bases.every((one) => one > 0) ? bases : weights);
  return nets.map((one, at) => ({ net: one, vat: vats[at] ?? 0 }));
}
