import { formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import type { ContractOutputs } from '../../data/client.ts';

type Verdict = ContractOutputs['audit']['verify'];

export const words = {
  verify: 'Verify now',
  extract: 'Export signed extract',
  reading: 'Reading the record.',
  empty: 'Nothing is recorded yet.',
  filteredEmpty: 'No entries match this filter.',
  entries: (count: number) => formatCounted(count, 'entry', 'entries'),
  days: { from: 'From', to: 'To' },
  filter: { actor: 'Who', action: 'What', object: 'Object' },
  /** What stands for a text that lies aside and is not shown. */
  aside: {
    erased: 'Erased with its person',
    unreadable: 'Not readable: its key is not in this keychain, or the keychain is locked',
  },
  broken: {
    means: 'The record was changed outside this console, or its file was damaged.',
    doing: 'Nothing has been changed by this check. Work goes on and is still recorded.',
    remedy: 'Keep a copy of the data folder, then compare with the last backup and the last signed extract.',
  },
} as const;

/** The reason as it can be shown. */
export function reasonOf({ reason, aside }: ContractOutputs['audit']['list']['rows'][number]): string {
  return aside === 'erased' || aside === 'unreadable' ? words.aside[aside] : reason || '—';
}

/** The sentence of the screen: is the record whole? */
export function answerOf(verdict: Verdict | undefined): string {
  if (!verdict) return 'Checking the record.';
  switch (verdict.verdict) {
    case 'intact':
      return `Record intact: ${formatCounted(verdict.entries, 'entry', 'entries')}.`;
    case 'altered':
    case 'rewritten':
      return verdict.firstBroken === null
        ? 'The record does not match its checkpoint.'
        : `Entries from #${formatCount(verdict.firstBroken)} do not match.`;
    case 'missing':
      return verdict.firstBroken === null
        ? 'Entries are missing.'
        : `Entries are missing at #${formatCount(verdict.firstBroken)}.`;
    case 'tail-missing':
      return 'Entries are missing from the end.';
    case 'key-unavailable':
      return 'The record cannot be checked: its key is not available.';
  }
}
