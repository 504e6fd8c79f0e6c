import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { SystemHealth } from '../../../src-shared/contract/systems.ts';
import { formatCount, formatPercent } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { DataGrid, type GridColumn } from '../../ui/data-grid.tsx';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Instant, Key } from '../../ui/text.tsx';
import css from '../../ui/workspace.module.css';
import { ReadOnly } from '../people/role-controls.tsx';
import { HealthStatus, latency } from './health.tsx';
import { Senders } from './senders.tsx';
import { answerOf, breakerWords, categoryWords, needsAttention } from './strings.ts';
import { SystemPanel } from './system-panel.tsx';

const unknown = (
  <abbr title="No deliveries in the last 24 hours" aria-label="unknown: no deliveries in the last 24 hours">
    —
  </abbr>
);

const columns: readonly GridColumn<SystemHealth>[] = [
  { id: 'name', title: 'System', track: 'minmax(150px, 1.2fr)', cell: (row) => row.name },
  { id: 'group', title: 'Group', track: '96px', from: 1_000, cell: (row) => categoryWords[row.category] },
  { id: 'state', title: 'Health', track: '132px', cell: (row) => <HealthStatus system={row} /> },
  {
    id: 'checked',
    title: 'Checked',
    track: '84px',
    from: 900,
    cell: (row) => (row.checkedAt ? <Instant at={row.checkedAt} show="time" /> : '—'),
  },
  {
    id: 'success',
    title: 'Success',
    track: '76px',
    right: true,
    from: 560,
    cell: (row) => (row.successRate === null ? unknown : formatPercent(row.successRate)),
  },
  {
    id: 'p95',
    title: 'p95',
    track: '76px',
    right: true,
    from: 620,
    cell: (row) => (row.p95Ms === null ? unknown : latency(row.p95Ms)),
  },
  { id: 'waiting', title: 'Waiting', track: '76px', right: true, cell: (row) => formatCount(row.waiting) },
  {
    id: 'account',
    title: 'Problem or account',
    track: 'minmax(110px, 1.2fr)',
    cell: (row) => row.problem ?? row.account ?? '—',
  },
  {
    id: 'circuit',
    title: 'Circuit and quota',
    track: 'minmax(150px, 1.4fr)',
    from: 760,
    cell: (row) =>
      [
        // A closed circuit is the usual; the word alone reads like a shop that is shut.
        ...(row.breaker === 'closed' ? [] : [breakerWords[row.breaker]]),
        ...row.quotas.map((q) => `${formatCount(q.used)} of ${formatCount(q.limit)} a ${q.per}`),
      ].join(' · ') || '—',
  },
];

const fileHead = [
  'system',
  'name',
  'mode',
  'health',
  'checked_at',
  'success_rate',
  'p95_ms',
  'waiting',
  'circuit',
  'problem',
  'token_ends_at',
];
const fileRow = (row: SystemHealth) => [
  row.system,
  row.name,
  row.mode,
  row.state,
  row.checkedAt,
  row.successRate,
  row.p95Ms,
  row.waiting,
  row.breaker,
  row.problem,
  row.tokenExpiresAt,
];

type Tab = 'all' | 'attention' | 'off' | 'senders';

/** Which of the 17 systems works, and what must I fix first? */
export default function SystemsScreen() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const tab = (address.get('tab') ?? 'all') as Tab;
  const query = useQuery(api.systems.list.queryOptions({ input: { organisationId }, refetchInterval: 30_000 }));
  const [busy, setBusy] = useState(false);
  const all = query.data ?? [];
  const attention = all.filter(needsAttention);
  const off = all.filter(({ state }) => state === 'off' || state === 'paused' || state === 'not_connected');
  // Of eighteen rows the last are below the fold of a small window.
  const worstFirst = [...attention, ...all.filter((one) => !needsAttention(one))];
  const rows = tab === 'attention' ? attention : tab === 'off' ? off : worstFirst;

  const checkAll = async () => {
    setBusy(true);
    await attempt(() => client.systems.checkAll({ organisationId }));
    await queryClient.invalidateQueries({ queryKey: api.systems.key() });
    setBusy(false);
  };
  useCommands([
    { id: 'systems-check', title: 'Check all systems now', group: 'Systems', keys: ['c'], run: () => void checkAll() },
  ]);

  return (
    <div className={css.page}>
      <AnswerLine
        of={query}
        {...answerOf(query.data)}
        action={
          <Button onClick={() => void checkAll()} loading={busy} rightSection={<Key>C</Key>}>
            Check all
          </Button>
        }
      />
      <ReadOnly call={tab === 'senders' ? 'systems.saveSource' : 'systems.setMode'} />
      <div className={css.toolbar}>
        <Tabs
          label="Systems"
          controls="systems"
          current={tab}
          onChoose={(id) => {
            address.patch({ tab: id === 'all' ? null : id, system: null, sender: null });
          }}
          tabs={[
            { id: 'all', word: 'All', count: query.data && all.length },
            { id: 'attention', word: 'Needs attention', count: query.data && attention.length },
            { id: 'off', word: 'Off or not connected', count: query.data && off.length },
            { id: 'senders', word: 'Webhooks in' },
          ]}
        />
      </div>
      <div className={css.work}>
        {tab === 'senders' ? (
          <Senders organisationId={organisationId} />
        ) : (
          <SystemList key={tab} organisationId={organisationId} rows={rows} query={query} tab={tab} />
        )}
      </div>
    </div>
  );
}

function SystemList({
  organisationId,
  rows,
  query,
  tab,
}: {
  organisationId: string;
  rows: readonly SystemHealth[];
  query: { error: unknown; data: unknown; isPending: boolean; refetch: () => Promise<unknown> };
  tab: Tab;
}) {
  const address = useAddress();
  const open = address.get('system');
  const [cursor, setCursor] = useState(0);
  const row = rows[Math.min(cursor, rows.length - 1)];
  const file = useMemo(
    () => ({ name: `systems-${tab}`, head: fileHead, rows: () => Promise.resolve(rows.map(fileRow)) }),
    [tab, rows],
  );
  const show = (system: string | null) => address.patch({ system }, { replace: open !== null });
  const move = (by: number) => {
    const next = Math.min(rows.length - 1, Math.max(0, cursor + by));
    setCursor(next);
    const target = rows[next];
    if (open && target) show(target.system);
  };
  useCommands([
    { id: 'systems-next', title: 'Next system', group: 'Systems', keys: ['j'], run: () => move(1) },
    { id: 'systems-previous', title: 'Previous system', group: 'Systems', keys: ['k'], run: () => move(-1) },
    {
      id: 'systems-open',
      title: 'Open the system',
      group: 'Systems',
      keys: ['enter'],
      unavailable: row ? null : 'No system is marked.',
      run: () => row && show(row.system),
    },
    { id: 'systems-close', title: 'Close the system', group: 'Systems', keys: ['escape'], run: () => show(null) },
  ]);

  return (
    <>
      <div className={css.list} id="systems" role="tabpanel" aria-label="Systems">
        {query.error && !query.data ? (
          <div className={css.pad}>
            <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />
          </div>
        ) : query.isPending ? (
          <Skeletons rows={12} label="Reading the systems." />
        ) : rows.length === 0 ? (
          <Empty title={tab === 'attention' ? 'Nothing needs attention.' : 'Every system is connected and on.'} />
        ) : (
          <DataGrid
            label="Systems"
            columns={columns}
            total={rows.length}
            rowAt={(index) => rows[index]}
            idOf={({ system }) => system}
            cursor={cursor}
            onCursor={setCursor}
            onOpen={({ system }) => show(system)}
            openId={open}
            file={file}
          />
        )}
      </div>
      {open && <SystemPanel key={open} organisationId={organisationId} system={open} onClose={() => show(null)} />}
    </>
  );
}
