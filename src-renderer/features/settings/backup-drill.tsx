import { type ReactNode, useState } from 'react';
import type { BackupsView } from '../../../src-shared/contract/maintenance.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Facts, Instant } from '../../ui/text.tsx';
import { ActButton } from '../people/role-controls.tsx';
import css from './settings.module.css';

/** The monthly proof that the newest backup can be restored, and what the last one found. */
export function RestoreDrill({ organisationId, view }: { organisationId: string; view: BackupsView }) {
  const [busy, setBusy] = useState(false);
  const { drill, nextDrillAt } = view;
  const now = async () => {
    setBusy(true);
    await attempt(() => client.maintenance.drill({ organisationId }));
    await queryClient.invalidateQueries({ queryKey: api.maintenance.backups.key() });
    setBusy(false);
  };
  return (
    <Section title="Restore drill">
      <p>
        Once a month the newest backup is restored into a scratch folder, looked at and thrown away. Nothing of this
        console changes, and nothing is sent.
      </p>
      {drill && !drill.ok && (
        <ProblemNote
          problem={{
            happened: drill.problem ?? 'The restored copy is not as it must be.',
            means: 'That backup may not bring everything back.',
            doing: 'It is tried again within a day.',
            remedy: 'Make a new backup, then try the drill again.',
          }}
        />
      )}
      <Facts
        rows={[
          ['Last', drill ? <Instant key="l" at={drill.at} /> : 'None yet'],
          ...(drill
            ? ([
                [
                  'Backup',
                  <span key="b" className={css.path}>
                    {drill.backup || 'None was there'}
                  </span>,
                ],
                [
                  'Restored',
                  drill.problem === null
                    ? `In ${(drill.ms / 1_000).toFixed(1)} s: ${formatCounted(drill.entries, 'entry', 'entries')} of the record, ${formatCounted(drill.held, 'unfinished delivery', 'unfinished deliveries')} held`
                    : 'No',
                ],
                ...drill.checks.map(({ what, ok, detail }) => [
                  what,
                  <Status key={what} shape={ok ? 'disc' : 'triangle'} tone={ok ? 'ok' : 'critical'}>
                    {ok ? 'Yes' : `No: ${detail}`}
                  </Status>,
                ]),
              ] as [string, ReactNode][])
            : []),
          ['Next', nextDrillAt ? <Instant key="n" at={nextDrillAt} /> : 'None is planned'],
        ]}
      />
      <div className={css.row}>
        <ActButton
          call="maintenance.drill"
          variant="default"
          onClick={() => void now()}
          loading={busy}
          disabled={view.kept.length === 0}
        >
          Try a restore now
        </ActButton>
        <span role="status">{busy ? 'Restoring the newest backup into a scratch folder.' : ''}</span>
      </div>
    </Section>
  );
}
