import { Button, Modal, MultiSelect, PasswordInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Person } from '../../../src-shared/contract/settings.ts';
import { api, client } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { PlainTable, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { ActButton, RoleButton } from '../people/role-controls.tsx';
import { roles } from '../people/strings.ts';
import { EraseDialog } from './erase-dialog.tsx';
import css from './settings.module.css';
import { words } from './strings.ts';

type Dialog = { kind: 'pin' | 'act' | 'edit'; person: Person | null } | { kind: 'erase'; person: Person };

/** Who works here, in which roles, and who can approve with a PIN. */
export function PeopleSection({ organisationId }: { organisationId: string }) {
  const people = useQuery(api.settings.people.queryOptions({ input: { organisationId } }));
  const [dialog, setDialog] = useState<Dialog | null>(null);
  // Whoever knows a PIN may change it.
  const firstPin = useWhyNot('settings.setPin');
  if (people.error && !people.data)
    return <ProblemNote problem={problemOf(people.error)} onRetry={() => void people.refetch()} />;
  if (!people.data) return <Skeletons rows={5} label={words.reading} />;
  return (
    <div className={css.stack}>
      <div className={css.between}>
        <h2>{words.people}</h2>
        <ActButton call="settings.savePerson" onClick={() => setDialog({ kind: 'edit', person: null })}>
          Add a person…
        </ActButton>
      </div>
      <PlainTable
        label="People"
        head={[{ text: 'Name' }, { text: 'Roles' }, { text: 'PIN' }, { text: 'Acts here' }, { text: 'Actions' }]}
      >
        {people.data.map((person) => (
          <tr key={person.id}>
            <th scope="row">{person.name}</th>
            <td>{person.roles.map((role) => roles[role]).join(', ')}</td>
            <td>
              {person.ownPin ? (
                <Status shape="lock" tone="ok">
                  Set
                </Status>
              ) : person.hasPin ? (
                <Status shape="lock" tone="warning">
                  First one
                </Status>
              ) : (
                <Status shape="dash" tone="muted">
                  None
                </Status>
              )}
            </td>
            <td>
              {person.current ? (
                <Status shape="tick" tone="ok">
                  Yes
                </Status>
              ) : (
                '—'
              )}
            </td>
            <td>
              <div className={css.row}>
                <ActButton
                  call="settings.savePerson"
                  variant="default"
                  size="compact-xs"
                  onClick={() => setDialog({ kind: 'edit', person })}
                  aria-label={`Change ${person.name}`}
                >
                  Change…
                </ActButton>
                <RoleButton
                  why={person.current || person.hasPin ? null : firstPin}
                  variant="default"
                  size="compact-xs"
                  onClick={() => setDialog({ kind: 'pin', person })}
                  aria-label={`Set the PIN of ${person.name}`}
                >
                  Set PIN…
                </RoleButton>
                {!person.current && (
                  <Button
                    variant="default"
                    size="compact-xs"
                    disabled={!person.hasPin}
                    onClick={() => setDialog({ kind: 'act', person })}
                    aria-label={`Act as ${person.name}`}
                  >
                    Act as…
                  </Button>
                )}
                {!person.current && (
                  <ActButton
                    call="settings.erasePerson"
                    variant="default"
                    size="compact-xs"
                    onClick={() => setDialog({ kind: 'erase', person })}
                    aria-label={`Erase ${person.name}`}
                  >
                    Erase…
                  </ActButton>
                )}
              </div>
            </td>
          </tr>
        ))}
      </PlainTable>
      {dialog?.kind === 'erase' ? (
        <EraseDialog organisationId={organisationId} person={dialog.person} onClose={() => setDialog(null)} />
      ) : (
        dialog && <PersonDialog organisationId={organisationId} dialog={dialog} onClose={() => setDialog(null)} />
      )}
    </div>
  );
}

function PersonDialog({
  organisationId,
  dialog: { kind, person },
  onClose,
}: {
  organisationId: string;
  dialog: Exclude<Dialog, { kind: 'erase' }>;
  onClose: () => void;
}) {
  const [name, setName] = useState(person?.name ?? '');
  const [chosen, setChosen] = useState<string[]>(person?.roles ?? ['viewer']);
  const [pin, setPin] = useState('');
  const [currentPin, setCurrentPin] = useState('');
  const [problem, setProblem] = useState<ShownProblem | null>(null);

  const work = () => {
    const personId = person?.id ?? '';
    if (kind === 'pin')
      return client.settings.setPin({ organisationId, personId, pin, ...(currentPin ? { currentPin } : {}) });
    if (kind === 'act') return client.settings.actAs({ organisationId, personId, pin });
    return client.settings.savePerson({
      organisationId,
      ...(person ? { id: person.id } : {}),
      name,
      roles: chosen as Person['roles'],
    });
  };
  const submit = () => {
    setProblem(null);
    work().then(onClose, (error: unknown) => setProblem(problemOf(error)));
  };
  const title =
    kind === 'pin'
      ? `PIN of ${person?.name}`
      : kind === 'act'
        ? `Act as ${person?.name}`
        : (person?.name ?? 'Add a person');

  return (
    <Modal opened onClose={onClose} title={title}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {problem && <ProblemNote problem={problem} />}
        {kind === 'edit' ? (
          <>
            <TextInput
              label="Name"
              required
              data-autofocus
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <MultiSelect
              label="Roles"
              data={Object.entries(roles).map(([value, label]) => ({ value, label }))}
              value={chosen}
              onChange={setChosen}
            />
          </>
        ) : (
          <>
            {kind === 'pin' && person?.hasPin && (
              <PasswordInput
                label="Present PIN"
                inputMode="numeric"
                autoComplete="off"
                value={currentPin}
                onChange={(event) => setCurrentPin(event.currentTarget.value)}
              />
            )}
            <PasswordInput
              label={kind === 'pin' ? 'New PIN' : 'PIN'}
              description={kind === 'pin' ? (person?.hasPin ? words.pinHint : words.firstPinHint) : undefined}
              inputMode="numeric"
              autoComplete="off"
              data-autofocus
              value={pin}
              onChange={(event) => setPin(event.currentTarget.value)}
            />
          </>
        )}
        <Button type="submit" disabled={kind === 'edit' ? name.trim() === '' : !/^\d{4,12}$/.test(pin)}>
          {kind === 'pin' ? 'Set the PIN' : kind === 'act' ? `Act as ${person?.name}` : 'Save the person'}
        </Button>
      </form>
    </Modal>
  );
}
