import { type KeyboardEvent, useState } from 'react';
import type { AlertView } from '../../../src-shared/contract/alerts.ts';
import { formatInstant, formatTime } from '../../../src-shared/format/time.ts';
import { ChartFrame } from '../../ui/chart.tsx';
import { PlainTable } from '../../ui/screen.tsx';
import { useZone } from '../../ui/text.tsx';
import css from './occurrences.module.css';
import { words } from './strings.ts';

type Seen = AlertView['seen'];

/** Shades of a cell: none, some, more, most. Its number says it as well. */
const shadeOf = (count: number, most: number): number => (count === 0 ? 0 : Math.ceil((3 * count) / most));

/** How often it was reported in each of the last 24 hours: whether it is new, comes and goes, or never stopped. */
export function Occurrences({ seen }: { seen: Seen }) {
  const zone = useZone();
  const [active, setActive] = useState<number | null>(null);
  const most = Math.max(1, ...seen.map(({ count }) => count));
  const total = seen.reduce((sum, { count }) => sum + count, 0);
  const busiest = seen.findLast(({ count }) => count === most);
  const hours = seen.filter(({ count }) => count > 0).length;
  const from = (hour: string) => formatTime(hour, zone);
  const finding =
    total === 0 || !busiest
      ? words.seen.never
      : hours === 1
        ? words.seen.once(total, from(busiest.hour))
        : words.seen.often(total, hours, from(busiest.hour), most);
  const sentence = ({ hour, count }: Seen[number]) => words.seen.cell(formatInstant(hour, zone), count);
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    setActive(Math.min(seen.length - 1, Math.max(0, (active ?? seen.length) + step)));
  };
  const read = active === null ? undefined : seen[active];
  return (
    <ChartFrame
      title={words.seen.title}
      finding={finding}
      chart={
        <div
          className={css.cells}
          role="img"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the cells are read with the arrow keys (U53)
          tabIndex={0}
          aria-label={read ? sentence(read) : `${finding} ${words.seen.keys}`}
          onKeyDown={onKey}
          onBlur={() => setActive(null)}
        >
          {seen.map((each, index) => (
            <span
              key={each.hour}
              className={css.cell}
              data-shade={shadeOf(each.count, most)}
              data-active={index === active || undefined}
              title={sentence(each)}
            >
              <span>{each.count === 0 ? '' : each.count > 99 ? '99+' : each.count}</span>
              {index % 6 === 0 && <i>{from(each.hour)}</i>}
            </span>
          ))}
        </div>
      }
      table={
        <PlainTable
          label={words.seen.title}
          head={[{ text: words.seen.head[0] }, { text: words.seen.head[1], right: true }]}
        >
          {seen.map(({ hour, count }) => (
            <tr key={hour}>
              <th scope="row">{formatInstant(hour, zone)}</th>
              <td data-right>{count}</td>
            </tr>
          ))}
        </PlainTable>
      }
    />
  );
}
