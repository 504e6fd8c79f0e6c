import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { api } from '../../data/client.ts';

/** Tells, on whatever screen, what came of a run that nobody pressed for. Runs of before this window opened are not news. */
export function ScheduleNews({ organisationId }: { organisationId: string }) {
  const history = useQuery(api.schedules.history.queryOptions({ input: { organisationId } }));
  const known = useRef<{ organisationId: string; ids: Set<string> } | null>(null);
  useEffect(() => {
    if (!history.data) return;
    const done = history.data.filter(({ state }) => state !== 'running');
    const first = known.current?.organisationId !== organisationId;
    const before = first ? new Set<string>() : (known.current?.ids ?? new Set<string>());
    for (const run of first ? [] : done) {
      if (before.has(run.id) || run.how === 'dry run' || run.how === 'by hand') continue;
      notifications.show({
        title: `${run.name}${run.state === 'failed' ? ' failed' : run.how === 'caught up' ? ', caught up' : ''}`,
        message: (
          <>
            {run.result} <a href="#/exports/schedules">Open the schedules</a>
          </>
        ),
        color: run.state === 'failed' ? 'red' : 'blue',
        autoClose: run.state === 'failed' ? false : 20_000,
        closeButtonProps: { 'aria-label': 'Close' },
      });
    }
    known.current = { organisationId, ids: new Set(done.map(({ id }) => id)) };
  }, [history.data, organisationId]);
  return null;
}
