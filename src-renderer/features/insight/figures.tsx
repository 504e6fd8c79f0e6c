import { BarChart } from '@mantine/charts';
import type { CostInsight } from '../../../src-shared/contract/insight.ts';
import { formatGbp } from '../../../src-shared/format/money.ts';
import { formatCount, formatPercent } from '../../../src-shared/format/number.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { Money } from '../../ui/text.tsx';
import { treatmentWord } from '../exports/strings.ts';
import { type Column, Figure } from './figure.tsx';

type Month = CostInsight['months'][number];
type Group = CostInsight['bySupplier'][number];

/** Lengths only; every amount that is read comes from the decimal text. */
const length = (amount: string | null) => (amount === null ? null : Number(amount));
const axis = (value: number) =>
  Math.abs(value) >= 1e6
    ? `£${(value / 1e6).toFixed(1)}m`
    : formatGbp(String(Math.round(value))).replace(/\.\d\d$/, '');
const seasons = { peak: 'Peak', shoulder: 'Shoulder', off_season: 'Off-season' } as const;
const seasonWord = (label: string) => seasons[label as keyof typeof seasons] ?? label;
const shortMonth = (month: string) => formatPeriod(month).replace(/^(\w{3})\w* /, '$1 ');
const barProps = { isAnimationActive: false, radius: 2 } as const;
const lying = {
  orientation: 'vertical',
  gridAxis: 'none',
  tickLine: 'none',
  xAxisProps: { tickCount: 4, interval: 'preserveStartEnd' },
  yAxisProps: { width: 136, interval: 0 },
  valueFormatter: axis,
  barProps,
} as const;

const money = (title: string, of: (row: Month) => string | null, unknown: string): Column<Month> => ({
  title,
  right: true,
  shown: (row) => <Money amount={of(row)} unknown={unknown} />,
  plain: (row) => of(row) ?? '',
});
const monthColumn: Column<Month> = {
  title: 'Month',
  shown: ({ month }) => formatPeriod(month),
  plain: ({ month }) => month,
};

/** Year on year, month by month. */
export function ByMonth({ data }: { data: CostInsight }) {
  const most = [...data.months].sort((a, b) => Number(b.net) - Number(a.net))[0];
  return (
    <Figure
      title="Cost by month, beside the year before"
      finding={
        most && Number(most.net) > 0
          ? `${formatPeriod(most.month)} cost most: ${formatGbp(most.net)}.`
          : 'Nothing was spent.'
      }
      rows={data.months}
      columns={[
        monthColumn,
        { title: 'Season', shown: (row) => seasons[row.season], plain: (row) => row.season },
        money('Net', ({ net }) => net, ''),
        money('Year before', ({ yearBefore }) => yearBefore, 'Nothing is known of that month'),
      ]}
      chart={
        <BarChart
          h={190}
          data={data.months.map((row) => ({
            month: shortMonth(row.month),
            'This year': length(row.net),
            'Year before': length(row.yearBefore),
          }))}
          dataKey="month"
          series={[
            { name: 'Year before', color: 'var(--border)' },
            { name: 'This year', color: 'var(--focus)' },
          ]}
          tickLine="none"
          gridAxis="x"
          valueFormatter={axis}
          yAxisProps={{ width: 62, tickCount: 4 }}
          maxBarWidth={18}
          withLegend
          barProps={barProps}
        />
      }
    />
  );
}

export function PerWedding({ data }: { data: CostInsight }) {
  // A month without costs or without weddings says nothing about what a wedding costs.
  const known = data.months.filter(({ perWedding, net }) => perWedding !== null && net !== '0.00');
  const dearest = [...known].sort((a, b) => Number(b.perWedding) - Number(a.perWedding))[0];
  return (
    <Figure
      title="Cost per wedding, by month and season"
      finding={
        dearest
          ? `${formatPeriod(dearest.month)} was dearest: ${formatGbp(dearest.perWedding)} for each of ${formatCount(dearest.weddings)} weddings.`
          : 'No month of this period has both costs and confirmed weddings.'
      }
      rows={data.months}
      columns={[
        monthColumn,
        { title: 'Season', shown: (row) => seasons[row.season], plain: (row) => row.season },
        {
          title: 'Weddings',
          right: true,
          shown: (row) => formatCount(row.weddings),
          plain: (row) => String(row.weddings),
        },
        money('Cost per wedding', ({ perWedding }) => perWedding, 'No confirmed wedding'),
      ]}
      chart={
        known.length > 0 && (
          <BarChart
            h={190}
            data={known.map((row) => ({
              month: shortMonth(row.month),
              [seasons[row.season]]: length(row.perWedding),
            }))}
            dataKey="month"
            type="stacked"
            series={[
              { name: 'Peak', color: 'var(--focus)' },
              { name: 'Shoulder', color: 'var(--doubt)' },
              { name: 'Off-season', color: 'var(--border)' },
            ]}
            tickLine="none"
            gridAxis="x"
            valueFormatter={(value) => formatGbp(value.toFixed(2))}
            yAxisProps={{ width: 70, tickCount: 4 }}
            maxBarWidth={26}
            withLegend
            barProps={barProps}
          />
        )
      }
    />
  );
}

const steps: Readonly<Record<string, string>> = {
  'In the files': 'all lines of the period',
  Excluded: 'left out with a reason',
  'Still to review': 'need a person',
  'Ready, in no batch': 'could be prepared now',
  'In a batch, not posted': 'prepared or on the way',
  'In the ledger': 'posted',
};

/** Control totals as a bridge: what is taken off on the way from the files to the ledger. */
export function Bridge({ data }: { data: CostInsight }) {
  const first = data.bridge[0];
  const last = data.bridge.at(-1);
  // The part below a floating bar is drawn without colour. Whole pence, so that what is left is nothing and not nearly nothing.
  const pence = (net: string) => Math.round(Number(net) * 100);
  let left = 0;
  const bars = data.bridge.map(({ step, net }, index) => {
    const ends = index === 0 || index === data.bridge.length - 1;
    const before = left;
    left = ends ? pence(net) : left + pence(net);
    return ends
      ? { step, base: 0, stands: left / 100, taken: 0 }
      : { step, base: Math.min(before, left) / 100, stands: 0, taken: Math.abs(pence(net)) / 100 };
  });
  return (
    <Figure
      title="From the files to the ledger"
      finding={`${formatGbp(first?.net ?? null)} net in the files, ${formatGbp(last?.net ?? null)} in the ledger; every pound between is named.`}
      rows={data.bridge}
      columns={[
        { title: 'Step', shown: ({ step }) => step, plain: ({ step }) => step },
        { title: 'What it is', shown: ({ step }) => steps[step] ?? '', plain: ({ step }) => steps[step] ?? '' },
        { title: 'Lines', right: true, shown: ({ lines }) => formatCount(lines), plain: ({ lines }) => String(lines) },
        { title: 'Net', right: true, shown: ({ net }) => <Money amount={net} />, plain: ({ net }) => net },
      ]}
      chart={
        <BarChart
          h={210}
          data={bars}
          dataKey="step"
          type="stacked"
          series={[
            { name: 'base', label: ' ', color: 'transparent' },
            { name: 'stands', label: 'Stands', color: 'var(--focus)' },
            { name: 'taken', label: 'Taken off', color: 'var(--border)' },
          ]}
          withTooltip={false}
          maxBarWidth={20}
          {...lying}
        />
      }
    />
  );
}

export function ByTreatment({ data }: { data: CostInsight }) {
  const largest = data.byTreatment[0];
  return (
    <Figure
      title="VAT by treatment"
      finding={
        largest
          ? `${treatmentWord(largest.label)} is the largest: ${formatGbp(largest.net)} net, ${formatGbp(largest.vat)} VAT.`
          : 'No line in this period.'
      }
      rows={data.byTreatment}
      columns={groupColumns('Treatment', treatmentWord)}
      chart={
        <BarChart
          h={Math.max(210, data.byTreatment.length * 40 + 40)}
          data={data.byTreatment.map((row) => ({
            label: treatmentWord(row.label),
            Net: length(row.net),
            VAT: length(row.vat),
          }))}
          dataKey="label"
          series={[
            { name: 'Net', color: 'var(--border)' },
            { name: 'VAT', color: 'var(--focus)' },
          ]}
          maxBarWidth={13}
          withLegend
          {...lying}
        />
      }
    />
  );
}

function groupColumns(title: string, word: (label: string) => string = (label) => label): Column<Group>[] {
  return [
    { title, shown: ({ label }) => word(label), plain: ({ label }) => word(label) },
    { title: 'Lines', right: true, shown: ({ lines }) => formatCount(lines), plain: ({ lines }) => String(lines) },
    { title: 'Net', right: true, shown: ({ net }) => <Money amount={net} />, plain: ({ net }) => net },
    { title: 'VAT', right: true, shown: ({ vat }) => <Money amount={vat} />, plain: ({ vat }) => vat },
  ];
}

const drawn = 8;

/** The largest of a kind as bars; the table has all. */
export function Ranking({
  title,
  rows,
  whole,
  empty,
}: {
  title: string;
  rows: readonly Group[];
  /** What all lines of the period come to. */
  whole: string;
  empty: string;
}) {
  const first = rows[0];
  const share = first && Number(whole) > 0 ? `, ${formatPercent(Number(first.net) / Number(whole))} of the period` : '';
  const some = rows.slice(0, drawn);
  return (
    <Figure
      title={title}
      finding={first ? `${first.label} is the largest: ${formatGbp(first.net)} net${share}.` : empty}
      {...(rows.length > drawn
        ? { note: `The largest ${drawn} of ${formatCount(rows.length)} are drawn; the table has all.` }
        : {})}
      rows={rows}
      columns={groupColumns(title).filter((column) => column.title !== 'VAT' || rows.some(({ vat }) => vat !== '0.00'))}
      chart={some.length > 0 && <LyingBars rows={some} />}
    />
  );
}

export function BySeason({ data }: { data: CostInsight }) {
  const months = (label: string) => data.months.filter(({ season, net }) => season === label && net !== '0.00').length;
  const rows = data.bySeason.map((row) => ({ ...row, months: months(row.label) }));
  const first = rows[0];
  return (
    <Figure
      title="Seasons"
      finding={
        first
          ? `${seasonWord(first.label)} cost most: ${formatGbp(first.net)} in ${formatCount(first.months)} months.`
          : 'No line in this period.'
      }
      rows={rows}
      columns={[
        { title: 'Season', shown: ({ label }) => seasonWord(label), plain: ({ label }) => seasonWord(label) },
        {
          title: 'Months with costs',
          right: true,
          shown: (row) => formatCount(row.months),
          plain: (row) => String(row.months),
        },
        { title: 'Lines', right: true, shown: ({ lines }) => formatCount(lines), plain: ({ lines }) => String(lines) },
        { title: 'Net', right: true, shown: ({ net }) => <Money amount={net} />, plain: ({ net }) => net },
      ]}
      chart={
        rows.length > 0 && <LyingBars rows={rows.map((row) => ({ ...row, label: seasonWord(row.label) }))} size={34} />
      }
    />
  );
}

export function ByFeature({ data }: { data: CostInsight }) {
  const first = data.byFeature[0];
  return (
    <Figure
      title="AI features (estimate)"
      finding={
        first
          ? `${first.label} carries most: ${formatGbp(first.net)} for ${formatCount(first.requests)} requests.`
          : 'No month of this period has AI usage; import it to spread the cost over features.'
      }
      note="Each month's cost spread over its requests; no invoice says it."
      rows={data.byFeature}
      columns={[
        { title: 'Feature', shown: ({ label }) => label, plain: ({ label }) => label },
        {
          title: 'Requests',
          right: true,
          shown: ({ requests }) => formatCount(requests),
          plain: ({ requests }) => String(requests),
        },
        { title: 'Net', right: true, shown: ({ net }) => <Money amount={net} />, plain: ({ net }) => net },
      ]}
      chart={data.byFeature.length > 0 && <LyingBars rows={data.byFeature.slice(0, drawn)} />}
    />
  );
}

/** One amount a row, lying, so that names can be read. */
function LyingBars({ rows, size = 24 }: { rows: readonly { label: string; net: string }[]; size?: number }) {
  return (
    <BarChart
      h={rows.length * size + 40}
      data={rows.map((row) => ({ label: row.label, Net: length(row.net) }))}
      dataKey="label"
      series={[{ name: 'Net', color: 'var(--focus)' }]}
      maxBarWidth={size === 24 ? 14 : 18}
      {...lying}
    />
  );
}
