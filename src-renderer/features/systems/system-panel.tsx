import { Button, CloseButton, Modal, Radio, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SystemDetail } from '../../../src-shared/contract/systems.ts';
import { formatCount, formatPercent } from '../../../src-shared/format/number.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { problemOf } from '../../data/problem.ts';
import { useCommands } from '../../state/commands.ts';
import { hasHelp, openHelp } from '../../ui/help.tsx';
import { ProblemNote } from '../../ui/problem.tsx';
import { Section, Skeletons } from '../../ui/screen.tsx';
import { Shape, Status } from '../../ui/status.tsx';
import { Facts, Instant, Key } from '../../ui/text.tsx';
import css from '../../ui/workspace.module.css';
import { ActButton } from '../people/role-controls.tsx';
import { HealthStatus, latency } from './health.tsx';
import { breakerWords, healthOf, modeWords } from './strings.ts';

type Mode = SystemDetail['mode'];

/** Where being accepted is not yet being read: only a person can say the rest. */
const arrivals: Readonly<Record<string, string>> = {
  sms: ' Did it arrive? Look at the phone.',
  email: ' Did it arrive? Look in the mailbox, and in its spam.',
};

/** One system: what works and what breaks without each permission, its last results, and everything a person can do. */
export function SystemPanel({
  organisationId,
  system,
  onClose,
}: {
  organisationId: string;
  system: string;
  onClose: () => void;
}) {
  const input = { organisationId, system };
  const query = useQuery(api.systems.detail.queryOptions({ input, refetchInterval: 5_000 }));
  const history = useQuery(api.systems.history.queryOptions({ input }));
  const form = useQuery(api.settings.connection.queryOptions({ input }));
  const nameOf = (secret: string) => form.data?.fields.find(({ name }) => name === secret)?.label ?? secret;
  const [asking, setAsking] = useState<'mode' | 'test' | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const detail = query.data;
  const again = () => queryClient.invalidateQueries({ queryKey: api.systems.key() });

  const check = async () => {
    const done = await attempt(() => client.systems.checkNow(input));
    if (done && !done.asked) setSaid(`Asked a moment ago; the next check is possible in ${latency(done.waitMs)}.`);
    else if (done) setSaid(`Checked: ${healthOf(done.before).word} before, ${healthOf(done.after).word} now.`);
    await again();
  };
  const test = async () => {
    setAsking(null);
    const done = await attempt(() => client.systems.sendTest(input));
    if (done)
      setSaid(
        done.delivered
          ? `Accepted after ${latency(done.ms)}. ${done.what}${arrivals[system] ?? ''}`
          : `Not accepted: ${done.error}`,
      );
    await again();
  };
  const noTest = detail?.testDoes ? null : 'There is nothing to send as a test.';
  useCommands([
    {
      id: 'system-test',
      call: 'systems.sendTest',
      title: 'Send test…',
      group: 'Systems',
      keys: ['t'],
      unavailable: noTest,
      run: () => setAsking('test'),
    },
    { id: 'system-check', title: 'Check this system now', group: 'Systems', run: () => void check() },
    {
      id: 'system-mode',
      call: 'systems.setMode',
      title: 'Pause or switch off…',
      group: 'Systems',
      keys: ['o'],
      run: () => setAsking('mode'),
    },
  ]);

  return (
    <aside className={css.detail} aria-label={detail?.name ?? system}>
      <div className={css.detailHead}>
        <h2>{detail?.name ?? system}</h2>
        <CloseButton aria-label="Close" onClick={onClose} />
      </div>
      {query.error && !detail && <ProblemNote problem={problemOf(query.error)} onRetry={() => void query.refetch()} />}
      {!detail && !query.error && <Skeletons rows={8} label="Reading the system." />}
      {detail && (
        <>
          <HealthStatus system={detail} />
          {detail.problem && (
            <ProblemNote
              problem={{
                happened: detail.problem,
                doing: `${detail.waiting} deliveries wait; nothing is lost.`,
                remedy: detail.checks.find(({ ok }) => !ok)?.remedy ?? undefined,
              }}
            />
          )}
          <div className={css.actions}>
            <ActButton
              call="systems.sendTest"
              variant="default"
              disabled={noTest !== null}
              onClick={() => setAsking('test')}
              rightSection={<Key>T</Key>}
            >
              Send test…
            </ActButton>
            <Button variant="default" onClick={() => void check()}>
              Check now
            </Button>
            <ActButton
              call="systems.setMode"
              variant="default"
              onClick={() => setAsking('mode')}
              rightSection={<Key>O</Key>}
            >
              {detail.mode === 'on' ? 'Pause or switch off…' : 'Switch on…'}
            </ActButton>
            <Button variant="default" component="a" href={`#/deliveries?system=${system}`}>
              Deliveries
            </Button>
            <Button
              variant={detail.state === 'not_connected' ? 'filled' : 'default'}
              component="a"
              href={`#/settings/systems/${system}`}
            >
              {detail.state === 'not_connected' ? 'Connect…' : 'Settings and sign-in'}
            </Button>
            {hasHelp(`${system}.md`) && (
              <Button variant="default" onClick={() => openHelp(`${system}.md`)}>
                Help
              </Button>
            )}
          </div>
          {said && <p role="status">{said}</p>}
          <Facts
            rows={[
              ['Success, 24 hours', detail.successRate === null ? '—' : formatPercent(detail.successRate)],
              ['p95', latency(detail.p95Ms)],
              ['Connected to', detail.account ?? '—'],
              ['Talks to', detail.hosts.join(', ')],
              ...(detail.proxy === null ? [] : [['Reached', `Through proxy ${detail.proxy}`] as const]),
              ['Secrets present', detail.secretsPresent.map(nameOf).join(', ') || 'None'],
              ['Sign-in lasts until', <Expiry key="t" detail={detail} />],
              ['Checked', detail.checkedAt ? <Instant key="c" at={detail.checkedAt} /> : 'Not yet'],
            ]}
          />
          <Line line={detail.listener} />
          <Checks detail={detail} />
          <LastResults detail={detail} />
          <Circuit detail={detail} />
          <Quotas quotas={detail.quotas} />
          {(history.data ?? []).length > 0 && (
            <Section title="History">
              <Facts
                rows={(history.data ?? []).slice(0, 10).map((entry) => [
                  entry.action,
                  <span key={entry.at}>
                    <Instant at={entry.at} /> {entry.actor}
                    {entry.reason && `: ${entry.reason}`}
                  </span>,
                ])}
              />
            </Section>
          )}
        </>
      )}
      {asking === 'mode' && detail && (
        <ModeDialog organisationId={organisationId} detail={detail} onClose={() => setAsking(null)} onDone={again} />
      )}
      {asking === 'test' && detail?.testDoes && (
        <Modal opened onClose={() => setAsking(null)} title={`Send a test through ${detail.name}`}>
          <div className={css.stack}>
            <p>{detail.testDoes}</p>
            <p className={css.muted}>It is marked as a test and does not count in any figure.</p>
            <Button onClick={() => void test()} data-autofocus>
              Send the test
            </Button>
          </div>
        </Modal>
      )}
    </aside>
  );
}

function Expiry({ detail }: { detail: SystemDetail }) {
  if (detail.tokenExpiresAt === null) return 'No end is known';
  return (
    <>
      <Instant at={detail.tokenExpiresAt} />
      {detail.expiresBeforeWeekendEnds && (
        <Status shape="diamond" tone="warning">
          Runs out before the weekend ends: sign in again
        </Status>
      )}
    </>
  );
}

/** The breaker now, and how it changed: while it is open nothing is tried but now and then one. */
function Circuit({ detail }: { detail: SystemDetail }) {
  return (
    <Section title="Circuit">
      <Status
        shape={detail.breaker === 'closed' ? 'disc' : 'pause'}
        tone={detail.breaker === 'closed' ? 'ok' : 'warning'}
      >
        {breakerWords[detail.breaker]}
      </Status>
      {detail.breakerHistory.length === 0 ? (
        <p className={css.muted}>It has not opened so far.</p>
      ) : (
        <ul className={css.plainList} aria-label="Circuit history">
          {detail.breakerHistory.slice(0, 10).map(({ at, state }) => (
            <li key={`${at} ${state}`}>
              <Instant at={at} /> {breakerWords[state]}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** How what people do there reaches the console. */
function Line({ line }: { line: SystemDetail['listener'] }) {
  if (line === null) return null;
  return (
    <Section title="What people do there">
      <Status shape={line.up ? 'disc' : 'crossSquare'} tone={line.up ? 'ok' : 'critical'}>
        {line.label}: {line.up ? 'listening' : 'not listening'}
      </Status>
      <p className={css.muted}>
        Since <Instant at={line.since} />.{' '}
        {line.lastEventAt ? (
          <>
            The last event came at <Instant at={line.lastEventAt} />.
          </>
        ) : (
          'Nothing has come since the console started.'
        )}
        {!line.up &&
          ` ${line.problem ?? 'The line ended.'} It is opened again by itself; until then, act in the console.`}
      </p>
    </Section>
  );
}

function Quotas({ quotas }: { quotas: SystemDetail['quotas'] }) {
  if (quotas.length === 0) return null;
  return (
    <Section title="Quota">
      {quotas.map(({ per, used, limit, runsOutAt }) => (
        <div key={per} className={css.stack}>
          <span>
            {formatCount(used)} of {formatCount(limit)} a {per}
            {runsOutAt && (
              <>
                , at this pace used up at <Instant at={runsOutAt} show="time" />
              </>
            )}
          </span>
          <div className={css.meter} data-low={used / limit > 0.8} aria-hidden="true">
            <span style={{ width: `${Math.min(100, (used / limit) * 100)}%` }} />
          </div>
        </div>
      ))}
    </Section>
  );
}

/** Every permission it has or lacks, and what does not work without it. */
function Checks({ detail }: { detail: SystemDetail }) {
  if (detail.checks.length === 0) return null;
  const named = (ids: readonly string[]) =>
    ids.map((id) => detail.actions.find((action) => action.id === id)?.label ?? id).join(', ');
  return (
    <Section title="What it needs">
      {detail.checks.map((one) => (
        <div key={one.id} className={css.stack}>
          <Status shape={one.ok ? 'tick' : 'crossSquare'} tone={one.ok ? 'ok' : 'critical'}>
            {one.label}
          </Status>
          <p className={css.muted}>
            {one.ok ? '' : `${one.problem ?? 'It fails.'} `}
            {one.neededFor.length > 0 &&
              `${one.ok ? 'Needed for' : 'What does not work without it'}: ${named(one.neededFor)}. `}
            {!one.ok && one.remedy}
          </p>
        </div>
      ))}
    </Section>
  );
}

function LastResults({ detail }: { detail: SystemDetail }) {
  if (detail.lastResults.length === 0) return null;
  const good = detail.lastResults.filter(({ ok }) => ok).length;
  return (
    <Section title={`Last ${detail.lastResults.length} results`}>
      <span className={css.muted}>
        {good} accepted, {detail.lastResults.length - good} not
      </span>
      <div className={css.results}>
        {detail.lastResults.map((result) => (
          <a
            key={`${result.deliveryId} ${result.at}`}
            href={`#/deliveries?tab=all&id=${encodeURIComponent(result.deliveryId)}`}
            title={`${result.ok ? 'Accepted' : (result.problem ?? 'Not accepted')}, ${latency(result.ms)}`}
          >
            <Shape name={result.ok ? 'tick' : 'crossSquare'} tone={result.ok ? 'ok' : 'critical'} />
            <span className="visually-hidden">{result.ok ? 'Accepted' : 'Not accepted'}</span>
          </a>
        ))}
      </div>
      {detail.lastError && (
        <p className={css.muted}>
          <Instant at={detail.lastError.at} />: {detail.lastError.message} {detail.lastError.hint}
        </p>
      )}
    </Section>
  );
}

function ModeDialog({
  organisationId,
  detail,
  onClose,
  onDone,
}: {
  organisationId: string;
  detail: SystemDetail;
  onClose: () => void;
  onDone: () => Promise<void>;
}) {
  const [mode, setMode] = useState<Mode>(detail.mode === 'on' ? 'paused' : 'on');
  const [reason, setReason] = useState('');
  const save = async () => {
    const done = await attempt(() =>
      client.systems.setMode({ organisationId, system: detail.system, mode, reason: reason.trim() }),
    );
    if (!done) return;
    onClose();
    await onDone();
  };
  return (
    <Modal opened onClose={onClose} title={`Sending to ${detail.name}`}>
      <form
        className={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Radio.Group
          value={mode}
          onChange={(value) => setMode(value as Mode)}
          label={`${detail.waiting} deliveries wait now.`}
        >
          <div className={css.stack}>
            {Object.entries(modeWords).map(([value, label]) => (
              <Radio key={value} value={value} label={label} disabled={value === detail.mode} />
            ))}
          </div>
        </Radio.Group>
        {mode !== 'on' && (
          <Textarea
            label="Reason"
            description="Kept in the audit log."
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            autosize
            minRows={2}
          />
        )}
        <Button type="submit" disabled={mode !== 'on' && reason.trim() === ''}>
          {modeWords[mode]}
        </Button>
      </form>
    </Modal>
  );
}
