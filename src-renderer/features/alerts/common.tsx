import type { AlertSummary } from '../../../src-shared/contract/alerts.ts';
import type { Severity } from '../../../src-shared/domain/alert/severity.ts';
import { formatDuration, formatTime } from '../../../src-shared/format/time.ts';
import { Shape, Status } from '../../ui/status.tsx';
import { useZone } from '../../ui/text.tsx';
import css from './alerts.module.css';
import { severities, states, words } from './strings.ts';

/** Shape and word of a severity; a raised one says where it came from. */
export function SeverityMark({ severity, reported }: { severity: Severity; reported?: Severity }) {
  const look = severities[severity];
  const isRaised = reported !== undefined && reported !== severity;
  return (
    <span className={css.severity} title={isRaised ? words.raisedFrom(reported) : undefined}>
      <Status shape={look.shape} tone={look.tone}>
        {look.word}
      </Status>
      {isRaised && (
        <span className={css.raised}>
          <span aria-hidden="true">↑</span>
          <span className="visually-hidden">({words.raisedFrom(reported)})</span>
        </span>
      )}
    </span>
  );
}

export function initials(name: string): string {
  return name
    .split(/\s+/)
    .map((part) => part[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase();
}

/** Where an alert stands: who has it and for how long, which step was told, what hides it. */
export function StateMark({ alert, now }: { alert: AlertSummary; now: number }) {
  const zone = useZone();
  const look = states[alert.state];
  const until = alert.next === null ? '' : formatTime(alert.next.at, zone);
  const text = {
    firing: look.word,
    escalated: `${look.word}, step ${alert.step}`,
    acknowledged: `Ack ${alert.owner === null ? '' : initials(alert.owner)}${
      alert.next === null
        ? ''
        : `, ${formatDuration(Math.max(0, Date.parse(alert.next.at) - now))
            .split(' ')
            .slice(0, 2)
            .join(' ')} left`
    }`,
    snoozed: `${look.word}${until === '' ? '' : ` until ${until}`}`,
    resolved: look.word,
  }[alert.state];
  return (
    <span className={css.state} data-state={alert.state}>
      <Status shape={look.shape} tone={look.tone}>
        {text}
        {alert.state === 'acknowledged' && <span className="visually-hidden"> by {alert.owner}</span>}
      </Status>
      {alert.silenced && <Mark shape="bellOff" word="Silenced" />}
      {alert.fromBackup !== null && <Mark shape="pause" word="Rests: from a backup" />}
      {alert.flapping && <Mark shape="zigzag" word="Flapping" />}
    </span>
  );
}

function Mark({ shape, word }: { shape: 'bellOff' | 'pause' | 'zigzag'; word: string }) {
  return (
    <span title={word} className={css.mark}>
      <Shape name={shape} tone="muted" />
      <span className="visually-hidden">{word}</span>
    </span>
  );
}

/** `4 of 23`, or how many marry today when no venue is named. */
export function weddingsText(alert: AlertSummary): string {
  if (alert.weddingsToday === 0) return 'none today';
  return alert.venues.length === 0
    ? `${alert.weddingsToday} today`
    : `${alert.weddingsAffected} of ${alert.weddingsToday}`;
}
