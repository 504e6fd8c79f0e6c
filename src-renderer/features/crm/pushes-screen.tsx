import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import type { CrmId, PushRow } from '../../../src-shared/contract/crm.ts';
import { CrmId as CrmIds } from '../../../src-shared/contract/crm.ts';
import { formatCount } from '../../../src-shared/format/number.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { go, useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { ofWindow } from '../../state/keys.ts';
import { useOrganisationId } from '../../state/session.ts';
import { DataGrid, type GridColumn, type GridHandle } from '../../ui/data-grid.tsx';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Key, Money } from '../../ui/text.tsx';
import { ActButton, ReadOnly } from '../people/role-controls.tsx';
import css from './crm.module.css';
import { HoldDialog } from './hold-dialog.tsx';
import { PushDetail } from './push-detail.tsx';
import { actions, crmNames, states, words } from './strings.ts';
import { UsageImport } from './usage-import.tsx';

type Summary = ContractOutputs['crm']['summary'];
const noRows: readonly PushRow[] = [];

const columns: readonly GridColumn<PushRow>[] = [
  { id: 'vendor', title: 'Vendor', track: 'minmax(160px, 2fr)', cell: (row) => row.vendor },
  { id: 'crm', title: 'CRM', track: '110px', cell: (row) => crmNames[row.crm] },
  { id: 'action', title: 'Action', track: '96px', from: 800, cell: (row) => actions[row.action] },
  {
    id: 'change',
    title: 'Change',
    track: 'minmax(150px, 1.5fr)',
    cell: (row) => row.problem ?? `${row.changes} of ${row.fieldCount} fields`,
  },
  { id: 'value', title: 'Value', track: '100px', right: true, cell: (row) => <Money amount={row.saving} /> },
  {
    id: 'state',
    title: 'State',
    track: '170px',
    cell: (row) => {
      const look = states[row.state];
      return (
        <Status shape={look.shape} tone={look.tone}>
          {look.word}
        </Status>
      );
    },
  },
];

const fileHead = [
  'vendor',
  'crm',
  'period',
  'action',
  'fields_changed',
  'fields',
  'saving_gbp',
  'state',
  'problem',
  'read_at',
];
const fileRow = (row: PushRow) => [
  row.vendor,
  row.crm,
  row.period,
  row.action,
  row.changes,
  row.fieldCount,
  row.saving,
  row.state,
  row.problem,
  row.readAt,
];

const needsApproval = (row: PushRow) => row.state === 'to_approve' && row.changes > 0;

/** The list of a period's pushes, the one that is open below it, and everything by keyboard. */
export function PushesScreen() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const asked = address.get('period');
  const crm = CrmIds.safeParse(address.get('crm')).data ?? null;
  const text = address.get('text') ?? '';
  const openId = address.get('push');
  const onlyDifferent = address.get('different') === '1';
  const summary = useQuery(
    api.crm.summary.queryOptions({ input: { organisationId, ...(asked === null ? {} : { period: asked }) } }),
  );
  const period = summary.data?.period ?? '';
  const list = useQuery(
    api.crm.list.queryOptions({
      input: { organisationId, period, text, ...(crm === null ? {} : { crm }) },
      enabled: period !== '',
    }),
  );
  // The list waits for the period: where that cannot be read, neither can the list.
  const failed = summary.data ? list : summary;
  const rows = list.data?.rows ?? noRows;
  const [cursor, setCursor] = useState(0);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [busy, setBusy] = useState(false);
  const [holding, setHolding] = useState<readonly string[] | null>(null);
  const grid = useRef<GridHandle>(null);
  const search = useRef<HTMLInputElement>(null);
  const row = rows[cursor];
  const waiting = useMemo(() => rows.filter(needsApproval), [rows]);
  const chosen = selected.size > 0 ? waiting.filter(({ id }) => selected.has(id)) : waiting;

  const file = useMemo(
    () => ({ name: `crm-pushes-${period}`, head: fileHead, rows: () => Promise.resolve(rows.map(fileRow)) }),
    [period, rows],
  );

  const prepare = async () => {
    setBusy(true);
    await attempt(() => client.crm.prepare({ organisationId, period, readAgain: true }));
    setBusy(false);
  };
  const approve = async (ids: readonly string[], hashes?: Record<string, string>) => {
    if (ids.length === 0) return;
    setBusy(true);
    const input = { organisationId, ids: [...ids], send: true, ...(hashes === undefined ? {} : { hashes }) };
    await attempt(() => client.crm.approve(input));
    setSelected(new Set());
    setBusy(false);
  };
  const open = (id: string) => address.patch({ push: id }, { replace: openId !== null });
  const isFiltered = text !== '' || crm !== null;
  const clearFilter = () => address.patch({ text: null, crm: null });
  const close = () => {
    address.patch({ push: null });
    grid.current?.focus();
  };
  const move = (by: number) => {
    const next = Math.min(rows.length - 1, Math.max(0, cursor + by));
    setCursor(next);
    const target = rows[next];
    if (openId && target) open(target.id);
  };
  const none = row ? null : 'No push is marked.';

  useCommands([
    { id: 'push-next', title: 'Next push', group: 'CRM', keys: ['j'], run: () => move(1) },
    { id: 'push-previous', title: 'Previous push', group: 'CRM', keys: ['k'], run: () => move(-1) },
    {
      id: 'push-open',
      title: 'Open the push',
      group: 'CRM',
      keys: ['enter'],
      unavailable: none,
      run: () => row && open(row.id),
    },
    {
      id: 'push-approve',
      call: 'crm.approve',
      title: 'Approve and send the push',
      group: 'CRM',
      keys: ['a'],
      unavailable: row && needsApproval(row) ? null : 'This push does not wait for approval.',
      run: () => row && void approve([row.id]),
    },
    {
      id: 'push-hold',
      call: 'crm.hold',
      title: 'Hold the push…',
      group: 'CRM',
      keys: ['h'],
      unavailable: none,
      run: () => row && setHolding([row.id]),
    },
    {
      id: 'push-read',
      call: 'crm.prepare',
      title: 'Read the CRMs again',
      group: 'CRM',
      keys: ['r'],
      run: () => void prepare(),
    },
    {
      id: 'push-select',
      title: 'Select the push',
      group: 'CRM',
      keys: ['x'],
      unavailable: none,
      run: () => row && toggle(row.id),
    },
    {
      id: 'push-select-all',
      title: 'Select everything in this list',
      group: 'CRM',
      keys: ['* a', ...ofWindow('mod+a')],
      unavailable: none,
      run: () => setSelected(new Set(rows.map(({ id }) => id))),
    },
    {
      id: 'push-different',
      title: 'Differences only',
      group: 'CRM',
      keys: ['d'],
      run: () => address.patch({ different: onlyDifferent ? null : '1' }, { replace: true }),
    },
    { id: 'push-filter', title: 'Find a vendor', group: 'CRM', keys: ['/'], run: () => search.current?.focus() },
    {
      id: 'push-close',
      title: 'Close the push, clear the selection or the filter',
      group: 'CRM',
      keys: ['escape'],
      run: () => (openId !== null ? close() : selected.size > 0 ? setSelected(new Set()) : clearFilter()),
    },
    { id: 'figures', title: 'How the figures are made', group: 'Go to', run: () => go('/crm/figures') },
    { id: 'vendors', title: 'Vendors and their CRMs', group: 'Go to', run: () => go('/crm/vendors') },
  ]);

  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };

  return (
    <div className={css.page}>
      <AnswerLine
        of={summary}
        {...answerOf(summary.data, list.data?.total)}
        action={
          chosen.length > 0 ? (
            <ActButton call="crm.approve" loading={busy} onClick={() => void approve(chosen.map(({ id }) => id))}>
              Approve {formatCount(chosen.length)} {chosen.length === 1 ? 'change' : 'changes'}
            </ActButton>
          ) : (
            <ActButton
              call="crm.prepare"
              variant="default"
              loading={busy}
              disabled={period === ''}
              onClick={() => void prepare()}
            >
              Read again
            </ActButton>
          )
        }
      >
        {sentence(summary.data, list.data?.total)}
      </AnswerLine>
      <ReadOnly call="crm.approve" />
      <div className={css.strip}>
        <Select
          aria-label="Period"
          w={150}
          allowDeselect={false}
          data={(summary.data?.periods ?? []).map((one) => ({ value: one, label: formatPeriod(one) }))}
          value={period}
          onChange={(value) => {
            setCursor(0);
            setSelected(new Set());
            address.patch({ period: value, push: null });
          }}
        />
        <Select
          aria-label="CRM"
          w={116}
          allowDeselect={false}
          data={[
            { value: '', label: 'CRM: all' },
            ...(summary.data?.crms ?? []).map(({ id }) => ({ value: id as string, label: crmNames[id] })),
          ]}
          value={crm ?? ''}
          onChange={(value) => address.patch({ crm: value === '' ? null : (value as CrmId | null), push: null })}
        />
        <TextInput
          ref={search}
          aria-label="Find a vendor"
          placeholder="Vendor  /"
          w={140}
          value={text}
          onChange={(event) =>
            address.patch({ text: event.currentTarget.value || null, push: null }, { replace: true })
          }
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            clearFilter();
            event.currentTarget.blur();
          }}
        />
        <Checkbox
          label="Differences only"
          checked={onlyDifferent}
          onChange={(event) =>
            address.patch({ different: event.currentTarget.checked ? '1' : null }, { replace: true })
          }
        />
        <div className={css.beside}>
          <ActButton
            call="crm.hold"
            variant="default"
            disabled={selected.size === 0}
            onClick={() => setHolding([...selected])}
          >
            Hold
          </ActButton>
          <UsageImport organisationId={organisationId} onDone={() => void summary.refetch()} />
          <a href="#/crm/figures">Figures</a>
          <a href="#/crm/vendors">
            Vendors{summary.data && summary.data.asked > 0 ? ` (${summary.data.asked} to confirm)` : ''}
          </a>
        </div>
      </div>
      {failed.error && !list.data && (
        <div className={css.scroll}>
          <ProblemNote problem={problemOf(failed.error)} onRetry={() => void failed.refetch()} />
        </div>
      )}
      {!list.data && !failed.error && <Skeletons rows={6} label={words.loading} />}
      {list.data?.total === 0 && isFiltered && (
        <Empty
          title={words.filteredEmpty([text, crm === null ? '' : crmNames[crm]].filter(Boolean).join(', '))}
          action={
            <Button variant="default" onClick={clearFilter} rightSection={<Key>Esc</Key>}>
              Clear filter
            </Button>
          }
        />
      )}
      {list.data?.total === 0 && !isFiltered && summary.data && (
        <NothingHere summary={summary.data} busy={busy} onPrepare={() => void prepare()} />
      )}
      {rows.length > 0 && (
        <div className={css.list}>
          <DataGrid
            handle={grid}
            label="CRM pushes"
            columns={columns}
            total={rows.length}
            rowAt={(index) => rows[index]}
            idOf={({ id }) => id}
            cursor={cursor}
            onCursor={setCursor}
            onOpen={({ id }) => open(id)}
            isSelected={(id) => selected.has(id)}
            onToggle={({ id }) => toggle(id)}
            onExtend={(some) => setSelected(new Set([...selected, ...some.map(({ id }) => id)]))}
            file={file}
            openId={openId}
          />
        </div>
      )}
      {openId && (
        <PushDetail
          key={openId}
          organisationId={organisationId}
          id={openId}
          onlyDifferent={onlyDifferent}
          busy={busy}
          onApprove={(hash) => void approve([openId], { [openId]: hash })}
          onHold={() => setHolding([openId])}
          onClose={close}
        />
      )}
      {holding && (
        <HoldDialog
          organisationId={organisationId}
          ids={holding}
          onClose={() => {
            setHolding(null);
            setSelected(new Set());
          }}
        />
      )}
    </div>
  );
}

function NothingHere({ summary, busy, onPrepare }: { summary: Summary; busy: boolean; onPrepare: () => void }) {
  const period = formatPeriod(summary.period);
  const hasUsage = summary.periods.includes(summary.period);
  return (
    <Empty
      title={words.nothing(period)}
      action={
        <ActButton call="crm.prepare" loading={busy} onClick={onPrepare}>
          Prepare {period}
        </ActButton>
      }
    >
      {hasUsage
        ? 'Preparing derives the figures and reads what the CRMs hold now. It writes nothing there.'
        : 'Import a usage file or fetch it here, or with wedops import usage and wedops crm usage fetch.'}
    </Empty>
  );
}

function counts(summary: Summary | undefined) {
  const all = summary?.states;
  return {
    waiting: summary?.changing ?? 0,
    conflicts: (all?.conflict ?? 0) + (all?.refused ?? 0) + (all?.in_doubt ?? 0),
    moving: (all?.sending ?? 0) + (all?.approved ?? 0),
  };
}

function answerOf(summary: Summary | undefined, total: number | undefined) {
  const { waiting, conflicts, moving } = counts(summary);
  if (conflicts > 0) return { shape: 'triangle', tone: 'critical' } as const;
  if (waiting > 0) return { shape: 'diamond', tone: 'warning' } as const;
  if (moving > 0 || !total) return { shape: 'circle', tone: 'focus' } as const;
  return { shape: 'disc', tone: 'ok' } as const;
}

function sentence(summary: Summary | undefined, total: number | undefined): string {
  if (!summary || total === undefined) return words.loading;
  const { waiting, conflicts, moving } = counts(summary);
  const period = formatPeriod(summary.period);
  if (waiting + conflicts > 0)
    return words.waiting(
      waiting,
      summary.changing,
      summary.same,
      conflicts,
      summary.savingToApprove,
      summary.vendorsToApprove,
    );
  if (moving > 0) return words.moving(moving);
  return total === 0 ? words.toPrepare(period) : words.done(total);
}
