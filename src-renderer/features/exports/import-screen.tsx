import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ImportResult } from '../../../src-shared/contract/imports.ts';
import { formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { problemOf } from '../../data/problem.ts';
import { go } from '../../state/address.ts';
import { useOrganisationId } from '../../state/session.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, PlainTable, Section, Skeletons } from '../../ui/screen.tsx';
import { type ShapeName, Status, type Tone } from '../../ui/status.tsx';
import { Instant } from '../../ui/text.tsx';
import { ActButton, ReadOnlyNote, RoleButton } from '../people/role-controls.tsx';
import { Steps } from './common.tsx';
import css from './exports.module.css';
import { openImport } from './import-flow.tsx';
import { SourcesSection } from './sources-section.tsx';
import { words } from './strings.ts';

const states: Record<ImportResult['state'], { word: string; shape: ShapeName; tone: Tone }> = {
  running: { word: 'Running', shape: 'half', tone: 'focus' },
  done: { word: 'Done', shape: 'tick', tone: 'ok' },
  failed: { word: 'Failed', shape: 'crossSquare', tone: 'critical' },
  cancelled: { word: 'Cancelled', shape: 'dash', tone: 'muted' },
  undone: { word: 'Undone', shape: 'dash', tone: 'muted' },
};

/** What one file brought: what came in, what was already here, and every refused row with its reason. */
export function ImportScreen({ importId }: { importId: string }) {
  const organisationId = useOrganisationId();
  const input = { organisationId, importId };
  const why = useWhyNot('exports.edit');
  const [undoing, setUndoing] = useState(false);
  const result = useQuery(api.imports.get.queryOptions({ input }));
  const refused = useInfiniteQuery(
    api.imports.rejections.infiniteOptions({
      input: (after: string | null) => ({ ...input, after }),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next,
    }),
  );
  if (result.error && !result.data) {
    return (
      <div className={css.pad}>
        <ProblemNote problem={problemOf(result.error)} onRetry={() => void result.refetch()} />
      </div>
    );
  }
  const done = result.data;
  if (!done) return <Skeletons rows={8} label="Reading the import." />;
  const rows = refused.data?.pages.flatMap((page) => page.rows) ?? [];
  const total = refused.data?.pages[0]?.total ?? done.rejected;
  const { shape, tone } = states[done.state];

  /** Until the screen says that it is undone, a second click would be refused. */
  const undo = async () => {
    setUndoing(true);
    await attempt(() => client.imports.undo(input));
    await result.refetch();
    setUndoing(false);
  };

  return (
    <div className={css.page}>
      <ReadOnlyNote why={why} />
      <AnswerLine
        shape={done.rejected > 0 && done.state === 'done' ? 'diamond' : shape}
        tone={done.rejected > 0 && done.state === 'done' ? 'warning' : tone}
        action={
          <>
            {done.state === 'done' && (
              <RoleButton why={why} variant="default" loading={undoing} onClick={() => void undo()}>
                Undo this import
              </RoleButton>
            )}
            <Button onClick={() => go('/exports?tab=review')}>Review the lines</Button>
          </>
        }
      >
        {sentence(done)}
      </AnswerLine>
      <div className={css.strip}>
        <Steps current={done.state === 'done' ? 1 : 0} />
        <a href="#/exports/imports">All imports</a>
      </div>
      <div className={css.scroll}>
        <dl className={css.tiles}>
          <Tile label="Rows imported" value={done.imported} />
          <Tile label="Already here" value={done.duplicates} />
          <Tile label="Rows refused" value={done.rejected} />
          <Tile label="Invoice lines made or changed" value={done.lines} />
        </dl>
        {done.problem && (
          <ProblemNote
            problem={{ happened: 'The import stopped.', means: done.problem, doing: 'Nothing of it is half done.' }}
          />
        )}
        {total > 0 && (
          <Section title={`Refused rows · ${formatCount(total)}`}>
            <PlainTable
              label="Refused rows"
              head={[{ text: 'File' }, { text: 'Row', right: true }, { text: 'Field' }, { text: 'Reason' }]}
            >
              {rows.map((row) => (
                <tr key={`${row.row} ${row.field} ${row.reason}`}>
                  <td>{done.fileName}</td>
                  <td data-right>{formatCount(row.row)}</td>
                  <td>{row.field}</td>
                  <td>{row.reason}</td>
                </tr>
              ))}
            </PlainTable>
            {refused.hasNextPage && (
              <Button
                variant="default"
                onClick={() => void refused.fetchNextPage()}
                loading={refused.isFetchingNextPage}
              >
                Show more: {formatCount(rows.length)} of {formatCount(total)} shown
              </Button>
            )}
          </Section>
        )}
        {total === 0 && done.state === 'done' && <p className={css.muted}>No row was refused.</p>}
      </div>
    </div>
  );
}

function Tile({ label, value }: { label: string; value: number }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{formatCount(value)}</dd>
    </div>
  );
}

function sentence(done: ImportResult): string {
  switch (done.state) {
    case 'running':
      return `${done.fileName} is coming in.`;
    case 'failed':
      return `${done.fileName} was not imported. Nothing of it was kept.`;
    case 'cancelled':
      return `The import of ${done.fileName} was cancelled. Nothing of it was kept.`;
    case 'undone':
      return `The import of ${done.fileName} was taken back.`;
    case 'done':
      return `${done.fileName}: ${words.rows(done.imported)} imported${done.duplicates > 0 ? `, ${formatCount(done.duplicates)} already here` : ''}${
        done.rejected > 0 ? `, ${formatCount(done.rejected)} refused` : ''
      }.`;
  }
}

/** Every import with what it brought; each can be opened and, until a line of it is approved, undone. */
export function ImportsScreen() {
  const organisationId = useOrganisationId();
  const why = useWhyNot('exports.edit');
  const list = useQuery(api.imports.list.queryOptions({ input: { organisationId } }));
  return (
    <div className={css.page}>
      <AnswerLine
        of={list}
        shape="circle"
        tone="muted"
        action={
          <ActButton call="imports.start" onClick={openImport}>
            Import…
          </ActButton>
        }
      >
        {list.data
          ? `${formatCounted(list.data.length, 'import', 'imports')}. Each can be undone until a line of it is approved.`
          : 'Reading the imports.'}
      </AnswerLine>
      <div className={css.scroll}>
        <SourcesSection organisationId={organisationId} why={why} />
        {list.error && !list.data && (
          <ProblemNote problem={problemOf(list.error)} onRetry={() => void list.refetch()} />
        )}
        {list.data?.length === 0 && (
          <Empty
            title="Nothing imported yet."
            action={
              <ActButton call="imports.start" onClick={openImport}>
                Import a file…
              </ActButton>
            }
          />
        )}
        {(list.data?.length ?? 0) > 0 && (
          <PlainTable
            label="Imports"
            head={[
              { text: 'Started' },
              { text: 'File' },
              { text: 'State' },
              { text: 'Imported', right: true },
              { text: 'Already here', right: true },
              { text: 'Refused', right: true },
              { text: 'Lines', right: true },
            ]}
          >
            {list.data?.map((one) => (
              <tr key={one.importId}>
                <td>
                  <Instant at={one.startedAt} />
                </td>
                <th scope="row">
                  <a href={`#/exports/imports/${one.importId}`}>{one.fileName}</a>
                  {one.byItself && <span className={css.muted}> fetched by itself</span>}
                </th>
                <td>
                  <Status {...states[one.state]}>{states[one.state].word}</Status>
                </td>
                <td data-right>{formatCount(one.imported)}</td>
                <td data-right>{formatCount(one.duplicates)}</td>
                <td data-right>{formatCount(one.rejected)}</td>
                <td data-right>{formatCount(one.lines)}</td>
              </tr>
            ))}
          </PlainTable>
        )}
      </div>
    </div>
  );
}
