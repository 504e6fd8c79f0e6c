import { Button, Modal, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Erasure, Person } from '../../../src-shared/contract/settings.ts';
import { api, client } from '../../data/client.ts';
import { problemOf, type ShownProblem } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Skeletons } from '../../ui/screen.tsx';
import css from './settings.module.css';
import { words } from './strings.ts';

interface Asked {
  readonly organisationId: string;
  readonly person: Person;
  readonly onClose: () => void;
}

/** Takes a person out for good: what goes, what stays, a reason, and the name typed as it stands. */
export function EraseDialog(asked: Asked) {
  const { organisationId, person } = asked;
  const [keyWaits, setKeyWaits] = useState(false);
  const preview = useQuery({
    ...api.settings.previewErasure.queryOptions({ input: { organisationId, personId: person.id } }),
    enabled: !keyWaits,
    gcTime: 0,
  });
  return (
    <Modal opened onClose={asked.onClose} title={`Erase ${person.name}`} size="lg">
      {keyWaits ? (
        <ProblemNote problem={words.keyWaits} />
      ) : preview.error ? (
        <ProblemNote problem={problemOf(preview.error)} onRetry={() => void preview.refetch()} />
      ) : preview.data ? (
        <EraseForm {...asked} preview={preview.data} onKeyWaits={() => setKeyWaits(true)} />
      ) : (
        <Skeletons rows={6} label={words.reading} />
      )}
    </Modal>
  );
}

function EraseForm({
  organisationId,
  person,
  onClose,
  preview,
  onKeyWaits,
}: Asked & { readonly preview: Erasure; readonly onKeyWaits: () => void }) {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ShownProblem | null>(null);

  const erase = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const wish = { organisationId, personId: person.id, reason, confirm: typed.trim() };
      const { keyForgotten } = await client.settings.erasePerson(wish);
      if (keyForgotten) onClose();
      else onKeyWaits();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className={css.stack}
      onSubmit={(event) => {
        event.preventDefault();
        void erase();
      }}
    >
      <Lines title="What goes" lines={preview.goes} />
      <Lines title="What stays" lines={preview.stays} />
      {preview.refused.length > 0 ? (
        <ProblemNote problem={{ ...words.notErasable, remedy: preview.refused.join(' ') }} />
      ) : (
        <>
          {problem && <ProblemNote problem={problem} />}
          <TextInput
            label="Reason"
            description={words.eraseReason}
            required
            data-autofocus
            autoComplete="off"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <TextInput
            label={`Type ${person.name} to erase this person`}
            description={words.eraseForGood}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button
            type="submit"
            color="red"
            loading={busy}
            disabled={reason.trim() === '' || typed.trim() !== person.name}
          >
            Erase {person.name}
          </Button>
        </>
      )}
    </form>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  return (
    <section aria-label={title}>
      <h3 className={css.listTitle}>{title}</h3>
      <ul className={css.plainList}>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}
