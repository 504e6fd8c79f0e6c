import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import type { BatchView } from '../../../src-shared/contract/exports.ts';
import { client } from '../../data/client.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Facts, Money } from '../../ui/text.tsx';
import { useApprover } from './approver.tsx';
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
  const second = useApprover({ organisationId, fourEyes, first: batch.preparedBy, did: 'prepared it' });
  const [problem, setProblem] = useState<ShownProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const approve = async () => {
    if (!second.complete) return;
    setBusy(true);
    setProblem(null);
    try {
      const { approver, pin } = second;
      await client.exports.approve({ organisationId, batchId: batch.batchId, approver, pin });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      second.clearPin();
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
        {second.fields}
        <Button type="submit" loading={busy} disabled={!second.complete}>
          Approve {words.lines(batch.lines)}
        </Button>
      </form>
    </Modal>
  );
}
