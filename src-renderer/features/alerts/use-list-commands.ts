import type { AlertSummary } from '../../../src-shared/contract/alerts.ts';
import { go } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { ofWindow } from '../../state/keys.ts';
import { escalate, unacknowledge } from './actions.ts';
import type { Asking } from './alert-dialogs.tsx';
import type { AlertRow } from './alert-rows.ts';
import { words } from './strings.ts';

export interface ListCommands {
  /** Under the cursor. */
  readonly row: AlertRow | undefined;
  /** What a key means: what is selected, else the open detail, else the row of the cursor. */
  readonly chosen: readonly AlertSummary[];
  /** Those of them that nobody has. */
  readonly takeable: readonly AlertSummary[];
  readonly grouped: boolean;
  readonly hasSelection: boolean;
  readonly detailOpen: boolean;
  readonly move: (by: number) => void;
  readonly open: (alert: AlertSummary, where?: 'recovery') => void;
  readonly close: () => void;
  readonly toggle: (row: AlertRow) => void;
  readonly toggleGroup: (row: AlertRow) => void;
  readonly take: () => void;
  readonly ask: (asking: Asking) => void;
  readonly clearSelection: () => void;
  readonly selectAll: () => void;
  readonly group: (on: boolean) => void;
  readonly clearFilter: () => void;
  readonly filter: () => void;
}

/** Everything the list of alerts does at a key or from the palette. */
export function useListCommands({
  row,
  chosen,
  takeable,
  grouped,
  hasSelection,
  detailOpen,
  move,
  open,
  close,
  toggle,
  toggleGroup,
  take,
  ask,
  clearSelection,
  selectAll,
  group,
  clearFilter,
  filter,
}: ListCommands): void {
  const none = chosen.length === 0 ? 'No alert is marked.' : null;
  useCommands([
    { id: 'alert-next', title: 'Next alert', group: 'Alerts', keys: ['j'], run: () => move(1) },
    { id: 'alert-previous', title: 'Previous alert', group: 'Alerts', keys: ['k'], run: () => move(-1) },
    {
      id: 'alert-open',
      title: 'Open the alert',
      group: 'Alerts',
      keys: ['enter'],
      unavailable: row ? null : 'No alert is marked.',
      run: () => row && (row.kind === 'group' && !row.opened ? toggleGroup(row) : open(row.alert)),
    },
    {
      id: 'alert-acknowledge',
      call: 'alerts.acknowledge',
      title: chosen.length === 1 ? `Acknowledge ${chosen[0]?.reference}` : `Acknowledge ${words.alerts(chosen.length)}`,
      group: 'Alerts',
      keys: ['a'],
      words: 'ack take have it',
      unavailable: none ?? (takeable.length === 0 ? 'Somebody has it already, or it is over.' : null),
      run: take,
    },
    {
      id: 'alert-snooze',
      call: 'alerts.snooze',
      title: 'Snooze…',
      group: 'Alerts',
      keys: ['s'],
      words: 'sleep later',
      unavailable: none,
      run: () => ask('snooze'),
    },
    {
      id: 'alert-escalate',
      call: 'alerts.escalate',
      title: 'Escalate now',
      group: 'Alerts',
      keys: ['e'],
      words: 'next step management',
      unavailable: none,
      run: () => void escalate(chosen),
    },
    {
      id: 'alert-note',
      call: 'alerts.note',
      title: 'Add a note…',
      group: 'Alerts',
      keys: ['n'],
      unavailable: chosen.length === 1 ? null : 'A note belongs to one alert.',
      run: () => ask('note'),
    },
    {
      id: 'alert-recovery',
      title: 'Recovery steps',
      group: 'Alerts',
      keys: ['r'],
      unavailable: none,
      run: () => {
        const [first] = chosen;
        if (!first) return;
        open(first, 'recovery');
        document.querySelector<HTMLElement>('#recovery input:not(:checked)')?.focus();
      },
    },
    {
      id: 'alert-unacknowledge',
      call: 'alerts.unacknowledge',
      title: 'Give back (un-acknowledge)',
      group: 'Alerts',
      keys: ['u'],
      unavailable: chosen.some(({ state }) => state === 'acknowledged') ? null : 'Nobody has it.',
      run: () => void unacknowledge(chosen.filter(({ state }) => state === 'acknowledged')),
    },
    {
      id: 'alert-resolve',
      call: 'alerts.resolve',
      title: 'Resolve…',
      group: 'Alerts',
      words: 'close over done',
      unavailable: none,
      run: () => ask('resolve'),
    },
    {
      id: 'alert-group',
      title: 'Group or ungroup',
      group: 'Alerts',
      keys: ['g'],
      words: 'expand collapse members',
      run: () => (row && row.kind !== 'single' ? toggleGroup(row) : group(!grouped)),
    },
    {
      id: 'alert-select',
      title: 'Select the alert',
      group: 'Alerts',
      keys: ['x'],
      unavailable: row ? null : 'No alert is marked.',
      run: () => row && toggle(row),
    },
    {
      id: 'alert-select-all',
      title: 'Select everything in this list',
      group: 'Alerts',
      keys: ['* a', ...ofWindow('mod+a')],
      words: 'all many bulk',
      unavailable: row ? null : 'No alert is in this list.',
      run: selectAll,
    },
    { id: 'alert-filter', title: 'Filter the list', group: 'Alerts', keys: ['/'], run: filter },
    {
      id: 'alert-close',
      title: 'Close the detail, clear the selection',
      group: 'Alerts',
      keys: ['escape'],
      run: () => (detailOpen ? close() : hasSelection ? clearSelection() : clearFilter()),
    },
    {
      id: 'alert-report',
      title: 'Incident report of these alerts',
      group: 'Alerts',
      words: 'pdf print',
      unavailable: none,
      run: () => go(`/alerts/report?ids=${chosen.map(({ reference }) => reference).join(',')}`),
    },
  ]);
}
