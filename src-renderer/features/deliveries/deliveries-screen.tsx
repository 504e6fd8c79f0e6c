import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import type { DeliveryFilter, DeliveryView } from '../../../src-shared/contract/deliveries.ts';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { readAgain } from '../../data/unread.ts';
import { useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { DataGrid, type GridColumn, type GridHandle } from '../../ui/data-grid.tsx';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import { Status } from '../../ui/status.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Instant, useZone } from '../../ui/text.tsx';
import css from '../../ui/workspace.module.css';
import { ReadOnly } from '../people/role-controls.tsx';
import { BulkBar } from './bulk-bar.tsx';
import { DeepNote } from './deep-note.tsx';
import { DeliveryPanel } from './delivery-panel.tsx';
import { DepthCharts } from './depth-charts.tsx';
import { Filters, useOutboundFilter } from './filters.tsx';
import { InboundList } from './inbound-list.tsx';
import { actionWords, answerOf, stateOf, type Tab, tabWords, todayOf } from './strings.ts';
import { useDeliveries, useSystems } from './use-deliveries.ts';

function StateCell({ row }: { row: DeliveryView }) {
  const { waitOf } = useSystems(useOrganisationId());
  const { shape, tone, word } = stateOf(row, useZone(), waitOf(row.system));
  return (
    <Status shape={shape} tone={tone}>
      <span title={word}>{word}</span>
    </Status>
  );
}

function SystemName({ system }: { system: string }) {
  return useSystems(useOrganisationId()).nameOf(system);
}

/** What it does, and to which alert, invoice or vendor. */
function What({ row }: { row: DeliveryView }) {
  const what = actionWords(row.action);
  if (row.subject === null) return what;
  const { text, about } = row.subject;
  return <span title={`${what}: ${text}`}>{about === null ? `${what} · ${text}` : text}</span>;
}

const columns: readonly GridColumn<DeliveryView>[] = [
  { id: 'state', title: 'State', track: 'minmax(128px, 0.9fr)', cell: (row) => <StateCell row={row} /> },
  { id: 'system', title: 'System', track: 'minmax(104px, 0.6fr)', cell: (row) => <SystemName system={row.system} /> },
  { id: 'what', title: 'What', track: 'minmax(150px, 1.6fr)', cell: (row) => <What row={row} /> },
  { id: 'key', title: 'Key', track: 'minmax(120px, 0.8fr)', from: 1000, cell: (row) => row.idempotencyKey },
  { id: 'tries', title: 'Tries', track: '54px', right: true, cell: (row) => String(row.attempts) },
  { id: 'created', title: 'Created', track: '160px', from: 700, cell: (row) => <Instant at={row.createdAt} /> },
  { id: 'answer', title: 'Last answer', track: 'minmax(100px, 1.4fr)', cell: (row) => row.lastError ?? '—' },
];

const FILE_ROWS = 10_000;
const fileHead = [
  'id',
  'system',
  'action',
  'subject',
  'class',
  'state',
  'tries',
  'created_at',
  'next_at',
  'settled_at',
  'key',
  'last_error',
];
const fileRow = (row: DeliveryView) => [
  row.id,
  row.system,
  row.action,
  row.subject?.text ?? null,
  row.deliveryClass,
  row.inDoubt ? 'in_doubt' : row.state,
  row.attempts,
  row.createdAt,
  row.nextAttemptAt,
  row.settledAt,
  row.idempotencyKey,
  row.lastError,
];

/** What the filter holds, newest first, as far as a file goes. */
async function everyDelivery(asked: Parameters<typeof client.deliveries.list>[0]) {
  const rows: DeliveryView[] = [];
  let after: string | null = null;
  do {
    const page: ContractOutputs['deliveries']['list'] = await client.deliveries.list({ ...asked, after });
    rows.push(...page.rows);
    after = page.next;
  } while (after !== null && rows.length < FILE_ROWS);
  return rows.map(fileRow);
}

/** Is anything stuck, and can I safely send it again? */
export default function DeliveriesScreen() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const asked = address.get('tab');
  const tab: Tab = asked !== null && asked in tabWords ? (asked as Tab) : 'waiting';
  const open = address.get('id');
  const counts = useQuery(api.deliveries.tabs.queryOptions({ input: { organisationId }, refetchInterval: 10_000 }));
  const t = counts.data;

  return (
    <div className={css.page}>
      <AnswerLine of={counts} {...answerOf(t)} />
      <ReadOnly call="deliveries.retry" />
      <DepthCharts organisationId={organisationId} />
      <div className={css.toolbar}>
        <Tabs
          label="Deliveries by state"
          controls="deliveries"
          current={tab}
          onChoose={(id) => address.patch({ tab: id, id: null })}
          tabs={[
            { id: 'waiting', word: tabWords.waiting, count: t?.waiting },
            { id: 'retrying', word: tabWords.retrying, count: t?.retrying },
            { id: 'in_doubt', word: tabWords.in_doubt, count: t?.inDoubt },
            { id: 'dead', word: tabWords.dead, count: t?.dead },
            { id: 'held', word: tabWords.held, count: t?.held },
            { id: 'done', word: tabWords.done, count: t?.done24h },
            { id: 'all', word: tabWords.all },
            { id: 'inbound', word: tabWords.inbound, count: t?.inbound24h },
          ]}
        />
        <Filters inbound={tab === 'inbound'} organisationId={organisationId} />
      </div>
      <div className={css.work}>
        {tab === 'inbound' ? (
          <InboundList organisationId={organisationId} />
        ) : (
          <OutboundList key={tab} organisationId={organisationId} tab={tab} today={todayOf(t)} />
        )}
        {open && tab !== 'inbound' && (
          <DeliveryPanel
            key={open}
            organisationId={organisationId}
            id={open}
            onClose={() => address.patch({ id: null })}
          />
        )}
      </div>
    </div>
  );
}

function OutboundList({
  organisationId,
  tab,
  today,
}: {
  organisationId: string;
  tab: Exclude<Tab, 'inbound'>;
  today: string;
}) {
  const address = useAddress();
  const open = address.get('id');
  const asked = useOutboundFilter();
  const filter: DeliveryFilter = { tab, ...asked };
  const filtered = Object.keys(asked).length > 0;
  const list = useDeliveries(organisationId, filter);
  const grid = useRef<GridHandle>(null);
  const [cursor, setCursor] = useState(0);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const row = list.rows[cursor];
  const asking = JSON.stringify({ organisationId, ...filter });
  const file = useMemo(
    () => ({
      name: `deliveries-${tab}`,
      head: fileHead,
      most: FILE_ROWS,
      rows: () => everyDelivery(JSON.parse(asking)),
    }),
    [tab, asking],
  );

  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  const move = (by: number) => {
    const next = Math.min(list.shown - 1, Math.max(0, cursor + by));
    setCursor(next);
    const target = list.rows[next];
    if (open && target) address.patch({ id: target.id }, { replace: true });
  };
  const none = row ? null : 'No delivery is marked.';
  useCommands([
    { id: 'delivery-next', title: 'Next delivery', group: 'Deliveries', keys: ['j'], run: () => move(1) },
    { id: 'delivery-previous', title: 'Previous delivery', group: 'Deliveries', keys: ['k'], run: () => move(-1) },
    {
      id: 'delivery-open',
      title: 'Open the delivery',
      group: 'Deliveries',
      keys: ['enter'],
      unavailable: none,
      run: () => row && address.patch({ id: row.id }),
    },
    {
      id: 'delivery-select',
      title: 'Select the delivery',
      group: 'Deliveries',
      keys: ['x'],
      unavailable: none,
      run: () => row && toggle(row.id),
    },
    {
      id: 'delivery-close',
      title: 'Close the detail, clear the selection',
      group: 'Deliveries',
      keys: ['escape'],
      run: () => {
        if (open) address.patch({ id: null });
        else setSelected(new Set());
        grid.current?.focus();
      },
    },
  ]);

  return (
    <div className={css.list} id="deliveries" role="tabpanel" aria-label={tabWords[tab]}>
      <DeepNote rows={list.rows.length} again={list.again} />
      {list.error && !list.read ? (
        <div className={css.pad}>
          <ProblemNote problem={problemOf(list.error)} onRetry={readAgain} />
        </div>
      ) : list.pending ? (
        <Skeletons rows={12} label="Reading the deliveries." />
      ) : list.total === 0 ? (
        <Empty
          title={filtered ? 'No delivery matches this filter.' : emptyWords[tab]}
          action={filtered ? <a href={`#/deliveries?tab=${tab}`}>Clear filter</a> : undefined}
        >
          {filtered ? undefined : today}
        </Empty>
      ) : (
        <DataGrid
          label={`${tabWords[tab]} deliveries`}
          columns={columns}
          total={list.shown}
          rowAt={(index) => list.rows[index]}
          idOf={({ id }) => id}
          cursor={cursor}
          onCursor={setCursor}
          onOpen={({ id }) => address.patch({ id }, { replace: open !== null })}
          openId={open}
          isSelected={(id) => selected.has(id)}
          onToggle={({ id }) => toggle(id)}
          onRange={list.onRange}
          handle={grid}
          onExtend={(some) => setSelected(new Set([...selected, ...some.map(({ id }) => id)]))}
          file={file}
        />
      )}
      <BulkBar
        organisationId={organisationId}
        selected={[...selected]}
        filter={filter}
        total={list.total}
        more={list.more}
        tab={tab}
        onDone={() => setSelected(new Set())}
      />
    </div>
  );
}

const emptyWords: Readonly<Record<Exclude<Tab, 'inbound'>, string>> = {
  waiting: 'Nothing waits.',
  retrying: 'Nothing is being tried again.',
  in_doubt: 'Nothing is in doubt.',
  dead: 'No delivery failed for good.',
  held: 'Nothing is held.',
  done: 'Nothing was delivered in the last 24 hours.',
  all: 'Nothing has left this console yet.',
};
