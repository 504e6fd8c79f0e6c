import { Big, decimal } from '../domain/money/index.ts';
import { formatMoney } from './money.ts';

export type KpiUnit = 'count' | 'requests/h' | 'GBP' | 'ratio' | 'of 5' | 'multiple' | 'ms';

const counts = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 3 });

/** A KPI as people read it: `6.1×`, `91.2%`, `£2.18`, `4.6 / 5`; an em dash when it is not known. */
export function formatKpi(value: string | null, unit: KpiUnit, places: number): string {
  if (value === null) return '—';
  const amount = decimal(value);
  switch (unit) {
    case 'GBP':
      return formatMoney(amount.round(2, Big.roundHalfUp).toFixed(2), 'GBP');
    case 'ratio':
      return `${amount.times(100).round(1, Big.roundHalfUp).toFixed(1)}%`;
    case 'multiple':
      return `${amount.round(places, Big.roundHalfUp).toFixed(places)}×`;
    case 'of 5':
      return `${amount.round(places, Big.roundHalfUp).toFixed(places)} / 5`;
    case 'ms':
      return `${counts.format(amount.round(places, Big.roundHalfUp).toNumber())} ms`;
    default:
      return counts.format(amount.round(places, Big.roundHalfUp).toNumber());
  }
}

/** `▲ £0.31`, `▼ 1.1 pt`; null when one side is not known or nothing changed as shown. */
export function formatKpiChange(
  value: string | null,
  before: string | null,
  unit: KpiUnit,
  places: number,
): { readonly text: string; readonly up: boolean } | null {
  if (value === null || before === null) return null;
  const change = decimal(value).minus(decimal(before));
  const size = change.abs();
  const shown =
    unit === 'ratio'
      ? `${size.times(100).round(1, Big.roundHalfUp).toFixed(1)} pt`
      : formatKpi(size.toFixed(), unit === 'of 5' ? 'count' : unit, places);
  if (!/[1-9]/.test(shown)) return null;
  return { text: shown, up: change.gt(0) };
}
