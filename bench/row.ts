/** One measured figure beside its limit or a peer measured in the same run. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The limit, or the figure of the peer. */
  readonly limit: number;
  /** `value` divided by `limit`. */
  readonly ratio: number;
  /** What the ratio has to be, e.g. `>= 0.7`. */
  readonly target: string;
  readonly ok: boolean;
}

/** `atLeast`: the more the better; `atMost`: the less the better. */
export function benchRow(
  name: string,
  value: number,
  unit: string,
  limit: number,
  goal: { readonly atLeast: number } | { readonly atMost: number },
): BenchRow {
  const ratio = limit === 0 ? 0 : value / limit;
  const ok = 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost;
  const target = 'atLeast' in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`;
  return { name, value, unit, limit, ratio, target, ok };
}
