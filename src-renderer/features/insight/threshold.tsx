import { BarChart } from '@mantine/charts';
import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Threshold } from '../../../src-shared/contract/insight.ts';
import { formatGbp } from '../../../src-shared/format/money.ts';
import { formatPercent } from '../../../src-shared/format/number.ts';
import { formatDay, formatPeriod } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Money } from '../../ui/text.tsx';
import { RoleButton } from '../people/role-controls.tsx';
import { Figure } from './figure.tsx';
import css from './insight.module.css';

const looks = {
  below: { shape: 'tick', tone: 'ok', word: 'Below' },
  near: { shape: 'diamond', tone: 'warning', word: 'Near' },
  above: { shape: 'triangle', tone: 'critical', word: 'Passed' },
} as const;

/** Twelve months of turnover beside the registration threshold of their day; only for those who are not registered. */
export function ThresholdWatch({ organisationId, why }: { organisationId: string; why: string | null }) {
  const watch = useQuery(api.insight.threshold.queryOptions({ input: { organisationId } }));
  if (watch.error && !watch.data)
    return <ProblemNote problem={problemOf(watch.error)} onRetry={() => void watch.refetch()} />;
  const data = watch.data;
  if (!data) return null;
  if (data.state === 'registered') {
    return (
      <Section title="Registration threshold">
        <p className={css.muted}>Registered for VAT: the threshold is not watched.</p>
      </Section>
    );
  }
  const look = looks[data.state];
  return (
    <Section
      title="Registration threshold"
      aside={
        <Status shape={look.shape} tone={look.tone}>
          {look.word}
        </Status>
      }
    >
      <Figure
        title="Turnover of the twelve months ended"
        finding={findingOf(data)}
        note="Services bought from abroad count as your own turnover; sales are what was typed in below."
        rows={data.months}
        columns={[
          { title: 'Month', shown: ({ month }) => formatPeriod(month), plain: ({ month }) => month },
          {
            title: 'Own sales',
            right: true,
            shown: ({ sales }) => <Money amount={sales} />,
            plain: ({ sales }) => sales,
          },
          {
            title: 'Reverse charge',
            right: true,
            shown: (row) => <Money amount={row.reverseCharge} />,
            plain: (row) => row.reverseCharge,
          },
          {
            title: 'Twelve months',
            right: true,
            shown: ({ rolling }) => <Money amount={rolling} />,
            plain: ({ rolling }) => rolling,
          },
        ]}
        chart={
          <BarChart
            h={190}
            data={data.months.map((row) => ({
              month: formatPeriod(row.month).replace(/^(\w{3})\w* /, '$1 '),
              'Twelve months': Number(row.rolling),
            }))}
            dataKey="month"
            series={[{ name: 'Twelve months', color: 'var(--focus)' }]}
            referenceLines={[
              { y: Number(data.register), label: `Threshold ${formatGbp(data.register)}`, color: 'var(--critical)' },
            ]}
            tickLine="none"
            gridAxis="x"
            valueFormatter={(value) => formatGbp(String(Math.round(value))).replace(/\.\d\d$/, '')}
            yAxisProps={{
              width: 70,
              tickCount: 4,
              domain: [0, Math.max(Number(data.register) * 1.1, Number(data.rolling))],
            }}
            maxBarWidth={24}
            barProps={{ isAnimationActive: false, radius: 2 }}
          />
        }
      />
      <SalesForm organisationId={organisationId} data={data} why={why} />
    </Section>
  );
}

function findingOf(data: Threshold): string {
  const stand = `${formatGbp(data.rolling)} of ${formatGbp(data.register)}, ${formatPercent(data.share)}`;
  return data.passed
    ? `${stand}. Passed on ${formatDay(data.passed.monthEnd)}: tell HMRC by ${formatDay(data.passed.notifyBy)}; registered from ${formatDay(data.passed.registeredFrom)}.`
    : `${stand}.`;
}

function SalesForm({ organisationId, data, why }: { organisationId: string; data: Threshold; why: string | null }) {
  const [month, setMonth] = useState(data.months.at(-2)?.month ?? '');
  const [net, setNet] = useState('');
  const amount = net.replaceAll(/[\s,£]/g, '');
  const good = /^\d+(\.\d{1,2})?$/.test(amount);
  return (
    <form
      className={css.sales}
      aria-label="Own sales of a month"
      onSubmit={(event) => {
        event.preventDefault();
        if (good)
          void attempt(() => client.insight.setSales({ organisationId, month, net: amount })).then(
            (done) => done && setNet(''),
          );
      }}
    >
      <Select
        label="Month"
        data={data.months.toReversed().map((row) => ({ value: row.month, label: formatPeriod(row.month) }))}
        value={month}
        onChange={(value) => setMonth(value ?? '')}
      />
      <TextInput
        label="Own taxable sales of it, in pounds"
        inputMode="decimal"
        placeholder={data.months.find((row) => row.month === month)?.sales}
        value={net}
        onChange={(event) => setNet(event.currentTarget.value)}
      />
      <RoleButton why={why} type="submit" variant="default" disabled={!good}>
        Count them
      </RoleButton>
    </form>
  );
}
