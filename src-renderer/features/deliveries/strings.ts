import type { DeliveryTab, DeliveryView, InboundView } from '../../../src-shared/contract/deliveries.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { formatDuration, formatTime } from '../../../src-shared/format/time.ts';
import type { ContractOutputs } from '../../data/client.ts';
import type { ShapeName, Tone } from '../../ui/status.tsx';

export type Tab = Exclude<(typeof DeliveryTab.options)[number], 'all'> | 'all' | 'inbound';

export const tabWords: Readonly<Record<Tab, string>> = {
  waiting: 'Waiting',
  retrying: 'Retrying',
  in_doubt: 'In doubt',
  dead: 'Dead',
  held: 'Held',
  done: 'Done',
  all: 'All',
  inbound: 'Inbound',
};

/** `send-alert` as a person reads it: `Send alert`. */
export const actionWords = (action: string): string =>
  `${action.charAt(0).toUpperCase()}${action.slice(1)}`.replaceAll('-', ' ');

/** Where the console shows what a delivery is about. */
export function addressOf(about: NonNullable<NonNullable<DeliveryView['subject']>['about']>): string {
  switch (about.kind) {
    case 'alert':
      return `/alerts?alert=${encodeURIComponent(about.id)}`;
    case 'batch':
      return `/exports/batches/${encodeURIComponent(about.id)}`;
    case 'push':
      return `/crm?period=${encodeURIComponent(about.period)}&push=${encodeURIComponent(about.id)}`;
  }
}

export const classNames: Readonly<Record<DeliveryView['deliveryClass'], string>> = {
  'never-miss': 'Never miss',
  'never-twice': 'Never twice',
  'keyed-upsert': 'Keyed',
  telemetry: 'Telemetry',
};

export const classWords: Readonly<Record<DeliveryView['deliveryClass'], string>> = {
  'never-miss': 'Never miss: rather sent twice than not at all',
  'never-twice': 'Never twice: looked up there before it is repeated',
  'keyed-upsert': 'Keyed: a repeat changes nothing there',
  telemetry: 'Telemetry: the newest counts',
};

/** Why work of a system waits although it is due, and until when. */
export type Wait = ContractOutputs['deliveries']['waits'][number];

/** The word on screen for a delivery, in the vocabulary all screens share. */
export function stateOf(
  row: DeliveryView,
  zone: string,
  wait?: Wait & { name: string },
): { shape: ShapeName; tone: Tone; word: string } {
  if (row.inDoubt) return { shape: 'question', tone: 'doubt', word: 'In doubt' };
  switch (row.state) {
    case 'queued':
      if (wait?.until === null) return { shape: 'pause', tone: 'neutral', word: waitWords(wait, zone) };
      if (wait && (row.nextAttemptAt ?? '') <= wait.until)
        return { shape: 'clock', tone: 'warning', word: waitWords(wait, zone) };
      return row.lastError && row.nextAttemptAt
        ? { shape: 'clock', tone: 'warning', word: `Retry at ${formatTime(row.nextAttemptAt, zone, 'seconds')}` }
        : { shape: 'circle', tone: 'neutral', word: 'Waiting' };
    case 'sending':
      return { shape: 'half', tone: 'neutral', word: 'Sending' };
    case 'delivered':
      return { shape: 'tick', tone: 'ok', word: 'Accepted' };
    case 'held':
      return { shape: 'pause', tone: 'neutral', word: 'Held' };
    case 'failed':
      return { shape: 'crossSquare', tone: 'critical', word: 'Dead' };
    case 'cancelled':
      return { shape: 'dash', tone: 'muted', word: 'Cancelled' };
  }
}

/** `Waiting for Xero's limit until 14:03:20`. */
export function waitWords({ name, why, until }: Wait & { name: string }, zone: string): string {
  const at = until === null ? '' : formatTime(until, zone, 'seconds');
  switch (why) {
    case 'limit':
      return `Waiting for ${name}'s limit until ${at}`;
    case 'circuit':
      return `${name} rests until ${at}`;
    case 'paused':
      return `Held: ${name} is paused`;
    case 'parked':
      return `Held: ${name} needs attention`;
  }
}

export const inboundStates: Readonly<Record<InboundView['state'], { shape: ShapeName; tone: Tone; word: string }>> = {
  stored: { shape: 'circle', tone: 'neutral', word: 'Stored' },
  worked: { shape: 'tick', tone: 'ok', word: 'Worked' },
  ignored: { shape: 'dash', tone: 'muted', word: 'Nothing to do' },
  failed: { shape: 'crossSquare', tone: 'critical', word: 'Failed' },
};

type Tabs = ContractOutputs['deliveries']['tabs'];

/** What a list with nothing in it says instead: that things do leave, and how fast. */
export function todayOf(tabs: Tabs | undefined): string {
  if (!tabs || tabs.done24h === 0) return 'What leaves this console appears here until it is accepted.';
  const done = formatCounted(tabs.done24h, 'delivery was', 'deliveries were');
  const slowest = tabs.slowestTodayMs === null ? '' : `, the slowest in ${secondsOf(tabs.slowestTodayMs)}`;
  return `${done} accepted in 24 hours${slowest}.`;
}
const secondsOf = (ms: number) => (ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : formatDuration(ms));

/** Is anything stuck? One sentence: what waits, what needs a decision, how today went. */
export function answerOf(tabs: Tabs | undefined): { shape: ShapeName; tone: Tone; children: string } {
  if (!tabs) return { shape: 'dashed', tone: 'muted', children: 'Reading the deliveries.' };
  const waiting = tabs.waiting + tabs.retrying;
  const parts = [
    waiting === 0
      ? 'Nothing waits.'
      : `${formatCounted(waiting, 'delivery waits', 'deliveries wait')}${
          tabs.oldestWaitingMs === null ? '' : `, oldest ${formatDuration(tabs.oldestWaitingMs)}`
        }.`,
    ...(tabs.inDoubt > 0 ? [`${tabs.inDoubt} in doubt ${tabs.inDoubt === 1 ? 'needs' : 'need'} a decision.`] : []),
    ...(tabs.dead > 0 ? [`${tabs.dead} dead.`] : []),
    ...(tabs.held > 0 ? [`${tabs.held} held.`] : []),
    tabs.successToday === null
      ? 'No delivery in the last 24 hours.'
      : `Success in 24 hours ${(tabs.successToday * 100).toFixed(2)}% (target 99.8%).`,
  ];
  const look =
    tabs.inDoubt > 0
      ? ({ shape: 'question', tone: 'doubt' } as const)
      : tabs.dead > 0
        ? ({ shape: 'crossSquare', tone: 'critical' } as const)
        : tabs.held > 0
          ? ({ shape: 'pause', tone: 'warning' } as const)
          : ({ shape: 'disc', tone: 'ok' } as const);
  return { ...look, children: parts.join(' ') };
}
