import { Button, Modal, SegmentedControl, Textarea } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { useState } from 'react';
import type { BatchView, DocumentView } from '../../../src-shared/contract/exports.ts';
import { client } from '../../data/client.ts';
import { useOperator } from '../../data/may.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Facts, Money } from '../../ui/text.tsx';
import { useApprover } from './approver.tsx';
import css from './exports.module.css';
import { ledgers, words } from './strings.ts';

/** Takes posted documents back. What will happen is said before anybody signs: nothing is deleted, and it cannot be unsent. */
export function ReverseDialog({
  organisationId,
  batch,
  document,
  fourEyes,
  onClose,
}: {
  organisationId: string;
  batch: BatchView;
  /** null: everything of the batch that stands in the ledger. */
  document: DocumentView | null;
  fourEyes: boolean;
  onClose: () => void;
}) {
  const operator = useOperator();
  const second = useApprover({ organisationId, fourEyes, first: operator?.id, did: 'asks for it' });
  const [reason, setReason] = useState('');
  const [date, setDate] = useState<string | null>(null);
  const [lines, setLines] = useState<'free' | 'exclude'>('free');
  const [problem, setProblem] = useState<ShownProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const ledger = ledgers[batch.target];
  const what = document ? `${document.supplier} ${document.invoiceNumber}` : words.documents(batch.posted);
  const reverse = async () => {
    if (!second.complete || reason.trim() === '') return;
    setBusy(true);
    setProblem(null);
    try {
      await client.exports.reverse({
        organisationId,
        batchId: batch.batchId,
        ...(document ? { documentIds: [document.id] } : {}),
        ...(date ? { date } : {}),
        reason: reason.trim(),
        lines,
        approver: second.approver,
        pin: second.pin,
      });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      second.clearPin();
    }
    setBusy(false);
  };
  return (
    <Modal opened onClose={onClose} title={`Reverse ${what}`} size="lg">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void reverse();
        }}
      >
        {problem && <ProblemNote problem={problem} />}
        <Facts
          rows={[
            [
              'Gross',
              document ? (
                <Money key="gross" amount={document.gross} currency={document.currency} />
              ) : (
                <Money key="gross" amount={batch.controlTotals.gross} />
              ),
            ],
            ['Stands in', ledger],
          ]}
        />
        <ul className={css.consequences}>
          <li>
            {ledger} gets a linked document of the other kind for each (a bill by a credit note). Nothing there is
            deleted or changed.
          </li>
          <li>Both stay in the VAT return of their own dates; together they come to zero.</li>
          <li>Each reversal is read back and must agree to the penny before its lines go anywhere.</li>
          <li>It cannot be taken back; the lines can be posted again under a new reference.</li>
        </ul>
        <Textarea
          label="Reason"
          description="Kept in the record, and on the document where the ledger has room."
          data-autofocus
          autosize
          minRows={2}
          maxLength={300}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <DateInput
          label="Date of the reversal"
          description="In an open period; today when left empty."
          valueFormat="DD MMM YYYY"
          clearable
          value={date}
          onChange={setDate}
        />
        <div>
          <p className={css.muted} id="reversed-lines">
            Afterwards the lines
          </p>
          <SegmentedControl
            aria-labelledby="reversed-lines"
            size="xs"
            data={[
              { value: 'free', label: 'come back to the review' },
              { value: 'exclude', label: 'are left out' },
            ]}
            value={lines}
            onChange={setLines}
          />
        </div>
        {second.fields}
        <Button type="submit" loading={busy} disabled={!second.complete || reason.trim() === ''}>
          Reverse {what} in {ledger}
        </Button>
      </form>
    </Modal>
  );
}
