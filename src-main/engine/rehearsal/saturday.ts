import type { AlertView } from '../../../src-shared/contract/alerts.ts';
import type { ScoreCard, WeekendView } from '../../../src-shared/contract/weekend.ts';
import type { RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import type { Clock } from '../../ports/runtime.ts';
import { type Played, scoreOf } from './score.ts';
import type { SkippingClock } from './skipping-clock.ts';

/** The calls of the console that a rehearsal makes, as a person at the desk would. */
export interface RehearsalDesk {
  readonly raise: (report: {
    severity: AlertView['severity'];
    title: string;
    venues: string[];
    source: string;
  }) => Promise<AlertView>;
  readonly get: (alertId: string) => Promise<AlertView>;
  readonly acknowledge: (alertId: string) => Promise<AlertView>;
  readonly tickStep: (alertId: string, stepId: string) => Promise<AlertView>;
  readonly resolve: (alertId: string) => Promise<AlertView>;
  readonly view: () => Promise<WeekendView>;
  readonly preview: (severity: AlertView['severity'], venue: string) => Promise<{ gaps: readonly string[] }>;
}

export interface RehearsalParts {
  readonly desk: RehearsalDesk;
  /** The moved clock of the console under rehearsal. */
  readonly clock: SkippingClock;
  /** The clock on the wall, for patience. */
  readonly real: Clock;
  readonly routing: RoutingConfig;
}

const PATIENCE_MS = 30_000;
const MINUTE = 60_000;
const STORM = 14;

/**
 * A busy Saturday from 13:50: an alert nobody takes, an emergency taken at once, a storm, and an acknowledgement that runs
 * out. Waiting is leapt over; sending, settling and acting take the time they take.
 */
export async function playSaturday({ desk, clock, real, routing }: RehearsalParts): Promise<ScoreCard> {
  const startedAt = new Date(clock.now()).toISOString();
  const from = real.monotonicMs();
  const { ceremonies } = await desk.view();
  const venues = [...new Set(ceremonies.filter(({ phase }) => phase === 'next').map(({ venue }) => venue))];
  const [first = 'The venue', second = first] = venues;
  const played: Played[] = [];

  /** Looks again until it is so, or patience ends. */
  async function until(id: string, so: (alert: AlertView) => boolean): Promise<AlertView> {
    const deadline = real.monotonicMs() + PATIENCE_MS;
    for (;;) {
      const alert = await desk.get(id);
      if (so(alert) || real.monotonicMs() > deadline) return alert;
      await real.sleep(20);
    }
  }
  const settled = (id: string) => until(id, (alert) => alert.deliveries.every(({ state }) => state !== 'waiting'));
  async function timed(work: () => Promise<unknown>): Promise<number> {
    const before = real.monotonicMs();
    await work();
    return real.monotonicMs() - before;
  }

  // 13:50: nobody acts, so every step must be told when it is due.
  {
    const missed: string[] = [];
    const late: number[] = [];
    const { id } = await desk.raise({
      severity: 'warning',
      title: 'AI gallery slow',
      venues: [first],
      source: 'rehearsal',
    });
    let alert = await settled(id);
    for (let step = 1; step <= routing.escalation.length && alert.next?.what === 'escalates'; step += 1) {
      const due = Date.parse(alert.next.at);
      clock.skip(Math.max(0, due - clock.now()));
      alert = await until(id, (seen) => seen.step >= step);
      const told = alert.timeline.find(({ kind, text }) => kind === 'escalated' && text.includes(`step ${step}`));
      if (told) late.push(Math.max(0, Date.parse(told.at) - due));
      else missed.push(`escalation step ${step} was not told`);
      alert = await settled(id);
    }
    if (late.length === 0) missed.push('no escalation step was due: nobody hears of an alert that is not taken');
    const acknowledgedIn = [await timed(() => desk.acknowledge(id))];
    alert = await settled(id);
    // The acknowledgement runs out, and it is still there.
    if (alert.next?.what === 'fires_again') {
      clock.skip(Math.max(0, Date.parse(alert.next.at) - clock.now()));
      alert = await until(id, ({ timeline }) => timeline.some(({ kind }) => kind === 'ack_ended'));
      if (!alert.timeline.some(({ kind }) => kind === 'ack_ended')) missed.push('the acknowledgement did not run out');
    }
    await settled(id);
    await desk.resolve(id);
    played.push({
      what: 'An alert nobody takes',
      alert: await settled(id),
      escalationsLate: late,
      acknowledgedIn,
      missed,
    });
  }
  clock.skip(2 * MINUTE);

  // An emergency, taken at once and worked through.
  {
    const { id } = await desk.raise({
      severity: 'emergency',
      title: 'Payment webhook silent',
      venues: [second],
      source: 'rehearsal',
    });
    const acknowledgedIn = [await timed(() => desk.acknowledge(id))];
    const alert = await settled(id);
    for (const step of alert.recovery?.steps ?? []) {
      clock.skip(step.minutes * MINUTE);
      await desk.tickStep(id, step.id);
    }
    await desk.resolve(id);
    const ended = await settled(id);
    const missed = ended.recovery?.steps.every(({ doneAt }) => doneAt !== null) ? [] : ['a recovery step is open'];
    played.push({ what: 'An emergency', alert: ended, escalationsLate: [], acknowledgedIn, missed });
  }
  clock.skip(2 * MINUTE);

  // A storm: recipients of SMS and PagerDuty must not be buried.
  {
    const raised: AlertView[] = [];
    for (let index = 0; index < STORM; index += 1) {
      raised.push(
        await desk.raise({
          severity: 'warning',
          title: `Vendor ${index + 1} cannot upload`,
          venues: [venues[index % Math.max(1, venues.length)] ?? first],
          source: `rehearsal-${index}`,
        }),
      );
    }
    // What a storm waits for at the providers is real: it is part of what is measured.
    for (const { id } of raised) await settled(id);
    clock.skip(MINUTE + 1_000);
    for (const [index, { id }] of raised.entries()) {
      const acknowledgedIn = [await timed(() => desk.acknowledge(id))];
      await desk.resolve(id);
      played.push({
        what: `Storm alert ${index + 1}`,
        alert: await settled(id),
        escalationsLate: [],
        acknowledgedIn,
        missed: [],
      });
    }
  }

  const gaps = await Promise.all(
    (['info', 'warning', 'critical', 'emergency'] as const).map((severity) => desk.preview(severity, first)),
  );
  return {
    startedAt,
    took: Math.round(real.monotonicMs() - from),
    ...scoreOf(
      played,
      gaps.flatMap((each) => each.gaps),
    ),
  };
}
