import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { create } from 'zustand';
import { api } from '../../data/client.ts';
import { useCommands } from '../../state/commands.ts';
import { Shape } from '../../ui/status.tsx';
import { Key } from '../../ui/text.tsx';
import css from './exports.module.css';
import { suggestRule } from './rule-dialog.tsx';
import { words } from './strings.ts';

interface Rule {
  readonly supplier: string;
  readonly contains: string;
  readonly category: string;
}

const useHint = create<{ rule: Rule | null }>(() => ({ rule: null }));

/** After a category was corrected: says what a rule would change, and gets in nobody's way. */
export const offerRule = (rule: Rule) => useHint.setState({ rule: rule.supplier.trim() === '' ? null : rule });

export function RuleHint({ organisationId }: { organisationId: string }) {
  const { rule } = useHint();
  const close = () => useHint.setState({ rule: null });
  const preview = useQuery(
    api.desk.previewRule.queryOptions({
      input: { organisationId, rule: rule ?? { supplier: '-', contains: '', category: '-' } },
      enabled: rule !== null,
    }),
  );
  const make = () => {
    if (rule) suggestRule(rule);
    close();
  };
  useCommands([
    {
      id: 'make-rule',
      title: 'Make the last correction a rule…',
      group: 'Exports',
      keys: ['m'],
      words: 'category learn suggest',
      unavailable: rule ? null : 'No category was corrected just now.',
      run: make,
    },
  ]);
  if (!rule || !preview.data) return null;
  const { changes } = preview.data;
  return (
    <div className={css.question} role="status">
      <Shape name="info" tone="info" />
      <span>
        {rule.supplier} goes to “{rule.category}”.{' '}
        {changes === 0
          ? 'As a rule it would hold for later files.'
          : `As a rule it would also change ${words.lines(changes)} that ${changes === 1 ? 'is' : 'are'} open.`}
      </span>
      <Button variant="default" size="compact-sm" onClick={make} rightSection={<Key>M</Key>}>
        Make it a rule…
      </Button>
      <Button variant="subtle" size="compact-sm" onClick={close}>
        Not now
      </Button>
    </div>
  );
}
