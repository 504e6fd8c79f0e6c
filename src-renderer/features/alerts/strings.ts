import type { z } from 'zod';
import type { AlertDelivery, AlertSummary } from '../../../src-shared/contract/alerts.ts';
import type { Channel } from '../../../src-shared/domain/alert/alert.ts';
import type { Severity } from '../../../src-shared/domain/alert/severity.ts';
import type { Matcher } from '../../../src-shared/domain/alert/silence.ts';
import { formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import { formatDuration, formatTime } from '../../../src-shared/format/time.ts';
import type { ShapeName, Tone } from '../../ui/status.tsx';

interface Look {
  readonly word: string;
  readonly shape: ShapeName;
  readonly tone: Tone;
}

export const severities: Record<Severity, Look> = {
  emergency: { word: 'Emergency', shape: 'octagonAlarm', tone: 'emergency' },
  critical: { word: 'Critical', shape: 'triangleAlarm', tone: 'critical' },
  warning: { word: 'Warning', shape: 'diamond', tone: 'warning' },
  info: { word: 'Info', shape: 'info', tone: 'info' },
};
export const severityOrder: readonly Severity[] = ['emergency', 'critical', 'warning', 'info'];

export const states: Record<AlertSummary['state'], Look> = {
  firing: { word: 'Firing', shape: 'ring', tone: 'critical' },
  escalated: { word: 'Escalated', shape: 'arrowUp', tone: 'critical' },
  acknowledged: { word: 'Acknowledged', shape: 'tickRing', tone: 'ok' },
  snoozed: { word: 'Snoozed', shape: 'clock', tone: 'muted' },
  resolved: { word: 'Resolved', shape: 'tick', tone: 'ok' },
};

export const deliveryStates: Record<z.infer<typeof AlertDelivery>['state'], Look> = {
  waiting: { word: 'Waiting', shape: 'circle', tone: 'muted' },
  quiet: { word: 'Held: quiet hours', shape: 'pause', tone: 'neutral' },
  bundled: { word: 'Bundled', shape: 'stack', tone: 'ok' },
  accepted: { word: 'Accepted', shape: 'tick', tone: 'ok' },
  arrived: { word: 'Arrived', shape: 'doubleTick', tone: 'ok' },
  held: { word: 'Held', shape: 'pause', tone: 'warning' },
  failed: { word: 'Not delivered', shape: 'crossSquare', tone: 'critical' },
  superseded: { word: 'Superseded', shape: 'dash', tone: 'muted' },
  not_connected: { word: 'Not connected', shape: 'plug', tone: 'warning' },
};

export const channels: Record<Channel, string> = {
  slack: 'Slack',
  email: 'E-mail',
  pagerduty: 'PagerDuty',
  webhook: 'Webhook',
  sms: 'SMS',
};

const alerts = (count: number) => formatCounted(count, 'alert', 'alerts');

type Next = Pick<AlertSummary, 'next' | 'fromBackup' | 'state' | 'silenced'>;

/** Of an alert whose route has been told to its end: without a word it would look as if more were to come. */
export const nobodyElse = 'nobody else is told';

/** What happens next by itself, as a countdown while it is near. */
export function nextText({ next, fromBackup, state, silenced }: Next, now: number, zone: string): string {
  if (fromBackup !== null) return 'rests: from a backup';
  if (next === null) return (state === 'firing' || state === 'escalated') && !silenced ? nobodyElse : '—';
  const left = Date.parse(next.at) - now;
  const when = left > 3_600_000 ? formatTime(next.at, zone) : `in ${formatDuration(left)}`;
  switch (next.what) {
    case 'escalates':
      return left <= 0 ? 'escalates now' : `escalates ${when}`;
    case 'fires_again':
      return `fires again ${formatTime(next.at, zone)}`;
    case 'wakes':
      return `wakes ${formatTime(next.at, zone)}`;
    case 'silence_ends':
      return `silenced until ${formatTime(next.at, zone)}`;
  }
}

/** A matcher as a person says it. */
export function matcherText(matcher: Matcher): string {
  const parts = [
    matcher.titleContains && `title has “${matcher.titleContains}”`,
    matcher.source && `from ${matcher.source}`,
    matcher.venue && `at ${matcher.venue}`,
    matcher.region && `in ${matcher.region}`,
    matcher.keyStartsWith && `key begins ${matcher.keyStartsWith}`,
    matcher.upTo && `${severities[matcher.upTo].word.toLowerCase()} and lower`,
  ];
  return parts.filter(Boolean).join(', ');
}

export const words = {
  alerts,
  tabs: {
    needs_me: 'Needs somebody',
    open: 'All open',
    acknowledged: 'Acknowledged',
    snoozed: 'Snoozed',
    resolved: 'Resolved, 24 h',
  },
  reading: 'Reading the alerts.',
  answer: {
    calm: 'Nothing is firing.',
    calmSince: (ago: string) => `Nothing needs you. The last alert was resolved ${ago}.`,
    held: (open: number) =>
      `Nothing needs you. ${alerts(open)} ${open === 1 ? 'is' : 'are'} open, and somebody has ${open === 1 ? 'it' : 'them'}.`,
    silenced: (open: number, silenced: number) =>
      `Nothing needs you. ${alerts(open)} ${open === 1 ? 'is' : 'are'} open, ${silenced === open ? '' : `${formatCount(silenced)} of them `}silenced: nobody is told.`,
    need: (count: number, reference: string, severity: string, age: string) =>
      `${formatCount(count)} ${count === 1 ? 'needs' : 'need'} you: ${reference} ${severity}, nobody has had it for ${age}.`,
    next: (left: string, step: number) => ` Next escalation in ${left} (step ${step}).`,
    nextNow: ' Escalating now.',
  },
  empty: {
    needs_me: 'Nothing needs you.',
    open: 'Nothing is firing.',
    acknowledged: 'Nobody has taken an alert.',
    snoozed: 'Nothing is snoozed.',
    resolved: 'Nothing was resolved in the last 24 hours.',
  },
  emptyText:
    'Alerts from monitoring, webhooks and people appear here, worst first, with who was told and what happens next.',
  practiceAlert: 'Raise a practice alert',
  filteredEmpty: (text: string) => `No alerts match “${text}”.`,
  limited: (shown: number, total: number) =>
    `The worst ${formatCount(shown)} of ${formatCount(total)} are shown. Filter to see others.`,
  acknowledged: (what: string) => `${what} acknowledged.`,
  snoozed: (what: string, until: string) => `${what} snoozed until ${until}.`,
  raisedFrom: (severity: Severity) => `Raised from ${severities[severity].word}: wedding day`,
  seen: {
    title: 'Seen in 24 hours',
    never: 'Not reported in the last 24 hours.',
    once: (times: number, from: string) => `${formatCounted(times, 'time', 'times')}, in the hour from ${from}.`,
    often: (times: number, hours: number, from: string, most: number) =>
      `${formatCounted(times, 'time', 'times')} in ${hours} of 24 hours, most from ${from} (${formatCount(most)}).`,
    cell: (from: string, times: number) => `From ${from}: ${formatCounted(times, 'time', 'times')}`,
    keys: 'Arrow keys read each hour.',
    head: ['Hour from', 'Times'],
  },
  told: (ms: number) => `Told in ${(ms / 1000).toFixed(1)} s`,
  stripNote: 'This browser shows no notifications, so alarms appear here.',
} as const;
