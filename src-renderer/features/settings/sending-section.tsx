import { Button, Modal, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SendingSeat } from '../../../src-shared/contract/settings.ts';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Facts, Instant } from '../../ui/text.tsx';
import { ActButton } from '../people/role-controls.tsx';
import css from './settings.module.css';
import { sendingWords, words } from './strings.ts';

type Wish = 'takeOver' | 'leave';

/** Which computer sends for the organisation, and the ways to change that (R52). */
export function SendingSection({ organisationId }: { organisationId: string }) {
  const query = useQuery(api.settings.seat.queryOptions({ input: { organisationId } }));
  const [wish, setWish] = useState<Wish | null>(null);
  const seat = query.data;
  if (query.error && !seat)
    return <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />;
  if (!seat) return <Skeletons rows={4} label={words.reading} />;
  const { here, sender, senderPlace, thisComputer, place, since, rival } = seat;
  return (
    <div className={css.stack}>
      <h2>{words.sending}</h2>
      <Facts
        rows={[
          [
            'Sends',
            here && rival === null ? (
              <Status key="s" shape="tick" tone="ok">
                This computer
              </Status>
            ) : (
              <Status key="s" shape={here ? 'triangle' : 'pause'} tone="critical">
                {here ? `This computer, and ${rival} as well` : sender}
              </Status>
            ),
          ],
          ...(senderPlace !== null && !here ? ([['From the folder', <Path key="f" of={senderPlace} />]] as const) : []),
          ['This computer', thisComputer],
          ['Data folder here', <Path key="p" of={place} />],
          ['Since', since ? <Instant key="i" at={since} /> : 'The first start'],
        ]}
      />
      <p>{here ? (rival === null ? sendingWords.alone : sendingWords.both(rival)) : sendingWords.rests(sender)}</p>
      {(!here || rival !== null) && (
        <div className={css.row}>
          <ActButton call="settings.takeOverSending" onClick={() => setWish('takeOver')}>
            {here ? 'Send from this computer alone…' : 'Take over sending…'}
          </ActButton>
          {rival !== null && here && (
            <ActButton call="settings.leaveSending" variant="default" onClick={() => setWish('leave')}>
              Leave sending to {rival}…
            </ActButton>
          )}
        </div>
      )}
      <p className={css.muted}>
        Each change is on <a href="#/audit">the record</a>, with who decided it and why.
      </p>
      {wish && <DecisionDialog organisationId={organisationId} seat={seat} wish={wish} onClose={() => setWish(null)} />}
    </div>
  );
}

function Path({ of }: { of: string }) {
  return <span className={css.path}>{of}</span>;
}

/** What it means, a reason, and then it is so. */
function DecisionDialog({
  organisationId,
  seat,
  wish,
  onClose,
}: {
  organisationId: string;
  seat: SendingSeat;
  wish: Wish;
  onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ShownProblem | null>(null);
  const other = seat.rival ?? seat.sender;
  const means = wish === 'leave' ? sendingWords.leaving(other) : sendingWords.takingOver(other, seat.here);

  const decide = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const calls = { takeOver: client.settings.takeOverSending, leave: client.settings.leaveSending };
      const next = await calls[wish]({ organisationId, reason });
      queryClient.setQueryData(api.settings.seat.queryKey({ input: { organisationId } }), next);
      onClose();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={wish === 'leave' ? `Leave sending to ${other}` : 'Take over sending'}
      size="lg"
    >
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void decide();
        }}
      >
        <ul className={css.plainList}>
          {means.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {problem && <ProblemNote problem={problem} />}
        <TextInput
          label="Reason"
          description={sendingWords.reason}
          required
          data-autofocus
          autoComplete="off"
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button type="submit" loading={busy} disabled={reason.trim() === ''}>
          {wish === 'leave' ? `Leave sending to ${other}` : `Send from ${seat.thisComputer} from now on`}
        </Button>
      </form>
    </Modal>
  );
}
