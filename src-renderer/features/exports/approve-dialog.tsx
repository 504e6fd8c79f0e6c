import { Button, Modal, PasswordInput, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { BatchView } from '../../../src-shared/contract/exports.ts';
import { api, client } from '../../data/client.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Facts, Money } from '../../ui/text.tsx';
import css from './exports.module.css';
import { words } from './strings.ts';

/** A second person takes the responsibility: their name, their PIN, the totals in front of them. */
export function ApproveDialog({
  organisationId,
  batch,
  fourEyes,
  onClose,
}: {
  organisationId: string;
  batch: BatchView;
  fourEyes: boolean;
  onClose: () => void;
}) {
  const people = useQuery(api.settings.people.queryOptions({ input: { organisationId } }));
  const approvers = (people.data ?? []).filter(
    ({ roles }) => roles.includes('finance_approver') || roles.includes('admin'),
  );
  const able = approvers.filter((person) => person.hasPin && !(fourEyes && isPreparer(person)));
  const [approver, setApprover] = useState<string | null>(null);
  const [pin, setPin] = useState('');
  const [problem, setProblem] = useState<ShownProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const chosen = approver ?? (able.length === 1 ? (able[0]?.id ?? null) : null);

  function isPreparer(person: { id: string; name: string }): boolean {
    return batch.preparedBy === person.id || batch.preparedBy === person.name;
  }

  const approve = async () => {
    if (!chosen) return;
    setBusy(true);
    setProblem(null);
    try {
      await client.exports.approve({ organisationId, batchId: batch.batchId, approver: chosen, pin });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      setPin('');
    }
    setBusy(false);
  };

  return (
    <Modal opened onClose={onClose} title={`Approve ${words.lines(batch.lines)}`}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void approve();
        }}
      >
        {problem && <ProblemNote problem={problem} />}
        <Facts
          rows={[
            ['Documents', String(batch.documents)],
            ['Net', <Money key="net" amount={batch.controlTotals.net} />],
            ['VAT', <Money key="vat" amount={batch.controlTotals.vat} />],
            ['Gross', <Money key="gross" amount={batch.controlTotals.gross} />],
            ['Prepared by', batch.preparedBy],
          ]}
        />
        <p className={css.muted}>
          {fourEyes ? words.fourEyes : ''} Approving freezes these lines; a later change needs a new approval.
        </p>
        {people.data && able.length === 0 && <p className={css.practiceNote}>{words.noApprover}</p>}
        <Select
          label="Approver"
          placeholder="Who approves?"
          data={approvers.map((person) => ({
            value: person.id,
            label:
              fourEyes && isPreparer(person)
                ? `${person.name} (prepared it)`
                : person.hasPin
                  ? person.name
                  : `${person.name} (no PIN yet)`,
            disabled: !able.includes(person),
          }))}
          value={chosen}
          onChange={setApprover}
        />
        <PasswordInput
          label="PIN of the approver"
          inputMode="numeric"
          autoComplete="off"
          data-autofocus
          value={pin}
          onChange={(event) => setPin(event.currentTarget.value)}
        />
        <Button type="submit" loading={busy} disabled={!chosen || pin.length < 4}>
          Approve {words.lines(batch.lines)}
        </Button>
      </form>
    </Modal>
  );
}
