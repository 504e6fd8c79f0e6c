import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schedule, ScheduleRun } from '../../../src-shared/contract/schedules.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { problemOf } from '../../data/problem.ts';
import { useOrganisationId } from '../../state/session.ts';
import { useUndo } from '../../state/undo.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { type ShapeName, Status, type Tone } from '../../ui/status.tsx';
import { Instant } from '../../ui/text.tsx';
import { ledgers } from '../exports/strings.ts';
import { ReadOnlyNote, RoleButton } from '../people/role-controls.tsx';
import { ScheduleForm } from './schedule-form.tsx';
import css from './schedules.module.css';

const runStates: Record<ScheduleRun['state'], { word: string; shape: ShapeName; tone: Tone }> = {
  running: { word: 'Running', shape: 'half', tone: 'focus' },
  done: { word: 'Done', shape: 'tick', tone: 'ok' },
  failed: { word: 'Failed', shape: 'crossSquare', tone: 'critical' },
};

/** In words what a schedule does. */
const workWords = (work: Schedule['work']) =>
  work.do === 'threshold'
    ? 'Watch the registration threshold'
    : `Prepare the ${work.period} before for ${work.target === 'file' ? 'a file pack' : ledgers[work.target]}; an approver decides`;

/** What the console does by itself, when next, and what came of it. */
export function SchedulesScreen() {
  const organisationId = useOrganisationId();
  const why = useWhyNot('schedules.save');
  const list = useQuery(api.schedules.list.queryOptions({ input: { organisationId } }));
  const history = useQuery(api.schedules.history.queryOptions({ input: { organisationId } }));
  const [editing, setEditing] = useState<Schedule | 'new' | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const found = list.data;

  const run = async (schedule: Schedule, dry: boolean) => {
    setBusy(`${schedule.id} ${dry}`);
    const done = await attempt(() => client.schedules.run({ organisationId, scheduleId: schedule.id, dry }));
    setBusy(null);
    if (!done) return;
    notifications.show({
      title: `${schedule.name}: ${dry ? 'nothing was changed' : runStates[done.state].word.toLowerCase()}`,
      message: done.result,
      autoClose: 15_000,
      closeButtonProps: { 'aria-label': 'Close' },
    });
  };
  const save = (schedule: Schedule, enabled: boolean) => {
    const { id, name, rule, work } = schedule;
    return client.schedules.save({ organisationId, schedule: { id, name, rule, work, enabled } });
  };
  const pause = async (schedule: Schedule) => {
    if (!(await attempt(() => save(schedule, !schedule.enabled)))) return;
    useUndo.getState().offer({
      id: `schedule ${schedule.id}`,
      text: schedule.enabled ? `${schedule.name} is paused.` : `${schedule.name} runs again.`,
      undo: () => attempt(() => save(schedule, schedule.enabled)),
    });
  };
  const remove = async (schedule: Schedule) => {
    if (!(await attempt(() => client.schedules.remove({ organisationId, scheduleId: schedule.id })))) return;
    const { name, rule, work, enabled } = schedule;
    useUndo.getState().offer({
      id: `schedule ${schedule.id}`,
      text: `${name} was removed; its history stays.`,
      undo: () => attempt(() => client.schedules.save({ organisationId, schedule: { name, rule, work, enabled } })),
    });
  };
  const failed = found?.filter(({ last }) => last?.state === 'failed').length ?? 0;
  const next = found
    ?.flatMap(({ name, nextAt }) => (nextAt ? [{ name, nextAt }] : []))
    .sort((a, b) => a.nextAt.localeCompare(b.nextAt))[0];

  return (
    <div className={css.page}>
      <ReadOnlyNote why={why} />
      <AnswerLine
        of={list}
        shape={found === undefined ? 'dashed' : failed > 0 ? 'triangle' : 'clock'}
        tone={found === undefined ? 'muted' : failed > 0 ? 'critical' : 'neutral'}
        action={
          <RoleButton why={why} onClick={() => setEditing('new')}>
            New schedule…
          </RoleButton>
        }
      >
        {found === undefined ? (
          'Reading the schedules.'
        ) : found.length === 0 ? (
          'Nothing is done by itself yet.'
        ) : (
          <>
            {failed > 0 && `The last run of ${formatCounted(failed, 'schedule', 'schedules')} failed. `}
            {next ? (
              <>
                Next: {next.name}, <Instant at={next.nextAt} />.
              </>
            ) : (
              'Every schedule is paused.'
            )}
          </>
        )}
      </AnswerLine>
      <div className={css.scroll}>
        {list.error && !list.data && (
          <ProblemNote problem={problemOf(list.error)} onRetry={() => void list.refetch()} />
        )}
        {!found && !list.error && <Skeletons rows={4} label="Reading the schedules." />}
        {found?.length === 0 && (
          <Empty title="No schedule yet.">
            For example every 1st at 07:00: the month before is checked and prepared, and waits for an approver. A run
            missed in sleep is caught up once; a closed month is never touched.
          </Empty>
        )}
        {found && found.length > 0 && (
          <PlainTable
            label="Schedules"
            head={[
              { text: 'Name' },
              { text: 'When' },
              { text: 'What' },
              { text: 'Next, local time' },
              { text: 'Last result' },
              { text: 'Actions' },
            ]}
          >
            {found.map((schedule) => (
              <tr key={schedule.id}>
                <th scope="row">{schedule.name}</th>
                <td>{schedule.when}</td>
                <td>{workWords(schedule.work)}</td>
                <td>
                  {schedule.nextAt ? (
                    <Instant at={schedule.nextAt} />
                  ) : (
                    <Status shape="pause" tone="neutral">
                      Paused
                    </Status>
                  )}
                </td>
                <td>{schedule.last ? <Result run={schedule.last} /> : 'Has not run yet'}</td>
                <td>
                  <span className={css.actions}>
                    <RoleButton
                      why={why}
                      variant="default"
                      size="compact-xs"
                      loading={busy === `${schedule.id} true`}
                      aria-label={`Dry run of ${schedule.name}`}
                      onClick={() => void run(schedule, true)}
                    >
                      Dry run
                    </RoleButton>
                    <RoleButton
                      why={why}
                      variant="default"
                      size="compact-xs"
                      loading={busy === `${schedule.id} false`}
                      aria-label={`Run ${schedule.name} now`}
                      onClick={() => void run(schedule, false)}
                    >
                      Run now
                    </RoleButton>
                    <RoleButton
                      why={why}
                      variant="default"
                      size="compact-xs"
                      aria-label={schedule.enabled ? `Pause ${schedule.name}` : `Let ${schedule.name} run again`}
                      onClick={() => void pause(schedule)}
                    >
                      {schedule.enabled ? 'Pause' : 'Run again'}
                    </RoleButton>
                    <RoleButton
                      why={why}
                      variant="default"
                      size="compact-xs"
                      aria-label={`Change ${schedule.name}`}
                      onClick={() => setEditing(schedule)}
                    >
                      Change…
                    </RoleButton>
                    <RoleButton
                      why={why}
                      variant="subtle"
                      size="compact-xs"
                      aria-label={`Remove ${schedule.name}`}
                      onClick={() => void remove(schedule)}
                    >
                      Remove
                    </RoleButton>
                  </span>
                </td>
              </tr>
            ))}
          </PlainTable>
        )}
        {(history.data?.length ?? 0) > 0 && (
          <Section title="History">
            <PlainTable
              label="History of runs"
              head={[{ text: 'Started' }, { text: 'Schedule' }, { text: 'How' }, { text: 'Result' }]}
            >
              {history.data?.map((one) => (
                <tr key={one.id}>
                  <td>
                    <Instant at={one.startedAt} />
                  </td>
                  <th scope="row">{one.name}</th>
                  <td>
                    <How run={one} />
                  </td>
                  <td>
                    <Result run={one} />
                  </td>
                </tr>
              ))}
            </PlainTable>
          </Section>
        )}
      </div>
      {editing !== null && (
        <ScheduleForm
          organisationId={organisationId}
          schedule={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </div>
  );
}

function How({ run }: { run: ScheduleRun }) {
  if (run.how !== 'caught up') return <>{run.how.charAt(0).toUpperCase() + run.how.slice(1)}</>;
  return (
    <>
      Was due <Instant at={run.dueAt} />; caught up at <Instant at={run.startedAt} show="time" />
    </>
  );
}

function Result({ run }: { run: ScheduleRun }) {
  const { word, shape, tone } = runStates[run.state];
  const batch = /Batch (\S+) for/.exec(run.result)?.[1];
  return (
    <span className={css.result}>
      <Status shape={shape} tone={tone}>
        {word}
      </Status>
      <span>
        {run.result} {batch && <a href={`#/exports/batches/${batch}`}>Open the batch</a>}
      </span>
    </span>
  );
}
