import { Button, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { AlertSummary } from '../../../src-shared/contract/alerts.ts';
import { formatCount } from '../../../src-shared/format/number.ts';
import { formatDuration } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { problemOf } from '../../data/problem.ts';
import { go, useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { DataGrid, type GridColumn, type GridHandle } from '../../ui/data-grid.tsx';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Skeletons } from '../../ui/screen.tsx';
import { Shape } from '../../ui/status.tsx';
import { Key, useZone } from '../../ui/text.tsx';
import { acknowledge, escalate, unacknowledge } from './actions.ts';
import { AlertDetail } from './alert-detail.tsx';
import { AlertDialog, type Asking } from './alert-dialogs.tsx';
import { type AlertRow, rowsOf } from './alert-rows.ts';
import css from './alerts.module.css';
import { ChannelTrouble } from './channel-trouble.tsx';
import { SeverityMark, StateMark, weddingsText } from './common.tsx';
import { openRaise } from './raise-dialog.tsx';
import { nextText, severities, words } from './strings.ts';

type List = ContractOutputs['alerts']['list'];
type Tab = keyof List['counts'];
const tabs = Object.keys(words.tabs) as Tab[];

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
      ? rows.filter(({ id, kind }) => selected.has(id) && kind !== 'group').map(({ alert }) => alert)
      : alertId !== null
        ? opened
          ? [opened]
          : []
        : (row?.members ?? []);
  const none = chosen.length === 0 ? 'No alert is marked.' : null;
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

  useCommands([
    { id: 'alert-next', title: 'Next alert', group: 'Alerts', keys: ['j'], run: () => move(1) },
    { id: 'alert-previous', title: 'Previous alert', group: 'Alerts', keys: ['k'], run: () => move(-1) },
    {
      id: 'alert-open',
      title: 'Open the alert',
      group: 'Alerts',
      keys: ['enter'],
      unavailable: row ? null : 'No alert is marked.',
      run: () => row && (row.kind === 'group' && !row.opened ? toggleGroup(row) : open(row.alert)),
    },
    {
      id: 'alert-acknowledge',
      title: chosen.length === 1 ? `Acknowledge ${chosen[0]?.reference}` : `Acknowledge ${words.alerts(chosen.length)}`,
      group: 'Alerts',
      keys: ['a'],
      words: 'ack take have it',
      unavailable: none ?? (takeable.length === 0 ? 'Somebody has it already, or it is over.' : null),
      run: take,
    },
    {
      id: 'alert-snooze',
      title: 'Snooze…',
      group: 'Alerts',
      keys: ['s'],
      words: 'sleep later',
      unavailable: none,
      run: () => ask('snooze'),
    },
    {
      id: 'alert-escalate',
      title: 'Escalate now',
      group: 'Alerts',
      keys: ['e'],
      words: 'next step management',
      unavailable: none,
      run: () => void escalate(chosen),
    },
    {
      id: 'alert-note',
      title: 'Add a note…',
      group: 'Alerts',
      keys: ['n'],
      unavailable: chosen.length === 1 ? null : 'A note belongs to one alert.',
      run: () => ask('note'),
    },
    {
      id: 'alert-recovery',
      title: 'Recovery steps',
      group: 'Alerts',
      keys: ['r'],
      unavailable: none,
      run: () => {
        const [first] = chosen;
        if (!first) return;
        open(first, 'recovery');
        document.querySelector<HTMLElement>('#recovery input:not(:checked)')?.focus();
      },
    },
    {
      id: 'alert-unacknowledge',
      title: 'Give back (un-acknowledge)',
      group: 'Alerts',
      keys: ['u'],
      unavailable: chosen.some(({ state }) => state === 'acknowledged') ? null : 'Nobody has it.',
      run: () => void unacknowledge(chosen.filter(({ state }) => state === 'acknowledged')),
    },
    {
      id: 'alert-resolve',
      title: 'Resolve…',
      group: 'Alerts',
      words: 'close over done',
      unavailable: none,
      run: () => ask('resolve'),
    },
    {
      id: 'alert-group',
      title: 'Group or ungroup',
      group: 'Alerts',
      keys: ['g'],
      words: 'expand collapse members',
      run: () => (row && row.kind !== 'single' ? toggleGroup(row) : address.patch({ group: grouped ? 'off' : null })),
    },
    {
      id: 'alert-select',
      title: 'Select the alert',
      group: 'Alerts',
      keys: ['x'],
      unavailable: row ? null : 'No alert is marked.',
      run: () => row && toggle(row),
    },
    { id: 'alert-filter', title: 'Filter the list', group: 'Alerts', keys: ['/'], run: () => search.current?.focus() },
    {
      id: 'alert-close',
      title: 'Close the detail, clear the selection',
      group: 'Alerts',
      keys: ['escape'],
      run: () => (alertId ? close() : selected.size > 0 ? setSelected(new Set()) : address.patch({ text: null })),
    },
    {
      id: 'alert-report',
      title: 'Incident report of these alerts',
      group: 'Alerts',
      words: 'pdf print',
      unavailable: none,
      run: () => go(`/alerts/report?ids=${chosen.map(({ reference }) => reference).join(',')}`),
    },
  ]);

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
    { id: 'weddings', title: 'Weddings', track: '78px', cell: ({ alert }) => weddingsText(alert) },
    {
      id: 'age',
      title: 'Age',
      track: '78px',
      cell: ({ alert }) => formatDuration(now - Date.parse(alert.raisedAt)).replace(/ \d+ s$/, ''),
    },
    { id: 'state', title: 'State', track: '152px', cell: ({ alert }) => <StateMark alert={alert} now={now} /> },
    { id: 'next', title: 'Next', track: '168px', cell: ({ alert }) => nextText(alert.next, now, zone) },
  ];
  const narrow = columns.filter(({ id }) => id !== 'weddings' && id !== 'age' && id !== 'next');

  return (
    <div className={css.page} data-detail={alertId ? true : undefined}>
      <AnswerLine
        {...answerOf(list.data, now)}
        action={
          <Button onClick={() => openRaise()} variant="default">
            Raise an alert…
          </Button>
        }
      />
      <ChannelTrouble organisationId={organisationId} />
      <div className={css.toolbar}>
        <div className={css.tabs} role="tablist" aria-label="Alerts by state">
          {tabs.map((name, index) => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={name === tab}
              tabIndex={name === tab ? 0 : -1}
              aria-controls="alerts"
              onClick={() => address.patch({ tab: name, alert: null, at: null })}
              onKeyDown={(event) => {
                const next = tabs[index + (event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0)];
                if (!next || next === name) return;
                address.patch({ tab: next, alert: null, at: null });
                (event.currentTarget.parentElement?.children[tabs.indexOf(next)] as HTMLElement | undefined)?.focus();
              }}
            >
              {words.tabs[name]}
              {list.data && <span className={css.tabCount}>{formatCount(list.data.counts[name])}</span>}
            </button>
          ))}
        </div>
        <div className={css.filters}>
          <nav className={css.links} aria-label="More about alerts">
            <a href="#/alerts/silences">Silences</a>
            <a href="#/alerts/preview">Who would be told</a>
          </nav>
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
      <div className={css.work}>
        <div className={css.list} id="alerts" role="tabpanel" aria-label={words.tabs[tab]}>
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
              openId={opened?.id ?? null}
              handle={grid}
            />
          )}
          {list.data && list.data.total > list.data.rows.length && (
            <p className={css.limited}>{words.limited(list.data.rows.length, list.data.total)}</p>
          )}
          {selected.size > 0 && (
            <div className={css.bulk} role="toolbar" aria-label="Selected alerts">
              <strong>{formatCount(selected.size)} selected</strong>
              <Button size="compact-sm" disabled={takeable.length === 0} onClick={take}>
                Acknowledge {formatCount(takeable.length)}
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => ask('snooze')}>
                Snooze…
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => go(`/alerts/report?ids=${chosen.map(({ reference }) => reference).join(',')}`)}
              >
                Incident report
              </Button>
              <Button size="compact-sm" variant="subtle" onClick={() => setSelected(new Set())}>
                Clear <Key>Esc</Key>
              </Button>
            </div>
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

function Title({ row, onToggle }: { row: AlertRow; onToggle: () => void }) {
  const { alert } = row;
  return (
    <span className={css.title} data-kind={row.kind}>
      {row.kind === 'group' && (
        <button
          type="button"
          tabIndex={-1}
          className={css.expand}
          aria-expanded={row.opened}
          aria-label={`${words.alerts(row.members.length)} in this group`}
          onClick={(event) => {
            event.stopPropagation();
            onToggle();
          }}
        >
          {row.opened ? '▾' : '▸'} {row.members.length}
        </button>
      )}
      <span className={css.titleText}>{alert.title}</span>
      <span className={css.muted}>
        {row.kind === 'group' ? '' : `${alert.reference} · `}
        {alert.source}
      </span>
    </span>
  );
}

function answerOf(list: List | undefined, now: number) {
  if (!list) return { shape: 'dashed', tone: 'muted', children: words.reading } as const;
  const { worst, counts, lastResolvedAt } = list;
  if (!worst) {
    const children =
      counts.open > 0
        ? words.answer.held(counts.open)
        : lastResolvedAt === null
          ? words.answer.calm
          : words.answer.calmSince(`${formatDuration(now - Date.parse(lastResolvedAt)).replace(/ \d+ s$/, '')} ago`);
    return { shape: 'disc', tone: 'ok', children } as const;
  }
  const look = severities[worst.severity];
  const age = formatDuration(now - Date.parse(worst.raisedAt));
  const left = worst.next?.what === 'escalates' ? Date.parse(worst.next.at) - now : null;
  const next =
    left === null ? '' : left <= 0 ? words.answer.nextNow : words.answer.next(formatDuration(left), worst.step + 1);
  return {
    shape: look.shape,
    tone: look.tone,
    // The clock inside is not announced every second.
    children: (
      <span aria-live="off">
        {words.answer.need(counts.needs_me, worst.reference, look.word.toLowerCase(), age)}
        {next}
      </span>
    ),
  } as const;
}

function NothingHere({ tab, text, onClear }: { tab: Tab; text: string; onClear: () => void }) {
  const organisationId = useOrganisationId();
  const status = useQuery(api.app.status.queryOptions({ input: {} }));
  const practice = status.data?.organisations.find(({ id }) => id === organisationId)?.practice === true;
  if (text !== '') {
    return (
      <Empty
        title={words.filteredEmpty(text)}
        action={
          <Button variant="default" onClick={onClear} rightSection={<Key>Esc</Key>}>
            Clear filter
          </Button>
        }
      />
    );
  }
  const raisePractice = () =>
    attempt(() =>
      client.alerts.raise({
        organisationId,
        severity: 'critical',
        title: 'Payment webhook silent for 12 minutes',
        detail:
          'The payment provider has sent nothing since 12 minutes. Bookings paid now are not confirmed to vendors.',
        venues: ['Hall Farm'],
        source: 'practice',
      }),
    );
  return (
    <Empty
      title={words.empty[tab]}
      action={
        practice && (tab === 'open' || tab === 'needs_me') ? (
          <Button onClick={() => void raisePractice()}>{words.practiceAlert}</Button>
        ) : undefined
      }
    >
      {tab === 'open' || tab === 'needs_me' ? (
        <>
          <Shape name="disc" tone="ok" size={22} />
          <p>{words.emptyText}</p>
        </>
      ) : undefined}
    </Empty>
  );
}
