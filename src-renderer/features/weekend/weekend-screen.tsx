import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import { formatTime, formatWeekday } from '../../../src-shared/format/time.ts';
import { attempt } from '../../data/act.tsx';
import { api, client } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { problemOf } from '../../data/problem.ts';
import { saveAs } from '../../data/transport.ts';
import { go } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, Section, Skeletons } from '../../ui/screen.tsx';
import { Shape } from '../../ui/status.tsx';
import { Key, useZone } from '../../ui/text.tsx';
import { acknowledge } from '../alerts/actions.ts';
import { SeverityMark } from '../alerts/common.tsx';
import { nextText } from '../alerts/strings.ts';
import { openImport } from '../exports/import-flow.tsx';
import { ActButton, ReadOnly } from '../people/role-controls.tsx';
import { Ceremonies } from './ceremonies.tsx';
import { Handover } from './handover.tsx';
import { HandoverGreeting } from './handover-greeting.tsx';
import { HourStrip } from './hour-strip.tsx';
import { ModeDialog } from './mode-dialog.tsx';
import { Channels, Readiness } from './readiness.tsx';
import { Rehearsal } from './rehearsal.tsx';
import { seasons, verdicts, words } from './strings.ts';
import { SystemsRow } from './systems-row.tsx';
import { Heartbeat, WeddingCalendar } from './watch-over.tsx';
import css from './weekend.module.css';
import { shortMoment, windowText } from './window-text.ts';

const STALE_MS = 60_000;
const UNKNOWN_MS = 600_000;

/** Is this weekend safe, and what needs me now? */
export default function WeekendScreen() {
  const organisationId = useOrganisationId();
  const zone = useZone();
  const now = useEngineNow();
  const view = useQuery(api.weekend.view.queryOptions({ input: { organisationId }, refetchInterval: 20_000 }));
  const needs = useQuery(
    api.alerts.list.queryOptions({ input: { organisationId, filter: 'needs_me', limit: 20 }, refetchInterval: 30_000 }),
  );
  const counts = useQuery(api.app.counts.queryOptions({ input: { organisationId } }));
  const filter = useRef<HTMLInputElement>(null);
  const [day, setDay] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const [adding, setAdding] = useState(false);
  const [rehearsing, setRehearsing] = useState(false);
  const [busy, setBusy] = useState<'preflight' | 'sheet' | null>(null);
  const worst = needs.data?.worst ?? null;

  const during = (what: 'preflight' | 'sheet', work: () => Promise<unknown>) => {
    setBusy(what);
    void attempt(work).finally(() => setBusy(null));
  };
  const preflight = () => during('preflight', () => client.weekend.preflight({ organisationId }));
  const print = () =>
    during('sheet', async () => {
      const { name, download } = await client.weekend.sheet({ organisationId });
      return saveAs(name, { handle: download });
    });
  const nothing = worst ? null : words.noneOpen;
  useCommands([
    {
      id: 'weekend-acknowledge',
      call: 'alerts.acknowledge',
      title: worst ? `Acknowledge ${worst.reference}` : 'Acknowledge the worst alert',
      group: 'This weekend',
      keys: ['a'],
      unavailable: nothing,
      run: () => worst && void acknowledge([worst]),
    },
    {
      id: 'weekend-recovery',
      title: 'Recovery steps of the worst alert',
      group: 'This weekend',
      keys: ['r'],
      unavailable: nothing,
      run: () => worst && go(`/alerts?alert=${worst.reference}&at=recovery`),
    },
    {
      id: 'weekend-open',
      title: 'Open the worst alert',
      group: 'This weekend',
      keys: ['enter'],
      unavailable: nothing,
      run: () => worst && go(`/alerts?alert=${worst.reference}`),
    },
    {
      id: 'weekend-preflight',
      call: 'weekend.preflight',
      title: 'Run the pre-flight now',
      group: 'This weekend',
      keys: ['t'],
      words: 'check ready test channels',
      run: preflight,
    },
    {
      id: 'weekend-note',
      call: 'weekend.addHandover',
      title: 'Add a handover note',
      group: 'This weekend',
      keys: ['n'],
      run: () => setAdding(true),
    },
    {
      id: 'weekend-mode',
      call: 'weekend.switchMode',
      title: 'Switch wedding-day mode by hand…',
      group: 'This weekend',
      keys: ['w'],
      run: () => setAsking(true),
    },
    {
      id: 'weekend-sheet',
      title: 'Weekend sheet as PDF',
      group: 'This weekend',
      keys: ['mod+p'],
      words: 'print',
      run: print,
    },
    {
      id: 'weekend-rehearse',
      call: 'weekend.rehearse',
      title: 'Rehearse a Saturday…',
      group: 'This weekend',
      words: 'exercise drill score card',
      run: () => setRehearsing(true),
    },
    {
      id: 'weekend-filter',
      title: 'Filter the ceremonies',
      group: 'This weekend',
      keys: ['/'],
      run: () => filter.current?.focus(),
    },
  ]);

  const data = view.data;
  if (!data) {
    return (
      <div className={css.page}>
        {view.error && <AnswerLine of={view} shape="dashed" tone="muted" />}
        {view.error ? (
          <div className={css.pad}>
            <ProblemNote problem={problemOf(view.error)} onRetry={() => void view.refetch()} />
          </div>
        ) : (
          <Skeletons rows={10} label={words.reading} />
        )}
      </div>
    );
  }
  const age = Date.now() - view.dataUpdatedAt;
  const from = formatTime(new Date(view.dataUpdatedAt).toISOString(), zone);
  const unknown = age > UNKNOWN_MS;
  const verdict = verdicts[unknown ? 'unknown' : data.answer.value];
  const sentence = unknown ? words.stale(from) : data.answer.sentence;
  const rule = unknown ? words.staleRule : data.answer.rule;
  const local = localAt(Instant.parse(Math.round(now)), zone);
  const shownDay =
    day ?? (data.days.some(({ date }) => date === local.date) ? local.date : (data.days[0]?.date ?? local.date));
  const booked = data.days.reduce((sum, { weddings }) => sum + weddings, 0);

  return (
    <div className={css.page}>
      <header className={css.answer} data-verdict={unknown ? 'unknown' : data.answer.value}>
        <Shape name={verdict.shape} tone={verdict.tone} size={34} />
        <div className={css.sentence}>
          <div role="status">
            <h1>
              <span className={css.verdict} data-tone={verdict.tone}>
                {verdict.word}
              </span>
              {sentence.startsWith(verdict.word) ? sentence.slice(verdict.word.length) : ` ${sentence}`}
            </h1>
          </div>
          <p className={css.window}>
            <span title={rule}>
              <strong>{formatWeekday(local.date)}</strong> · {windowText(data, zone, now).replace(/\.$/, '')} ·{' '}
              {seasons[data.season]}
            </span>
            {age > STALE_MS && <span className={css.chip}>from {from}</span>}
          </p>
          <p className={css.rule}>Why: {rule}</p>
        </div>
        <div className={css.answerActions}>
          {worst && (
            <>
              <ActButton
                call="alerts.acknowledge"
                className={css.big}
                onClick={() => void acknowledge([worst])}
                rightSection={<Key>A</Key>}
              >
                Acknowledge {worst.reference}
              </ActButton>
              <Button
                variant="default"
                className={css.big}
                onClick={() => go(`/alerts?alert=${worst.reference}&at=recovery`)}
                rightSection={<Key>R</Key>}
              >
                Recovery
              </Button>
            </>
          )}
        </div>
      </header>
      <ReadOnly call="weekend.preflight" />
      {data.manual && (
        <p className={css.band}>
          <Shape name="pencil" tone="focus" />
          <span>
            Wedding-day mode was switched <strong>{data.manual.mode}</strong> by {data.manual.by} until{' '}
            {shortMoment(data.manual.endsAt, zone)}: “{data.manual.reason}”
          </span>
        </p>
      )}
      <HandoverGreeting notes={data.handover} />
      <div className={css.grid}>
        <div className={css.main}>
          <fieldset className={css.days} aria-label="Weddings by day">
            {data.days.map((each) => (
              <button
                key={each.date}
                type="button"
                aria-pressed={each.date === shownDay}
                data-today={each.date === local.date || undefined}
                onClick={() => setDay(each.date)}
              >
                <span className={css.dayName}>
                  {formatWeekday(each.date).replace(/ \d{4}$/, '')}
                  {each.date === local.date && <span className={css.today}>Today</span>}
                </span>
                <span className={css.dayCount}>{formatCount(each.weddings)}</span>
                <span className={css.dayPhases}>
                  {each.weddings === 0
                    ? 'no weddings'
                    : [
                        each.done > 0 && `${each.done} over`,
                        each.now > 0 && `${each.now} on now`,
                        each.next > 0 && `${each.next} to come`,
                      ]
                        .filter(Boolean)
                        .join(' · ')}
                </span>
              </button>
            ))}
          </fieldset>
          {booked === 0 ? (
            <Empty
              title={words.emptyTitle}
              action={
                <ActButton call="imports.start" onClick={openImport}>
                  Import a calendar…
                </ActButton>
              }
            >
              {words.empty}
            </Empty>
          ) : (
            <>
              {shownDay === local.date && (
                <HourStrip hours={data.hours} nowHour={local.hour} nowMinute={local.minute} />
              )}
              <Ceremonies all={data.ceremonies} date={shownDay} filter={filter} />
            </>
          )}
          <SystemsRow organisationId={organisationId} />
        </div>
        <div className={css.side}>
          <Section title="Needs you">
            <ul className={css.needs}>
              {(needs.data?.rows ?? []).slice(0, 4).map((alert) => (
                <li key={alert.id}>
                  <a href={`#/alerts?alert=${alert.reference}`}>
                    <SeverityMark severity={alert.severity} reported={alert.reportedSeverity} />
                    <span className={css.needTitle}>{alert.title}</span>
                    <span className={css.muted}>
                      {alert.reference} · {nextText(alert, now, zone)}
                    </span>
                  </a>
                </li>
              ))}
              {(counts.data?.held ?? 0) > 0 && (
                <Need
                  tab="held"
                  shape="pause"
                  text={formatCounted(counts.data?.held ?? 0, 'held delivery', 'held deliveries')}
                />
              )}
              {(counts.data?.inDoubt ?? 0) > 0 && (
                <Need
                  tab="in_doubt"
                  shape="question"
                  text={formatCounted(counts.data?.inDoubt ?? 0, 'delivery in doubt', 'deliveries in doubt')}
                />
              )}
              {(counts.data?.dead ?? 0) > 0 && (
                <Need
                  tab="dead"
                  shape="crossSquare"
                  text={formatCounted(counts.data?.dead ?? 0, 'dead delivery', 'dead deliveries')}
                />
              )}
            </ul>
            {needs.data?.rows.length === 0 && (counts.data?.needs.deliveries ?? 0) === 0 && (
              <p className={css.muted}>{words.noneOpen}</p>
            )}
            {(needs.data?.total ?? 0) > 4 && (
              <a href="#/alerts?tab=needs_me">{`All ${formatCount(needs.data?.total ?? 0)}`}</a>
            )}
          </Section>
          <Readiness sheet={data.preflight} busy={busy} onRun={preflight} onPrint={print} />
          <Channels channels={data.channels} />
          <Heartbeat heartbeat={data.heartbeat} />
          <Section title="Silenced now" aside={<a href="#/alerts/silences">Register</a>}>
            <p className={css.muted}>
              {data.silences.count === 0
                ? 'Nothing is silenced.'
                : `${formatCounted(data.silences.count, 'silence hides', 'silences hide')} ${formatCounted(data.silences.hides, 'alert', 'alerts')}.`}
            </p>
          </Section>
          <Handover organisationId={organisationId} notes={data.handover} adding={adding} onAdding={setAdding} />
          <Section
            title="Wedding-day mode"
            aside={
              <ActButton
                call="weekend.switchMode"
                variant="default"
                size="compact-sm"
                onClick={() => setAsking(true)}
                rightSection={<Key>W</Key>}
              >
                Switch…
              </ActButton>
            }
          >
            <p className={css.muted}>{windowText(data, zone, now)}</p>
          </Section>
          <WeddingCalendar view={data} />
          <Section
            title="Rehearsal"
            aside={
              <ActButton
                call="weekend.rehearse"
                variant="default"
                size="compact-sm"
                onClick={() => setRehearsing(true)}
              >
                Rehearse a Saturday…
              </ActButton>
            }
          >
            <p className={css.muted}>A busy Saturday on the sandbox, with a score card at its end.</p>
          </Section>
        </div>
      </div>
      {rehearsing && <Rehearsal onClose={() => setRehearsing(false)} />}
      {asking && <ModeDialog active={data.weddingDay.active} onClose={() => setAsking(false)} />}
    </div>
  );
}

function Need({ tab, shape, text }: { tab: string; shape: 'pause' | 'question' | 'crossSquare'; text: string }) {
  return (
    <li className={css.need}>
      <a href={`#/deliveries?tab=${tab}`}>
        <Shape name={shape} tone={shape === 'question' ? 'doubt' : 'warning'} />
        {text}
      </a>
    </li>
  );
}
