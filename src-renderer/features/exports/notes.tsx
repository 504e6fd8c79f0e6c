import { Button, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { formatBytes } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { chooseFile } from '../../data/transport.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section } from '../../ui/screen.tsx';
import { Instant } from '../../ui/text.tsx';
import { RoleButton } from '../people/role-controls.tsx';
import { EvidenceViewer, type Shown } from './evidence-viewer.tsx';
import css from './notes.module.css';

/** The documents a line stands on, and what people said about it. */
export function Notes({
  organisationId,
  lineId,
  frozen,
  why,
}: {
  organisationId: string;
  lineId: string;
  /** In a batch: documents stay as they are. */
  frozen: boolean;
  why: string | null;
}) {
  const notes = useQuery(api.desk.notes.queryOptions({ input: { organisationId, lineId } }));
  const [shown, setShown] = useState<Shown | null>(null);
  const [text, setText] = useState('');
  const attach = () =>
    attempt(async () => {
      const file = await chooseFile('evidence');
      return file && client.desk.attach({ organisationId, lineId, file: file.handle });
    });
  const comment = async () => {
    if (text.trim() === '') return;
    if (await attempt(() => client.desk.comment({ organisationId, lineId, text: text.trim() }))) setText('');
  };
  if (notes.error && !notes.data)
    return <ProblemNote problem={problemOf(notes.error)} onRetry={() => void notes.refetch()} />;
  const { comments = [], evidence = [] } = notes.data ?? {};
  return (
    <>
      <Section
        title={`Documents${evidence.length > 0 ? ` · ${evidence.length}` : ''}`}
        aside={
          !frozen && (
            <RoleButton why={why} variant="default" size="compact-xs" onClick={() => void attach()}>
              Add a document…
            </RoleButton>
          )
        }
      >
        {evidence.length === 0 && (
          <p className={css.quiet}>
            {frozen
              ? 'None was added before the batch was prepared.'
              : 'None yet. PDF, PNG or JPEG up to 10 MB; it goes to the ledger with the bill.'}
          </p>
        )}
        <ul className={css.documents}>
          {evidence.map((one) => (
            <li key={one.id}>
              <button
                type="button"
                onClick={() => setShown({ ...one, evidenceId: one.id })}
                aria-label={`Show ${one.fileName}`}
              >
                {one.fileName}
              </button>
              <small>
                {formatBytes(one.bytes)} · {one.by}, <Instant at={one.at} />
              </small>
              {!frozen && (
                <RoleButton
                  why={why}
                  variant="subtle"
                  size="compact-xs"
                  aria-label={`Take ${one.fileName} off`}
                  onClick={() => void attempt(() => client.desk.detach({ organisationId, evidenceId: one.id }))}
                >
                  Take off
                </RoleButton>
              )}
            </li>
          ))}
        </ul>
      </Section>
      <Section title={`Comments${comments.length > 0 ? ` · ${comments.length}` : ''}`}>
        <ul className={css.comments}>
          {comments.map((one) => (
            <li key={one.id}>
              <p>{one.text}</p>
              <small>
                {one.by}, <Instant at={one.at} />
              </small>
            </li>
          ))}
        </ul>
        <form
          className={css.comment}
          onSubmit={(event) => {
            event.preventDefault();
            void comment();
          }}
        >
          <Textarea
            aria-label="Comment"
            placeholder="Say something about this line"
            autosize
            minRows={1}
            maxLength={4000}
            value={text}
            disabled={why !== null}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              // Out of the field first; the next Esc closes the line.
              if (event.key === 'Escape') event.currentTarget.blur();
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                event.stopPropagation();
                void comment();
              }
            }}
          />
          <Button type="submit" variant="default" disabled={text.trim() === ''}>
            Comment
          </Button>
        </form>
      </Section>
      {shown && (
        <EvidenceViewer organisationId={organisationId} lineId={lineId} shown={shown} onClose={() => setShown(null)} />
      )}
    </>
  );
}
