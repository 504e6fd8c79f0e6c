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
  filter: { actor: 'Who', action: 'What', object: 'Object' },
  broken: {
    means: 'The record was changed outside this console, or its file was damaged.',
    doing: 'Nothing has been changed by this check. Work goes on and is still recorded.',
    remedy: 'Keep a copy of the data folder, then compare with the last backup and the last signed extract.',
  },
} as const;

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
