import type { KpiView } from '../../../src-shared/contract/kpis.ts';
import { ChartFrame } from '../../ui/chart.tsx';
import { PlainTable } from '../../ui/screen.tsx';
import css from './kpis.module.css';
import { weekdays } from './strings.ts';

type Heat = KpiView['heat'];
const two = (hour: number) => String(hour).padStart(2, '0');

/** Mean AI requests by hour and weekday; the number stands in every cell, the preparation window is outlined (T6). */
export function HeatTable({ heat }: { heat: Heat }) {
  const known = heat.filter(({ mean }) => mean !== null);
  const most = Math.max(0, ...known.map(({ mean }) => mean ?? 0));
  const busiest = known.find(({ mean }) => mean === most);
  const finding =
    !busiest || most === 0
      ? 'No AI requests are known for this month.'
      : `Busiest on ${weekdays[busiest.weekday - 1]}s at ${two(busiest.hour)}:00 with ${most} requests an hour on average. The outline is Friday 18:00 to Sunday 23:00.`;
  const rows = weekdays.map((name, i) => ({ name, cells: heat.filter(({ weekday }) => weekday === i + 1) }));
  const picture = (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (U44)
    <section className={css.heatFrame} tabIndex={0} aria-label="Requests by hour and weekday">
      <table className={css.heat}>
        <thead>
          <tr>
            <td />
            {Array.from({ length: 24 }, (_, hour) => (
              <th key={two(hour)} scope="col">
                {two(hour)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, cells }) => (
            <tr key={name}>
              <th scope="row">{name.slice(0, 3)}</th>
              {cells.map(({ hour, mean, preparation }) => (
                <td
                  key={hour}
                  data-preparation={preparation || undefined}
                  data-level={mean === null || most === 0 ? undefined : Math.min(4, Math.ceil((mean / most) * 4))}
                >
                  {mean === null ? '' : mean}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
  const table = (
    <PlainTable
      label="Requests by weekday"
      head={[{ text: 'Weekday' }, { text: 'Busiest hour' }, { text: 'Mean a day', right: true }]}
    >
      {rows.map(({ name, cells }) => {
        const top = [...cells].sort((a, b) => (b.mean ?? 0) - (a.mean ?? 0))[0];
        return (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{top?.mean ? `${two(top.hour)}:00 (${top.mean})` : '—'}</td>
            <td data-right>{Math.round(cells.reduce((sum, { mean }) => sum + (mean ?? 0), 0) * 10) / 10}</td>
          </tr>
        );
      })}
    </PlainTable>
  );
  return <ChartFrame title="Requests per hour by weekday" finding={finding} chart={picture} table={table} />;
}
