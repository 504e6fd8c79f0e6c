import type { SystemHealth } from '../../../src-shared/contract/systems.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import type { ShapeName, Tone } from '../../ui/status.tsx';

type State = SystemHealth['state'];

const healthWords: Readonly<Record<State, { shape: ShapeName; tone: Tone; word: string }>> = {
  healthy: { shape: 'disc', tone: 'ok', word: 'Healthy' },
  degraded: { shape: 'half', tone: 'warning', word: 'Degraded' },
  down: { shape: 'crossSquare', tone: 'critical', word: 'Down' },
  unknown: { shape: 'dashed', tone: 'muted', word: 'Unknown' },
  paused: { shape: 'pause', tone: 'neutral', word: 'Paused' },
  off: { shape: 'circle', tone: 'muted', word: 'Off' },
  not_connected: { shape: 'plug', tone: 'muted', word: 'Not connected' },
};

/** Connected, and its first check has not answered yet. */
export const isChecking = ({ state, checkedAt }: Pick<SystemHealth, 'state' | 'checkedAt'>) =>
  state === 'unknown' && checkedAt === null;

/** How the health of a system is shown. */
export const healthOf = (system: Pick<SystemHealth, 'state' | 'checkedAt' | 'notAccepted'>) => {
  if (isChecking(system)) return { ...healthWords.unknown, word: 'Checking' };
  if (system.notAccepted === null) return healthWords[system.state];
  return { ...healthWords[system.state], word: system.notAccepted === 'sign-in' ? 'Signed out' : 'Key refused' };
};

export const categoryWords: Readonly<Record<SystemHealth['category'], string>> = {
  channel: 'Alerts',
  monitoring: 'Monitoring',
  bi: 'BI',
  crm: 'CRM',
  accounting: 'Accounting',
};

/** The circuit breaker of a connection, as a person reads it. */
export const breakerWords: Readonly<Record<SystemHealth['breaker'], string>> = {
  closed: 'Closed: calls go through',
  open: 'Open: resting',
  'half-open': 'Half open: trying one',
};

export const modeWords = {
  on: 'Switch on',
  paused: 'Pause (keep queuing)',
  off: 'Switch off (new work is recorded as not sent)',
} as const;

/** What a person has to look at: not working, about to run out, or stopped by hand. */
export const needsAttention = (system: SystemHealth): boolean =>
  system.state === 'down' ||
  system.state === 'degraded' ||
  system.expiresBeforeWeekendEnds ||
  system.breaker === 'open' ||
  system.quotas.some(({ runsOutAt }) => runsOutAt !== null);

/** Those that are connected and switched on, and which of them work. */
export function workingOf<Of extends Pick<SystemHealth, 'state'>>(
  systems: readonly Of[],
): { connected: Of[]; healthy: Of[] } {
  const connected = systems.filter(({ state }) => state !== 'not_connected' && state !== 'off');
  return { connected, healthy: connected.filter(({ state }) => state === 'healthy') };
}

/** The sentence of the screen: which of them works, and what comes first. */
export function answerOf(systems: readonly SystemHealth[] | undefined): {
  shape: ShapeName;
  tone: Tone;
  children: string;
} {
  if (!systems) return { shape: 'dashed', tone: 'muted', children: 'Reading the systems.' };
  const { connected, healthy: working } = workingOf(systems);
  if (connected.length === 0)
    return { shape: 'plug', tone: 'warning', children: 'No system is connected yet. Open one and connect it.' };
  const healthy = working.length;
  const down = systems.filter(({ state }) => state === 'down');
  const expiring = systems.filter(({ expiresBeforeWeekendEnds }) => expiresBeforeWeekendEnds);
  const checking = connected.filter(isChecking).length;
  const all = formatCounted(connected.length, 'connected system', 'connected systems');
  const count =
    checking > 0 ? `Checking ${checking} of ${all}; ${healthy} healthy so far.` : `${healthy} of ${all} healthy.`;
  const first = down[0];
  if (first) {
    const others = down.length > 1 ? ` and ${formatCounted(down.length - 1, 'other', 'others')}` : '';
    return { shape: 'triangle', tone: 'critical', children: `${count} ${first.name}${others} not working.` };
  }
  if (expiring.length > 0) {
    const names = expiring.map(({ name }) => name).join(', ');
    return {
      shape: 'diamond',
      tone: 'warning',
      children: `${count} Sign-in of ${names} ends before the weekend does.`,
    };
  }
  const unsure = connected.length - healthy - checking;
  if (unsure === 0 && checking > 0) return { shape: 'dashed', tone: 'muted', children: count };
  if (unsure > 0) return { shape: 'half', tone: 'warning', children: count };
  return { shape: 'disc', tone: 'ok', children: count };
}
