import { Button } from '@mantine/core';
import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import { Section } from '../../ui/screen.tsx';
import { Shape, Status } from '../../ui/status.tsx';
import { Instant, Key } from '../../ui/text.tsx';
import { channels as channelNames } from '../alerts/strings.ts';
import { ActButton } from '../people/role-controls.tsx';
import { channelStates, words } from './strings.ts';
import css from './weekend.module.css';

/** The last pre-flight: what is red comes first with what to do, what is green is one line. */
export function Readiness({
  sheet,
  busy,
  onRun,
  onPrint,
}: {
  sheet: WeekendView['preflight'];
  busy: 'preflight' | 'sheet' | null;
  onRun: () => void;
  onPrint: () => void;
}) {
  const red = sheet?.checks.filter(({ ok }) => !ok) ?? [];
  const green = sheet?.checks.filter(({ ok }) => ok) ?? [];
  return (
    <Section
      title="Ready for the weekend?"
      aside={
        <span className={css.row}>
          <Button variant="default" size="compact-sm" loading={busy === 'sheet'} onClick={onPrint}>
            Print
          </Button>
          <ActButton
            call="weekend.preflight"
            variant="default"
            size="compact-sm"
            loading={busy === 'preflight'}
            onClick={onRun}
            rightSection={<Key>T</Key>}
          >
            Run now
          </ActButton>
        </span>
      }
    >
      {sheet === null ? (
        <p className={css.muted}>{words.noSheet}</p>
      ) : (
        <>
          <p className={css.sheetHead}>
            <Status shape={sheet.ok ? 'disc' : 'crossSquare'} tone={sheet.ok ? 'ok' : 'critical'}>
              {sheet.ok ? 'Ready' : `${formatCounted(red.length, 'check', 'checks')} not ready`}
            </Status>
            <span className={css.muted}>
              <Instant at={sheet.at} />, {sheet.by}
            </span>
          </p>
          <ul className={css.checks}>
            {red.map((each) => (
              <li key={each.check}>
                <Shape name="crossSquare" tone="critical" />
                <span>
                  <span className="visually-hidden">Not ready: </span>
                  <strong>{each.check}</strong> {each.detail}
                  {each.fix !== '' && <span className={css.muted}> {each.fix}</span>}
                </span>
              </li>
            ))}
          </ul>
          {green.length > 0 && (
            <details className={css.more}>
              <summary>{formatCounted(green.length, 'check is', 'checks are')} green</summary>
              <ul className={css.checks}>
                {green.map((each) => (
                  <li key={each.check}>
                    <Shape name="tick" tone="ok" />
                    <span>
                      <span className="visually-hidden">Ready: </span>
                      {each.check} <span className={css.muted}>{each.detail}</span>
                    </span>
                  </li>
                ))}
              </ul>
            </details>
          )}
        </>
      )}
    </Section>
  );
}

/** Whether alerts can leave, channel by channel. */
export function Channels({ channels }: { channels: WeekendView['channels'] }) {
  return (
    <Section title="Alert channels">
      <ul className={css.channels}>
        {channels.map(({ channel, state, detail }) => {
          const look = channelStates[state];
          return (
            <li key={channel} title={detail}>
              <span>{channelNames[channel]}</span>
              <Status shape={look.shape} tone={look.tone}>
                {look.word}
              </Status>
            </li>
          );
        })}
      </ul>
      {channels.length === 0 && (
        <p className={css.muted}>
          Nobody is named for alerts yet. <a href="#/settings/alerts">Say who is told</a>
        </p>
      )}
    </Section>
  );
}
