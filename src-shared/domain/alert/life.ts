import { Instant, later } from '../time-and-ids.ts';
import type { WeekendFacts } from '../wedding-time/weekend-at.ts';
import type { AlertState, Channel, TimelineKind } from './alert.ts';
import type { Severity } from './severity.ts';

const MINUTE_MS = 60_000;
export const LONGEST_ACK_MS = 24 * 60 * MINUTE_MS;
export const LONGEST_SNOOZE_MS = 7 * 24 * 60 * MINUTE_MS;
const LONGEST_EMERGENCY_SNOOZE_MS = 15 * MINUTE_MS;

/** What can happen to an open alert. */
export type AlertEvent = 'acknowledge' | 'unacknowledge' | 'ack_end' | 'snooze' | 'snooze_end' | 'escalate' | 'resolve';

const moves: Readonly<Record<AlertEvent, { from: readonly AlertState[]; to: AlertState; entry: TimelineKind }>> = {
  // Acknowledging again is a take-over by somebody else; the engine drops the echo of the same person.
  acknowledge: { from: ['firing', 'escalated', 'snoozed', 'acknowledged'], to: 'acknowledged', entry: 'acknowledged' },
  unacknowledge: { from: ['acknowledged', 'snoozed'], to: 'firing', entry: 'unacknowledged' },
  ack_end: { from: ['acknowledged'], to: 'firing', entry: 'ack_ended' },
  snooze: { from: ['firing', 'escalated', 'acknowledged', 'snoozed'], to: 'snoozed', entry: 'snoozed' },
  snooze_end: { from: ['snoozed'], to: 'firing', entry: 'snooze_ended' },
  escalate: { from: ['firing', 'escalated'], to: 'escalated', entry: 'escalated' },
  resolve: { from: ['firing', 'escalated', 'acknowledged', 'snoozed'], to: 'resolved', entry: 'resolved' },
};

/** The next state and its timeline entry, or null: this cannot happen from here (nothing leaves `resolved`). */
export function move(
  state: AlertState,
  event: AlertEvent,
): { readonly to: AlertState; readonly entry: TimelineKind } | null {
  const found = moves[event];
  return found.from.includes(state) ? { to: found.to, entry: found.entry } : null;
}

/** Wedding-day mode as it stands; `startsAt`: of the stretch in force or of the next one. */
type WeddingDay = Pick<WeekendFacts['weddingDay'], 'active' | 'startsAt'>;

/** When an acknowledgement runs out (A11): 30 min in wedding-day mode, 4 h otherwise, or as chosen up to 24 h. */
export function acknowledgedUntil(at: Instant, weddingDay: WeddingDay, chosenMs: number | null): Instant {
  if (chosenMs !== null) return later(at, Math.min(Math.max(chosenMs, MINUTE_MS), LONGEST_ACK_MS));
  return Instant.parse(Math.min(later(at, 240 * MINUTE_MS), longestAckUntil(at, weddingDay)));
}

/** The latest end of an acknowledgement for which nobody chose one: half an hour of wedding-day mode, now or when it begins. */
export function longestAckUntil(at: Instant, { active, startsAt }: WeddingDay): number {
  if (active) return later(at, 30 * MINUTE_MS);
  return startsAt === null ? Number.POSITIVE_INFINITY : later(startsAt, 30 * MINUTE_MS);
}

/** Why a snooze until `until` is refused; null when it is fine. An emergency sleeps 15 min at most on a wedding day. */
export function snoozeProblem(at: Instant, until: Instant, severity: Severity, weddingDay: boolean): string | null {
  if (until <= at) return 'The end of a snooze must lie ahead.';
  if (until - at > LONGEST_SNOOZE_MS) return 'A snooze lasts 7 days at most.';
  if (severity === 'emergency' && weddingDay && until - at > LONGEST_EMERGENCY_SNOOZE_MS) {
    return 'On a wedding day an emergency can be snoozed for 15 minutes at most.';
  }
  return null;
}

/** Where a message stands on its way to one channel. */
export interface ChannelTry {
  readonly channel: Channel;
  readonly startedAt: Instant;
  readonly accepted: boolean;
  /** Held, dead, or its connection is parked: not accepting, without waiting (R19). */
  readonly stuck: boolean;
  /** Another channel was already started in its place. */
  readonly covered: boolean;
}

/**
 * The channel to start because another has not accepted in time (A14): the first of the ladder that was not started yet
 * and has somewhere to go. null: nothing to do now, or nothing left (`exhausted`:
 * every channel was tried, and each is stuck or late).
 */
export function failover(
  tries: readonly ChannelTry[],
  at: Instant,
  ladder: readonly Channel[],
  afterMs: number,
): { readonly next: Channel | null; readonly because: Channel | null; readonly exhausted: boolean } {
  const late = tries.find((each) => !each.accepted && !each.covered && (each.stuck || at - each.startedAt >= afterMs));
  if (!late) return { next: null, because: null, exhausted: false };
  const started = new Set(tries.map((each) => each.channel));
  const next = ladder.find((channel) => !started.has(channel)) ?? null;
  return {
    next,
    because: late.channel,
    exhausted: next === null && tries.every((each) => !each.accepted && (each.stuck || at - each.startedAt >= afterMs)),
  };
}
