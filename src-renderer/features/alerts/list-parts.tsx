import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { AlertSummary } from '../../../src-shared/contract/alerts.ts';
import { formatCount } from '../../../src-shared/format/number.ts';
import { formatDuration } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { go } from '../../state/address.ts';
import { useOrganisationId } from '../../state/session.ts';
import { Empty } from '../../ui/problem.tsx';
import { Shape } from '../../ui/status.tsx';
import { Key } from '../../ui/text.tsx';
import { ActButton } from '../people/role-controls.tsx';
import listCss from './alert-list.module.css';
import type { AlertRow } from './alert-rows.ts';
import css from './alerts.module.css';
import { severities, words } from './strings.ts';

type List = ContractOutputs['alerts']['list'];
type Tab = keyof List['counts'];

/** What can be done with everything selected. */
export function BulkBar({
  selected,
  chosen,
  takeable,
  onTake,
  onSnooze,
  onResolve,
  onClear,
}: {
  selected: number;
  chosen: readonly AlertSummary[];
  takeable: number;
  onTake: () => void;
  onSnooze: () => void;
  onResolve: () => void;
  onClear: () => void;
}) {
  return (
    <div className={listCss.bulk} role="toolbar" aria-label="Selected alerts">
      <strong>{formatCount(selected)} selected</strong>
      <ActButton call="alerts.acknowledge" size="compact-sm" disabled={takeable === 0} onClick={onTake}>
        Acknowledge {formatCount(takeable)} <Key>A</Key>
      </ActButton>
      <ActButton call="alerts.snooze" size="compact-sm" variant="default" onClick={onSnooze}>
        Snooze… <Key>S</Key>
      </ActButton>
      <ActButton call="alerts.resolve" size="compact-sm" variant="default" onClick={onResolve}>
        Resolve…
      </ActButton>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => go(`/alerts/report?ids=${chosen.map(({ reference }) => reference).join(',')}`)}
      >
        Incident report
      </Button>
      <Button size="compact-sm" variant="subtle" onClick={onClear}>
        Clear <Key>Esc</Key>
      </Button>
    </div>
  );
}

export function Title({ row, onToggle }: { row: AlertRow; onToggle: () => void }) {
  const { alert } = row;
  return (
    <span className={listCss.title} data-kind={row.kind}>
      {row.kind === 'group' && (
        <button
          type="button"
          tabIndex={-1}
          className={listCss.expand}
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
      <span className={listCss.titleText}>{alert.title}</span>
      <span className={css.muted}>
        {row.kind === 'group' ? '' : `${alert.reference} · `}
        {alert.source}
      </span>
    </span>
  );
}

export function answerOf(list: List | undefined, now: number) {
  if (!list) return { shape: 'dashed', tone: 'muted', children: words.reading } as const;
  const { worst, counts, lastResolvedAt } = list;
  if (!worst) {
    const silenced = counts.open - counts.acknowledged - counts.snoozed;
    if (silenced > 0)
      return { shape: 'pause', tone: 'neutral', children: words.answer.silenced(counts.open, silenced) } as const;
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

export function NothingHere({ tab, text, onClear }: { tab: Tab; text: string; onClear: () => void }) {
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
          <ActButton call="alerts.raise" onClick={() => void raisePractice()}>
            {words.practiceAlert}
          </ActButton>
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
