import { PasswordInput, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { sampleApprover } from '../../../src-shared/contract/practice.ts';
import { api } from '../../data/client.ts';
import css from './exports.module.css';
import { words } from './strings.ts';

/** The second person of a four-eyes step: who, and the PIN that proves it. `complete` once both are there. */
export function useApprover({
  organisationId,
  fourEyes,
  first,
  did,
}: {
  organisationId: string;
  fourEyes: boolean;
  /** Id or name of the person who may not be the second one. */
  first: string | undefined;
  /** What the first one did, e.g. `prepared it`. */
  did: string;
}) {
  const people = useQuery(api.settings.people.queryOptions({ input: { organisationId } }));
  const organisation = useQuery(api.settings.organisation.queryOptions({ input: { organisationId } }));
  const [chosen, setChosen] = useState<string | null>(null);
  const [pin, setPin] = useState('');
  const approvers = (people.data ?? []).filter(
    ({ roles }) => roles.includes('finance_approver') || roles.includes('admin'),
  );
  const isFirst = (person: { id: string; name: string }) => fourEyes && [person.id, person.name].includes(first ?? '');
  // With four eyes a first PIN approves nothing: whoever set it knows it.
  const isProven = (person: { hasPin: boolean; ownPin: boolean }) => (fourEyes ? person.ownPin : person.hasPin);
  const able = approvers.filter((person) => isProven(person) && !isFirst(person));
  const approver = chosen ?? (able.length === 1 ? (able[0]?.id ?? null) : null);
  return {
    approver: approver ?? '',
    pin,
    clearPin: () => setPin(''),
    complete: approver !== null && pin.length >= 4,
    fields: (
      <>
        {people.data && able.length === 0 && <p className={css.practiceNote}>{words.noApprover}</p>}
        <Select
          label="Approver"
          placeholder="Who approves?"
          data={approvers.map((person) => ({
            value: person.id,
            label: isFirst(person)
              ? `${person.name} (${did})`
              : isProven(person)
                ? person.name
                : `${person.name} (${person.hasPin ? 'has to choose a PIN of their own first' : 'no PIN yet'})`,
            disabled: !able.includes(person),
          }))}
          value={approver}
          onChange={setChosen}
        />
        <PasswordInput
          label="PIN of the approver"
          description={
            organisation.data?.practice && approver === sampleApprover.id
              ? words.samplePin(sampleApprover.name, sampleApprover.pin)
              : undefined
          }
          inputMode="numeric"
          autoComplete="off"
          value={pin}
          onChange={(event) => setPin(event.currentTarget.value)}
        />
      </>
    ),
  };
}
