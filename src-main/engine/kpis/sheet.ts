import type { KpiView } from '../../../src-shared/contract/kpis.ts';
import { formatKpi } from '../../../src-shared/format/kpi.ts';
import { formatInstant, formatPeriod } from '../../../src-shared/format/time.ts';
import type { PrintBlock } from '../alerts/print.ts';

const seasons = { peak: 'Peak', shoulder: 'Shoulder', off_season: 'Off-season' } as const;

/** The KPI page on paper: every tile with its target and formula, seasons, and what was sent where. */
export function kpiSheet(view: KpiView, zone: string): PrintBlock[] {
  return [
    { kind: 'heading', level: 1, text: `KPIs of ${formatPeriod(view.period)}` },
    {
      kind: 'table',
      head: ['KPI', 'Value', 'Target', formatPeriod(view.comparedWith), 'As of', 'Formula or reason'],
      widths: ['*', 'auto', 'auto', 'auto', 'auto', '*'],
      rows: view.tiles.map((tile) => [
        `${tile.name}${tile.estimate ? ' (est.)' : ''}`,
        formatKpi(tile.value, tile.unit, tile.places),
        tile.target === null
          ? '—'
          : `${formatKpi(tile.target, tile.unit, tile.places)}${tile.met === null ? '' : tile.met ? ', met' : ', missed'}`,
        formatKpi(tile.before, tile.unit, tile.places),
        tile.asOf === null ? '—' : formatInstant(tile.asOf, zone),
        tile.reason ?? tile.formula,
      ]),
    },
    { kind: 'heading', level: 2, text: 'Cost and return by season' },
    {
      kind: 'table',
      head: ['Season', 'Months', 'Cost', 'Time saved (est.)', 'Return', 'Cost per wedding'],
      widths: ['*', 'auto', 'auto', 'auto', 'auto', 'auto'],
      rows: view.seasons.map((row) => [
        seasons[row.season],
        String(row.months),
        formatKpi(row.costGbp, 'GBP', 2),
        formatKpi(row.timeValueGbp, 'GBP', 2),
        formatKpi(row.returned, 'multiple', 1),
        formatKpi(row.costPerWeddingGbp, 'GBP', 2),
      ]),
    },
    { kind: 'heading', level: 2, text: 'Sent to' },
    ...view.sync.map(
      (row): PrintBlock => ({
        kind: 'item',
        box: 'none',
        text: `${row.name}: ${row.ok === null ? 'nothing sent yet' : row.ok ? `${row.points} points${row.stale ? ', out of date' : ''}` : row.detail}${row.at === null ? '' : `, ${formatInstant(row.at, zone)}`}`,
      }),
    ),
  ];
}
