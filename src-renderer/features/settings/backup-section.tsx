import { Button, Modal, PasswordInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ChosenHandle } from '../../../src-shared/contract/host-bridge.ts';
import type { BackupFacts } from '../../../src-shared/contract/maintenance.ts';
import { formatBytes, formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { chooseFile, saveAs } from '../../data/transport.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section } from '../../ui/screen.tsx';
import { Facts, Instant } from '../../ui/text.tsx';
import { ActButton } from '../people/role-controls.tsx';
import { BackupPlan } from './backup-plan.tsx';
import css from './settings.module.css';

interface Chosen {
  readonly file: ChosenHandle;
  readonly facts: BackupFacts;
  /** Of a sealed one. */
  readonly passphrase: string | undefined;
}

/** A copy while everything runs, and the way back to one: what would be lost is said before a person types the name. */
export function BackupSection({ organisationId }: { organisationId: string }) {
  const [busy, setBusy] = useState<'backup' | 'checking' | null>(null);
  const [saved, setSaved] = useState('');
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [locked, setLocked] = useState<ChosenHandle | null>(null);
  const working = async (what: 'backup' | 'checking', work: () => Promise<void>) => {
    setBusy(what);
    await attempt(work);
    setBusy(null);
  };
  const backup = () =>
    working('backup', async () => {
      setSaved('');
      const { handle, bytes, sealed } = await client.maintenance.backup({ organisationId });
      const name = `ops-console-${new Date().toISOString().slice(0, 10)}.${sealed ? 'wsbackup' : 'db'}`;
      if (await saveAs(name, { handle })) setSaved(`${name}, ${formatBytes(bytes)}: written, opened and checked.`);
    });
  const choose = () =>
    working('checking', async () => {
      const file = await chooseFile('backup');
      if (!file) return;
      await look(file);
    });
  const look = async (file: ChosenHandle, passphrase?: string) => {
    const input = { organisationId, file: file.handle, ...(passphrase === undefined ? {} : { passphrase }) };
    const { needsPassphrase, facts } = await client.maintenance.inspectBackup(input);
    setLocked(needsPassphrase ? file : null);
    if (facts) setChosen({ file, facts, passphrase });
  };
  return (
    <div className={css.stack}>
      <h2>Backup and restore</h2>
      <BackupPlan organisationId={organisationId} />
      <Section title="Make a backup">
        <p>
          A whole copy of the database while everything goes on, checked before it is given to you. Secrets are not in
          it: they stay in the keychain of this computer.
        </p>
        <div className={css.row}>
          <ActButton call="maintenance.backup" onClick={() => void backup()} loading={busy === 'backup'}>
            Make a backup…
          </ActButton>
          <span role="status">{busy === 'backup' ? 'Copying and checking the database.' : saved}</span>
        </div>
      </Section>
      <Section title="Restore a backup">
        <p>
          The console stops, keeps the present database aside, puts the backup in its place and starts again. Nothing is
          sent after that until a person releases it.
        </p>
        <div className={css.row}>
          <ActButton
            call="maintenance.inspectBackup"
            variant="default"
            onClick={() => void choose()}
            loading={busy === 'checking'}
          >
            Choose a backup…
          </ActButton>
          <span role="status">{busy === 'checking' ? 'Checking every page of the file. Nothing is changed.' : ''}</span>
        </div>
      </Section>
      {locked && (
        <Unlock
          onClose={() => setLocked(null)}
          onOpen={(passphrase) => working('checking', () => look(locked, passphrase))}
        />
      )}
      {chosen && <RestoreDialog organisationId={organisationId} {...chosen} onClose={() => setChosen(null)} />}
    </div>
  );
}

/** A sealed backup says nothing about itself before its passphrase or recovery code is typed. */
function Unlock({ onOpen, onClose }: { onOpen: (passphrase: string) => Promise<void>; onClose: () => void }) {
  const [passphrase, setPassphrase] = useState('');
  return (
    <Modal opened onClose={onClose} title="This backup is sealed">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void onOpen(passphrase);
        }}
      >
        <PasswordInput
          label="Its passphrase or recovery code"
          description="The one in force when it was made. The keychain of this computer is not asked."
          value={passphrase}
          autoComplete="off"
          data-autofocus
          onChange={(event) => setPassphrase(event.currentTarget.value)}
        />
        <Button type="submit" disabled={passphrase === ''}>
          Open it
        </Button>
      </form>
    </Modal>
  );
}

function RestoreDialog({
  organisationId,
  file,
  facts,
  passphrase,
  onClose,
}: Chosen & { organisationId: string; onClose: () => void }) {
  const organisation = useQuery(api.settings.organisation.queryOptions({ input: { organisationId } }));
  const [typed, setTyped] = useState('');
  const [asked, setAsked] = useState(false);
  const name = organisation.data?.name ?? '';
  const restore = async () => {
    const done = await attempt(() =>
      client.maintenance.restore({
        organisationId,
        file: file.handle,
        typed,
        ...(passphrase === undefined ? {} : { passphrase }),
      }),
    );
    if (done) setAsked(true);
  };
  return (
    <Modal opened onClose={onClose} title="Restore this backup?" size="lg">
      {asked ? (
        <p role="status">The console is starting again with the backup. This page finds it by itself.</p>
      ) : (
        <form
          className={css.stack}
          onSubmit={(event) => {
            event.preventDefault();
            void restore();
          }}
        >
          <Facts
            rows={[
              ['File', `${facts.fileName}, ${formatBytes(facts.bytes)}, checked`],
              ['Its newest entry', facts.newestAt ? <Instant key="at" at={facts.newestAt} /> : 'None'],
              ['Organisations in it', facts.organisations.join(', ') || 'None'],
              [
                'Lost from the present database',
                `${formatCounted(facts.lost.entries, 'entry', 'entries')} of the record, ${formatCounted(facts.lost.deliveries, 'delivery', 'deliveries')}`,
              ],
              ['Held until released', formatCounted(facts.unfinished, 'unfinished delivery', 'unfinished deliveries')],
            ]}
          />
          {facts.lost.entries > 0 && (
            <ProblemNote
              problem={{
                happened: `${formatCount(facts.lost.entries)} things that were done since are not in this backup.`,
                means: 'What was sent meanwhile stays sent; this console will not know of it.',
                doing: 'The present database is kept beside the new one.',
                remedy: 'Check held deliveries on the other side before you release them.',
              }}
            />
          )}
          <TextInput
            label={`Type ${name} to restore`}
            value={typed}
            autoComplete="off"
            data-autofocus
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button type="submit" color="red" disabled={typed.trim() !== name}>
            Restore and start again
          </Button>
        </form>
      )}
    </Modal>
  );
}
