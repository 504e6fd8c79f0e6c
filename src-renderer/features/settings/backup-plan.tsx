import { Button, Modal, PasswordInput, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { BackupsView } from '../../../src-shared/contract/maintenance.ts';
import { formatBytes, formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section, Skeletons } from '../../ui/screen.tsx';
import { Facts, Instant } from '../../ui/text.tsx';
import css from './settings.module.css';
import { words } from './strings.ts';

/** Backups nobody has to think of: when, where, sealed or plain, and how the last one went. */
export function BackupPlan({ organisationId }: { organisationId: string }) {
  const input = { organisationId };
  const query = useQuery(api.maintenance.backups.queryOptions({ input, refetchInterval: 15_000 }));
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const [changing, setChanging] = useState(false);
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
      <Facts
        rows={[
          ['Made by themselves', view.on ? 'Yes' : 'No'],
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
          ['Last verified backup', view.verifiedAt ? <Instant key="v" at={view.verifiedAt} /> : 'None yet'],
          ['Next', view.nextAt ? <Instant key="n" at={view.nextAt} /> : 'None is planned'],
          [
            'Kept',
            `${formatCounted(view.kept.length, 'backup', 'backups')}, ${formatBytes(view.kept.reduce((sum, { bytes }) => sum + bytes, 0))}`,
          ],
        ]}
      />
      <div className={css.row}>
        <Button variant="default" onClick={() => setChanging(true)}>
          Change…
        </Button>
        <Button variant="default" onClick={() => void now()} loading={busy}>
          Back up now
        </Button>
        <span role="status">{busy ? 'Copying and checking the database.' : said}</span>
      </div>
      {changing && (
        <PlanDialog
          organisationId={organisationId}
          view={view}
          onClose={() => {
            setChanging(false);
            void again();
          }}
        />
      )}
    </Section>
  );
}

function PlanDialog({
  organisationId,
  view,
  onClose,
}: {
  organisationId: string;
  view: BackupsView;
  onClose: () => void;
}) {
  const [on, setOn] = useState(view.on);
  const [folder, setFolder] = useState(view.usual ? '' : view.folder);
  const [sealed, setSealed] = useState(view.sealed);
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const needed = sealed && !view.passphrasePresent;
  const short = passphrase !== '' && passphrase.length < 12;
  const differs = passphrase !== again;
  const save = async () => {
    const done = await attempt(() =>
      client.maintenance.planBackups({
        organisationId,
        on,
        folder: folder.trim() || null,
        sealed,
        ...(passphrase === '' ? {} : { passphrase }),
      }),
    );
    if (done) onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Automatic backups" size="lg">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Switch
          label="Make backups by themselves"
          checked={on}
          onChange={(event) => setOn(event.currentTarget.checked)}
        />
        <TextInput
          label="Folder"
          description="On another disk it outlives this one. Empty: beside the data."
          value={folder}
          onChange={(event) => setFolder(event.currentTarget.value)}
        />
        <Switch
          label="Seal them with a passphrase"
          description="Without it nobody can open them, on no computer: keep it somewhere else as well."
          checked={sealed}
          onChange={(event) => setSealed(event.currentTarget.checked)}
        />
        {sealed && (
          <>
            <PasswordInput
              label={view.passphrasePresent ? 'New passphrase' : 'Passphrase'}
              description={
                view.passphrasePresent
                  ? 'Empty: the one in the keychain stays. Older backups open with theirs.'
                  : 'At least 12 characters. It goes to the keychain.'
              }
              error={short ? 'At least 12 characters.' : null}
              value={passphrase}
              autoComplete="new-password"
              onChange={(event) => setPassphrase(event.currentTarget.value)}
            />
            <PasswordInput
              label="The same again"
              error={again !== '' && differs ? 'The two differ.' : null}
              value={again}
              autoComplete="new-password"
              onChange={(event) => setAgain(event.currentTarget.value)}
            />
          </>
        )}
        <Button type="submit" disabled={short || differs || (needed && passphrase === '')}>
          Save
        </Button>
      </form>
    </Modal>
  );
}
