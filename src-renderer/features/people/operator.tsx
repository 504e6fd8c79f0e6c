import { Button, type ButtonProps, Modal, PasswordInput, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ComponentPropsWithoutRef, useState } from 'react';
import type { z } from 'zod';
import { create } from 'zustand';
import type { Role } from '../../../src-shared/contract/settings.ts';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { useUndo } from '../../state/undo.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Shape } from '../../ui/status.tsx';
import { roles as roleWords } from '../settings/strings.ts';
import css from './operator.module.css';

type RoleName = z.infer<typeof Role>;

const useSwitch = create<{ open: boolean }>(() => ({ open: false }));

/** Asks who sits here now. */
export const openOperatorSwitch = () => useSwitch.setState({ open: true });

/** What people do here, and the roles that may; the engine decides, this only explains. */
const may = {
  review: ['finance_preparer', 'finance_approver', 'admin'],
  approve: ['finance_approver', 'admin'],
} as const satisfies Record<string, readonly RoleName[]>;
const does: Record<keyof typeof may, string> = {
  review: 'change, prepare or send costs',
  approve: 'approve, reverse or open a closed month',
};

/** Who acts here now; undefined until it is known. */
export function useOperator() {
  const organisationId = useOrganisationId();
  const people = useQuery(api.settings.people.queryOptions({ input: { organisationId } }));
  return people.data?.find(({ current }) => current);
}

/** Why the person who acts here may not do something; null when they may, or nobody knows yet. */
export function useWhyNot(what: keyof typeof may): string | null {
  const person = useOperator();
  const allowed: readonly RoleName[] = may[what];
  if (!person || person.roles.some((role) => allowed.includes(role))) return null;
  const own = person.roles.map((role) => roleWords[role]).join(', ') || 'no role';
  const needed = allowed.map((role) => roleWords[role].toLowerCase());
  return `${person.name} (${own}) may not ${does[what]}. It takes a ${needed.slice(0, -1).join(', ')} or ${needed.at(-1)}.`;
}

/** A button that says why it cannot be used, and can still be reached by keyboard to be told. */
export function RoleButton({
  why,
  onClick,
  ...rest
}: ButtonProps & Omit<ComponentPropsWithoutRef<'button'>, keyof ButtonProps> & { why: string | null }) {
  if (why === null) return <Button {...rest} onClick={onClick} />;
  return (
    <Tooltip label={why} multiline w={300}>
      <Button
        {...rest}
        type="button"
        data-disabled
        aria-disabled
        aria-description={why}
        onClick={(event) => event.preventDefault()}
      />
    </Tooltip>
  );
}

/** Says at the top of a screen that the person here may only look, and offers to hand the keyboard over. */
export function ReadOnlyNote({ why }: { why: string | null }) {
  if (why === null) return null;
  return (
    <div className={css.note} role="note">
      <Shape name="lock" tone="warning" />
      <span>{why}</span>
      <Button variant="default" size="compact-sm" onClick={openOperatorSwitch}>
        Switch person…
      </Button>
    </div>
  );
}

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
