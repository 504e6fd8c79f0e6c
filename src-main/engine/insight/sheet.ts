import type { CostInsight, VatReturn } from '../../../src-shared/contract/insight.ts';
import { formatGbp } from '../../../src-shared/format/money.ts';
import { formatCount } from '../../../src-shared/format/number.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import type { PrintBlock } from '../alerts/print.ts';

/** Costs and VAT of a period on paper, with the same figures as the screens. */
export function insightSheet(costs: CostInsight, vat: VatReturn): PrintBlock[] {
  const groups = (title: string, rows: CostInsight['bySupplier']): PrintBlock[] =>
    rows.length === 0
      ? []
      : [
          { kind: 'heading', level: 2, text: title },
          {
            kind: 'table',
            head: ['', 'Lines', 'Net', 'VAT'],
            widths: ['*', 'auto', 'auto', 'auto'],
            rows: rows.map((row) => [row.label, formatCount(row.lines), formatGbp(row.net), formatGbp(row.vat)]),
          },
        ];
  return [
    { kind: 'heading', level: 1, text: `Costs and VAT of ${formatPeriod(costs.period)}` },
    {
      kind: 'text',
      text: `${formatGbp(costs.net)} net${costs.perWedding === null ? '' : `, ${formatGbp(costs.perWedding)} for each of ${formatCount(costs.weddings)} weddings`}; a year before ${formatGbp(costs.yearBefore)}.`,
    },
    {
      kind: 'table',
      head: ['Month', 'Net', 'Year before', 'Weddings', 'Per wedding'],
      widths: ['*', 'auto', 'auto', 'auto', 'auto'],
      rows: costs.months.map((row) => [
        formatPeriod(row.month),
        formatGbp(row.net),
        formatGbp(row.yearBefore),
        formatCount(row.weddings),
        formatGbp(row.perWedding),
      ]),
    },
    { kind: 'heading', level: 2, text: 'From the files to the ledger' },
    {
      kind: 'table',
      head: ['Step', 'Lines', 'Net'],
      widths: ['*', 'auto', 'auto'],
      rows: costs.bridge.map((row) => [row.step, formatCount(row.lines), formatGbp(row.net)]),
    },
    ...groups('Suppliers', costs.bySupplier),
    ...groups('Categories', costs.byCategory),
    ...groups('VAT treatment', costs.byTreatment),
    { kind: 'heading', level: 2, text: 'VAT return: purchases' },
    {
      kind: 'table',
      head: ['Box', 'Counted', 'In the ledger, equal', 'Sent, not proven', 'Not in the ledger', 'Blocked'],
      widths: ['*', 'auto', 'auto', 'auto', 'auto', 'auto'],
      rows: (['box1', 'box4', 'box5', 'box6', 'box7'] as const).map((box) => [
        `Box ${box.slice(3)}`,
        ...[vat.all, vat.verified, vat.open, vat.missing, vat.blocked].map((boxes) => formatGbp(boxes[box])),
      ]),
    },
  ];
}
