import { Button, Modal, PasswordInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { useUndo } from '../../state/undo.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import css from './operator.module.css';
import { openOperatorSwitch, useSwitch } from './role-controls.tsx';
import { roles as roleWords } from './strings.ts';

/** Another person takes the keyboard: their name, their PIN. What the one before could undo stays theirs. */
export function OperatorSwitch() {
  const { open } = useSwitch();
  useCommands([
    {
      id: 'operator',
      title: 'Switch person…',
      group: 'Everywhere',
      words: 'act as operator profile pin log in sign in role',
      run: openOperatorSwitch,
    },
  ]);
  return open ? <SwitchDialog onClose={() => useSwitch.setState({ open: false })} /> : null;
}

function SwitchDialog({ onClose }: { onClose: () => void }) {
  const organisationId = useOrganisationId();
  const people = useQuery(api.settings.people.queryOptions({ input: { organisationId } }));
  const [chosen, setChosen] = useState<string | null>(null);
  const [pin, setPin] = useState('');
  const [own, setOwn] = useState('');
  const [problem, setProblem] = useState<ShownProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const person = people.data?.find(({ id }) => id === chosen);
  const isFirst = person?.hasPin === true && !person.ownPin;
  const switchTo = async () => {
    if (!chosen) return;
    setBusy(true);
    setProblem(null);
    try {
      await client.settings.actAs({ organisationId, personId: chosen, pin });
      if (isFirst && own) await client.settings.setPin({ organisationId, personId: chosen, pin: own, currentPin: pin });
      useUndo.getState().clear();
      await queryClient.invalidateQueries({ queryKey: [['settings', 'people']] });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      setPin('');
    }
    setBusy(false);
  };
  return (
    <Modal opened onClose={onClose} title="Who acts here?">
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void switchTo();
        }}
      >
        {problem && <ProblemNote problem={problem} />}
        <fieldset className={css.people}>
          <legend className="visually-hidden">Person</legend>
          {people.data?.map(({ id, name, roles, hasPin, current }) => (
            <label key={id} data-off={!hasPin || current || undefined}>
              <input
                type="radio"
                name="person"
                value={id}
                checked={chosen === id}
                disabled={!hasPin || current}
                onChange={() => setChosen(id)}
              />
              <span>
                <b>{name}</b>
                <small>
                  {roles.map((role) => roleWords[role]).join(', ')}
                  {current ? ' · acts here now' : hasPin ? '' : ' · has no PIN yet'}
                </small>
              </span>
            </label>
          ))}
        </fieldset>
        <PasswordInput
          label={person ? `PIN of ${person.name}` : 'PIN'}
          inputMode="numeric"
          autoComplete="off"
          disabled={!person}
          value={pin}
          onChange={(event) => setPin(event.currentTarget.value)}
        />
        {isFirst && (
          <PasswordInput
            label="A PIN of your own"
            description={`This one was set for you, so somebody else knows it. 4 to 12 digits; until you choose, nothing can be approved with it.`}
            inputMode="numeric"
            autoComplete="off"
            value={own}
            onChange={(event) => setOwn(event.currentTarget.value)}
          />
        )}
        <p className={css.hint}>
          Everything done from now on is recorded under this name. PINs and roles are set in Settings, People.
        </p>
        <Button
          type="submit"
          loading={busy}
          disabled={!person || !/^\d{4,12}$/.test(pin) || !/^(\d{4,12})?$/.test(own)}
        >
          {person ? `Act as ${person.name}` : 'Choose a person'}
        </Button>
      </form>
    </Modal>
  );
}
