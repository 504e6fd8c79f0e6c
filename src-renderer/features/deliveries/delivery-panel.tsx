import { Button, CloseButton, Modal, Radio, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeliveryView } from '../../../src-shared/contract/deliveries.ts';
import { attempt } from '../../data/act.tsx';
import { api, type ContractOutputs, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { useCommands } from '../../state/commands.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Facts, Instant, Key, useZone } from '../../ui/text.tsx';
import css from '../../ui/workspace.module.css';
import { ActButton } from '../people/role-controls.tsx';
import { actionWords, addressOf, classWords, stateOf } from './strings.ts';
import { useSystems } from './use-deliveries.ts';

type Detail = ContractOutputs['deliveries']['detail'];
type Asking = 'replay' | 'hold' | 'discard' | 'decide';

const receiptWords = { accepted: 'Accepted', arrived: 'Arrived', bounced: 'Bounced' } as const;

/** One delivery: every attempt with what was asked and answered, and what may be done by its class. */
export function DeliveryPanel({
  organisationId,
  id,
  onClose,
}: {
  organisationId: string;
  id: string;
  onClose: () => void;
}) {
  const input = { organisationId, id };
  const zone = useZone();
  const query = useQuery(api.deliveries.detail.queryOptions({ input, refetchInterval: 5_000 }));
  const [asking, setAsking] = useState<Asking | null>(null);
  const detail = query.data;
  const may = (action: DeliveryView['may'][number]) => detail?.may.includes(action) ?? false;
  const run = async (work: () => Promise<unknown>) => {
    const done = await attempt(work);
    if (done === undefined) return;
    setAsking(null);
    await queryClient.invalidateQueries({ queryKey: api.deliveries.key() });
  };
  const off = (action: DeliveryView['may'][number]) => (may(action) ? null : 'Not possible for this delivery now.');
  useCommands([
    {
      id: 'delivery-retry',
      call: 'deliveries.retry',
      title: 'Try again',
      group: 'Deliveries',
      keys: ['y'],
      unavailable: off('retry'),
      run: () => void run(() => client.deliveries.retry(input)),
    },
    {
      id: 'delivery-replay',
      call: 'deliveries.replay',
      title: 'Replay…',
      group: 'Deliveries',
      keys: ['p'],
      unavailable: off('replay'),
      run: () => setAsking('replay'),
    },
    {
      id: 'delivery-hold',
      call: 'deliveries.hold',
      title: 'Hold or release',
      group: 'Deliveries',
      keys: ['h'],
      unavailable: may('release') ? null : off('hold'),
      run: () => (may('release') ? void run(() => client.deliveries.release(input)) : setAsking('hold')),
    },
  ]);
  const { nameOf, waitOf } = useSystems(organisationId);
  const look = detail && stateOf(detail, zone, waitOf(detail.system));

  return (
    <aside className={css.detail} aria-label={`Delivery ${id}`}>
      <div className={css.detailHead}>
        <h2>{detail ? (detail.request?.summary ?? actionWords(detail.action)) : 'Delivery'}</h2>
        <CloseButton aria-label="Close" onClick={onClose} />
      </div>
      {query.error && !detail && <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />}
      {!detail && !query.error && <Skeletons rows={8} label="Reading the delivery." />}
      {detail && look && (
        <>
          <Status shape={look.shape} tone={look.tone}>
            {look.word}
          </Status>
          {detail.doubt && (
            <ProblemNote
              problem={{
                happened: detail.doubt,
                means: 'It may exist on the other side. Nothing more is sent for it until that is known.',
                remedy: 'Check now, or decide after looking there yourself.',
              }}
            />
          )}
          <div className={css.actions}>
            {may('check') && (
              <ActButton call="deliveries.check" onClick={() => void run(() => client.deliveries.check(input))}>
                Check in {nameOf(detail.system)}
              </ActButton>
            )}
            {may('decide') && (
              <ActButton call="deliveries.decide" variant="default" onClick={() => setAsking('decide')}>
                Decide…
              </ActButton>
            )}
            {may('retry') && (
              <ActButton
                call="deliveries.retry"
                variant="default"
                rightSection={<Key>Y</Key>}
                onClick={() => void run(() => client.deliveries.retry(input))}
              >
                Try again
              </ActButton>
            )}
            {may('replay') && (
              <ActButton
                call="deliveries.replay"
                variant="default"
                rightSection={<Key>P</Key>}
                onClick={() => setAsking('replay')}
              >
                Replay…
              </ActButton>
            )}
            {may('hold') && (
              <ActButton
                call="deliveries.hold"
                variant="default"
                rightSection={<Key>H</Key>}
                onClick={() => setAsking('hold')}
              >
                Hold…
              </ActButton>
            )}
            {may('release') && (
              <ActButton
                call="deliveries.release"
                variant="default"
                rightSection={<Key>H</Key>}
                onClick={() => void run(() => client.deliveries.release(input))}
              >
                Release
              </ActButton>
            )}
            {may('discard') && (
              <ActButton call="deliveries.discard" variant="default" onClick={() => setAsking('discard')}>
                Discard…
              </ActButton>
            )}
          </div>
          {detail.deliveryClass === 'never-twice' && detail.inDoubt && (
            <p className={css.muted}>Trying again is not offered: it could create it a second time.</p>
          )}
          <Facts
            rows={[
              ['About', <About key="about" subject={detail.subject} />],
              ['Class', classWords[detail.deliveryClass]],
              ['Key', <code key="key">{detail.idempotencyKey}</code>],
              ['System', detail.account ? `${nameOf(detail.system)}, ${detail.account}` : nameOf(detail.system)],
              ['Created', <Instant key="c" at={detail.createdAt} />],
              ['Next try', detail.nextAttemptAt ? <Instant key="n" at={detail.nextAttemptAt} /> : '—'],
              ['Their id', detail.receipt?.vendorId ?? '—'],
              ...(detail.replayOf ? ([['Replay of', detail.replayOf]] as const) : []),
            ]}
          />
          <History history={detail.history} />
          <Request detail={detail} />
        </>
      )}
      {asking && detail && (
        <AskDialog asking={asking} detail={detail} onClose={() => setAsking(null)} run={run} input={input} />
      )}
    </aside>
  );
}

function About({ subject }: { subject: Detail['subject'] }) {
  if (subject === null) return '—';
  return subject.about === null ? subject.text : <a href={`#${addressOf(subject.about)}`}>{subject.text}</a>;
}

function History({ history }: { history: Detail['history'] }) {
  if (history.length === 0) return null;
  return (
    <Section title="Attempts">
      <PlainTable
        label="Attempts"
        head={[{ text: 'When' }, { text: 'What' }, { text: 'ms', right: true }, { text: 'Answer' }]}
      >
        {history.map((one) => (
          <tr key={`${one.number} ${one.stage} ${one.startedAt}`}>
            <td>
              <Instant at={one.startedAt} show="time" />
            </td>
            <td>{one.stage === 'send' ? `Try ${one.number}` : one.stage === 'look-up' ? 'Looked up' : 'Recovered'}</td>
            <td data-right>{Math.round(one.ms)}</td>
            <td>
              <Status shape={one.ok ? 'tick' : 'crossSquare'} tone={one.ok ? 'ok' : 'critical'}>
                {one.receipt ? receiptWords[one.receipt] : one.ok ? 'Accepted' : (one.code ?? 'Failed')}
              </Status>
              {one.answer && <div className={css.muted}>{one.answer}</div>}
            </td>
          </tr>
        ))}
      </PlainTable>
    </Section>
  );
}

function Request({ detail }: { detail: Detail }) {
  return (
    <Section title="Request, secrets masked">
      {detail.request ? (
        <>
          <span className={css.muted}>{detail.request.target}</span>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (U44) */}
          <pre className={css.code} tabIndex={0}>
            {detail.request.body}
          </pre>
        </>
      ) : (
        <p className={css.muted}>{detail.requestProblem ?? 'It cannot be shown.'}</p>
      )}
    </Section>
  );
}

const askWords: Readonly<Record<Asking, { title: string; button: string }>> = {
  replay: { title: 'Replay this delivery', button: 'Replay' },
  hold: { title: 'Hold this delivery', button: 'Hold it' },
  discard: { title: 'Discard this delivery', button: 'Discard it' },
  decide: { title: 'Does it exist on the other side?', button: 'Record the decision' },
};

function AskDialog({
  asking,
  detail,
  onClose,
  run,
  input,
}: {
  asking: Asking;
  detail: Detail;
  onClose: () => void;
  run: (work: () => Promise<unknown>) => Promise<void>;
  input: { organisationId: string; id: string };
}) {
  const [how, setHow] = useState<'as_sent' | 'present'>('as_sent');
  const [exists, setExists] = useState<'yes' | 'no' | null>(null);
  const [vendorId, setVendorId] = useState('');
  const [reason, setReason] = useState('');
  const why = reason.trim();
  const { title, button } = askWords[asking];
  const ready = asking === 'replay' || (why !== '' && (asking !== 'decide' || exists !== null));
  const act = () => {
    switch (asking) {
      case 'replay':
        return run(() => client.deliveries.replay({ ...input, how }));
      case 'hold':
        return run(() => client.deliveries.hold({ ...input, reason: why }));
      case 'discard':
        return run(() => client.deliveries.discard({ ...input, reason: why }));
      case 'decide':
        return run(() =>
          client.deliveries.decide({
            ...input,
            exists: exists === 'yes',
            vendorId: vendorId.trim() === '' ? null : vendorId.trim(),
            reason: why,
          }),
        );
    }
  };
  return (
    <Modal opened onClose={onClose} title={title}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void act();
        }}
      >
        {asking === 'replay' && (
          <Radio.Group value={how} onChange={(value) => setHow(value as typeof how)} label={detail.request?.summary}>
            <div className={css.stack}>
              <Radio value="as_sent" label="As sent" description="The same body and key again." />
              <Radio
                value="present"
                label="With present settings"
                description="A new delivery with a new key, linked to this one."
              />
            </div>
          </Radio.Group>
        )}
        {asking === 'decide' && (
          <Radio.Group value={exists ?? ''} onChange={(value) => setExists(value as 'yes' | 'no')} label={detail.doubt}>
            <div className={css.stack}>
              <Radio value="yes" label="It exists there" description="Recorded as delivered; nothing is sent again." />
              <Radio
                value="no"
                label="It does not exist there"
                description="It is sent, once more, with the same key."
              />
            </div>
          </Radio.Group>
        )}
        {asking === 'decide' && exists === 'yes' && (
          <TextInput
            label="Its id there"
            value={vendorId}
            onChange={(event) => setVendorId(event.currentTarget.value)}
          />
        )}
        {asking !== 'replay' && (
          <Textarea
            label="Reason"
            description="Kept in the audit log."
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            autosize
            minRows={2}
          />
        )}
        <Button type="submit" disabled={!ready}>
          {button}
        </Button>
      </form>
    </Modal>
  );
}
