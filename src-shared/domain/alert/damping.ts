import { type Instant, later } from '../time-and-ids.ts';
import { bySeverity, type Severity } from './severity.ts';

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

/** A bundle goes one minute after its first member. */
export function bundleDue(firstMember: Instant): Instant {
  return later(firstMember, STORM_WINDOW_MS);
}

/** What a bundle says: counts by severity and the five worst, oldest first among equals. */
export function bundleSummary<T extends { readonly severity: Severity; readonly at: Instant }>(members: readonly T[]) {
  const counts = { info: 0, warning: 0, critical: 0, emergency: 0 } satisfies Record<Severity, number>;
  for (const member of members) counts[member.severity]++;
  return { counts, top: [...members].sort((a, b) => bySeverity(a, b) || a.at - b.at).slice(0, 5) };
}
