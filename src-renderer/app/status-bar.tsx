import { UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { formatCount } from '../../src-shared/format/number.ts';
import { formatDuration, formatTime, zoneLetters } from '../../src-shared/format/time.ts';
import { api, type ContractOutputs } from '../data/client.ts';
import { answerOf, isChecking, workingOf } from '../features/systems/strings.ts';
import { go } from '../state/address.ts';
import { useOrganisationId } from '../state/session.ts';
import { Shape, type ShapeName, type Tone } from '../ui/status.tsx';
import { useZone } from '../ui/text.tsx';
import css from './shell.module.css';
import { words } from './strings.ts';

type Status = ContractOutputs['app']['status'];
type Seat = ContractOutputs['settings']['seat'];
type Counts = ContractOutputs['app']['counts'];

const TICK_MS = 10_000;

/** What waits, what is in doubt, what is dead: on every screen, always in this order (U5, U12). */
export function StatusBar({
  status,
  counts,
  seat,
}: {
  status: Status;
  counts: Counts | undefined;
  seat: Seat | undefined;
}) {
  const zone = useZone();
  const now = useEngineTime(status.now);
  const deliveries = (tab: string) => `/deliveries?tab=${tab}`;
  const oldest = counts?.oldestWaitingMs;
  const keychain = words.keychain[status.keychain];
  return (
    <footer className={css.status}>
      <Sending safeMode={status.safeMode} seat={seat} />
      <Item to={deliveries('waiting')} shape="circle" tone="muted">
        Queue {shown(counts?.waiting)}
        {oldest !== null && oldest !== undefined && ` · oldest ${formatDuration(oldest)}`}
      </Item>
      <Item to={deliveries('in_doubt')} shape="question" tone={counts?.inDoubt ? 'doubt' : 'muted'}>
        In doubt {shown(counts?.inDoubt)}
      </Item>
      <Item to={deliveries('dead')} shape="crossSquare" tone={counts?.dead ? 'critical' : 'muted'}>
        Dead {shown(counts?.dead)}
      </Item>
      {(counts?.held ?? 0) > 0 && (
        <Item to={deliveries('held')} shape="pause" tone="warning">
          Held {shown(counts?.held)}
        </Item>
      )}
      <Systems />
      {keychain !== '' && (
        <Item to="/settings/diagnostics" shape="lock" tone="critical">
          {keychain}
        </Item>
      )}
      {status.storage.state !== 'ok' && (
        <span title={status.storage.message}>
          <Item
            to="/settings/organisation"
            shape="crossSquare"
            tone={status.storage.state === 'low' ? 'warning' : 'critical'}
          >
            {words.storage[status.storage.state]}
          </Item>
        </span>
      )}
      <span className={css.statusSpace} title={status.dataFolder}>
        {status.host === 'agent' ? `Agent on ${seat?.thisComputer ?? 'this computer'} · ${status.dataFolder}` : ''}
      </span>
      <time className={css.statusText} dateTime={now}>
        {formatTime(now, zone)} {zoneLetters(now, zone)}
      </time>
      <span className={css.statusText}>v{status.version}</span>
    </footer>
  );
}

function Sending({ safeMode, seat }: { safeMode: boolean; seat: Seat | undefined }) {
  const [word, shape, tone] = ((): [string, ShapeName, Tone] => {
    if (safeMode) return [words.safeMode, 'pause', 'critical'];
    if (seat === undefined) return [words.sendingUnknown, 'dashed', 'muted'];
    if (!seat.here) return [words.sendsElsewhere, 'pause', 'critical'];
    return seat.rival === null ? [words.sending, 'tick', 'ok'] : [words.sendBoth, 'triangle', 'critical'];
  })();
  return (
    <Item to="/settings/sending" shape={shape} tone={tone}>
      {word}
    </Item>
  );
}

/** How many of the connected systems work; its shape says what the screen behind it says. */
function Systems() {
  const organisationId = useOrganisationId();
  const systems = useQuery(api.systems.list.queryOptions({ input: { organisationId }, refetchInterval: 60_000 }));
  const { healthy, connected } = workingOf(systems.data ?? []);
  const { shape, tone } = answerOf(systems.data);
  // Until all were asked, "2/18" would read as if sixteen did not work.
  const isEarly = tone === 'muted' && connected.some(isChecking);
  return (
    <Item to="/systems" shape={shape} tone={tone === 'ok' ? 'muted' : tone}>
      Systems{' '}
      {isEarly
        ? words.systemsChecked
        : systems.data
          ? `${formatCount(healthy.length)}/${formatCount(connected.length)}`
          : '—'}
    </Item>
  );
}

function Item({ to, shape, tone, children }: { to: string; shape: ShapeName; tone: Tone; children: React.ReactNode }) {
  return (
    <UnstyledButton className={css.statusItem} onClick={() => go(to)}>
      <Shape name={shape} tone={tone} size={12} />
      <span>{children}</span>
    </UnstyledButton>
  );
}

const shown = (count: number | undefined) => (count === undefined ? '—' : formatCount(count));

/** The engine's clock, not the browser's: a rehearsal moves it. */
function useEngineTime(answered: string): string {
  const [offset, setOffset] = useState(0);
  const [now, setNow] = useState(answered);
  useEffect(() => setOffset(new Date(answered).getTime() - Date.now()), [answered]);
  useEffect(() => {
    const tick = () => setNow(new Date(Date.now() + offset).toISOString());
    tick();
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }, [offset]);
  return now;
}
