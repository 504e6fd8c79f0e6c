import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import type { ScoreCard } from '../../../src-shared/contract/weekend.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { formatDuration } from '../../../src-shared/format/time.ts';
import { client } from '../../data/client.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { useOrganisationId } from '../../state/session.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Instant } from '../../ui/text.tsx';
import { channels } from '../alerts/strings.ts';
import css from './weekend.module.css';

const time = (ms: number) =>
  ms < 1_000 ? `${ms} ms` : ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(ms);

/** A busy Saturday played away from everything real, and how it went. */
export function Rehearsal({ onClose }: { onClose: () => void }) {
  const organisationId = useOrganisationId();
  const [busy, setBusy] = useState(false);
  const [card, setCard] = useState<ScoreCard | null>(null);
  const [problem, setProblem] = useState<ShownProblem | null>(null);
  const play = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setCard(await client.weekend.rehearse({ organisationId }));
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  return (
    <Modal opened onClose={onClose} title="Rehearse a Saturday" size="xl">
      <div className={css.stack}>
        {problem && <ProblemNote problem={problem} onRetry={() => void play()} />}
        {!card && !problem && (
          <>
            <p>
              Plays the coming Saturday from 13:50 against the built-in sandbox, with a clock that leaps ahead: an alert
              nobody takes, an emergency, a storm. It uses your routing and rota in a folder of its own.
            </p>
            <p className={css.muted}>
              Nothing leaves this computer and nothing here changes. It takes less than a minute.
            </p>
            {busy ? (
              <Skeletons rows={3} label="Playing the Saturday." />
            ) : (
              <Button data-autofocus onClick={() => void play()}>
                Start the rehearsal
              </Button>
            )}
          </>
        )}
        {card && <Card card={card} />}
      </div>
    </Modal>
  );
}

function Card({ card }: { card: ScoreCard }) {
  return (
    <>
      <p className={css.sheetHead} role="status">
        <Status shape={card.ok ? 'disc' : 'crossSquare'} tone={card.ok ? 'ok' : 'critical'}>
          {card.ok ? 'The Saturday went well' : 'The Saturday showed gaps'}
        </Status>
        <span className={css.muted}>
          {formatCounted(card.alerts.length, 'alert', 'alerts')}, played in {formatDuration(card.took)}
        </span>
      </p>
      <PlainTable
        label="Service levels"
        head={[{ text: 'What' }, { text: 'Worst', right: true }, { text: 'Limit', right: true }, { text: '' }]}
      >
        {card.levels.map((level) => (
          <tr key={level.name}>
            <th scope="row">{level.name}</th>
            <td data-right>{level.worstMs === null ? '—' : time(level.worstMs)}</td>
            <td data-right>{time(level.limitMs)}</td>
            <td>
              <Status shape={level.ok ? 'tick' : 'crossSquare'} tone={level.ok ? 'ok' : 'critical'}>
                {level.ok ? 'Kept' : level.worstMs === null ? 'Never happened' : 'Missed'}
              </Status>
            </td>
          </tr>
        ))}
      </PlainTable>
      {card.missed.length > 0 && (
        <section aria-label="Missed steps">
          <h3 className={css.dayName}>Missed steps</h3>
          <ul className={css.checks}>
            {card.missed.slice(0, 20).map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ul>
        </section>
      )}
      <section aria-label="What each would have received" className={css.stack}>
        <h3 className={css.dayName}>What each would have received</h3>
        {card.received.map((each) => (
          <details key={`${each.channel} ${each.recipient}`} className={css.more}>
            <summary>
              {channels[each.channel]} {each.recipient}: {formatCounted(each.messages.length, 'message', 'messages')}
            </summary>
            <ul className={css.checks}>
              {each.messages.map((message, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a finished list
                <li key={index}>
                  <Instant at={message.at} show="time" />
                  <span>
                    {message.reference} {message.title}{' '}
                    <span className={css.muted}>
                      {message.kind.replaceAll('_', ' ')}, {message.state}
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          </details>
        ))}
      </section>
    </>
  );
}
