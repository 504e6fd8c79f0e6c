import { Radio, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ConnectionView } from '../../../src-shared/contract/settings.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { openOutside } from '../../data/transport.ts';
import { FieldForm } from '../../forms/field-form.tsx';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Facts, Instant } from '../../ui/text.tsx';
import { ActButton, ActFields } from '../people/role-controls.tsx';
import { breakerWords } from '../systems/strings.ts';
import { LedgerMap } from './ledger-map.tsx';
import { SetBy } from './set-by.tsx';
import css from './settings.module.css';
import { connectionStates, modes, words } from './strings.ts';

/** One system: its state in words, its form drawn from the schema, sign-in, the books it means, and the ledger map. */
export function ConnectionSection({ organisationId, system }: { organisationId: string; system: string }) {
  const input = { organisationId, system };
  const query = useQuery(api.settings.connection.queryOptions({ input, refetchInterval: 5_000 }));
  const view = query.data;
  if (query.error && !view)
    return <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />;
  if (!view) return <Skeletons rows={6} label={words.reading} />;
  const look = connectionStates[view.state];
  return (
    <div className={css.stack}>
      <div className={css.between}>
        <h2>{view.name}</h2>
        <Status shape={look.shape} tone={look.tone}>
          {look.word}
        </Status>
      </div>
      {view.problem && (
        <ProblemNote problem={{ happened: view.problem, doing: 'Work for this system waits; nothing is lost.' }} />
      )}
      <Facts
        rows={[
          // Only what is signed in to has an account to choose and a sign-in that ends.
          ...(view.auth === 'oauth2'
            ? ([
                ['Account', view.account ?? 'None chosen yet'],
                [
                  'Sign-in lasts until',
                  view.tokenExpiresAt ? <Instant key="token" at={view.tokenExpiresAt} /> : 'No end is known',
                ],
              ] as const)
            : []),
          ['Secrets present', secretNames(view).join(', ') || 'None'],
          ['Circuit', breakerWords[view.breaker]],
          [
            'Sending',
            <span key="sending">
              {modes[view.mode]} <a href={`#/systems?system=${system}`}>Pause, switch off or on…</a>
            </span>,
          ],
        ]}
      />
      {view.auth === 'oauth2' && <SignIn view={view} organisationId={organisationId} />}
      {view.fields.length > 0 && (
        <Section title="Settings">
          <FieldForm
            key={JSON.stringify([view.settings, view.secretsPresent])}
            fields={view.fields}
            settings={view.settings}
            secretsPresent={view.secretsPresent}
            submit={`Save ${view.name}`}
            call="settings.saveConnection"
            onSubmit={({ settings, secrets }) =>
              attempt(() => client.settings.saveConnection({ ...input, settings, secrets }))
            }
          />
          <SetBy
            organisationId={organisationId}
            action="connection.saved"
            object={`connection:${system}`}
            of={[view.settings, view.secretsPresent]}
          />
        </Section>
      )}
      {view.category === 'accounting' && view.state === 'connected' && (
        <LedgerMap organisationId={organisationId} system={system} />
      )}
    </div>
  );
}

/** The stored secrets by the names of their fields; one without a field by its own. */
const secretNames = ({ secretsPresent, fields }: ConnectionView) =>
  secretsPresent.map((key) => fields.find(({ name }) => name === key)?.label ?? key);

function SignIn({ view, organisationId }: { view: ConnectionView; organisationId: string }) {
  const input = { organisationId, system: view.system };
  const [started, setStarted] = useState<'loopback' | 'pasted' | null>(null);
  const accounts = useQuery(
    api.settings.accounts.queryOptions({ input, enabled: view.state !== 'not_connected', retry: false }),
  );
  const begin = () =>
    attempt(async () => {
      const { url, answer } = await client.settings.beginSignIn(input);
      forget();
      await openOutside(url);
      setStarted(answer);
    });
  // What an earlier sign-in reached says nothing about the next.
  const forget = () => queryClient.removeQueries({ queryKey: api.settings.accounts.key({ input }) });
  const [choosing, setChoosing] = useState<string | null>(null);
  const choose = async (accountId: string) => {
    setChoosing(accountId);
    await attempt(() => client.settings.chooseAccount({ ...input, accountId }));
    setChoosing(null);
  };
  const choices = view.state === 'not_connected' ? [] : (accounts.data ?? []);
  return (
    <Section title="Sign-in">
      <div className={css.row}>
        <ActButton
          call="settings.beginSignIn"
          variant={view.state === 'connected' ? 'default' : 'filled'}
          onClick={() => void begin()}
        >
          {view.state === 'not_connected' ? `Sign in to ${view.name}…` : 'Sign in again…'}
        </ActButton>
        {view.state !== 'not_connected' && (
          <ActButton
            call="settings.disconnect"
            variant="default"
            onClick={() => void attempt(() => client.settings.disconnect(input)).then(forget)}
          >
            Disconnect
          </ActButton>
        )}
      </div>
      {started === 'loopback' && view.state !== 'connected' && <p role="status">{words.signInStarted}</p>}
      {started === 'pasted' && <PastedAnswer input={input} onDone={() => setStarted(null)} />}
      {choices.length > 0 && (
        <Radio.Group
          label={words.chooseAccount}
          value={choosing ?? choices.find(({ chosen }) => chosen)?.id ?? ''}
          onChange={(accountId) => void choose(accountId)}
        >
          <ActFields call="settings.chooseAccount">
            {' '}
            <div className={css.choices}>
              {choices.map((choice) => (
                <Radio key={choice.id} size="xs" value={choice.id} label={choice.name} description={choice.detail} />
              ))}
            </div>
          </ActFields>
        </Radio.Group>
      )}
    </Section>
  );
}

/** The way back from vendors that lead to a page of the organisation: its address is pasted here. */
function PastedAnswer({ input, onDone }: { input: { organisationId: string; system: string }; onDone: () => void }) {
  const [pasted, setPasted] = useState('');
  const finish = () =>
    attempt(async () => {
      await client.settings.completeSignIn({ ...input, pasted });
      onDone();
    });
  return (
    <form
      className={css.stack}
      onSubmit={(event) => {
        event.preventDefault();
        void finish();
      }}
    >
      <TextInput
        label={words.pastedAnswer}
        description={words.pastedAnswerHelp}
        value={pasted}
        maw={460}
        autoComplete="off"
        onChange={({ currentTarget }) => setPasted(currentTarget.value)}
      />
      <div className={css.row}>
        <ActButton call="settings.completeSignIn" type="submit" disabled={pasted.trim() === ''}>
          Finish signing in
        </ActButton>
      </div>
    </form>
  );
}
