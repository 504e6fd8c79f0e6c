import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { formatBytes, formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section, Skeletons } from '../../ui/screen.tsx';
import { Facts, Instant } from '../../ui/text.tsx';
import { ActButton } from '../people/role-controls.tsx';
import { RestoreDrill } from './backup-drill.tsx';
import { PlanDialog, RecoveryCode } from './backup-plan-dialog.tsx';
import css from './settings.module.css';
import { words } from './strings.ts';

/** Backups nobody has to think of: when, where, sealed or plain, and how the last one went. */
export function BackupPlan({ organisationId }: { organisationId: string }) {
  const input = { organisationId };
  const query = useQuery(api.maintenance.backups.queryOptions({ input, refetchInterval: 15_000 }));
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const [changing, setChanging] = useState(false);
  const [code, setCode] = useState<string | null>(null);
  const again = () => queryClient.invalidateQueries({ queryKey: api.maintenance.backups.key() });
  const now = async () => {
    setBusy(true);
    setSaid('');
    const done = await attempt(() => client.maintenance.backupNow(input));
    if (done) setSaid(`${done.name}, ${formatBytes(done.bytes)}: written, read back and checked.`);
    await again();
    setBusy(false);
  };
  const view = query.data;
  if (query.error && !view)
    return <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />;
  if (!view) return <Skeletons rows={4} label={words.reading} />;
  return (
    <>
      <Section title="Automatic backups">
        <p>
          Every hour in wedding-day mode and in the hour before it, every six hours otherwise. Kept: the newest of 24
          hours, 14 days, 8 weeks and 12 months.
        </p>
        {view.problem && (
          <ProblemNote
            problem={{
              happened: `The last try failed: ${view.problem}`,
              doing: 'It is tried again every 15 minutes. Earlier backups are untouched.',
              remedy: 'Choose another folder, or make room.',
            }}
          />
        )}
        {view.second?.problem && (
          <ProblemNote
            problem={{
              happened: `The second place was not reached: ${view.second.problem}`,
              means: 'The first place has every backup.',
              doing: 'It is tried again every 15 minutes.',
              remedy: 'Connect that drive, or choose another folder.',
            }}
          />
        )}
        <Facts
          rows={[
            ['Made automatically', view.on ? 'Yes' : 'No'],
            [
              'Folder',
              <span key="f" className={css.path}>
                {view.folder}
              </span>,
            ],
            [
              'Sealed',
              view.sealed ? 'With the passphrase in the keychain' : 'No: whoever can read the file can read it all',
            ],
            ...(view.sealed
              ? [
                  [
                    'Recovery code',
                    view.recoveryCode ? 'Made; it stands on paper only' : 'None: make one under Change',
                  ] as [string, string],
                ]
              : []),
            [
              'Second place',
              view.second === null ? (
                'None: what happens to this folder happens to every backup'
              ) : (
                <span key="s" className={css.path}>
                  {view.second.folder},{' '}
                  {view.second.newestAt ? <Instant at={view.second.newestAt} /> : 'none there yet'}
                </span>
              ),
            ],
            ['Last verified backup', view.verifiedAt ? <Instant key="v" at={view.verifiedAt} /> : 'None yet'],
            ['Next', view.nextAt ? <Instant key="n" at={view.nextAt} /> : 'None is planned'],
            [
              'Kept',
              `${formatCounted(view.kept.length, 'backup', 'backups')}, ${formatBytes(view.kept.reduce((sum, { bytes }) => sum + bytes, 0))}`,
            ],
          ]}
        />
        <div className={css.row}>
          <ActButton call="maintenance.planBackups" variant="default" onClick={() => setChanging(true)}>
            Change…
          </ActButton>
          <ActButton call="maintenance.backupNow" variant="default" onClick={() => void now()} loading={busy}>
            Back up now
          </ActButton>
          <span role="status">{busy ? 'Copying and checking the database.' : said}</span>
        </div>
        {changing && (
          <PlanDialog
            organisationId={organisationId}
            view={view}
            onClose={(newCode) => {
              setChanging(false);
              setCode(newCode);
              void again();
            }}
          />
        )}
        {code !== null && <RecoveryCode code={code} onClose={() => setCode(null)} />}
      </Section>
      <RestoreDrill organisationId={organisationId} view={view} />
    </>
  );
}
