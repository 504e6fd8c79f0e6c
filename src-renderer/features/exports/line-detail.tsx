import { CloseButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { formatDay } from '../../../src-shared/format/time.ts';
import { attemptUndoable } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Key, Money } from '../../ui/text.tsx';
import { RoleButton } from '../people/role-controls.tsx';
import { Asking } from './asking.tsx';
import css from './exports.module.css';
import { Checks, Evidence, LineFacts } from './line-facts.tsx';
import { LineForm } from './line-form.tsx';
import { Notes } from './notes.tsx';
import { Payment } from './payment.tsx';
import { Shares } from './shares.tsx';
import { SplitLine } from './split-line.tsx';
import { lineStates, words } from './strings.ts';

export type LineMode = 'read' | 'fix' | 'accept' | 'exclude' | 'share';

/** Everything about one line: what is wrong, how to put it right, and why the VAT is what it is. */
export function LineDetail({
  organisationId,
  lineId,
  mode,
  onMode,
  onClose,
  why,
}: {
  organisationId: string;
  lineId: string;
  mode: LineMode;
  onMode: (mode: LineMode) => void;
  onClose: () => void;
  /** Why the person here may not change it; null: they may. */
  why: string | null;
}) {
  const detail = useQuery(api.exports.line.queryOptions({ input: { organisationId, lineId } }));
  const line = detail.data?.line;
  const open = line?.checks.filter(({ acknowledged }) => acknowledged === null) ?? [];
  const blocked = open.some(({ severity }) => severity === 'block');
  const editable = line?.state === 'review' || line?.state === 'ready';
  const frozen = line?.state === 'batched' || line?.state === 'posted';
  const undo = (undoId: string) => client.exports.undo({ organisationId, undoId });
  const done = (ok: boolean) => {
    if (ok) onMode('read');
  };

  return (
    <aside className={css.detail} aria-label="Line detail">
      {detail.error && !detail.data && (
        <ProblemNote problem={problemOf(detail.error)} onRetry={() => void detail.refetch()} />
      )}
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
          {(mode === 'read' || mode === 'share') && (
            <div className={css.actions}>
              {editable && (
                <>
                  <RoleButton
                    why={why}
                    variant={blocked || open.length === 0 ? 'default' : 'filled'}
                    disabled={open.every(({ severity }) => severity === 'info')}
                    onClick={() => onMode('accept')}
                    rightSection={<Key>A</Key>}
                  >
                    Accept
                  </RoleButton>
                  <RoleButton
                    why={why}
                    variant={blocked ? 'filled' : 'default'}
                    onClick={() => onMode('fix')}
                    rightSection={<Key>F</Key>}
                  >
                    Fix
                  </RoleButton>
                  <RoleButton why={why} variant="default" onClick={() => onMode('exclude')}>
                    Exclude…
                  </RoleButton>
                </>
              )}
              {line.state === 'excluded' && detail.data.split === null && (
                <RoleButton
                  why={why}
                  variant="default"
                  onClick={() =>
                    void attemptUndoable(
                      () => client.exports.include({ organisationId, lineIds: [line.id] }),
                      words.included,
                      undo,
                      { repeatable: true },
                    )
                  }
                >
                  Put back
                </RoleButton>
              )}
              {line.checks.some(({ id }) => id.startsWith('DUP')) && (
                <a href={`#/exports/duplicates?line=${line.id}`}>Compare with its duplicate</a>
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
                    { repeatable: true },
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
                    { repeatable: true },
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
          {frozen && <Payment key={`paid ${line.id}`} organisationId={organisationId} line={line} why={why} />}
          <Notes organisationId={organisationId} lineId={lineId} frozen={frozen} why={why} />
          <SplitLine
            key={`split ${line.id}`}
            organisationId={organisationId}
            line={line}
            split={detail.data.split}
            why={why}
          />
          <Shares
            organisationId={organisationId}
            lineId={lineId}
            editing={mode === 'share'}
            onEditing={(on) => onMode(on ? 'share' : 'read')}
            why={why}
          />
          <Evidence detail={detail.data} currency={line.currency} />
        </>
      )}
    </aside>
  );
}
