import { Button, Modal, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { parsePeriod } from '../../../src-shared/domain/period.ts';
import { formatGbp } from '../../../src-shared/format/money.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { api, client } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Instant } from '../../ui/text.tsx';
import { batchStates, ledgers } from '../exports/strings.ts';
import { RoleButton } from '../people/role-controls.tsx';
import css from './insight.module.css';

/** What of each month is in which ledger, and which are closed, by whom and why; a closed month takes no line, no change and no export. */
export function Months({ organisationId, months }: { organisationId: string; months: readonly string[] }) {
  const locks = useQuery(api.insight.locks.queryOptions({ input: { organisationId } }));
  const batches = useQuery(api.exports.batches.queryOptions({ input: { organisationId } }));
  /** Batches of the month itself, of its quarter or its year. */
  const sent = (month: string) =>
    (batches.data ?? []).filter(({ period }) => {
      const { from, to } = parsePeriod(period) ?? { from: '', to: '' };
      return from.slice(0, 7) <= month && month <= to.slice(0, 7);
    });
  const mayClose = useWhyNot('insight.setSales');
  const mayOpen = useWhyNot('insight.lock');
  const [asked, setAsked] = useState<{ month: string; lock: boolean } | null>(null);
  if (locks.error && !locks.data)
    return <ProblemNote problem={problemOf(locks.error)} onRetry={() => void locks.refetch()} />;
  if (!locks.data) return <Skeletons rows={3} label="Reading which months are closed." />;
  return (
    <Section title="Months">
      <ul className={css.months}>
        {months.map((month) => {
          const lock = locks.data.find((one) => one.month === month);
          return (
            <li key={month}>
              <b>{formatPeriod(month)}</b>
              {lock ? (
                <>
                  <Status shape="lock" tone="ok">
                    Closed
                  </Status>
                  <small>
                    {lock.by}, <Instant at={lock.at} />: {lock.reason}
                  </small>
                </>
              ) : (
                <Status shape="circle" tone="muted">
                  Open
                </Status>
              )}
              {sent(month).map((batch) => (
                <a key={batch.batchId} href={`#/exports/batches/${batch.batchId}`}>
                  {ledgers[batch.target]}, {formatGbp(batch.controlTotals.gross)}:{' '}
                  {batchStates[batch.state].word.toLowerCase()}
                </a>
              ))}
              <RoleButton
                why={lock ? mayOpen : mayClose}
                variant="default"
                size="compact-xs"
                aria-label={`${lock ? 'Open' : 'Close'} ${formatPeriod(month)}`}
                onClick={() => setAsked({ month, lock: lock === undefined })}
              >
                {lock ? 'Open again…' : 'Close…'}
              </RoleButton>
            </li>
          );
        })}
      </ul>
      {asked && <LockDialog organisationId={organisationId} {...asked} onClose={() => setAsked(null)} />}
    </Section>
  );
}

function LockDialog({
  organisationId,
  month,
  lock,
  onClose,
}: {
  organisationId: string;
  month: string;
  lock: boolean;
  onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<ShownProblem | null>(null);
  const name = formatPeriod(month);
  const submit = async () => {
    setProblem(null);
    try {
      await client.insight.lock({ organisationId, period: month, locked: lock, reason: reason.trim() });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <Modal opened onClose={onClose} title={lock ? `Close ${name}` : `Open ${name} again`}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {problem && <ProblemNote problem={problem} />}
        <p>
          {lock
            ? 'No line of this month can be changed or exported any more, by hand or by schedule. An invoice that comes in later counts in the next open month, once a person confirms it. An approver can open this one again.'
            : 'Lines of this month can be changed and exported again, and what came in since counts in it again. If its return was filed, book corrections in an open month instead.'}
        </p>
        <Textarea
          label="Reason"
          data-autofocus
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <div className={css.actions}>
          <Button type="submit" disabled={reason.trim() === ''}>
            {lock ? `Close ${name}` : `Open ${name}`}
          </Button>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
        </div>
      </form>
    </Modal>
  );
}
