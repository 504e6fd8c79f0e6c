import { Button, Modal, PasswordInput, Radio, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { NetworkProbe, NetworkView } from '../../../src-shared/contract/network.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { openHelp } from '../../ui/help.tsx';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section, Skeletons } from '../../ui/screen.tsx';
import { Facts, Instant } from '../../ui/text.tsx';
import { ActButton, ActFields } from '../people/role-controls.tsx';
import css from './settings.module.css';
import { words } from './strings.ts';

const ways = { none: 'None: straight', system: 'What this computer says', address: '' } as const;

/** How this computer reaches its systems: the proxy, and whose certificates it trusts. */
export function NetworkSection({ organisationId }: { organisationId: string }) {
  const query = useQuery(api.network.view.queryOptions({ input: { organisationId }, staleTime: 0 }));
  const [changing, setChanging] = useState<'proxy' | 'certificates' | null>(null);
  const view = query.data;
  if (query.error && !view)
    return <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />;
  if (!view) return <Skeletons rows={4} label={words.reading} />;
  const done = () => {
    setChanging(null);
    void queryClient.invalidateQueries({ queryKey: api.network.view.key() });
  };
  return (
    <div className={css.stack}>
      <h2>{words.network}</h2>
      <Section title="Proxy">
        <p>The same for every organisation on this computer. This computer itself is always reached without it.</p>
        {view.problem && (
          <ProblemNote
            problem={{
              happened: view.problem,
              doing: 'Nothing is sent past it. Deliveries wait, and nothing is lost.',
              remedy: 'Check the proxy’s address, name and password.',
            }}
          />
        )}
        <Facts
          rows={[
            ['Proxy', view.proxy === 'address' ? view.address : ways[view.proxy]],
            ...(view.user === ''
              ? []
              : [['Name', `${view.user}, password ${view.passwordPresent ? 'in the keychain' : 'missing'}`] as const]),
            [
              'In force',
              view.through === null ? 'No proxy: every system is reached directly' : `Through proxy ${view.through}`,
            ],
            ...(view.bypass.length === 0 ? [] : [['Without the proxy', view.bypass.join(', ')] as const]),
          ]}
        />
        <div className={css.row}>
          <ActButton call="network.save" variant="default" onClick={() => setChanging('proxy')}>
            Change proxy…
          </ActButton>
          <Button variant="default" onClick={() => openHelp('network.md')}>
            Help
          </Button>
        </div>
      </Section>
      <Section title="Certificates">
        <p>The authorities of this computer’s own store are trusted. Others are added here.</p>
        {view.certificates.length > 0 && (
          <Facts
            rows={view.certificates.map(({ subject, expiresAt, expired }) => [
              subject,
              <span key={subject}>
                {expired ? 'Ran out' : 'Until'} <Instant at={expiresAt} />
              </span>,
            ])}
          />
        )}
        <div className={css.row}>
          <ActButton call="network.save" variant="default" onClick={() => setChanging('certificates')}>
            {view.certificates.length > 0 ? 'Replace certificates…' : 'Add certificates…'}
          </ActButton>
        </div>
      </Section>
      <Probe organisationId={organisationId} />
      {changing === 'proxy' && <ProxyDialog organisationId={organisationId} view={view} onClose={done} />}
      {changing === 'certificates' && (
        <CertificatesDialog organisationId={organisationId} some={view.certificates.length > 0} onClose={done} />
      )}
    </div>
  );
}

function Probe({ organisationId }: { organisationId: string }) {
  const [host, setHost] = useState('api.xero.com');
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<NetworkProbe | null>(null);
  const probe = async () => {
    setBusy(true);
    setTold(null);
    const answer = await attempt(() => client.network.probe({ organisationId, host: host.trim() }));
    setTold(answer ?? null);
    setBusy(false);
  };
  const way = told?.through ? `through proxy ${told.through}` : 'straight';
  return (
    <Section title="Try it">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void probe();
        }}
      >
        <ActFields call="network.probe">
          <TextInput
            label="Host"
            description="A line is opened and its certificate looked at. Nothing is sent."
            value={host}
            onChange={(event) => setHost(event.currentTarget.value)}
          />
        </ActFields>
        <div className={css.row}>
          <ActButton call="network.probe" type="submit" variant="default" loading={busy} disabled={host.trim() === ''}>
            Try
          </ActButton>
          <span role="status">
            {told?.ok &&
              `${told.host} is reached ${way} in ${told.ms} ms. ${told.issuer ?? 'Nobody'} vouches for its certificate.`}
          </span>
        </div>
      </form>
      {told && !told.ok && (
        <ProblemNote
          problem={{ happened: told.problem ?? `${told.host} is not reached.`, remedy: told.remedy ?? undefined }}
        />
      )}
    </Section>
  );
}

function ProxyDialog({
  organisationId,
  view,
  onClose,
}: {
  organisationId: string;
  view: NetworkView;
  onClose: () => void;
}) {
  const [proxy, setProxy] = useState(view.proxy);
  const [address, setAddress] = useState(view.address);
  const [user, setUser] = useState(view.user);
  const [password, setPassword] = useState('');
  const [bypass, setBypass] = useState(view.bypass.join(', '));
  const save = async () => {
    const done = await attempt(() =>
      client.network.save({
        organisationId,
        proxy,
        ...(proxy === 'address' ? { address: address.trim(), user: user.trim(), bypass: bypass.split(/[\s,]+/) } : {}),
        ...(password === '' ? {} : { password }),
      }),
    );
    if (done) onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Proxy" size="lg">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Radio.Group
          label="How are the systems reached?"
          value={proxy}
          onChange={(value) => setProxy(value as NetworkView['proxy'])}
        >
          <div className={css.stack}>
            <Radio value="none" label="Directly, without a proxy" />
            <Radio
              value="system"
              label="As this computer says"
              description="The desktop app asks its settings, a PAC file included; without it, HTTPS_PROXY and NO_PROXY."
            />
            <Radio value="address" label="Through this proxy" />
          </div>
        </Radio.Group>
        {proxy === 'address' && (
          <>
            <TextInput
              label="Address"
              placeholder="http://proxy.example:3128"
              value={address}
              onChange={(event) => setAddress(event.currentTarget.value)}
            />
            <TextInput
              label="Name"
              description="Empty: it asks for none."
              value={user}
              autoComplete="off"
              onChange={(event) => setUser(event.currentTarget.value)}
            />
            {user.trim() !== '' && (
              <PasswordInput
                label={view.passwordPresent ? 'New password' : 'Password'}
                description={
                  view.passwordPresent ? 'Empty: the one in the keychain stays.' : 'It goes to the keychain.'
                }
                value={password}
                autoComplete="new-password"
                onChange={(event) => setPassword(event.currentTarget.value)}
              />
            )}
            <TextInput
              label="Without the proxy"
              description="Hosts, with what is under them, or blocks of addresses: inside.example, 10.0.0.0/8"
              value={bypass}
              onChange={(event) => setBypass(event.currentTarget.value)}
            />
          </>
        )}
        <Button type="submit" disabled={proxy === 'address' && address.trim() === ''}>
          Save
        </Button>
      </form>
    </Modal>
  );
}

function CertificatesDialog({
  organisationId,
  some,
  onClose,
}: {
  organisationId: string;
  some: boolean;
  onClose: () => void;
}) {
  const [certificates, setCertificates] = useState('');
  const save = async () => {
    const done = await attempt(() => client.network.save({ organisationId, certificates }));
    if (done) onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Certificates" size="lg">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Textarea
          label="Certificates of authorities, as text"
          description={
            some
              ? 'They take the place of those added before. Empty: those of this computer alone.'
              : 'Paste the file your company gave you. It begins with -----BEGIN CERTIFICATE-----.'
          }
          rows={10}
          value={certificates}
          onChange={(event) => setCertificates(event.currentTarget.value)}
        />
        <p>
          Whoever holds the key of an authority can read and change what is sent to every system. Add your own alone.
        </p>
        <Button type="submit" disabled={!some && certificates.trim() === ''}>
          Save
        </Button>
      </form>
    </Modal>
  );
}
