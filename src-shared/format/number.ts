const counts = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const plurals = new Intl.PluralRules('en-GB');

/** `1,204`. */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** `1 line`, `1,204 lines`: the number with the word that agrees with it. */
export function formatCounted(count: number, one: string, other: string): string {
  return `${formatCount(count)} ${plurals.select(count) === 'one' ? one : other}`;
}

/** `99.8%` from a share between 0 and 1. */
export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** `812 bytes`, `14.2 kB`, `75.0 MB`; powers of a thousand, as file managers show them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return formatCounted(bytes, 'byte', 'bytes');
  const units = ['kB', 'MB', 'GB'] as const;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
