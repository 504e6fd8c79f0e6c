import type { Instant } from '../time-and-ids.ts';
import type { AlertState, Channel } from './alert.ts';
import type { Severity } from './severity.ts';

const FLAP_WINDOW_MS = 10 * 60_000;
const FLAP_STARTS_AT = 6;
const FLAP_ENDS_BELOW = 3;
const STORM_WINDOW_MS = 60_000;

/**
 * Whether a problem that comes and goes is flapping (A10): six changes within ten minutes begin it, fewer than three end
 * it. While it lasts the alert stays one firing row and its changes are recorded, not told.
 */
export function flapping(changes: readonly Instant[], at: Instant, before: boolean): { now: boolean; changes: number } {
  const recent = changes.filter((change) => change > at - FLAP_WINDOW_MS && change <= at).length;
  return { now: before ? recent >= FLAP_ENDS_BELOW : recent >= FLAP_STARTS_AT, changes: recent };
}

/** Alerts about the same thing stand together in lists; each member keeps its own actions. */
export function groupKeyOf(alert: {
  readonly source: string;
  readonly template: string | null;
  readonly title: string;
}): string {
  // Numbers and venue-like tails differ between members of one problem.
  const gist =
    alert.template ??
    alert.title
      .toLowerCase()
      .replace(/\d+([.,:]\d+)*/g, '#')
      .split(' at ')[0] ??
    '';
  return `${alert.source.toLowerCase()}|${gist.trim()}`.slice(0, 200);
}

export interface ToldAlert {
  readonly alertId: string;
  readonly at: Instant;
}

/**
 * Singly or in a bundle (A15, R14)? More than `limit` distinct alerts within a minute for one recipient go as one bundle a
 * minute; emergencies always go singly, and so does a newer state of an alert already told singly within that minute.
 * `recent`: alerts told singly to this recipient. A null limit lifts the rule.
 */
export function stormDecision(
  alert: { readonly alertId: string; readonly severity: Severity },
  recent: readonly ToldAlert[],
  at: Instant,
  limit: number | null,
): 'single' | 'bundle' {
  if (limit === null || alert.severity === 'emergency') return 'single';
  const distinct = new Set<string>();
  for (const told of recent) if (told.at > at - STORM_WINDOW_MS) distinct.add(told.alertId);
  return distinct.has(alert.alertId) || distinct.size < limit ? 'single' : 'bundle';
}

/**
 * Slack takes one message a second and channel, ten at once; and nobody reads a hundred mails a minute. So many go singly to
 * one place within ten seconds, what comes then goes together, a second after its first.
 */
const SINGLES = 8;
const TOGETHER_MS = 1_000;
export const CROWD_WINDOW_MS = 10_000;

/** Whether an alert joins others because its place was sent `recent` messages within `CROWD_WINDOW_MS`. */
export function crowded(channel: Channel, severity: Severity, recent: number): boolean {
  return (channel === 'slack' || channel === 'email') && severity !== 'emergency' && recent >= SINGLES;
}

/** How long after its first member a bundle goes: by SMS and PagerDuty one a minute. */
export const bundleMs = (channel: Channel): number =>
  channel === 'sms' || channel === 'pagerduty' ? STORM_WINDOW_MS : TOGETHER_MS;

/** A bundle as a whole: firing while one of it needs somebody, resolved when all of it is. */
export function bundleState(members: readonly AlertState[]): 'firing' | 'acknowledged' | 'resolved' {
  if (members.some((state) => state === 'firing' || state === 'escalated')) return 'firing';
  return members.every((state) => state === 'resolved') ? 'resolved' : 'acknowledged';
}
