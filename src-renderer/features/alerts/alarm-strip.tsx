import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { formatDuration } from '../../../src-shared/format/time.ts';
import { api } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { go, useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { ActButton } from '../people/role-controls.tsx';
import { acknowledge } from './actions.ts';
import stripCss from './alarm-strip.module.css';
import css from './alerts.module.css';
import { SeverityMark } from './common.tsx';
import { words } from './strings.ts';

const ANNOUNCE_MS = 10_000;

/** Whether this computer shows what happened by itself; until it has said so a window is believed to. */
function useNotified(): boolean {
  const [notified, setNotified] = useState(window.wedsync !== undefined);
  useEffect(() => void window.wedsync?.notifies().then(setNotified), []);
  return notified;
}

/**
 * Stands in for notifications where there are none (a browser, a desktop that shows none): the worst alert nobody has, on every screen but its own,
 * with *Acknowledge* in reach. Also offers each such alert to the palette by its number.
 */
export function AlarmStrip({ organisationId }: { organisationId: string }) {
  const { path } = useAddress();
  const notified = useNotified();
  const list = useQuery(
    api.alerts.list.queryOptions({ input: { organisationId, filter: 'needs_me', limit: 20 }, refetchInterval: 30_000 }),
  );
  const now = useEngineNow(10_000);
  const rows = list.data?.rows ?? [];
  const loud = rows.filter(({ severity }) => severity === 'emergency' || severity === 'critical');
  const [worst] = loud;
  useCommands(
    rows.flatMap((alert) => [
      {
        id: `ack ${alert.id}`,
        call: 'alerts.acknowledge' as const,
        title: `Acknowledge ${alert.reference}: ${alert.title}`,
        group: 'Alerts',
        words: `ack take ${alert.reference}`,
        run: () => void acknowledge([alert]),
      },
      {
        id: `open ${alert.id}`,
        title: `Open ${alert.reference}: ${alert.title}`,
        group: 'Alerts',
        words: alert.venues.map(({ name }) => `venue ${name}`).join(' '),
        run: () => go(`/alerts?alert=${alert.reference}`),
      },
    ]),
  );
  const emergency = rows.find(({ severity }) => severity === 'emergency');
  const announced = useSlowly(emergency ? `Emergency ${emergency.reference}: ${emergency.title}` : '');
  if (notified) return null;
  const shown = worst && !path.startsWith('/alerts') && !path.startsWith('/weekend');
  return (
    <>
      <p className="visually-hidden" role="alert">
        {announced}
      </p>
      {shown && (
        <aside className={stripCss.strip} data-severity={worst.severity} aria-label="Alarm">
          <SeverityMark severity={worst.severity} reported={worst.reportedSeverity} />
          <span className={stripCss.stripText} title={words.stripNote}>
            <strong>
              {worst.reference} {worst.title}
            </strong>{' '}
            · nobody has had it for {formatDuration(now - Date.parse(worst.raisedAt)).replace(/ \d+ s$/, '')}
            {loud.length > 1 && ` · ${loud.length - 1} more`}
          </span>
          <ActButton call="alerts.acknowledge" className={css.big} onClick={() => void acknowledge([worst])}>
            Acknowledge {worst.reference}
          </ActButton>
          <Button variant="default" onClick={() => go(`/alerts?alert=${worst.reference}`)}>
            Open
          </Button>
        </aside>
      )}
    </>
  );
}

/** The newest text, but never a new one within ten seconds of the last (U46). */
function useSlowly(text: string): string {
  const [said, setSaid] = useState({ text: '', at: Number.NEGATIVE_INFINITY });
  useEffect(() => {
    if (text === said.text) return;
    const wait = Math.max(0, said.at + ANNOUNCE_MS - performance.now());
    const timer = setTimeout(() => setSaid({ text, at: performance.now() }), wait);
    return () => clearTimeout(timer);
  }, [text, said]);
  return said.text;
}
