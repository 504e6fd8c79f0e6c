import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { formatCount } from '../../../src-shared/format/number.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { api } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { go } from '../../state/address.ts';
import { useOrganisationId } from '../../state/session.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, PlainTable, Skeletons } from '../../ui/screen.tsx';
import { Instant, Money } from '../../ui/text.tsx';
import { BatchStatus } from './common.tsx';
import css from './exports.module.css';
import { ledgers } from './strings.ts';

/** Every batch, newest first: period, ledger, who prepared and approved it, where it stands. */
export function BatchesScreen() {
  const organisationId = useOrganisationId();
  const list = useQuery(api.exports.batches.queryOptions({ input: { organisationId } }));
  const batches = list.data;
  const waiting = batches?.filter(({ state }) => !['verified', 'closed', 'reversed'].includes(state)).length ?? 0;
  return (
    <div className={css.page}>
      <AnswerLine
        of={list}
        shape={waiting > 0 ? 'diamond' : 'disc'}
        tone={waiting > 0 ? 'warning' : 'ok'}
        action={
          <Button variant="default" onClick={() => go('/exports')}>
            Back to review
          </Button>
        }
      >
        {batches
          ? batches.length === 0
            ? 'No batch yet. Prepare one from the lines that are ready.'
            : waiting === 0
              ? 'Every batch is in its ledger and equal to the penny.'
              : `${formatCount(waiting)} of ${formatCount(batches.length)} batches ${waiting === 1 ? 'is' : 'are'} not finished.`
          : 'Reading the batches.'}
      </AnswerLine>
      <div className={css.scroll}>
        {list.error && !list.data && (
          <ProblemNote problem={problemOf(list.error)} onRetry={() => void list.refetch()} />
        )}
        {!batches && !list.error && <Skeletons rows={5} label="Reading the batches." />}
        {batches?.length === 0 && (
          <Empty
            title="No batch yet."
            action={<Button onClick={() => go('/exports?tab=ready')}>See what is ready</Button>}
          >
            A batch freezes ready lines of one period for approval and for one ledger.
          </Empty>
        )}
        {(batches?.length ?? 0) > 0 && (
          <PlainTable
            label="Batches"
            head={[
              { text: 'Period' },
              { text: 'Ledger' },
              { text: 'State' },
              { text: 'Prepared' },
              { text: 'Approved by' },
              { text: 'Documents', right: true },
              { text: 'Gross', right: true },
            ]}
          >
            {batches?.map((batch) => (
              <tr key={batch.batchId}>
                <th scope="row">
                  <a href={`#/exports/batches/${batch.batchId}`}>{formatPeriod(batch.period)}</a>
                </th>
                <td>{ledgers[batch.target]}</td>
                <td>
                  <BatchStatus state={batch.state} />
                </td>
                <td>
                  {batch.preparedBy}, <Instant at={batch.preparedAt} />
                </td>
                <td>{batch.approvedBy ?? '—'}</td>
                <td data-right>{formatCount(batch.documents)}</td>
                <td data-right>
                  <Money amount={batch.controlTotals.gross} />
                </td>
              </tr>
            ))}
          </PlainTable>
        )}
      </div>
    </div>
  );
}
