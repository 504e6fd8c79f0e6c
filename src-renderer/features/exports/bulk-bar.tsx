import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { formatCount } from '../../../src-shared/format/number.ts';
import { attempt, attemptUndoable } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import { RoleButton } from '../people/role-controls.tsx';
import css from './exports.module.css';
import { useReview } from './review-state.ts';
import { offerRule } from './rule-hint.tsx';
import { hints, words } from './strings.ts';
import { SELECTABLE } from './use-lines.ts';

type Action = 'category' | 'treatment' | 'confirm' | 'exclude';

const titles: Record<Action, (count: number) => string> = {
  category: (count) => `Set the category of ${words.lines(count)}`,
  treatment: (count) => `Set the VAT treatment of ${words.lines(count)}`,
  confirm: (count) => `Confirm the warnings of ${words.lines(count)}`,
  exclude: (count) => `Exclude ${words.lines(count)}`,
};

/** What can be done to every selected line at once; the count is always named. */
export function BulkBar({ organisationId, total, why }: { organisationId: string; total: number; why: string | null }) {
  const { selected, clear } = useReview();
  const [action, setAction] = useState<Action | null>(null);
  const count = selected.size;
  const lineIds = [...selected.keys()];
  const undo = (undoId: string) => client.exports.undo({ organisationId, undoId });

  const apply = async (value: string, why: string) => {
    const lines = [...selected].map(([id, version]) => ({ id, version }));
    const work = {
      category: () => client.exports.edit({ organisationId, lines, patch: { category: value }, why }),
      treatment: () => client.exports.edit({ organisationId, lines, patch: { treatmentHint: value }, why }),
      confirm: () => client.exports.acknowledge({ organisationId, lineIds, note: why }),
      exclude: () => client.exports.exclude({ organisationId, lineIds, reason: why }),
    };
    const told = { category: words.edited, treatment: words.edited, confirm: words.confirmed, exclude: words.excluded };
    if (!action) return;
    const repeatable = action === 'confirm' || action === 'exclude';
    if (await attemptUndoable(work[action], told[action], undo, { repeatable })) {
      const [first] = lineIds;
      if (action === 'category' && first !== undefined) {
        const suggested = await attempt(() => client.desk.suggestRule({ organisationId, lineId: first }));
        if (suggested) offerRule(suggested.rule);
      }
      setAction(null);
      clear();
    }
  };

  return (
    <section className={css.bulk} aria-label="Selected lines">
      <strong>{formatCount(count)} selected</strong>
      <RoleButton why={why} variant="default" size="compact-sm" onClick={() => setAction('category')}>
        Category…
      </RoleButton>
      <RoleButton why={why} variant="default" size="compact-sm" onClick={() => setAction('treatment')}>
        Treatment…
      </RoleButton>
      <RoleButton why={why} variant="default" size="compact-sm" onClick={() => setAction('confirm')}>
        Confirm…
      </RoleButton>
      <RoleButton why={why} variant="default" size="compact-sm" onClick={() => setAction('exclude')}>
        Exclude…
      </RoleButton>
      <RoleButton
        why={why}
        variant="default"
        size="compact-sm"
        onClick={() =>
          void attemptUndoable(() => client.exports.include({ organisationId, lineIds }), words.included, undo).then(
            (ok) => ok && clear(),
          )
        }
      >
        Put back
      </RoleButton>
      <Button variant="subtle" size="compact-sm" onClick={clear}>
        Clear
      </Button>
      {count >= SELECTABLE && count < total && (
        <span className={css.muted}>
          The first {formatCount(count)} of {formatCount(total)}
        </span>
      )}
      {action && (
        <BulkDialog title={titles[action](count)} action={action} onClose={() => setAction(null)} onApply={apply} />
      )}
    </section>
  );
}

function BulkDialog({
  title,
  action,
  onClose,
  onApply,
}: {
  title: string;
  action: Action;
  onClose: () => void;
  onApply: (value: string, why: string) => Promise<void>;
}) {
  const [value, setValue] = useState('');
  const [why, setWhy] = useState('');
  const needsReason = action === 'confirm' || action === 'exclude';
  return (
    <Modal opened onClose={onClose} title={title}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void onApply(value, why.trim());
        }}
      >
        {action === 'category' && (
          <TextInput
            label="Category"
            data-autofocus
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
        )}
        {action === 'treatment' && (
          <Select label="VAT treatment" data={[...hints]} value={value} onChange={(hint) => setValue(hint ?? '')} />
        )}
        <Textarea
          label={needsReason ? 'Reason' : 'Why (kept in the history)'}
          autosize
          minRows={2}
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
          {...(needsReason ? { 'data-autofocus': true } : {})}
        />
        <Button type="submit" disabled={needsReason ? why.trim() === '' : action === 'category' && value.trim() === ''}>
          {title}
        </Button>
      </form>
    </Modal>
  );
}
