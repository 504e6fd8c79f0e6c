import { Button, Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { create } from 'zustand';
import { formatDay } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { useUndo } from '../../state/undo.ts';
import { PlainTable } from '../../ui/screen.tsx';
import { Money } from '../../ui/text.tsx';
import css from './exports.module.css';
import { words } from './strings.ts';

interface Rule {
  readonly supplier: string;
  readonly contains: string;
  readonly category: string;
}

const useSuggestion = create<{ rule: Rule | null }>(() => ({ rule: null }));

/** Offers to make a correction a rule; nothing is saved before the person has seen what it would change. */
export const suggestRule = (rule: Rule) => useSuggestion.setState({ rule });

const SHOWN = 6;

export function RuleSuggestion({ organisationId }: { organisationId: string }) {
  const { rule } = useSuggestion();
  if (!rule) return null;
  return (
    <RuleDialog
      key={`${rule.supplier} ${rule.category}`}
      organisationId={organisationId}
      start={rule}
      onClose={() => useSuggestion.setState({ rule: null })}
    />
  );
}

function RuleDialog({ organisationId, start, onClose }: { organisationId: string; start: Rule; onClose: () => void }) {
  const [rule, setRule] = useState(start);
  const [busy, setBusy] = useState(false);
  const set = (patch: Partial<Rule>) => setRule({ ...rule, ...patch });
  const complete = rule.supplier.trim() !== '' && rule.category.trim() !== '';
  const [asked] = useDebouncedValue(rule, 200);
  const preview = useQuery(
    api.desk.previewRule.queryOptions({
      input: { organisationId, rule: asked },
      enabled: asked.supplier.trim() !== '' && asked.category.trim() !== '',
      placeholderData: keepPreviousData,
    }),
  );
  const changes = preview.data?.changes ?? 0;
  const lines = preview.data?.lines ?? [];
  const save = async (apply: boolean) => {
    setBusy(true);
    const done = await attempt(() => client.desk.saveRule({ organisationId, rule, apply }));
    setBusy(false);
    if (!done) return;
    const { ruleId, undoId, changed } = done;
    useUndo.getState().offer({
      id: ruleId,
      text: `Rule saved for ${rule.supplier}.${changed > 0 ? ` ${words.edited(changed)}` : ''}`,
      undo: () =>
        attempt(async () => {
          if (undoId) await client.exports.undo({ organisationId, undoId });
          await client.desk.forgetRule({ organisationId, ruleId });
        }),
    });
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Make this a rule" size="lg">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save(true);
        }}
      >
        <TextInput
          label="Lines of"
          value={rule.supplier}
          onChange={(event) => set({ supplier: event.currentTarget.value })}
        />
        <TextInput
          label="whose description contains"
          description="Leave empty for every line of this supplier."
          data-autofocus
          value={rule.contains}
          onChange={(event) => set({ contains: event.currentTarget.value })}
        />
        <TextInput
          label="go to the category"
          value={rule.category}
          onChange={(event) => set({ category: event.currentTarget.value })}
        />
        <p role="status">
          <strong>
            {!complete
              ? 'A rule needs a supplier and a category.'
              : preview.isPending
                ? 'Looking at the open lines.'
                : changes === 0
                  ? 'No open line would change; later files will follow the rule.'
                  : `${words.lines(changes)} would change now, and later files will follow the rule. Lines in a batch stay as they are.`}
          </strong>
        </p>
        {changes > 0 && (
          <PlainTable
            label="Lines the rule would change"
            head={[
              { text: 'Date' },
              { text: 'Description' },
              { text: 'Net', right: true },
              { text: 'Category now' },
              { text: 'Category then' },
            ]}
          >
            {lines.slice(0, SHOWN).map((line) => (
              <tr key={line.id}>
                <td>{formatDay(line.date)}</td>
                <td>{line.description || line.invoiceNumber || '—'}</td>
                <td data-right>
                  <Money amount={line.net} currency={line.currency} />
                </td>
                <td>{line.category || '—'}</td>
                <td>{rule.category}</td>
              </tr>
            ))}
          </PlainTable>
        )}
        {changes > SHOWN && <p className={css.muted}>{`The first ${SHOWN} of ${words.lines(changes)} are shown.`}</p>}
        <div className={css.actions}>
          <Button type="submit" loading={busy} disabled={!complete || preview.isPending}>
            {changes === 0 ? 'Save the rule' : `Save and change ${words.lines(changes)}`}
          </Button>
          {changes > 0 && (
            <Button variant="default" disabled={!complete} onClick={() => void save(false)}>
              Save for later files only
            </Button>
          )}
          <Button variant="subtle" onClick={onClose}>
            No rule
          </Button>
        </div>
      </form>
    </Modal>
  );
}
