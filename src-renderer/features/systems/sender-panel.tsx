import { Button, CloseButton, PasswordInput, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { InboundSource } from '../../../src-shared/contract/systems.ts';
import { formatCount } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { copyText } from '../../ui/copy.ts';
import { openHelp } from '../../ui/help.tsx';
import { Section } from '../../ui/screen.tsx';
import { Facts, Instant } from '../../ui/text.tsx';
import css from '../../ui/workspace.module.css';
import { ActButton, ActFields } from '../people/role-controls.tsx';
import { SenderStatus } from './health.tsx';
import { refusalWords, type SenderOption, secretHints, senderOptions } from './sender-options.ts';

interface SenderProps {
  organisationId: string;
  sender: InboundSource;
}

/** One sender: the address to paste there, its secret, what it may choose, and what came in or was refused. */
export function SenderPanel({ organisationId, sender, onClose }: SenderProps & { onClose: () => void }) {
  return (
    <aside className={css.detail} aria-label={sender.name}>
      <div className={css.detailHead}>
        <h2>{sender.name}</h2>
        <CloseButton aria-label="Close" onClick={onClose} />
      </div>
      <SenderStatus sender={sender} />
      <Address sender={sender} />
      <SenderForm organisationId={organisationId} sender={sender} />
      <Rotation organisationId={organisationId} sender={sender} />
      <Arrivals organisationId={organisationId} sender={sender} />
    </aside>
  );
}

function Address({ sender: { source, publicUrl, localUrl } }: { sender: InboundSource }) {
  const [copied, setCopied] = useState(false);
  const address = publicUrl || localUrl;
  const shown = source === 'tave' && address ? `${address}?token=…` : address;
  return (
    <Section title="Address to paste there">
      {shown ? <code className={css.code}>{shown}</code> : <p>Nothing is received now: the console is in safe mode.</p>}
      <div className={css.actions}>
        {address && (
          <Button
            variant="default"
            size="compact-sm"
            onClick={() => void copyText(address).then(() => setCopied(true))}
          >
            Copy the address
          </Button>
        )}
        <Button variant="default" size="compact-sm" onClick={() => openHelp('inbound.md')}>
          Help
        </Button>
        <span role="status">{copied ? 'Copied.' : ''}</span>
      </div>
      {publicUrl === '' && (
        <p className={css.muted}>
          This address is on this computer only. For a sender on the internet, put a tunnel or proxy in front and enter
          its address below.
        </p>
      )}
    </Section>
  );
}

function SenderForm({ organisationId, sender }: SenderProps) {
  const [on, setOn] = useState(sender.secretPresent ? sender.on : true);
  const [publicUrl, setPublicUrl] = useState(sender.publicUrl);
  const [origins, setOrigins] = useState(sender.corsOrigins.join('\n'));
  const [options, setOptions] = useState<Record<string, string>>(() =>
    Object.fromEntries(Object.entries(sender.options).map(([name, value]) => [name, String(value)])),
  );
  const [secret, setSecret] = useState('');
  const [saved, setSaved] = useState(false);
  const offered = senderOptions[sender.source] ?? [];
  const save = async () => {
    setSaved(false);
    const done = await attempt(() =>
      client.systems.saveSource({
        organisationId,
        source: sender.source,
        on,
        publicUrl: publicUrl.trim(),
        corsOrigins: origins.split(/\s+/).filter((one) => one !== ''),
        ...(offered.length > 0
          ? {
              options: {
                ...sender.options,
                ...Object.fromEntries(Object.entries(options).filter(([, v]) => v !== '')),
              },
            }
          : {}),
        ...(secret === '' ? {} : { secret }),
      }),
    );
    if (!done) return;
    setSecret('');
    setSaved(true);
    await queryClient.invalidateQueries({ queryKey: api.systems.sources.key() });
  };
  return (
    <Section title="Setting it up">
      <form
        className={css.stack}
        aria-label={`Settings of ${sender.name}`}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <ActFields call="systems.saveSource">
          <PasswordInput
            label={sender.secretPresent ? 'New secret' : 'Secret'}
            description={secretHints[sender.source]}
            placeholder={sender.secretPresent ? 'Present. Type to replace it; the old one stays valid beside it.' : ''}
            autoComplete="off"
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
          <TextInput
            label="Public address"
            description="Word for word as the sender has it; empty when it sends from this computer."
            value={publicUrl}
            onChange={(event) => setPublicUrl(event.currentTarget.value)}
          />
          {offered.map((option) => (
            <OptionField
              key={option.name}
              option={option}
              value={options[option.name] ?? ''}
              onChange={(value) => setOptions({ ...options, [option.name]: value })}
            />
          ))}
          <Textarea
            label="Web pages that may post from a browser"
            description="One origin a line, such as https://example.co.uk; usually none."
            autosize
            minRows={1}
            value={origins}
            onChange={(event) => setOrigins(event.currentTarget.value)}
          />
          <Switch
            label="Take what this sender sends"
            checked={on}
            onChange={(event) => setOn(event.currentTarget.checked)}
          />
        </ActFields>
        <div className={css.actions}>
          <ActButton call="systems.saveSource" type="submit" disabled={!sender.secretPresent && secret === ''}>
            Save the sender
          </ActButton>
          <span role="status">{saved ? 'Saved. The secret went to the keychain.' : ''}</span>
        </div>
      </form>
    </Section>
  );
}

function OptionField({
  option: { label, hint, choices },
  value,
  onChange,
}: {
  option: SenderOption;
  value: string;
  onChange: (value: string) => void;
}) {
  if (choices)
    return (
      <Select
        label={label}
        description={hint}
        data={[...choices]}
        value={value || null}
        onChange={(next) => onChange(next ?? '')}
      />
    );
  return (
    <TextInput
      label={label}
      description={hint}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** While two secrets are valid: which of them is used, and the end of the old one. */
function Rotation({ organisationId, sender }: SenderProps) {
  if (!sender.oldSecretPresent) return null;
  const forget = async () => {
    await attempt(() => client.systems.saveSource({ organisationId, source: sender.source, forgetOldSecret: true }));
    await queryClient.invalidateQueries({ queryKey: api.systems.sources.key() });
  };
  return (
    <Section title="Two secrets are valid">
      <p className={css.muted}>
        Change the secret over there, then forget the old one.
        {sender.oldSecretLastUsedAt && (
          <>
            {' '}
            The old one was still used at <Instant at={sender.oldSecretLastUsedAt} />.
          </>
        )}
      </p>
      <div className={css.actions}>
        <ActButton call="systems.saveSource" variant="default" onClick={() => void forget()}>
          Forget the old secret
        </ActButton>
      </div>
    </Section>
  );
}

function Arrivals({ organisationId, sender }: SenderProps) {
  const input = { organisationId, source: sender.source };
  const last = useQuery(api.deliveries.inbound.queryOptions({ input }));
  const events = (last.data?.rows ?? []).slice(0, 5);
  return (
    <Section title="What came in">
      <Facts
        rows={[
          ['Last 24 hours', formatCount(sender.received24h)],
          ['Taken a minute', `at most ${formatCount(sender.perMinute)}`],
          ['Refused since the start', formatCount(sender.refused)],
          ...(sender.lastRefusal
            ? ([
                [
                  'Why, the last time',
                  <span key="why">
                    <Instant at={sender.lastRefusal.at} /> {refusalWords(sender.lastRefusal)}
                  </span>,
                ],
              ] as const)
            : []),
        ]}
      />
      {events.length === 0 ? (
        <p className={css.muted}>Nothing has come in yet.</p>
      ) : (
        <ul className={css.plainList} aria-label="Last events">
          {events.map((event) => (
            <li key={event.id}>
              <a href={`#/deliveries?tab=inbound&source=${sender.source}&id=${event.id}`}>
                <Instant at={event.receivedAt} />
              </a>{' '}
              {event.outcome}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
