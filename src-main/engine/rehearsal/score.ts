import type { AlertView } from '../../../src-shared/contract/alerts.ts';
import type { ScoreCard } from '../../../src-shared/contract/weekend.ts';

/** What one incident of the rehearsal was meant to show, and what then happened. */
export interface Played {
  readonly what: string;
  readonly alert: AlertView;
  /** How late escalation steps were told after they were due, ms. */
  readonly escalationsLate: readonly number[];
  /** How long each press of *Acknowledge* took, ms. */
  readonly acknowledgedIn: readonly number[];
  /** What was expected and did not happen. */
  readonly missed: readonly string[];
}

const limits = { told: 15_000, sms: 30_000, escalation: 10_000, acknowledged: 500 } as const;
const ok = new Set(['accepted', 'arrived', 'bundled', 'superseded']);

/** Judges a rehearsal against the service levels of A9, and lists what each recipient would have had. */
export function scoreOf(played: readonly Played[], gaps: readonly string[]): Omit<ScoreCard, 'startedAt' | 'took'> {
  const deliveries = played.flatMap(({ alert }) => alert.deliveries.map((delivery) => ({ alert, delivery })));
  const took = (channel: string | null) =>
    deliveries
      .filter(({ delivery }) => channel === null || delivery.channel === channel)
      .filter(({ delivery }) => !delivery.bundled && (delivery.state === 'accepted' || delivery.state === 'arrived'))
      .flatMap(({ delivery }) =>
        delivery.settledAt === null ? [] : [Date.parse(delivery.settledAt) - Date.parse(delivery.startedAt)],
      );
  const line = (name: string, limitMs: number, times: readonly number[]) => {
    const worst = times.length === 0 ? null : Math.round(Math.max(...times));
    return { name, limitMs, worstMs: worst, count: times.length, ok: worst !== null && worst < limitMs };
  };
  const missed = [
    ...gaps,
    ...played.flatMap(({ what, missed: steps }) => steps.map((step) => `${what}: ${step}`)),
    ...deliveries
      .filter(({ delivery }) => !ok.has(delivery.state))
      .map(
        ({ alert, delivery }) =>
          `${alert.reference} ${alert.title}: ${delivery.channel} to ${delivery.recipient} ${delivery.state.replace('_', ' ')}${delivery.problem === null ? '' : ` (${delivery.problem})`}`,
      ),
  ];
  const recipients = new Map<string, ScoreCard['received'][number]>();
  for (const { alert, delivery } of deliveries) {
    const key = `${delivery.channel} ${delivery.recipient}`;
    const entry = recipients.get(key) ?? { channel: delivery.channel, recipient: delivery.recipient, messages: [] };
    entry.messages.push({
      at: delivery.startedAt,
      reference: alert.reference,
      title: alert.title,
      kind: delivery.kind,
      state: delivery.bundled ? 'bundled' : delivery.state,
    });
    recipients.set(key, entry);
  }
  const levels = [
    line('Alert to channel accepted', limits.told, took(null)),
    line('SMS accepted', limits.sms, took('sms')),
    line(
      'Escalation told after it was due',
      limits.escalation,
      played.flatMap(({ escalationsLate }) => escalationsLate),
    ),
    line(
      'Acknowledged',
      limits.acknowledged,
      played.flatMap(({ acknowledgedIn }) => acknowledgedIn),
    ),
  ];
  return {
    ok: missed.length === 0 && levels.every((level) => level.ok),
    levels,
    missed: [...new Set(missed)],
    received: [...recipients.values()]
      .map((each) => ({ ...each, messages: each.messages.sort((a, b) => a.at.localeCompare(b.at)) }))
      .sort((a, b) => `${a.channel} ${a.recipient}`.localeCompare(`${b.channel} ${b.recipient}`)),
    alerts: played.map(({ alert }) => ({
      reference: alert.reference,
      severity: alert.severity,
      title: alert.title,
      told: alert.toldMs,
    })),
  };
}
