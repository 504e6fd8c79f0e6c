import { AreaChart } from '@mantine/charts';
import { useQuery } from '@tanstack/react-query';
import { formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import { formatDuration, formatTime } from '../../../src-shared/format/time.ts';
import { api } from '../../data/client.ts';
import { ChartFrame } from '../../ui/chart.tsx';
import { PlainTable } from '../../ui/screen.tsx';
import { Instant, useZone } from '../../ui/text.tsx';
import css from '../../ui/workspace.module.css';

const SHOWN = 96;
/** Below this height of the window the charts would leave the list four rows. */
const smallPx = 720;

/** Queue depth and oldest age over the last 24 hours; absent until there is something to draw. */
export function DepthCharts({ organisationId }: { organisationId: string }) {
  const zone = useZone();
  const query = useQuery(
    api.deliveries.depth.queryOptions({ input: { organisationId, hours: 24 }, refetchInterval: 60_000 }),
  );
  const points = query.data?.points ?? [];
  const peak = points.reduce((most, point) => Math.max(most, point.waiting), 0);
  const oldest = points.reduce((most, point) => Math.max(most, point.oldestMs), 0);
  if (points.length < 2 || peak === 0) return null;
  const step = Math.max(1, Math.ceil(points.length / SHOWN));
  const data = points
    .filter((_, index) => index % step === 0)
    .map((point) => ({
      at: formatTime(point.at, zone),
      Waiting: point.waiting,
      'Oldest, minutes': Math.round(point.oldestMs / 6_000) / 10,
    }));
  const open = query.data?.breakers ?? [];
  const rows = points.filter((_, index) => index % step === 0).slice(-24);
  const table = (
    <PlainTable
      label="Queue over 24 hours"
      head={[
        { text: 'When' },
        { text: 'Waiting', right: true },
        { text: 'Oldest', right: true },
        { text: 'Dead', right: true },
      ]}
    >
      {rows.map((point) => (
        <tr key={point.at}>
          <td>
            <Instant at={point.at} />
          </td>
          <td data-right>{formatCount(point.waiting)}</td>
          <td data-right>{formatDuration(point.oldestMs)}</td>
          <td data-right>{formatCount(point.dead)}</td>
        </tr>
      ))}
    </PlainTable>
  );
  const circuits = open.length === 0 ? '' : ` ${formatCounted(open.length, 'circuit was', 'circuits were')} open.`;
  const look = { h: 110, data, dataKey: 'at', withDots: false, curveType: 'stepAfter', tickLine: 'none' } as const;
  return (
    // In a small window the list is what is looked for; the figures are one press away.
    <details className={css.chartsFold} open={window.innerHeight >= smallPx}>
      <summary>
        The queue in 24 hours: at most {formatCount(peak)} waited, the oldest {formatDuration(oldest)}
      </summary>
      <div className={css.charts}>
        <ChartFrame
          title="Waiting, last 24 hours"
          finding={`At most ${formatCounted(peak, 'delivery', 'deliveries')} waited.${circuits}`}
          chart={<AreaChart {...look} series={[{ name: 'Waiting', color: 'var(--focus)' }]} />}
          table={table}
        />
        <ChartFrame
          title="Oldest age, last 24 hours"
          finding={`The oldest waited ${formatDuration(oldest)}.`}
          chart={<AreaChart {...look} series={[{ name: 'Oldest, minutes', color: 'var(--muted)' }]} />}
          table={table}
        />
      </div>
    </details>
  );
}
