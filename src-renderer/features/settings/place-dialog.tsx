import { Button, Modal, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Channel } from '../../../src-shared/domain/alert/alert.ts';
import type { Destination } from '../../../src-shared/domain/alert/routing-config.ts';
import { api } from '../../data/client.ts';
import { channels } from '../alerts/strings.ts';
import { addresses, idFor } from './routing.ts';
import css from './settings.module.css';

/** One place an alert can go: what it is called, how it is reached, and whose it is. */
export function PlaceDialog({
  organisationId,
  taken,
  onAdd,
  onClose,
}: {
  organisationId: string;
  taken: readonly Destination[];
  onAdd: (place: Destination) => void;
  onClose: () => void;
}) {
  const people = useQuery(api.settings.people.queryOptions({ input: { organisationId } }));
  const [channel, setChannel] = useState<Channel>('slack');
  const [name, setName] = useState('');
  const [address, setAddress] = useState('');
  const [personId, setPersonId] = useState<string | null>(null);
  const [tried, setTried] = useState(false);
  const { hint, valid } = addresses[channel];
  const text = address.trim().replaceAll(channel === 'sms' ? /[\s()-]/g : /^$/g, '');
  const wrong = valid.test(text) ? null : `This is none of ${channels[channel]}. ${hint}`;
  return (
    <Modal opened onClose={onClose} title="Add a place">
      <form
        className={css.stack}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (wrong !== null || name.trim() === '') return;
          const place = { channel, name: name.trim(), address: text, personId };
          onAdd({ ...place, id: idFor(place, taken) });
        }}
      >
        <Select
          label="Reached by"
          data={Channel.options.map((value) => ({ value, label: channels[value] }))}
          value={channel}
          onChange={(next) => setChannel(Channel.parse(next))}
        />
        <TextInput
          label="What people call it"
          description="Such as #wedding-ops, Ops desk, or the name of whose phone it is."
          required
          data-autofocus
          value={name}
          error={tried && name.trim() === '' ? 'Say what people call it' : null}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="Address"
          description={hint}
          required
          value={address}
          error={tried ? wrong : null}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <Select
          label="Whose it is"
          description="For the turns of being on call."
          clearable
          allowDeselect
          placeholder="Nobody's alone"
          data={(people.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
          value={personId}
          onChange={setPersonId}
        />
        <Button type="submit">Add the place</Button>
      </form>
    </Modal>
  );
}
