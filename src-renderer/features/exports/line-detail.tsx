import { Button, CloseButton, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { formatDay } from '../../../src-shared/format/time.ts';
import { attemptUndoable } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Key, Money } from '../../ui/text.tsx';
import css from './exports.module.css';
import { Checks, Evidence, LineFacts } from './line-facts.tsx';
import { LineForm } from './line-form.tsx';
import { lineStates, words } from './strings.ts';

type Mode = 'read' | 'fix' | 'accept' | 'exclude';

/** Everything about one line: what is wrong, how to put it right, and why the VAT is what it is. */
export function LineDetail({
  organisationId,
  lineId,
  mode,
  onMode,
  onClose,
}: {
  organisationId: string;
  lineId: string;
  mode: Mode;
  onMode: (mode: Mode) => void;
  onClose: () => void;
}) {
  const detail = useQuery(api.exports.line.queryOptions({ input: { organisationId, lineId } }));
  const line = detail.data?.line;
  const open = line?.checks.filter(({ acknowledged }) => acknowledged === null) ?? [];
  const blocked = open.some(({ severity }) => severity === 'block');
  const editable = line?.state === 'review' || line?.state === 'ready';
  const undo = (undoId: string) => client.exports.undo({ organisationId, undoId });
  const done = (ok: boolean) => {
    if (ok) onMode('read');
  };

  return (
    <aside className={css.detail} aria-label="Line detail">
      {detail.error && <ProblemNote problem={problemOf(detail.error)} onRetry={() => void detail.refetch()} />}
      {!line && !detail.error && <Skeletons rows={10} label="Reading the line." />}
      {line && detail.data && (
        <>
          <div className={css.detailHead}>
            <div>
              <h2>{line.supplier || 'Supplier missing'}</h2>
              <p className={css.muted}>
                {[line.invoiceNumber || 'no invoice number', formatDay(line.date)].join(' · ')}
              </p>
            </div>
            <div className={css.detailAmount}>
              <Money amount={line.gross} currency={line.currency} />
              <Status {...lineStates[line.state]}>{lineStates[line.state].word}</Status>
            </div>
            <CloseButton aria-label="Close the detail" onClick={onClose} />
          </div>
          {mode === 'read' && (
            <div className={css.actions}>
              {editable && (
                <>
                  <Button
                    variant={blocked || open.length === 0 ? 'default' : 'filled'}
                    disabled={open.every(({ severity }) => severity === 'info')}
                    onClick={() => onMode('accept')}
                    rightSection={<Key>A</Key>}
                  >
                    Accept
                  </Button>
                  <Button
                    variant={blocked ? 'filled' : 'default'}
                    onClick={() => onMode('fix')}
                    rightSection={<Key>F</Key>}
                  >
                    Fix
                  </Button>
                  <Button variant="default" onClick={() => onMode('exclude')}>
                    Exclude…
                  </Button>
                </>
              )}
              {line.state === 'excluded' && (
                <Button
                  variant="default"
                  onClick={() =>
                    void attemptUndoable(
                      () => client.exports.include({ organisationId, lineIds: [line.id] }),
                      words.included,
                      undo,
                    )
                  }
                >
                  Put back
                </Button>
              )}
              {line.batchId && <a href={`#/exports/batches/${line.batchId}`}>Open its batch</a>}
            </div>
          )}
          {mode === 'accept' && (
            <Asking
              title={
                blocked
                  ? words.blocked
                  : `Confirm ${open
                      .filter(({ severity }) => severity === 'warn')
                      .map(({ id }) => id)
                      .join(', ')}`
              }
              label="Why is this right?"
              button="Accept with this note"
              refused={blocked}
              onCancel={() => onMode('read')}
              onDone={async (note) =>
                done(
                  await attemptUndoable(
                    () => client.exports.acknowledge({ organisationId, lineIds: [line.id], note }),
                    words.confirmed,
                    undo,
                  ),
                )
              }
            />
          )}
          {mode === 'exclude' && (
            <Asking
              title="Leave this line out of the export"
              label="Reason"
              button="Exclude 1 line"
              onCancel={() => onMode('read')}
              onDone={async (reason) =>
                done(
                  await attemptUndoable(
                    () => client.exports.exclude({ organisationId, lineIds: [line.id], reason }),
                    words.excluded,
                    undo,
                  ),
                )
              }
            />
          )}
          <Checks checks={line.checks} />
          {mode === 'fix' ? (
            <LineForm organisationId={organisationId} line={line} onDone={() => onMode('read')} />
          ) : (
            <LineFacts line={line} />
          )}
          <Evidence detail={detail.data} currency={line.currency} />
        </>
      )}
    </aside>
  );
}

function Asking({
  title,
  label,
  button,
  refused,
  onCancel,
  onDone,
}: {
  title: string;
  label: string;
  button: string;
  refused?: boolean;
  onCancel: () => void;
  onDone: (text: string) => Promise<void>;
}) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      className={css.asking}
      onSubmit={(event) => {
        event.preventDefault();
        if (!refused && text.trim() !== '') void onDone(text.trim());
      }}
    >
      <p>{title}</p>
      {!refused && (
        <Textarea
          ref={field}
          label={label}
          value={text}
          autosize
          minRows={2}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onCancel();
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
          }}
        />
      )}
      <div className={css.actions}>
        {!refused && (
          <Button type="submit" disabled={text.trim() === ''}>
            {button}
          </Button>
        )}
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
