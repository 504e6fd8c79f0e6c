import { Button, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { formatCount } from '../../../src-shared/format/number.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { api } from '../../data/client.ts';
import { useWhyNot } from '../../data/may.ts';
import { problemOf } from '../../data/problem.ts';
import { readAgain } from '../../data/unread.ts';
import { go, useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { ofWindow } from '../../state/keys.ts';
import { useOrganisationId } from '../../state/session.ts';
import type { GridHandle } from '../../ui/data-grid.tsx';
import { ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import { Shape } from '../../ui/status.tsx';
import workspace from '../../ui/workspace.module.css';
import { ActButton, ReadOnlyNote, RoleButton } from '../people/role-controls.tsx';
import { BulkBar } from './bulk-bar.tsx';
import { Steps, stepOf } from './common.tsx';
import css from './exports.module.css';
import { openImport } from './import-flow.tsx';
import { openInvoiceForm } from './invoice-form.tsx';
import { LineDetail, type LineMode } from './line-detail.tsx';
import { LineGrid } from './line-grid.tsx';
import { PrepareDialog } from './prepare-dialog.tsx';
import { answerOf, NothingHere, ReviewTabs, tabWords } from './review-parts.tsx';
import { useReview } from './review-state.ts';
import { RuleHint } from './rule-hint.tsx';
import { reasonWord, words } from './strings.ts';
import { SupplierDialog } from './supplier-dialog.tsx';
import { everyLine, type LineFilter, SELECTABLE, type Tab, tabs, useLines } from './use-lines.ts';

/** Is this period ready to post? What needs work first, one reason a row, everything by keyboard. */
export function ReviewScreen() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const asked = address.get('tab');
  const filter: LineFilter = {
    tab: asked !== null && asked in tabs ? (asked as Tab) : 'review',
    text: address.get('text') ?? '',
    period: address.get('period') ?? '',
    check: address.get('check') ?? '',
  };
  const lineId = address.get('line');
  const summary = useQuery(
    api.exports.summary.queryOptions({
      input: { organisationId, ...(filter.period === '' ? {} : { period: filter.period }) },
    }),
  );
  const reasons = useQuery(
    api.desk.reasons.queryOptions({
      input: { organisationId, ...(filter.period === '' ? {} : { period: filter.period }) },
    }),
  );
  const why = useWhyNot('exports.edit');
  const suppliers = useQuery(api.exports.suppliers.queryOptions({ input: { organisationId } }));
  const lines = useLines(organisationId, filter);
  const review = useReview();
  const grid = useRef<GridHandle>(null);
  const search = useRef<HTMLInputElement>(null);
  const [dialog, setDialog] = useState<'prepare' | 'suppliers' | null>(null);
  const [mode, setMode] = useState<LineMode>('read');
  const key = `${organisationId} ${filter.tab} ${filter.text} ${filter.period} ${filter.check}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new filter starts at its first row
  useEffect(() => review.reset(), [key]);
  const { cursor, setCursor } = review;
  // A line that was put right leaves the list; the mark stays on the last one.
  useEffect(() => {
    if (lines.total > 0 && cursor >= lines.total) setCursor(lines.total - 1);
  }, [lines.total, cursor, setCursor]);

  useEffect(() => {
    if (address.get('import') === '1') {
      address.patch({ import: null }, { replace: true });
      openImport();
    }
  }, [address]);

  const counts = summary.data;
  const all = counts ? counts.review + counts.ready + counts.excluded + counts.batched + counts.posted : 0;
  const tabCounts: Record<Tab, number | undefined> = {
    review: counts?.review,
    ready: counts?.ready,
    excluded: counts?.excluded,
    batched: counts?.batched,
    posted: counts?.posted,
    all: counts && all,
  };
  const unknown = suppliers.data?.filter(({ confirmed }) => !confirmed) ?? [];
  const row = lines.rowAt(review.cursor);

  const open = (id: string, how: typeof mode = 'read') => {
    setMode(how);
    address.patch({ line: id }, { replace: lineId !== null });
  };
  const close = () => {
    setMode('read');
    address.patch({ line: null });
    grid.current?.focus();
  };
  const move = (by: number) => {
    const next = Math.min(lines.total - 1, Math.max(0, review.cursor + by));
    review.setCursor(next);
    const target = lines.rowAt(next);
    if (lineId && target) open(target.id);
  };
  const onRow = (how: typeof mode) => () => row && open(row.id, how);
  const none = row ? null : 'No line is marked.';
  const noneOrNotAllowed = why ?? none;

  useCommands([
    { id: 'line-next', title: 'Next line', group: 'Exports', keys: ['j'], run: () => move(1) },
    { id: 'line-previous', title: 'Previous line', group: 'Exports', keys: ['k'], run: () => move(-1) },
    {
      id: 'line-next-work',
      title: 'Next line that needs work',
      group: 'Exports',
      keys: [']'],
      run: () => (filter.tab === 'review' ? move(1) : address.patch({ tab: 'review', line: null })),
    },
    {
      id: 'line-previous-work',
      title: 'Previous line that needs work',
      group: 'Exports',
      keys: ['['],
      run: () => (filter.tab === 'review' ? move(-1) : address.patch({ tab: 'review', line: null })),
    },
    {
      id: 'line-open',
      title: 'Open the line',
      group: 'Exports',
      keys: ['enter'],
      unavailable: none,
      run: onRow('read'),
    },
    {
      id: 'line-accept',
      title: 'Accept the line',
      group: 'Exports',
      keys: ['a'],
      words: 'confirm acknowledge warning',
      unavailable: noneOrNotAllowed,
      run: onRow('accept'),
    },
    {
      id: 'line-fix',
      title: 'Fix the line',
      group: 'Exports',
      keys: ['f'],
      words: 'edit correct change',
      unavailable: noneOrNotAllowed,
      run: onRow('fix'),
    },
    {
      id: 'line-exclude',
      title: 'Exclude the line…',
      group: 'Exports',
      words: 'leave out remove',
      unavailable: noneOrNotAllowed,
      run: onRow('exclude'),
    },
    {
      id: 'line-edit-cell',
      title: 'Edit in the list (Tab next cell, Enter down, Ctrl+Enter all selected)',
      group: 'Exports',
      keys: ['e'],
      words: 'grid cell category description bulk',
      unavailable: noneOrNotAllowed,
      run: () => {
        if (!row) return;
        // Beside an open line the list is too narrow to write in.
        if (lineId) address.patch({ line: null });
        review.edit({ id: row.id, column: 'category' });
      },
    },
    {
      id: 'line-duplicates',
      title: 'Compare the line with its duplicate',
      group: 'Exports',
      keys: ['d'],
      words: 'same twice merge',
      unavailable:
        none ?? (row?.checks.some(({ id }) => id.startsWith('DUP')) ? null : 'Nothing looks like this line.'),
      run: () => row && go(`/exports/duplicates?line=${row.id}`),
    },
    {
      id: 'line-share',
      title: 'Share the line among weddings and vendors…',
      group: 'Exports',
      keys: ['l'],
      words: 'split allocate',
      unavailable: noneOrNotAllowed,
      run: onRow('share'),
    },
    {
      id: 'line-select',
      title: 'Select the line',
      group: 'Exports',
      keys: ['x'],
      unavailable: none,
      run: () => row && review.toggle(row.id, row.version),
    },
    {
      id: 'line-select-all',
      title: 'Select everything in this filter',
      group: 'Exports',
      keys: ['* a', ...ofWindow('mod+a')],
      unavailable: lines.total === 0 ? 'There is nothing in this filter.' : null,
      run: () =>
        void everyLine(organisationId, filter, SELECTABLE).then(({ lines: all }) =>
          review.select(all.map(({ id, version }): [string, number] => [id, version])),
        ),
    },
    { id: 'line-filter', title: 'Filter the list', group: 'Exports', keys: ['/'], run: () => search.current?.focus() },
    {
      id: 'line-close',
      title: 'Close the detail, clear the selection',
      group: 'Exports',
      keys: ['escape'],
      run: () => (lineId ? close() : review.selected.size > 0 ? review.clear() : address.patch({ text: null })),
    },
    {
      id: 'import',
      call: 'imports.start',
      title: 'Import a file…',
      group: 'Exports',
      words: 'upload csv focus cost',
      run: openImport,
    },
    {
      id: 'prepare',
      title: 'Check and prepare a batch…',
      group: 'Exports',
      keys: ['mod+enter'],
      words: 'approve post xero',
      unavailable: why ?? (counts?.ready ? null : 'No line is ready yet.'),
      run: () => setDialog('prepare'),
    },
  ]);

  return (
    <div className={css.page} data-detail={lineId ? true : undefined}>
      <ReadOnlyNote why={why} />
      <AnswerLine
        of={summary}
        {...answerOf(counts, all)}
        action={
          <>
            <ActButton call="imports.start" variant="default" onClick={openImport}>
              Import…
            </ActButton>
            <ActButton call="desk.add" variant="default" onClick={openInvoiceForm}>
              Type in…
            </ActButton>
            <RoleButton why={why} disabled={!counts?.ready} onClick={() => setDialog('prepare')}>
              Check and prepare…
            </RoleButton>
          </>
        }
      />
      <div className={css.strip}>
        <Steps current={all === 0 ? 0 : 1} />
        <span className={css.links}>
          {counts?.latestBatch && stepOf(counts.latestBatch.state, true) < 5 && (
            <a href={`#/exports/batches/${counts.latestBatch.batchId}`}>Open the latest batch</a>
          )}
        </span>
      </div>
      {unknown.length > 0 && (
        <div className={css.question}>
          <Shape name="diamond" tone="warning" />
          <span>{words.newSuppliers(unknown.length)}</span>
          <Button variant="default" size="compact-sm" onClick={() => setDialog('suppliers')}>
            Name {unknown.length === 1 ? unknown[0]?.name : 'them'}…
          </Button>
        </div>
      )}
      <RuleHint organisationId={organisationId} />
      <div className={css.toolbar}>
        <ReviewTabs
          tab={filter.tab}
          counts={tabCounts}
          onTab={(tab) => address.patch({ tab, line: null, check: null })}
        />
        <div className={workspace.filters}>
          {(reasons.data?.length ?? 0) > 0 && filter.tab === 'review' && (
            <Select
              aria-label="Reason"
              w={172}
              searchable
              value={filter.check}
              data={[
                { value: '', label: 'Every reason' },
                ...(reasons.data ?? []).map(({ check, lines: count }) => ({
                  value: check,
                  label: `${formatCount(count)} · ${reasonWord(check)}`,
                })),
              ]}
              onChange={(check) => address.patch({ check, line: null })}
            />
          )}
          {(counts?.periods.length ?? 0) > 0 && (
            <Select
              aria-label="Period"
              w={128}
              value={filter.period}
              data={[
                { value: '', label: 'All periods' },
                ...(counts?.periods ?? []).map((period) => ({ value: period, label: formatPeriod(period) })),
              ]}
              onChange={(period) => address.patch({ period, line: null })}
            />
          )}
          <TextInput
            ref={search}
            aria-label="Filter by supplier, description or reference"
            placeholder="Filter  /"
            w={150}
            defaultValue={filter.text}
            key={filter.text}
            onKeyDown={(event) => {
              if (event.key === 'Enter') address.patch({ text: event.currentTarget.value.trim(), line: null });
              if (event.key === 'Escape') {
                address.patch({ text: null });
                grid.current?.focus();
              }
            }}
            onBlur={(event) => address.patch({ text: event.currentTarget.value.trim() })}
          />
        </div>
      </div>
      <div className={workspace.work}>
        <div className={css.list} id="lines" role="tabpanel" aria-label={tabWords[filter.tab]}>
          {lines.error && lines.total === 0 ? (
            <div className={css.pad}>
              <ProblemNote problem={problemOf(lines.error)} onRetry={readAgain} />
            </div>
          ) : lines.pending && lines.total === 0 ? (
            <Skeletons rows={12} label={words.answer.loading} />
          ) : lines.total === 0 ? (
            <NothingHere
              filter={filter}
              all={all}
              onClear={() => address.patch({ text: null, period: null, check: null })}
            />
          ) : (
            <LineGrid
              organisationId={organisationId}
              filter={filter}
              lines={lines}
              openId={lineId}
              onOpen={(line) => open(line.id)}
              handle={grid}
            />
          )}
          {review.selected.size > 0 && <BulkBar organisationId={organisationId} total={lines.total} why={why} />}
        </div>
        {lineId && (
          <LineDetail
            key={lineId}
            organisationId={organisationId}
            lineId={lineId}
            mode={mode}
            onMode={setMode}
            why={why}
            onClose={close}
          />
        )}
      </div>
      {dialog === 'prepare' && counts && (
        <PrepareDialog organisationId={organisationId} summary={counts} onClose={() => setDialog(null)} />
      )}
      {dialog === 'suppliers' && (
        <SupplierDialog organisationId={organisationId} suppliers={unknown} onClose={() => setDialog(null)} />
      )}
    </div>
  );
}
