import { BarChart, LineChart } from '@mantine/charts';
import { useQuery } from '@tanstack/react-query';
import { formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import { formatDuration, formatWeekday } from '../../../src-shared/format/time.ts';
import { api, type ContractOutputs } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { useOrganisationId } from '../../state/session.ts';
import { ChartFrame } from '../../ui/chart.tsx';
import { ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, PlainTable, Skeletons } from '../../ui/screen.tsx';
import css from './alerts.module.css';
import { severities } from './strings.ts';

type Figures = ContractOutputs['alerts']['figures'];
const names = ['info', 'warning', 'critical', 'emergency'] as const;
const colours = {
  info: 'var(--muted)',
  warning: 'var(--warning)',
  critical: 'var(--critical)',
  emergency: 'var(--emergency)',
} as const;
const PROMISE_S = 15;
const seconds = (ms: number | null) => (ms === null ? null : Math.round(ms / 100) / 10);
const shortDay = (date: string) => formatWeekday(date).replace(/ \d{4}$/, '');
const look = { h: 200, tickLine: 'none', gridAxis: 'y', withTooltip: true } as const;

/** How many alerts, how fast told, how fast taken: four weeks. */
export function FiguresScreen() {
  const organisationId = useOrganisationId();
  const figures = useQuery(api.alerts.figures.queryOptions({ input: { organisationId } }));
  return (
    <div className={css.page}>
      <AnswerLine
        of={figures}
        shape="disc"
        tone="neutral"
        action={
          <a className={css.back} href="#/alerts">
            Back to alerts
          </a>
        }
      >
        {figures.data ? sentence(figures.data) : 'Alerts of four weeks.'}
      </AnswerLine>
      <div className={css.pad}>
        {figures.error && !figures.data ? (
          <ProblemNote problem={problemOf(figures.error)} onRetry={() => void figures.refetch()} />
        ) : figures.data ? (
          <>
            <PerDay days={figures.data.days} />
            <Told days={figures.data.days} />
            <Taken acknowledged={figures.data.acknowledged} />
          </>
        ) : (
          <Skeletons rows={8} label="Reading the figures." />
        )}
      </div>
    </div>
  );
}

const totalOf = (days: Figures['days']) =>
  days.reduce((sum, day) => sum + names.reduce((all, name) => all + day[name], 0), 0);

function sentence({ days, acknowledged: { medianMs } }: Figures): string {
  const many = `${formatCounted(totalOf(days), 'alert', 'alerts')} in four weeks`;
  return medianMs === null ? `${many}.` : `${many}; half of those taken were taken within ${formatDuration(medianMs)}.`;
}

function PerDay({ days }: { days: Figures['days'] }) {
  const wedding = days.filter(({ weddingDay }) => weddingDay);
  return (
    <ChartFrame
      title="Alerts per day"
      finding={`${formatCount(totalOf(wedding))} of ${formatCount(totalOf(days))} came on wedding days, marked ♦.`}
      chart={
        <BarChart
          {...look}
          data={days.map((day) => ({ ...day, day: `${shortDay(day.date)}${day.weddingDay ? ' ♦' : ''}` }))}
          dataKey="day"
          type="stacked"
          series={names.map((name) => ({ name, label: severities[name].word, color: colours[name] }))}
          withLegend
          legendProps={{ itemSorter: null }}
          yAxisProps={{ allowDecimals: false }}
        />
      }
      table={
        <PlainTable
          label="Alerts per day"
          head={[{ text: 'Day' }, ...names.map((name) => ({ text: severities[name].word, right: true }))]}
        >
          {days.map((day) => (
            <tr key={day.date}>
              <td>
                {shortDay(day.date)}
                {day.weddingDay && ' (wedding day)'}
              </td>
              {names.map((name) => (
                <td key={name} data-right>
                  {formatCount(day[name])}
                </td>
              ))}
            </tr>
          ))}
        </PlainTable>
      }
    />
  );
}

function Told({ days }: { days: Figures['days'] }) {
  const told = days.filter(({ toldP95Ms }) => toldP95Ms !== null);
  const late = told.filter(({ toldP95Ms }) => (toldP95Ms ?? 0) > PROMISE_S * 1_000);
  return (
    <ChartFrame
      title="Told within"
      finding={
        told.length === 0
          ? 'No alert was told yet.'
          : late.length === 0
            ? `The last channel had accepted within ${PROMISE_S} s on every day.`
            : `On ${formatCounted(late.length, 'day', 'days')} some took longer than ${PROMISE_S} s.`
      }
      chart={
        <LineChart
          {...look}
          data={told.map((day) => ({
            day: shortDay(day.date),
            half: seconds(day.toldP50Ms),
            most: seconds(day.toldP95Ms),
          }))}
          dataKey="day"
          series={[
            { name: 'half', label: 'Half of them, s', color: 'var(--muted)' },
            { name: 'most', label: '95%, s', color: 'var(--focus)', strokeDasharray: '5 3' },
          ]}
          referenceLines={[{ y: PROMISE_S, label: `promised ${PROMISE_S} s`, color: 'var(--critical)' }]}
          withLegend
        />
      }
      table={
        <PlainTable
          label="Told within"
          head={[{ text: 'Day' }, { text: 'Half of them', right: true }, { text: '95%', right: true }]}
        >
          {told.map((day) => (
            <tr key={day.date}>
              <td>{shortDay(day.date)}</td>
              <td data-right>{seconds(day.toldP50Ms)} s</td>
              <td data-right>{seconds(day.toldP95Ms)} s</td>
            </tr>
          ))}
        </PlainTable>
      }
    />
  );
}

const bucketName = (upTo: number | null, index: number, all: Figures['acknowledged']['buckets']) =>
  upTo === null ? `over ${all[index - 1]?.upToMinutes} min` : `under ${upTo} min`;

function Taken({ acknowledged: { count, medianMs, p90Ms, buckets } }: Pick<Figures, 'acknowledged'>) {
  const named = buckets.map((each, index) => ({
    name: bucketName(each.upToMinutes, index, buckets),
    count: each.count,
  }));
  return (
    <ChartFrame
      title="Time until somebody had it"
      finding={
        medianMs === null || p90Ms === null
          ? 'No alert was acknowledged yet.'
          : `Half within ${formatDuration(medianMs)}, nine of ten within ${formatDuration(p90Ms)}, of ${formatCount(count)}. Escalation begins at 5 min, 2½ in peak hours.`
      }
      chart={
        <BarChart
          {...look}
          data={named}
          dataKey="name"
          series={[{ name: 'count', label: 'Alerts', color: 'var(--focus)' }]}
        />
      }
      table={
        <PlainTable label="Time until somebody had it" head={[{ text: 'Within' }, { text: 'Alerts', right: true }]}>
          {named.map((each) => (
            <tr key={each.name}>
              <td>{each.name}</td>
              <td data-right>{formatCount(each.count)}</td>
            </tr>
          ))}
        </PlainTable>
      }
    />
  );
}
