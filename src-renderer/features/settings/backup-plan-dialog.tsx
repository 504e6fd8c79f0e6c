import { Button, Checkbox, Modal, PasswordInput, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { BackupsView } from '../../../src-shared/contract/maintenance.ts';
import { attempt } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import css from './settings.module.css';

/** How backups are made: when, where to, and what opens them. */
export function PlanDialog({
  organisationId,
  view,
  onClose,
}: {
  organisationId: string;
  view: BackupsView;
  /** With the recovery code to be shown, when one was made. */
  onClose: (newCode: string | null) => void;
}) {
  const [on, setOn] = useState(view.on);
  const [folder, setFolder] = useState(view.usual ? '' : view.folder);
  const [sealed, setSealed] = useState(view.sealed);
  const [second, setSecond] = useState(view.second?.folder ?? '');
  const [renew, setRenew] = useState(false);
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
        second: second.trim() || null,
        ...(sealed && renew ? { renewRecoveryCode: true } : {}),
        ...(passphrase === '' ? {} : { passphrase }),
      }),
    );
    if (done) onClose(done.newCode);
  };
  return (
    <Modal opened onClose={() => onClose(null)} title="Automatic backups" size="lg">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Switch
          label="Make backups automatically"
          checked={on}
          onChange={(event) => setOn(event.currentTarget.checked)}
        />
        <TextInput
          label="Folder"
          description="On another disk it outlives this one. Empty: beside the data."
          value={folder}
          onChange={(event) => setFolder(event.currentTarget.value)}
        />
        <TextInput
          label="Second folder"
          description="Every backup is copied there too, on another drive best. Empty: none."
          value={second}
          onChange={(event) => setSecond(event.currentTarget.value)}
        />
        <Switch
          label="Seal them with a passphrase"
          description="Only the passphrase or the recovery code opens them. The code is shown once, when sealing is switched on."
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
            {view.sealed && view.recoveryCode && (
              <Switch
                label="Make a new recovery code"
                description="For when the paper is lost or was seen. Older backups open with the old one."
                checked={renew}
                onChange={(event) => setRenew(event.currentTarget.checked)}
              />
            )}
          </>
        )}
        <Button type="submit" disabled={short || differs || (needed && passphrase === '')}>
          Save
        </Button>
      </form>
    </Modal>
  );
}

/** The code, this once. The window stays until the person says that it is on paper. */
export function RecoveryCode({ code, onClose }: { code: string; onClose: () => void }) {
  const [written, setWritten] = useState(false);
  return (
    <Modal
      opened
      onClose={() => written && onClose()}
      withCloseButton={false}
      closeOnEscape={written}
      title="Write down the recovery code"
      size="lg"
    >
      <div className={css.stack}>
        <p>
          It opens these backups on any computer, without the keychain and without the passphrase. It is shown this once
          and kept nowhere: put it where the passphrase is not.
        </p>
        <p className={css.code} data-testid="recovery-code">
          {code}
        </p>
        <p className={css.muted}>
          There is no letter O, I, L or U in it. The last group checks the others, so a slip of the pen is told from a
          wrong code.
        </p>
        <Checkbox
          label="I have written it down"
          checked={written}
          onChange={(event) => setWritten(event.currentTarget.checked)}
          data-autofocus
        />
        <Button onClick={onClose} disabled={!written}>
          Done
        </Button>
      </div>
    </Modal>
  );
}
