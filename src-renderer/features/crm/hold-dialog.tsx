import { Button, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { attempt } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import css from './crm.module.css';
import { words } from './strings.ts';

/** Holding needs a reason: whoever comes next sees it. */
export function HoldDialog({
  organisationId,
  ids,
  onClose,
}: {
  organisationId: string;
  ids: readonly string[];
  onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const hold = async () => {
    await attempt(() => client.crm.hold({ organisationId, ids: [...ids], reason }));
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Hold ${words.pushes(ids.length)}`}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void hold();
        }}
      >
        <TextInput
          label="Why"
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button type="submit" disabled={reason.trim() === ''}>
          Hold {words.pushes(ids.length)}
        </Button>
      </form>
    </Modal>
  );
}
