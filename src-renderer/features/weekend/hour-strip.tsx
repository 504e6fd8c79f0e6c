import { type KeyboardEvent, useState } from 'react';
import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { ChartFrame } from '../../ui/chart.tsx';
import { PlainTable } from '../../ui/screen.tsx';
import { Shape } from '../../ui/status.tsx';
import { words } from './strings.ts';
import css from './weekend.module.css';

type Hours = WeekendView['hours'];

const two = (hour: number) => `${String(hour).padStart(2, '0')}:00`;
const sentence = ({ hour, weddings, alerts, peak }: Hours[number]) =>
  `${two(hour)}: ${words.weddings(weddings)} begin, ${formatCounted(alerts, 'alert', 'alerts')}${peak ? ', peak hours' : ''}`;

/** Ceremonies that begin and alerts that were raised today, hour by hour, with the peak band and now. */
export function HourStrip({ hours, nowHour, nowMinute }: { hours: Hours; nowHour: number; nowMinute: number }) {
  const shown = hours.filter(({ hour }) => hour >= firstHour(hours));
  const [active, setActive] = useState<number | null>(null);
  const most = Math.max(1, ...shown.map(({ weddings }) => weddings));
  const total = hours.reduce((sum, { weddings }) => sum + weddings, 0);
  const busiest = [...hours].sort((a, b) => b.weddings - a.weddings)[0];
  const left = hours.filter(({ hour }) => hour > nowHour).reduce((sum, { weddings }) => sum + weddings, 0);
  const finding =
    total === 0 || !busiest
      ? 'No ceremony begins today.'
      : `Busiest at ${two(busiest.hour)} with ${words.weddings(busiest.weddings)}; ${words.weddings(left)} still to begin.`;
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const from = active ?? nowHour;
    setActive(Math.min(23, Math.max(shown[0]?.hour ?? 0, from + step)));
  };
  const read = hours.find(({ hour }) => hour === active);
  return (
    <ChartFrame
      title="Today, hour by hour"
      finding={finding}
      chart={
        <div className={css.strip}>
          <div
            className={css.columns}
            role="img"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: the points are read with the arrow keys (U53)
            tabIndex={0}
            aria-label={read ? sentence(read) : `${finding} Arrow keys read each hour.`}
            onKeyDown={onKey}
            onBlur={() => setActive(null)}
          >
            {shown.map(({ hour, weddings, alerts, peak }) => (
              <span
                key={hour}
                className={css.column}
                data-peak={peak || undefined}
                data-past={hour < nowHour || undefined}
                data-active={hour === active || undefined}
                title={sentence({ hour, weddings, alerts, peak })}
              >
                {hour === nowHour && <i className={css.now} style={{ left: `${(nowMinute / 60) * 100}%` }} />}
                <span className={css.marks}>
                  {alerts > 0 && (
                    <>
                      <Shape name="triangleAlarm" tone="critical" size={12} />
                      {alerts > 1 && alerts}
                    </>
                  )}
                </span>
                <span className={css.value}>{weddings > 0 ? weddings : ''}</span>
                <span className={css.bar} style={{ height: `${Math.round((weddings / most) * 46)}px` }} />
                <span className={css.hour}>{hour % 2 === 0 ? String(hour).padStart(2, '0') : ''}</span>
              </span>
            ))}
          </div>
          <p className={css.legend}>
            <span>
              <i className={css.swatch} /> ceremonies that begin
            </span>
            {hours.some(({ peak }) => peak) && (
              <span>
                <i className={css.swatchPeak} /> peak hours
              </span>
            )}
            <span>
              <i className={css.swatchNow} /> now
            </span>
            <span>
              <Shape name="triangleAlarm" tone="critical" size={11} /> alerts
            </span>
          </p>
        </div>
      }
      table={
        <PlainTable
          label="Today, hour by hour"
          head={[
            { text: 'Hour' },
            { text: 'Ceremonies', right: true },
            { text: 'Alerts', right: true },
            { text: 'Peak' },
          ]}
        >
          {shown.map(({ hour, weddings, alerts, peak }) => (
            <tr key={hour}>
              <th scope="row">
                {two(hour)}
                {hour === nowHour ? ' (now)' : ''}
              </th>
              <td data-right>{weddings}</td>
              <td data-right>{alerts}</td>
              <td>{peak ? 'peak' : ''}</td>
            </tr>
          ))}
        </PlainTable>
      }
    />
  );
}

/** The day begins at 08:00 on the strip unless something happened earlier. */
function firstHour(hours: Hours): number {
  const busy = hours.find(({ weddings, alerts }) => weddings + alerts > 0)?.hour ?? 8;
  return Math.min(8, busy);
}
