import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import type { ShapeName, Tone } from '../../ui/status.tsx';

type Value = WeekendView['answer']['value'];

export const verdicts: Record<Value, { word: string; shape: ShapeName; tone: Tone }> = {
  safe: { word: 'Safe.', shape: 'disc', tone: 'ok' },
  watch: { word: 'Watch.', shape: 'diamond', tone: 'warning' },
  not_safe: { word: 'Not safe.', shape: 'octagonAlarm', tone: 'emergency' },
  unknown: { word: 'Unknown.', shape: 'dashed', tone: 'muted' },
};

export const reasons: Record<NonNullable<WeekendView['weddingDay']['reason']>, string> = {
  weekend: 'weekend window',
  bank_holiday_weekend: 'bank-holiday weekend',
  confirmed_wedding: 'a wedding in the calendar',
  manual: 'switched by hand',
};

export const seasons = { peak: 'Peak season', shoulder: 'Shoulder season', off_season: 'Off season' } as const;

export const phases: Record<'done' | 'now' | 'next', { word: string; shape: ShapeName; tone: Tone }> = {
  done: { word: 'Over', shape: 'tick', tone: 'muted' },
  now: { word: 'On now', shape: 'half', tone: 'focus' },
  next: { word: 'To come', shape: 'circle', tone: 'muted' },
};

export const channelStates: Record<
  WeekendView['channels'][number]['state'],
  { word: string; shape: ShapeName; tone: Tone }
> = {
  ready: { word: 'Ready', shape: 'disc', tone: 'ok' },
  paused: { word: 'Paused', shape: 'pause', tone: 'warning' },
  off: { word: 'Off', shape: 'circle', tone: 'muted' },
  stuck: { word: 'Needs a person', shape: 'crossSquare', tone: 'critical' },
  not_connected: { word: 'Not connected', shape: 'plug', tone: 'warning' },
};

export const nations: Record<WeekendView['nation'], string> = {
  'england-and-wales': 'England and Wales',
  scotland: 'Scotland',
  'northern-ireland': 'Northern Ireland',
  none: 'None',
};

export const words = {
  noHeartbeat: 'If this console fell silent, nobody would be told.',
  heartbeatHelp:
    'An outside watchdog expects a call from this console every minute, every half minute on wedding days, and raises the alarm when three are missing. Paste the address it gave you.',
  reading: 'Reading this weekend.',
  weddings: (count: number) => formatCounted(count, 'wedding', 'weddings'),
  stale: (time: string) => `Unknown. These figures are from ${time}.`,
  staleRule: 'Nothing newer than ten minutes is known, so nothing here may be called safe.',
  emptyTitle: 'No weddings in the calendar for this weekend',
  empty: 'Import the wedding calendar (ICS or CSV). Weddings, venues and regions then appear here, hour by hour.',
  noneOpen: 'Nothing needs you.',
  noSheet: 'No pre-flight yet. It runs by itself on Friday at 12:00 and 17:30.',
  handoverEmpty: 'No notes. What you write here greets the next person and is in Monday’s report.',
} as const;
