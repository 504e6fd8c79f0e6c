import type { CrmId, PushRow, PushState } from '../../../src-shared/contract/crm.ts';
import { formatGbp } from '../../../src-shared/format/money.ts';
import { formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import type { ShapeName, Tone } from '../../ui/status.tsx';

interface Look {
  readonly word: string;
  readonly shape: ShapeName;
  readonly tone: Tone;
}

export const crmNames: Record<CrmId, string> = { tave: 'Táve', honeybook: 'HoneyBook', lightblue: 'Light Blue' };

export const states: Record<PushState, Look> = {
  to_approve: { word: 'To approve', shape: 'diamond', tone: 'warning' },
  approved: { word: 'Approved', shape: 'tick', tone: 'focus' },
  held: { word: 'Held', shape: 'pause', tone: 'muted' },
  conflict: { word: 'Choose', shape: 'triangle', tone: 'critical' },
  sending: { word: 'Sending', shape: 'half', tone: 'focus' },
  sent: { word: 'Accepted', shape: 'tick', tone: 'ok' },
  verified: { word: 'Read back: equal', shape: 'doubleTick', tone: 'ok' },
  refused: { word: 'Refused', shape: 'crossSquare', tone: 'critical' },
  in_doubt: { word: 'In doubt', shape: 'question', tone: 'doubt' },
};

export const actions: Record<PushRow['action'], string> = {
  create: 'create',
  update: 'update',
  none: 'no change',
  conflict: 'conflict',
};

const pushes = (count: number) => formatCounted(count, 'push', 'pushes');

export const words = {
  pushes,
  loading: 'Reading the CRM pushes.',
  nothing: (period: string) => `Nothing to push for ${period} yet. Usage arrives on the 1st, or import it.`,
  filteredEmpty: (asked: string) => `No pushes match “${asked}”.`,
  toPrepare: (period: string) => `Nothing is prepared for ${period} yet.`,
  waiting: (waiting: number, changing: number, same: number, conflicts: number, saving: string, vendors: number) =>
    [
      `${pushes(waiting + conflicts)} wait${waiting + conflicts === 1 ? 's' : ''} for you: ${formatCount(changing)} ${
        changing === 1 ? 'changes' : 'change'
      } something, ${formatCounted(conflicts, 'conflict', 'conflicts')}.`,
      same > 0 ? `${formatCount(same)} ${same === 1 ? 'holds' : 'hold'} the same already.` : '',
      waiting > 0 ? `${formatGbp(saving)} saved time shown to ${formatCounted(vendors, 'vendor', 'vendors')}.` : '',
    ]
      .filter((part) => part !== '')
      .join(' '),
  moving: (count: number) => `${pushes(count)} on the way.`,
  done: (count: number) => `All ${pushes(count)} have arrived. Nothing waits for you.`,
  onlyThese: (crm: string) => `Only these fields are written. Nothing else in ${crm} is touched.`,
  unreadable: (crm: string) => `${crm} lets nobody look: "now" is what we sent last.`,
} as const;

/** A value with its unit, as a person reads it. */
export function valueText(value: string | null, unit: string): string {
  if (value === null || value === '') return '—';
  if (unit === 'GBP') return formatGbp(value);
  if (unit === '%') return `${value}%`;
  if (unit === 'share') return `${(Number(value) * 100).toFixed(1)}%`;
  return value;
}

/** What the figures of value are made with: its name in the settings, what a person reads, the formula it stands in. */
export const figureTexts = [
  ['minutesPerRequest', 'Minutes saved by a successful AI request', 'Minutes saved = requests × this'],
  ['poundsPerRequest', 'What that time is worth, in pounds', 'Cost saving = requests × this'],
  [
    'revenueMultiple',
    'Revenue impact, as a multiple of the cost saving',
    'Revenue impact = cost saving × this (estimate)',
  ],
  [
    'retentionUplift',
    'Share of AI-assisted clients kept',
    '0.15 is 15%. Clients kept = clients reached × this (estimate)',
  ],
  ['workingHoursPerWeek', 'Working hours of a vendor in a week', 'Efficiency gain = minutes saved of these'],
  ['readySuccessRate', 'Success rate that counts as ready', '0.98 is 98% of AI requests'],
] as const;
