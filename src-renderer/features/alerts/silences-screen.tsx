import { Checkbox, Modal, Radio, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Severity } from '../../../src-shared/domain/alert/severity.ts';
import { type Matcher, Matcher as MatcherShape } from '../../../src-shared/domain/alert/silence.ts';
import { formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, type ContractOutputs, client } from '../../data/client.ts';
import { useEngineNow } from '../../data/engine-clock.ts';
import { problemOf } from '../../data/problem.ts';
import { useAddress } from '../../state/address.ts';
import { useCommands } from '../../state/commands.ts';
import { useOrganisationId } from '../../state/session.ts';
import { useUndo } from '../../state/undo.ts';
import { ClockInput, isClockTime, MomentInput, momentOf, wallTime } from '../../ui/moment-input.tsx';
import { Empty, ProblemNote } from '../../ui/problem.tsx';
import { AnswerLine, PlainTable, Skeletons } from '../../ui/screen.tsx';
import { Instant, useZone } from '../../ui/text.tsx';
import foot from '../../ui/workspace.module.css';
import { ActButton, ReadOnly } from '../people/role-controls.tsx';
import css from './alerts.module.css';
import { QuietHours } from './quiet-hours.tsx';
import { matcherText, severities, severityOrder, words } from './strings.ts';

type Silences = ContractOutputs['alerts']['silences'];

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What is silenced, by whom, until when, and what each silence hides now. */
export function SilencesScreen() {
  const organisationId = useOrganisationId();
  const address = useAddress();
  const register = useQuery(api.alerts.silences.queryOptions({ input: { organisationId } }));
  const wanted = address.get('new');
  const [adding, setAdding] = useState<Partial<Matcher> | null>(null);
  useEffect(() => {
    if (wanted === null) return;
    setAdding({
      titleContains: wanted,
      ...(address.get('source') === null ? {} : { source: address.get('source') ?? '' }),
    });
    address.patch({ new: null, source: null }, { replace: true });
  }, [wanted, address]);
  const rows = register.data ?? [];
  const hides = rows.reduce((sum, each) => sum + each.hides, 0);
  const end = async (silenceId: string) =>
    attempt(() => client.alerts.endSilence({ organisationId, silenceId, reason: 'Ended by hand' }));
  useCommands([
    {
      id: 'silence-add',
      call: 'alerts.addSilence',
      title: 'Add a silence…',
      group: 'Alerts',
      keys: ['n'],
      words: 'maintenance window mute',
      run: () => setAdding({}),
    },
  ]);
  return (
    <div className={css.page}>
      <AnswerLine
        of={register}
        shape={rows.length === 0 ? 'disc' : 'bellOff'}
        tone={rows.length === 0 ? 'ok' : hides > 0 ? 'warning' : 'muted'}
        action={
          <>
            <a className={css.back} href="#/alerts">
              Back to alerts
            </a>
            <ActButton call="alerts.addSilence" onClick={() => setAdding({})}>
              Add a silence…
            </ActButton>
          </>
        }
      >
        {register.data === undefined
          ? 'Reading the silences.'
          : rows.length === 0
            ? 'Nothing is silenced. Every alert is told.'
            : `${formatCounted(rows.length, 'silence hides', 'silences hide')} ${words.alerts(hides)} now.`}
      </AnswerLine>
      <ReadOnly call="alerts.addSilence" />
      <div className={css.pad}>
        {register.error && !register.data && (
          <ProblemNote problem={problemOf(register.error)} onRetry={() => void register.refetch()} />
        )}
        {register.isPending && <Skeletons rows={4} label="Reading the silences." />}
        {register.data && rows.length === 0 && (
          <Empty title="No silences and no maintenance windows">
            A silence holds back the telling of alerts that match, until its end. They are still found, shown and
            recorded, and emergencies are told anyway unless that is ticked.
          </Empty>
        )}
        {rows.length > 0 && <Register rows={rows} onEnd={end} />}
        <QuietHours />
      </div>
      {adding !== null && <SilenceDialog start={adding} onClose={() => setAdding(null)} />}
    </div>
  );
}

function Register({ rows, onEnd }: { rows: Silences; onEnd: (id: string) => Promise<unknown> }) {
  return (
    <PlainTable
      label="Silences"
      head={[
        { text: 'What' },
        { text: 'Kind' },
        { text: 'From' },
        { text: 'Until' },
        { text: 'Hides now', right: true },
        { text: 'By' },
        { text: 'Reason' },
        { text: 'Actions' },
      ]}
    >
      {rows.map((each) => (
        <tr key={each.id}>
          <th scope="row">
            {matcherText(each.matcher)}
            {each.includeEmergencies && <span className={css.muted}> (emergencies too)</span>}
          </th>
          <td>
            {each.kind === 'maintenance' ? 'Maintenance' : 'Silence'}
            {each.recurring && (
              <span className={css.muted}>
                {' '}
                {each.recurring.weekdays.map((day) => days[day - 1]).join(', ')} {each.recurring.from} to{' '}
                {each.recurring.to}
              </span>
            )}
          </td>
          <td className={css.moment}>
            <Instant at={each.startsAt} />
          </td>
          <td className={css.moment}>
            <Instant at={each.endsAt} />
          </td>
          <td data-right>{formatCount(each.hides)}</td>
          <td>{each.author}</td>
          <td>{each.reason}</td>
          <td>
            <ActButton
              call="alerts.endSilence"
              variant="default"
              size="compact-sm"
              aria-label={`End the silence: ${matcherText(each.matcher)}`}
              onClick={() => void onEnd(each.id)}
            >
              End now
            </ActButton>
          </td>
        </tr>
      ))}
    </PlainTable>
  );
}

/** What a silence cannot be saved without; null when all is there. */
function missingOf({
  endsAt,
  weekly,
  reason,
}: {
  endsAt: number | null;
  weekly: { weekdays: number[]; from: string; to: string } | null;
  reason: string;
}): string | null {
  if (endsAt === null) return 'Say until when, such as 14:00.';
  if (weekly?.weekdays.length === 0) return 'Choose a day of the week.';
  if (weekly && !(isClockTime(weekly.from) && isClockTime(weekly.to))) return 'Write each time such as 14:00.';
  return reason.trim() === '' ? 'Give a reason.' : null;
}

const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;

function SilenceDialog({ start, onClose }: { start: Partial<Matcher>; onClose: () => void }) {
  const organisationId = useOrganisationId();
  const zone = useZone();
  const now = useEngineNow(60_000);
  const [matcher, setMatcher] = useState<Partial<Matcher>>(start);
  const [kind, setKind] = useState<'silence' | 'maintenance'>('silence');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState(() => wallTime(now + 2 * HOUR, zone));
  const [includeEmergencies, setEmergencies] = useState(false);
  const [weekly, setWeekly] = useState<{ weekdays: number[]; from: string; to: string } | null>(null);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const given = MatcherShape.safeParse(
    Object.fromEntries(Object.entries(matcher).filter(([, value]) => value !== undefined && value !== '')),
  );
  const preview = useQuery({
    ...api.alerts.silencePreview.queryOptions({
      input: { organisationId, matcher: given.data ?? { titleContains: '-' }, includeEmergencies },
    }),
    enabled: given.success,
  });
  const endsAt = momentOf(until, zone);
  const startsAt = from === '' ? null : momentOf(from, zone);
  const repeat = (isWeekly: boolean) => {
    setWeekly(isWeekly ? { weekdays: [2], from: '02:00', to: '04:00' } : null);
    // What ends before its second time does not repeat: in two hours there may not be one.
    if (isWeekly && (endsAt ?? 0) < now + 2 * WEEK) setUntil(wallTime(now + 12 * WEEK, zone));
  };
  const missing = given.success ? missingOf({ endsAt, weekly, reason }) : 'Say which alerts are meant.';
  const set = (change: Partial<Matcher>) => setMatcher({ ...matcher, ...change });
  const save = async () => {
    if (!given.success || endsAt === null) return;
    setBusy(true);
    const before = new Set((await client.alerts.silences({ organisationId }).catch(() => [])).map(({ id }) => id));
    const after = await attempt(() =>
      client.alerts.addSilence({
        organisationId,
        kind,
        matcher: given.data,
        ...(startsAt === null ? {} : { startsAt: new Date(startsAt).toISOString() }),
        endsAt: new Date(endsAt).toISOString(),
        recurring: weekly,
        includeEmergencies,
        reason,
      }),
    );
    setBusy(false);
    if (!after) return;
    const added = after.find(({ id }) => !before.has(id));
    if (added) {
      useUndo.getState().offer({
        id: added.id,
        text: `Silenced: ${matcherText(added.matcher)}.`,
        undo: () => attempt(() => client.alerts.endSilence({ organisationId, silenceId: added.id, reason: 'Undone' })),
      });
    }
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Add a silence" size="lg">
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className={css.pair}>
          <TextInput
            label="Title contains"
            data-autofocus
            value={matcher.titleContains ?? ''}
            onChange={(event) => set({ titleContains: event.currentTarget.value })}
          />
          <TextInput
            label="Source"
            value={matcher.source ?? ''}
            onChange={(event) => set({ source: event.currentTarget.value })}
          />
          <TextInput
            label="Venue"
            value={matcher.venue ?? ''}
            onChange={(event) => set({ venue: event.currentTarget.value })}
          />
          <TextInput
            label="Region"
            value={matcher.region ?? ''}
            onChange={(event) => set({ region: event.currentTarget.value })}
          />
          <Select
            label="Severity at most"
            data={[
              { value: '', label: 'Any' },
              ...severityOrder.map((value) => ({ value, label: severities[value].word })),
            ]}
            value={matcher.upTo ?? ''}
            onChange={(value) => set({ upTo: Severity.safeParse(value).data })}
          />
        </div>
        <p className={css.hides} role="status">
          {given.success
            ? preview.data
              ? `Hides ${formatCount(preview.data.hides)} open now; ${formatCount(preview.data.lastSevenDays)} in the last 7 days.`
              : 'Looking up what it hides.'
            : 'Say which alerts are meant: every condition that is given must hold.'}
        </p>
        <Radio.Group
          label="Kind"
          value={kind}
          onChange={(value) => {
            setKind(value === 'maintenance' ? 'maintenance' : 'silence');
            setWeekly(null);
          }}
        >
          <div className={css.choices}>
            <Radio value="silence" label="Silence, 30 days at most" />
            <Radio value="maintenance" label="Maintenance window" />
          </div>
        </Radio.Group>
        <div className={css.pair}>
          <MomentInput label="From (empty: now)" value={from} onChange={setFrom} optional />
          <MomentInput label="Until" value={until} onChange={setUntil} />
        </div>
        {kind === 'maintenance' && (
          <Checkbox
            label="Repeats weekly"
            checked={weekly !== null}
            onChange={(event) => repeat(event.currentTarget.checked)}
          />
        )}
        {weekly && (
          <>
            <Checkbox.Group
              label="On"
              value={weekly.weekdays.map(String)}
              onChange={(values) => setWeekly({ ...weekly, weekdays: values.map(Number) })}
            >
              <div className={css.choices}>
                {days.map((day, index) => (
                  <Checkbox key={day} value={String(index + 1)} label={day} />
                ))}
              </div>
            </Checkbox.Group>
            <div className={css.times}>
              <ClockInput
                label="Each time from"
                value={weekly.from}
                onChange={(at) => setWeekly({ ...weekly, from: at })}
              />
              <ClockInput label="Each time to" value={weekly.to} onChange={(to) => setWeekly({ ...weekly, to })} />
            </div>
          </>
        )}
        <Checkbox
          label="Hide emergencies too"
          checked={includeEmergencies}
          onChange={(event) => setEmergencies(event.currentTarget.checked)}
        />
        <TextInput label="Reason" required value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <div className={foot.dialogFoot}>
          <ActButton call="alerts.addSilence" type="submit" loading={busy} disabled={missing !== null}>
            {preview.data?.hides && given.success ? `Silence ${words.alerts(preview.data.hides)}` : 'Add the silence'}
          </ActButton>
          {missing && <span className={css.muted}>{missing}</span>}
        </div>
      </form>
    </Modal>
  );
}
