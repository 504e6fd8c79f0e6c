import { formatPeriod } from '../../../src-shared/format/time.ts';

/** Years before the quarters and months that have lines, newest first. */
export function periodChoices(periods: readonly string[]): { value: string; label: string }[] {
  const years = [...new Set(periods.map((period) => period.slice(0, 4)))];
  return years.flatMap((year) => [
    { value: year, label: `Year ${year}` },
    ...periods.filter((period) => period.startsWith(year)).map((value) => ({ value, label: formatPeriod(value) })),
  ]);
}
