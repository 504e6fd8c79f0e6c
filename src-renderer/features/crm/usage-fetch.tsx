import { Button, Modal, PasswordInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { Instant } from '../../ui/text.tsx';
import { RoleButton } from '../people/role-controls.tsx';
import css from './crm.module.css';

interface FetchProps {
  readonly organisationId: string;
  /** Shows what an import brought. */
  readonly onImported: (importId: string) => Promise<void>;
}

/** AI usage straight from WedSync: fetched behind the last cursor, or the address and key asked for first. */
export function UsageFetch({ organisationId, onImported }: FetchProps) {
  const found = useQuery(api.sources.usage.queryOptions({ input: { organisationId } }));
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const source = found.data;
  const why = useWhyNot(source?.connected === false ? 'sources.connectUsage' : 'sources.fetchUsage');

  const bringIn = async () => {
    setBusy(true);
    setSaid(null);
    await attempt(async () => {
      let last: string | null = null;
      for (let more = true; more; ) {
        const step = await client.sources.fetchUsage({ organisationId });
        more = step.more;
        if (step.importId === null) break;
        last = step.importId;
        for await (const { result } of await client.imports.progress({ organisationId, importId: last }))
          if (result) break;
      }
      await found.refetch();
      if (last === null) setSaid('Nothing new since the last fetch.');
      else await onImported(last);
    });
    setBusy(false);
  };

  return (
    <>
      <RoleButton
        why={why}
        variant="default"
        loading={busy}
        onClick={() => (source?.connected ? void bringIn() : setAsking(true))}
        disabled={!source}
      >
        {source?.connected ? 'Fetch usage' : 'Connect usage…'}
      </RoleButton>
      {(said !== null || source?.fetchedAt) && (
        <span className={css.muted} role="status">
          {said ?? (
            <>
              fetched <Instant at={source?.fetchedAt ?? ''} />
            </>
          )}
        </span>
      )}
      {asking && (
        <ConnectDialog
          organisationId={organisationId}
          onClose={() => {
            setAsking(false);
            void found.refetch();
          }}
        />
      )}
    </>
  );
}

function ConnectDialog({ organisationId, onClose }: { organisationId: string; onClose: () => void }) {
  const [address, setAddress] = useState('https://');
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    const done = await attempt(() => client.sources.connectUsage({ organisationId, address, key }));
    setBusy(false);
    if (done) onClose();
  };
  return (
    <Modal opened onClose={onClose} title="AI usage from WedSync">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextInput
          label="Address of the usage API"
          description="Public, by https. It is checked at every fetch."
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <PasswordInput
          label="Key"
          description="Goes to the keychain and is never shown again."
          autoComplete="off"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <Button type="submit" loading={busy} disabled={key.trim().length < 8}>
          Try and connect
        </Button>
      </form>
    </Modal>
  );
}
