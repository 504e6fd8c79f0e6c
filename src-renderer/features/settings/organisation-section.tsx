import { Button, Modal, Select, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { newOrganisation, type Organisation } from '../../../src-shared/contract/settings.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { Usual } from '../../forms/usual.tsx';
import { useOrganisationId, useSession } from '../../state/session.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section, Skeletons } from '../../ui/screen.tsx';
import { ActButton, ActFields } from '../people/role-controls.tsx';
import { SetBy } from './set-by.tsx';
import css from './settings.module.css';
import { words } from './strings.ts';

const countries = { GB: 'Great Britain', XI: 'Northern Ireland', IM: 'Isle of Man' } as const;
const schemes = { standard: 'Standard accounting', cash: 'Cash accounting', flat_rate: 'Flat rate' } as const;

/** Name, zone and what the VAT rules need to know about the buyer. */
export function OrganisationSection({ organisationId }: { organisationId: string }) {
  const query = useQuery(api.settings.organisation.queryOptions({ input: { organisationId } }));
  // Kept here: what was saved comes back as a new form.
  const [saved, setSaved] = useState(false);
  if (query.error && !query.data)
    return <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Skeletons rows={6} label={words.reading} />;
  return (
    <div className={css.stack}>
      <OrganisationForm key={JSON.stringify(query.data)} organisation={query.data} saved={saved} onSaved={setSaved} />
      <AddOrganisation />
    </div>
  );
}

function OrganisationForm({
  organisation,
  saved,
  onSaved,
}: {
  organisation: Organisation;
  saved: boolean;
  onSaved: (saved: boolean) => void;
}) {
  const { id, practice: _, ...initialValues } = organisation;
  const form = useForm({ initialValues });
  const usual = (name: keyof typeof initialValues, label: string, said?: string) => (
    <Usual
      label={label}
      value={form.getValues()[name]}
      usual={newOrganisation[name]}
      {...(said === undefined ? {} : { words: said })}
      onReset={() => form.setFieldValue(name, newOrganisation[name])}
    />
  );
  const save = async (patch: typeof initialValues) => {
    onSaved(Boolean(await attempt(() => client.settings.saveOrganisation({ organisationId: id, patch }))));
  };
  return (
    <form className={css.form} aria-label={words.organisation} onSubmit={form.onSubmit((values) => void save(values))}>
      <h2>{words.organisation}</h2>
      <ActFields call="settings.saveOrganisation">
        <TextInput label="Name" required {...form.getInputProps('name')} />
        <TextInput
          label="Time zone"
          description="Decides wedding days, periods and every time on screen."
          {...form.getInputProps('timeZone')}
        />
        {usual('timeZone', 'Time zone')}
        <Select
          label="Country of the business"
          data={Object.entries(countries).map(([value, label]) => ({ value, label }))}
          {...form.getInputProps('country')}
        />
        {usual('country', 'Country of the business', countries[newOrganisation.country])}
        <Switch label="VAT registered" {...form.getInputProps('vatRegistered', { type: 'checkbox' })} />
        <TextInput label="VAT number" {...form.getInputProps('vatNumber')} />
        <Select
          label="VAT scheme"
          data={Object.entries(schemes).map(([value, label]) => ({ value, label }))}
          {...form.getInputProps('vatScheme')}
        />
        {usual('vatScheme', 'VAT scheme', schemes[newOrganisation.vatScheme])}
        <Switch label="Partly exempt" {...form.getInputProps('partlyExempt', { type: 'checkbox' })} />
        {usual('partlyExempt', 'Partly exempt')}
        <Switch label={words.fourEyes} {...form.getInputProps('fourEyes', { type: 'checkbox' })} />
        {usual('fourEyes', words.fourEyes)}
      </ActFields>
      <div className={css.row}>
        <ActButton call="settings.saveOrganisation" type="submit" disabled={!form.isDirty()}>
          Save the organisation
        </ActButton>
        <span role="status">{saved && !form.isDirty() ? words.saved('Organisation') : ''}</span>
      </div>
      <SetBy organisationId={id} action="organisation.changed" object={`organisation:${id}`} of={organisation} />
    </form>
  );
}

/** A second organisation shares nothing with the first but this program. */
function AddOrganisation() {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const organisationId = useOrganisationId();
  const set = useSession((session) => session.set);
  const add = () =>
    attempt(async () => {
      const { id } = await client.settings.createOrganisation({ organisationId, name: name.trim() });
      await queryClient.invalidateQueries({ queryKey: api.app.status.key() });
      setOpen(false);
      set({ organisationId: id });
    });
  return (
    <Section title="Another organisation">
      <p className={css.muted}>
        It has its own people, settings, secrets, switches and queue. Nothing of this one is seen or sent there.
      </p>
      <div className={css.row}>
        <ActButton call="settings.createOrganisation" variant="default" onClick={() => setOpen(true)}>
          Add an organisation…
        </ActButton>
      </div>
      {open && (
        <Modal opened onClose={() => setOpen(false)} title="Add an organisation">
          <form
            className={css.stack}
            onSubmit={(event) => {
              event.preventDefault();
              void add();
            }}
          >
            <TextInput
              label="Name"
              required
              data-autofocus
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" disabled={name.trim() === ''}>
              Add {name.trim() || 'the organisation'}
            </Button>
          </form>
        </Modal>
      )}
    </Section>
  );
}
