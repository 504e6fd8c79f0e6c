import { Button, CloseButton, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { AlertView } from '../../../src-shared/contract/alerts.ts';
import { restsUntil } from '../../../src-shared/domain/alert/alert.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { formatDuration, formatTime } from '../../../src-shared/format/time.ts';
import { api, client } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { problemOf } from '../../data/problem.ts';
import { openOutside } from '../../data/transport.ts';
import { go } from '../../state/address.ts';
import { useSession } from '../../state/session.ts';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section, Skeletons } from '../../ui/screen.tsx';
import { Shape, Status } from '../../ui/status.tsx';
import { Facts, Instant, Key, useZone } from '../../ui/text.tsx';
import { ActButton, ActFields, ActItem } from '../people/role-controls.tsx';
import { acknowledge, change, escalate, release, unacknowledge } from './actions.ts';
import detailCss from './alert-detail.module.css';
import type { Asking } from './alert-dialogs.tsx';
import css from './alerts.module.css';
import { SeverityMark, StateMark } from './common.tsx';
import { Occurrences } from './occurrences.tsx';
import { channels, deliveryStates, nextText, nobodyElse, words } from './strings.ts';

const seasons = { peak: 'peak season', shoulder: 'shoulder season', off_season: 'off season' } as const;

/** One alert: what it touches, who was told and why, what to do, and everything that happened. */
export function AlertDetail({
  organisationId,
  alertId,
  onAsk,
  onClose,
}: {
  organisationId: string;
  alertId: string;
  onAsk: (asking: Asking) => void;
  onClose: () => void;
}) {
  const detail = useQuery(api.alerts.get.queryOptions({ input: { organisationId, alertId } }));
  const now = useEngineNow();
  const alert = detail.data;
  return (
    <aside className={detailCss.detail} aria-label="Alert detail">
      {detail.error && !detail.data && (
        <ProblemNote problem={problemOf(detail.error)} onRetry={() => void detail.refetch()} />
      )}
      {!alert && !detail.error && <Skeletons rows={10} label="Reading the alert." />}
      {alert && (
        <>
          <div className={detailCss.detailHead}>
            <div>
              <p className={detailCss.detailMarks}>
                <span className={detailCss.reference}>{alert.reference}</span>
                <SeverityMark severity={alert.severity} reported={alert.reportedSeverity} />
                <StateMark alert={alert} now={now} />
              </p>
              <h2>{alert.title}</h2>
            </div>
            <CloseButton aria-label="Close the detail" onClick={onClose} />
          </div>
          <Actions alert={alert} onAsk={onAsk} />
          <Resting alert={alert} />
          <Next alert={alert} now={now} />
          {alert.detail !== '' && <p className={detailCss.text}>{alert.detail}</p>}
          <Context alert={alert} />
          <Recovery alert={alert} />
          <Section
            title="Why you were told"
            aside={
              <a
                href={`#/alerts/preview?severity=${alert.reportedSeverity}&venue=${encodeURIComponent(alert.venues[0]?.name ?? '')}`}
              >
                Who would be told at another time…
              </a>
            }
          >
            <ol className={css.chain}>
              {alert.reasons.map((reason) => (
                <li key={reason}>{reason}</li>
              ))}
            </ol>
          </Section>
          <Told alert={alert} />
          <Occurrences seen={alert.seen} />
          <Around alert={alert} />
          <Timeline alert={alert} />
        </>
      )}
    </aside>
  );
}

function Actions({ alert, onAsk }: { alert: AlertView; onAsk: (asking: Asking) => void }) {
  const open = alert.state !== 'resolved';
  const needs = alert.state === 'firing' || alert.state === 'escalated';
  return (
    <div className={css.actions}>
      {open && alert.state !== 'acknowledged' && (
        <ActButton
          call="alerts.acknowledge"
          className={css.big}
          onClick={() => void acknowledge([alert])}
          rightSection={<Key>A</Key>}
        >
          Acknowledge
        </ActButton>
      )}
      {alert.state === 'acknowledged' && (
        <ActButton
          call="alerts.unacknowledge"
          variant="default"
          className={css.big}
          onClick={() => void unacknowledge([alert])}
          rightSection={<Key>U</Key>}
        >
          Give back
        </ActButton>
      )}
      {open && (
        <>
          <ActButton
            call="alerts.snooze"
            variant="default"
            px={10}
            onClick={() => onAsk('snooze')}
            rightSection={<Key>S</Key>}
          >
            Snooze…
          </ActButton>
          {needs && (
            <ActButton
              call="alerts.escalate"
              variant="default"
              px={10}
              onClick={() => void escalate([alert])}
              rightSection={<Key>E</Key>}
            >
              Escalate now
            </ActButton>
          )}
        </>
      )}
      <ActButton call="alerts.note" variant="default" px={10} onClick={() => onAsk('note')} rightSection={<Key>N</Key>}>
        Note
      </ActButton>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button variant="default" px={10} aria-label="More actions">
            More ▾
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {open && (
            <ActItem call="alerts.resolve" onClick={() => onAsk('resolve')}>
              Resolve…
            </ActItem>
          )}
          {open && (
            <ActItem call="alerts.acknowledge" onClick={() => onAsk('acknowledge')}>
              Acknowledge with a note…
            </ActItem>
          )}
          {open && (
            <ActItem
              call="alerts.addSilence"
              onClick={() =>
                go(`/alerts/silences?new=${encodeURIComponent(alert.title)}&source=${encodeURIComponent(alert.source)}`)
              }
            >
              Silence alerts like this…
            </ActItem>
          )}
          <Menu.Item onClick={() => go(`/alerts/report?ids=${alert.reference}`)}>Incident report</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

/** It was open in the backup the database was restored from: what it tells of may be long over. */
function Resting({ alert }: { alert: AlertView }) {
  if (alert.fromBackup === null) return null;
  return (
    <p className={detailCss.next}>
      <Shape name="pause" tone="warning" />
      <span className={detailCss.resting}>
        <strong>
          From the backup of <Instant at={alert.fromBackup} />.
        </strong>{' '}
        {restsUntil}
      </span>
      <ActButton call="alerts.release" variant="default" size="compact-sm" onClick={() => void release([alert])}>
        Release
      </ActButton>
    </p>
  );
}

/** What happens by itself, counted down, so that nobody has to work it out. */
function Next({ alert, now }: { alert: AlertView; now: number }) {
  const zone = useZone();
  const text = nextText(alert, now, zone);
  if (alert.next === null && text !== nobodyElse) return null;
  const urgent = alert.next?.what === 'escalates';
  return (
    <p className={detailCss.next} data-urgent={urgent || undefined}>
      <Shape name={urgent ? 'arrowUp' : 'clock'} tone={urgent ? 'critical' : 'muted'} />
      <span>
        Next: <strong>{text}</strong>
        {urgent && ` to step ${alert.step + 1}, unless somebody acknowledges.`}
        {text === nobodyElse && ' by itself: everybody on its route has been.'}
        {alert.next?.what === 'fires_again' && ` if it is still there. ${alert.owner ?? ''} has it now.`}
      </span>
    </p>
  );
}

function Context({ alert }: { alert: AlertView }) {
  const zone = useZone();
  const season = seasons[alert.season as keyof typeof seasons] ?? alert.season;
  return (
    <Facts
      rows={[
        [
          'Weddings today',
          `${alert.weddingsToday}${alert.venues.length > 0 ? `, ${alert.weddingsAffected} at the venues affected` : ''}`,
        ],
        [
          'Venues',
          alert.venues.length === 0
            ? 'none named'
            : alert.venues.map(({ name, region }) => (region === '' ? name : `${name} (${region})`)).join(', '),
        ],
        [
          'Next ceremonies',
          alert.nextCeremonies.length === 0
            ? 'none left today'
            : alert.nextCeremonies
                .slice(0, 3)
                .map(({ at, venue }) => `${formatTime(at, zone)} ${venue}`)
                .join(', '),
        ],
        ['When', `${alert.peakHours ? 'peak hours, ' : ''}${season}`],
        [
          'Raised',
          <span key="raised">
            <Instant at={alert.raisedAt} /> by {alert.source}
            {alert.count > 1 && `, seen ${formatCounted(alert.count, 'time', 'times')}`}
          </span>,
        ],
        ...(alert.owner === null
          ? []
          : [['Owner', `${alert.owner}${alert.ownerNote === '' ? '' : `: “${alert.ownerNote}”`}`] as const]),
        ...alert.links.map(
          (link) =>
            [
              'Link',
              <button
                key={link.url}
                type="button"
                className={detailCss.link}
                onClick={() => void openOutside(link.url)}
              >
                {link.label || link.url}
              </button>,
            ] as const,
        ),
      ]}
    />
  );
}

/** Steps with who and how long; ticking one is on the timeline. */
function Recovery({ alert }: { alert: AlertView }) {
  const doTask = useSession((session) => session.doTask);
  const list = useRef<HTMLOListElement>(null);
  const { recovery } = alert;
  useEffect(() => {
    // `R` on the list opens the alert at its steps.
    if (window.location.hash.includes('at=recovery'))
      list.current?.querySelector<HTMLElement>('input:not(:checked)')?.focus();
  }, []);
  if (!recovery) return null;
  const done = recovery.steps.filter(({ doneAt }) => doneAt !== null).length;
  return (
    <Section
      title={`Recovery: ${recovery.title}`}
      aside={<span className={css.muted}>{`${done} of ${recovery.steps.length} done`}</span>}
    >
      <ActFields call="alerts.tickStep">
        <ol className={detailCss.recovery} ref={list} id="recovery">
          {recovery.steps.map((step) => (
            <li key={step.id} data-done={step.doneAt !== null || undefined}>
              <label>
                <input
                  type="checkbox"
                  checked={step.doneAt !== null}
                  disabled={step.doneAt !== null}
                  onChange={() =>
                    void change(alert.id, (one) => client.alerts.tickStep({ ...one, stepId: step.id })).then(
                      (ticked) => ticked && doTask('recovery'),
                    )
                  }
                />
                <span>{step.text}</span>
              </label>
              <span className={css.muted}>
                {step.doneAt === null ? (
                  `${step.who}, ${step.minutes} min`
                ) : (
                  <>
                    {step.doneBy}, <Instant at={step.doneAt} show="time" />
                  </>
                )}
              </span>
            </li>
          ))}
        </ol>
      </ActFields>
    </Section>
  );
}

function Told({ alert }: { alert: AlertView }) {
  return (
    <Section
      title="Who was told"
      aside={alert.toldMs === null ? undefined : <span className={css.muted}>{words.told(alert.toldMs)}</span>}
    >
      {alert.deliveries.length === 0 ? (
        <p className={css.muted}>Nobody yet.</p>
      ) : (
        <ul className={detailCss.told}>
          {alert.deliveries.map((each) => {
            const look = deliveryStates[each.state];
            return (
              <li key={each.id}>
                <span title={each.rule}>
                  <strong>{channels[each.channel]}</strong> {each.recipient}
                  <span className={css.muted}> {each.kind.replaceAll('_', ' ')}</span>
                </span>
                <Status shape={look.shape} tone={look.tone}>
                  {look.word}
                </Status>
                {each.jobId !== null && (
                  <a
                    href={`#/deliveries?tab=all&id=${each.jobId}`}
                    aria-label={`Delivery to ${channels[each.channel]} ${each.recipient}`}
                  >
                    Delivery
                  </a>
                )}
                <span className={css.muted}>
                  {each.settledAt === null
                    ? ''
                    : formatDuration(Date.parse(each.settledAt) - Date.parse(each.startedAt)).replace(/^0 s$/, '< 1 s')}
                </span>
                {each.problem !== null && <span className={detailCss.toldProblem}>{each.problem}</span>}
              </li>
            );
          })}
        </ul>
      )}
    </Section>
  );
}

/** Where more about it stands: others of its title, and what its sender sent, word for word. */
function Around({ alert }: { alert: AlertView }) {
  const from = alert.timeline.find(({ kind }) => kind === 'raised')?.channel;
  const others = (tab: string) => `#/alerts?tab=${tab}&text=${encodeURIComponent(alert.title)}`;
  return (
    <nav className={detailCss.around} aria-label="More about this alert">
      <a href={others('open')}>Open alerts like this</a>
      <a href={others('resolved')}>Resolved in 24 h</a>
      {from === 'webhook' && <a href="#/deliveries?tab=inbound">What came in, word for word</a>}
    </nav>
  );
}

function Timeline({ alert }: { alert: AlertView }) {
  return (
    <Section title="Timeline">
      <ol className={detailCss.timeline}>
        {alert.timeline.map((each, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the timeline only ever grows at its end
          <li key={index} data-kind={each.kind}>
            <Instant at={each.at} show="time" />
            <span>
              {each.text}
              {each.channel !== 'engine' && <span className={css.muted}> · via {each.channel}</span>}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}
