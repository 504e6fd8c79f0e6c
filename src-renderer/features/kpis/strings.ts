import type { KpiView } from '../../../src-shared/contract/kpis.ts';
import { formatKpi } from '../../../src-shared/format/kpi.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';

export const seasons = { peak: 'Peak', shoulder: 'Shoulder', off_season: 'Off-season' } as const;
export const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

export const words = {
  empty: 'KPIs appear after the first usage and cost import.',
  emptyMeans: 'Bring in AI usage and the invoices for it; everything here is worked out from them.',
  push: 'Sync now',
  print: 'Print',
  enter: 'Enter a figure…',
  entered: 'The figure is entered; the KPIs follow in a moment.',
  reading: 'Reading the KPIs.',
  noSource: 'no source',
} as const;

/** The sentence on top: what a pound returned, how many targets are met, and which system is behind. */
export function answerOf(view: KpiView): { readonly text: string; readonly good: boolean } {
  const judged = view.tiles.filter(({ met }) => met !== null);
  const met = judged.filter((tile) => tile.met).length;
  const roi = view.tiles.find(({ id }) => id === 'ai_roi');
  const value = roi?.value ?? null;
  const returned =
    value === null
      ? `${formatPeriod(view.period)}: what AI returned is not known yet.`
      : `${formatPeriod(view.period)}: £1 spent on AI returned ${formatKpi(value, 'GBP', 2)} of saved time (est.).`;
  const behind = view.sync.filter(({ ok }) => ok === false).map(({ name }) => name);
  const trouble = behind.length === 0 ? '' : ` ${behind.join(', ')} ${behind.length === 1 ? 'is' : 'are'} behind.`;
  return {
    text: `${returned} ${met} of ${formatCounted(judged.length, 'KPI', 'KPIs')} on target.${trouble}`,
    good: met === judged.length && behind.length === 0 && judged.length > 0,
  };
}
