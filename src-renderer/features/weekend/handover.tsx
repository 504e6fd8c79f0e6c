import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { attempt } from '../../data/act.tsx';
import { client } from '../../data/client.ts';
import { Section } from '../../ui/screen.tsx';
import { Instant, Key } from '../../ui/text.tsx';
import { ActButton } from '../people/role-controls.tsx';
import { seen } from './handover-greeting.tsx';
import { words } from './strings.ts';
import css from './weekend.module.css';

/** What the next person must know; kept for a week and part of Monday's report. */
export function Handover({
  organisationId,
  notes,
  adding,
  onAdding,
}: {
  organisationId: string;
  notes: WeekendView['handover'];
  adding: boolean;
  onAdding: (adding: boolean) => void;
}) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const save = async () => {
    if (text.trim() === '') return;
    setBusy(true);
    const done = await attempt(() => client.weekend.addHandover({ organisationId, text }));
    setBusy(false);
    if (!done) return;
    seen([done.id]);
    setText('');
    onAdding(false);
  };
  return (
    <Section
      title="Handover"
      aside={
        adding ? undefined : (
          <ActButton
            call="weekend.addHandover"
            variant="default"
            size="compact-sm"
            onClick={() => onAdding(true)}
            rightSection={<Key>N</Key>}
          >
            Add a note
          </ActButton>
        )
      }
    >
      {adding && (
        <form
          className={css.stack}
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <Textarea
            aria-label="Handover note"
            autoFocus
            autosize
            minRows={2}
            maxLength={2000}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') onAdding(false);
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save();
            }}
          />
          <div className={css.row}>
            <ActButton call="weekend.addHandover" type="submit" loading={busy} disabled={text.trim() === ''}>
              Keep the note
            </ActButton>
            <Button variant="default" onClick={() => onAdding(false)}>
              Cancel
            </Button>
          </div>
        </form>
      )}
      {notes.length === 0 && !adding ? (
        <p className={css.muted}>{words.handoverEmpty}</p>
      ) : (
        <ul className={css.notes}>
          {notes.map((note) => (
            <li key={note.id}>
              <p>{note.text}</p>
              <p className={css.muted}>
                {note.author}, <Instant at={note.at} />
              </p>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
