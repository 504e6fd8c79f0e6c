import { Button, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { attemptUndoable } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { Section } from '../../ui/screen.tsx';
import { RoleButton } from '../people/role-controls.tsx';
import css from './exports.module.css';
import { words } from './strings.ts';

/**
 * When a line that is in a batch or a ledger was paid: under cash accounting its VAT counts on that day, so it is the one
 * thing still noted there. Nothing is shown where the day changes no figure.
 */
export function Payment({
  organisationId,
  line,
  why,
}: {
  organisationId: string;
  line: CostLine;
  /** Why the person here may not note it; null: they may. */
  why: string | null;
}) {
  const organisation = useQuery(api.settings.organisation.queryOptions({ input: { organisationId } }));
  const [day, setDay] = useState<string | null>(null);
  const counts = line.treatment === 'uk_standard' || line.treatment === 'uk_reduced';
  if (organisation.data?.vatScheme !== 'cash' || !counts) return null;
  return (
    <Section
      title="Payment"
      aside={
        day === null && (
          <RoleButton why={why} variant="default" size="compact-xs" onClick={() => setDay(line.paidOn ?? '')}>
            {line.paidOn ? 'Change the day…' : 'Note the payment…'}
          </RoleButton>
        )
      }
    >
      {day === null ? (
        <p className={css.quiet}>{line.paidOn ? words.paidOn(formatDay(line.paidOn)) : words.notPaid}</p>
      ) : (
        <PaymentForm organisationId={organisationId} line={line} day={day} onDay={setDay} />
      )}
    </Section>
  );
}

function PaymentForm({
  organisationId,
  line,
  day,
  onDay,
}: {
  organisationId: string;
  line: CostLine;
  /** `YYYY-MM-DD`; empty: not paid. */
  day: string;
  /** null closes the form. */
  onDay: (day: string | null) => void;
}) {
  const [reason, setReason] = useState('');
  const [saving, setSaving] = useState(false);
  const save = async () => {
    setSaving(true);
    const ok = await attemptUndoable(
      () =>
        client.exports.edit({
          organisationId,
          lines: [{ id: line.id, version: line.version }],
          patch: { paidOn: day === '' ? null : day },
          why: reason.trim(),
        }),
      words.edited,
      (undoId) => client.exports.undo({ organisationId, undoId }),
    );
    setSaving(false);
    if (ok) onDay(null);
  };
  return (
    <form
      className={css.asking}
      aria-label="Payment"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDay(null);
      }}
    >
      <DateInput
        label="Paid on"
        description="Empty: not paid yet."
        clearable
        autoFocus
        valueFormat="DD MMM YYYY"
        value={day === '' ? null : day}
        onChange={(value) => onDay(value ?? '')}
      />
      <TextInput
        label="How it is known (kept in the history)"
        placeholder="Bank statement of 12 Oct"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <div className={css.actions}>
        <Button type="submit" loading={saving} disabled={day === (line.paidOn ?? '')}>
          Save the payment
        </Button>
        <Button variant="default" onClick={() => onDay(null)}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
