import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { useOrganisationId } from '../../state/session.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section } from '../../ui/screen.tsx';
import { ActButton } from '../people/role-controls.tsx';
import css from './settings.module.css';
import { words } from './strings.ts';

/** Another keychain than before: which systems are cut off, and the way out. Nothing while it is the usual one. */
export function KeychainSection() {
  const organisationId = useOrganisationId();
  const keychain = useQuery(api.settings.keychain.queryOptions({ input: { organisationId } }));
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  if (keychain.error)
    return <ProblemNote problem={problemOf(keychain.error)} onRetry={() => void keychain.refetch()} />;
  const { state, systems = [] } = keychain.data ?? {};
  if (state !== 'changed' || systems.length === 0) return null;
  const list = (
    <ul className={css.plainList}>
      {systems.map(({ system, name }) => (
        <li key={system}>
          <a href={`#/settings/systems/${system}`}>{name}</a>
        </li>
      ))}
    </ul>
  );
  const accept = async () => {
    setBusy(true);
    const done = await attempt(() => client.settings.acceptKeychain({ organisationId }));
    setBusy(false);
    if (!done) return;
    setAsked(false);
    await queryClient.invalidateQueries();
  };
  return (
    <Section title="Another keychain than before">
      <p>{words.keychainChanged}</p>
      <p>{words.keychainSystems}</p>
      {list}
      <div className={css.row}>
        <ActButton call="settings.acceptKeychain" onClick={() => setAsked(true)}>
          Use this keychain…
        </ActButton>
      </div>
      <Modal opened={asked} onClose={() => setAsked(false)} title="Use this keychain?">
        <div className={css.stack}>
          <p>{words.keychainAccept}</p>
          {list}
          <p>{words.keychainStays}</p>
          <div className={css.row}>
            <Button loading={busy} onClick={() => void accept()}>
              Use this keychain
            </Button>
            <Button variant="default" onClick={() => setAsked(false)}>
              Leave it
            </Button>
          </div>
        </div>
      </Modal>
    </Section>
  );
}
