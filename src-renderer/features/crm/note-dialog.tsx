import { Button, Modal, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { PushView } from '../../../src-shared/contract/crm.ts';
import { attempt } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import css from './crm.module.css';

/** Words that go with the figures; changing them asks for approval anew. */
export function NoteDialog({
  organisationId,
  push,
  onClose,
}: {
  organisationId: string;
  push: Pick<PushView, 'id' | 'note' | 'vendor'>;
  onClose: () => void;
}) {
  const [note, setNote] = useState(push.note);
  const save = async () => {
    if (await attempt(() => client.crm.setNote({ organisationId, id: push.id, note: note.trim() }))) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Note to ${push.vendor}`}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Textarea
          label="Note"
          description="Written beside the figures. Name no couple in it."
          autosize
          minRows={3}
          maxRows={10}
          maxLength={2_000}
          data-autofocus
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Button type="submit" disabled={note.trim() === push.note}>
          Save the note
        </Button>
      </form>
    </Modal>
  );
}
