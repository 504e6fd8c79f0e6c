import { createContext, type ReactNode, useContext } from 'react';
import { formatMoney } from '../../src-shared/format/money.ts';
import { formatInstant, formatTime } from '../../src-shared/format/time.ts';
import css from './text.module.css';

const Zone = createContext('Europe/London');

/** The organisation's zone, for every time below. */
export const ZoneProvider = Zone.Provider;
export const useZone = () => useContext(Zone);

/** An amount; unknown is an em dash with its reason on focus, never a zero. */
export function Money({
  amount,
  currency = 'GBP',
  unknown = 'Not known yet',
}: {
  amount: string | null;
  currency?: string;
  unknown?: string;
}) {
  if (amount === null) {
    return (
      <abbr className={css.unknown} title={unknown}>
        —
      </abbr>
    );
  }
  return <span className={css.money}>{formatMoney(amount, currency)}</span>;
}

/** A moment in the organisation's zone, with the full instant in its tooltip. */
export function Instant({ at, show = 'both' }: { at: string; show?: 'time' | 'both' }) {
  const zone = useZone();
  return (
    <time dateTime={at} title={formatInstant(at, zone, 'seconds')} className={css.instant}>
      {show === 'time' ? formatTime(at, zone, 'seconds') : formatInstant(at, zone)}
    </time>
  );
}

/** A key cap, shown beside the action it does. */
export function Key({ children }: { children: ReactNode }) {
  return <kbd className={css.key}>{children}</kbd>;
}

/** Label and value pairs, as a real description list. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={css.facts}>
      {rows.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
