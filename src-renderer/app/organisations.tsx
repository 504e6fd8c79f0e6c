import { Button } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import type { ContractOutputs } from '../data/client.ts';
import { api, queryClient } from '../data/client.ts';
import { go } from '../state/address.ts';
import { useSession } from '../state/session.ts';
import { useUndo } from '../state/undo.ts';
import { Shape } from '../ui/status.tsx';
import { forgetNotices } from './notice-list.tsx';
import css from './shell.module.css';
import { words } from './strings.ts';

type Organisation = ContractOutputs['app']['status']['organisations'][number];

/** Goes to another organisation: the screen stays, what was open, selected or could be undone there does not (U13). */
export function switchOrganisation(id: string): void {
  useUndo.getState().clear();
  forgetNotices();
  queryClient.removeQueries({ predicate: ({ queryKey }) => (queryKey[0] as string[] | undefined)?.[0] !== 'app' });
  useSession.getState().set({ organisationId: id });
  go(`/${window.location.hash.split(/[/?]/)[1] ?? ''}`);
}

/** Alerts that need somebody where nobody looks now. Practice is left out while work is real. */
export function OtherOrganisations({ all, here }: { all: readonly Organisation[]; here: Organisation }) {
  const others = all.filter(({ id, practice }) => id !== here.id && (here.practice || !practice));
  const counts = useQueries({
    queries: others.map(({ id }) =>
      api.app.counts.queryOptions({ input: { organisationId: id }, refetchInterval: 30_000 }),
    ),
  });
  const ringing = others
    .map((one, index) => ({ ...one, alerts: counts[index]?.data?.needs.alerts ?? 0 }))
    .filter(({ alerts }) => alerts > 0);
  if (ringing.length === 0) return null;
  const total = ringing.reduce((sum, { alerts }) => sum + alerts, 0);
  return (
    <div className={css.lost} role="status">
      <Shape name="triangleAlarm" tone="critical" />
      <strong>{words.elsewhere(total, ringing.length)}</strong>
      {ringing.slice(0, 3).map(({ id, name }) => (
        <Button key={id} variant="default" size="compact-sm" onClick={() => switchOrganisation(id)}>
          Go to {name}
        </Button>
      ))}
    </div>
  );
}
