import { Button, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { AlertSummary } from '../../../src-shared/contract/alerts.ts';
import { formatDuration } from '../../../src-shared/format/time.ts';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { problemOf } from '../../data/problem.ts';
import { useAddress } from '../../state/address.ts';
import { useOrganisationId } from '../../state/session.ts';
import { DataGrid, type GridColumn, type GridHandle } from '../../ui/data-grid.tsx';
import { ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { useZone } from '../../ui/text.tsx';
import shared from '../../ui/workspace.module.css';
import { ActButton, ReadOnly } from '../people/role-controls.tsx';
import { acknowledge } from './actions.ts';
import { AlertDetail } from './alert-detail.tsx';
import { AlertDialog, type Asking } from './alert-dialogs.tsx';
import listCss from './alert-list.module.css';
import { type AlertRow, rowsOf } from './alert-rows.ts';
import css from './alerts.module.css';
import { ChannelTrouble } from './channel-trouble.tsx';
import { SeverityMark, StateMark, weddingsText } from './common.tsx';
import { answerOf, BulkBar, NothingHere, Title } from './list-parts.tsx';
import { openRaise } from './raise-dialog.tsx';
import { SavedFilters } from './saved-filters.tsx';
import { nextText, words } from './strings.ts';
import { useListCommands } from './use-list-commands.ts';

type List = ContractOutputs['alerts']['list'];
type Tab = keyof List['counts'];
const tabs = Object.keys(words.tabs) as Tab[];

const fileHead = [
  'reference',
  'severity',
  'reported_severity',
  'title',
  'source',
  'state',
  'owner',
  'raised_at',
  'resolved_at',
  'times',
  'venues',
  'weddings_affected',
  'weddings_today',
];
const fileRow = (alert: AlertSummary) => [
  alert.reference,
  alert.severity,
  alert.reportedSeverity,
  alert.title,
  alert.source,
  alert.state,
  alert.owner,
  alert.raisedAt,
  alert.resolvedAt,
  alert.count,
  alert.venues.map(({ name }) => name).join('; '),
  alert.weddingsAffected,
  alert.weddingsToday,
];

/** What is wrong, who has it, and what happens next? */
export function AlertList() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const zone = useZone();
  const now = useEngineNow();
  const asked = address.get('tab');
  const tab: Tab = tabs.find((name) => name === asked) ?? 'open';
  const text = address.get('text') ?? '';
  const grouped = address.get('group') !== 'off';
  const alertId = address.get('alert');
  const list = useQuery(
    api.alerts.list.queryOptions({
      input: { organisationId, filter: tab, text },
      placeholderData: keepPreviousData,
      refetchInterval: 30_000,
    }),
  );
  const [openGroups, setOpenGroups] = useState<ReadonlySet<string>>(new Set());
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState(0);
  const [dialog, setDialog] = useState<{ asking: Asking; alerts: readonly AlertSummary[] } | null>(null);
  const grid = useRef<GridHandle>(null);
  const search = useRef<HTMLInputElement>(null);
  const rows = useMemo(() => rowsOf(list.data?.rows ?? [], grouped, openGroups), [list.data, grouped, openGroups]);
  const at = Math.min(cursor, Math.max(0, rows.length - 1));
  const row = rows[at];
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter starts at its first row
  useEffect(() => {
    setCursor(0);
    setSelected(new Set());
  }, [tab, text, organisationId]);
  // The list holds the keys as soon as it is there: the first press acknowledges.
  const ready = rows.length > 0;
  useEffect(() => {
    if (ready && document.activeElement === document.body) grid.current?.focus();
  }, [ready]);

  const opened = list.data?.rows.find((each) => each.id === alertId || each.reference === alertId);
  /** What a key means: what is selected, else the open detail, else the row of the cursor. */
  const chosen: readonly AlertSummary[] =
    selected.size > 0
      ? (list.data?.rows ?? []).filter(({ id }) => selected.has(id))
      : alertId !== null
        ? opened
          ? [opened]
          : []
        : (row?.members ?? []);
  const takeable = chosen.filter(({ state }) => state !== 'resolved' && state !== 'acknowledged');
  const open = (alert: AlertSummary, where?: 'recovery') =>
    address.patch({ alert: alert.reference, at: where ?? null }, { replace: alertId !== null });
  const close = () => {
    address.patch({ alert: null, at: null });
    grid.current?.focus();
  };
  const toggleGroup = (target: AlertRow | undefined) => {
    if (!target || target.kind === 'single') return;
    const key = target.alert.groupKey;
    setOpenGroups((before) => new Set(before.has(key) ? [...before].filter((each) => each !== key) : [...before, key]));
  };
  const move = (by: number) => {
    const next = Math.min(rows.length - 1, Math.max(0, at + by));
    setCursor(next);
    const target = rows[next];
    if (alertId !== null && target && target.kind !== 'group') open(target.alert);
  };
  const toggle = (target: AlertRow) => {
    const ids = target.kind === 'group' ? target.members.map(({ id }) => id) : [target.id];
    if (target.kind === 'group' && !target.opened) toggleGroup(target);
    setSelected((before) => {
      const next = new Set(before);
      const every = ids.every((id) => next.has(id));
      for (const id of ids) every ? next.delete(id) : next.add(id);
      return next;
    });
  };
  const take = () =>
    takeable.length > 1
      ? setDialog({ asking: 'acknowledge', alerts: takeable })
      : void acknowledge(takeable).then((done) => done && setSelected(new Set()));
  const ask = (asking: Asking) => setDialog({ asking, alerts: chosen });

  useListCommands({
    row,
    chosen,
    takeable,
    grouped,
    hasSelection: selected.size > 0,
    detailOpen: alertId !== null,
    move,
    open,
    close,
    toggle,
    toggleGroup,
    take,
    ask,
    clearSelection: () => setSelected(new Set()),
    selectAll: () => setSelected(new Set(list.data?.rows.map(({ id }) => id))),
    group: (on) => address.patch({ group: on ? null : 'off' }),
    clearFilter: () => address.patch({ text: null }),
    filter: () => search.current?.focus(),
  });

  const file = useMemo(
    () => ({
      name: `alerts-${tab}`,
      head: fileHead,
      rows: async () =>
        (await client.alerts.list({ organisationId, filter: tab, text, limit: 5_000 })).rows.map(fileRow),
    }),
    [organisationId, tab, text],
  );

  const columns: readonly GridColumn<AlertRow>[] = [
    {
      id: 'severity',
      title: 'Severity',
      track: '118px',
      cell: ({ alert }) => <SeverityMark severity={alert.severity} reported={alert.reportedSeverity} />,
    },
    {
      id: 'title',
      title: 'Title and source',
      track: 'minmax(150px, 1fr)',
      cell: (each) => <Title row={each} onToggle={() => toggleGroup(each)} />,
    },
    { id: 'weddings', title: 'Weddings', track: '100px', cell: ({ alert }) => weddingsText(alert) },
    {
      id: 'age',
      title: 'Age',
      track: '78px',
      from: 900,
      cell: ({ alert }) => formatDuration(now - Date.parse(alert.raisedAt)).replace(/ \d+ s$/, ''),
    },
    { id: 'state', title: 'State', track: '152px', cell: ({ alert }) => <StateMark alert={alert} now={now} /> },
    { id: 'next', title: 'Next', track: '180px', cell: ({ alert }) => nextText(alert, now, zone) },
  ];
  const narrow = columns.filter(({ id }) => id !== 'weddings' && id !== 'age' && id !== 'next');

  return (
    <div className={css.page} data-detail={alertId ? true : undefined}>
      <AnswerLine
        of={list}
        {...answerOf(list.data, now)}
        action={
          <ActButton call="alerts.raise" onClick={() => openRaise()} variant="default">
            Raise an alert…
          </ActButton>
        }
      />
      <ReadOnly call="alerts.acknowledge" />
      <ChannelTrouble organisationId={organisationId} />
      <div className={shared.toolbar}>
        <Tabs
          label="Alerts by state"
          tabs={tabs.map((id) => ({ id, word: words.tabs[id], count: list.data?.counts[id] }))}
          current={tab}
          controls="alerts"
          onChoose={(name) => address.patch({ tab: name, alert: null, at: null })}
        />
        <div className={listCss.filters}>
          <nav className={listCss.links} aria-label="More about alerts">
            <a href="#/alerts/silences">Silences</a>
            <a href="#/alerts/preview">Who would be told</a>
            <a href="#/alerts/figures">Figures</a>
          </nav>
          <SavedFilters
            now={{ tab, text }}
            onChoose={(filter) => address.patch({ tab: filter.tab, text: filter.text, alert: null, at: null })}
          />
          <Button
            variant="default"
            size="compact-sm"
            aria-pressed={grouped}
            onClick={() => address.patch({ group: grouped ? 'off' : null })}
          >
            {grouped ? 'Grouped' : 'Not grouped'}
          </Button>
          <TextInput
            ref={search}
            aria-label="Filter by title, source, venue or reference"
            placeholder="Filter  /"
            w={150}
            defaultValue={text}
            key={text}
            onKeyDown={(event) => {
              if (event.key === 'Enter') address.patch({ text: event.currentTarget.value.trim(), alert: null });
              if (event.key === 'Escape') {
                address.patch({ text: null });
                grid.current?.focus();
              }
            }}
            onBlur={(event) => address.patch({ text: event.currentTarget.value.trim() })}
          />
        </div>
      </div>
      <div className={shared.work}>
        <div className={listCss.list} id="alerts" role="tabpanel" aria-label={words.tabs[tab]}>
          {list.error && !list.data ? (
            <div className={css.pad}>
              <ProblemNote problem={problemOf(list.error)} onRetry={() => void list.refetch()} />
            </div>
          ) : list.isPending ? (
            <Skeletons rows={10} label={words.reading} />
          ) : rows.length === 0 ? (
            <NothingHere tab={tab} text={text} onClear={() => address.patch({ text: null })} />
          ) : (
            <DataGrid
              label="Alerts"
              columns={alertId ? narrow : columns}
              total={rows.length}
              rowAt={(index) => rows[index]}
              idOf={({ id }) => id}
              cursor={at}
              onCursor={setCursor}
              onOpen={(target) => (target.kind === 'group' ? toggleGroup(target) : open(target.alert))}
              isSelected={(id) => selected.has(id)}
              onToggle={toggle}
              onExtend={(some) =>
                setSelected(new Set([...selected, ...some.flatMap(({ members }) => members.map(({ id }) => id))]))
              }
              file={file}
              openId={opened?.id ?? null}
              handle={grid}
            />
          )}
          {list.data && list.data.total > list.data.rows.length && (
            <p className={listCss.limited}>{words.limited(list.data.rows.length, list.data.total)}</p>
          )}
          {selected.size > 0 && (
            <BulkBar
              selected={selected.size}
              chosen={chosen}
              takeable={takeable.length}
              onTake={take}
              onSnooze={() => ask('snooze')}
              onResolve={() => ask('resolve')}
              onClear={() => setSelected(new Set())}
            />
          )}
        </div>
        {alertId && (
          <AlertDetail
            key={alertId}
            organisationId={organisationId}
            alertId={alertId}
            onAsk={(asking) => opened && setDialog({ asking, alerts: [opened] })}
            onClose={close}
          />
        )}
      </div>
      {dialog && (
        <AlertDialog
          asking={dialog.asking}
          alerts={dialog.alerts}
          onClose={() => {
            setDialog(null);
            setSelected(new Set());
          }}
        />
      )}
    </div>
  );
}
