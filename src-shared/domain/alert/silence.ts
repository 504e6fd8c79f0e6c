import { z } from 'zod';
import { Instant } from '../time-and-ids.ts';
import { addDays, instantOf, localAt, weekdayOf } from '../wedding-time/local-time.ts';
import type { AlertFacts } from './alert.ts';
import { ClockTime } from './routing-config.ts';
import { rankOf, Severity } from './severity.ts';

const words = z.string().trim().optional();

/** Every condition that is given must hold; one must be given, so nothing is silenced by accident. */
export const Matcher = z
  .object({
    source: words,
    keyStartsWith: words,
    titleContains: words,
    region: words,
    venue: words,
    /** This severity and lower, as raised. */
    upTo: Severity.optional(),
  })
  .refine((matcher) => Object.values(matcher).some((value) => value !== undefined && value !== ''), {
    message: 'Say which alerts are meant.',
  });
export type Matcher = z.infer<typeof Matcher>;

/** A silence, or a maintenance window (planned or recurring): delivery waits, detection goes on (A12, A10). */
export const Silence = z.object({
  id: z.string(),
  kind: z.enum(['silence', 'maintenance']),
  matcher: Matcher,
  startsAt: Instant,
  /** Exclusive; never later than 30 days after the start for a silence. */
  endsAt: Instant,
  /** Only at these local times between start and end; `to` at or before `from` runs over midnight. */
  recurring: z
    .object({ weekdays: z.array(z.number().int().min(1).max(7)).min(1), from: ClockTime, to: ClockTime })
    .nullable(),
  /** Emergencies pass unless this is ticked. */
  includeEmergencies: z.boolean(),
  author: z.string().min(1),
  reason: z.string().trim().min(1),
});
export type Silence = z.infer<typeof Silence>;

export const LONGEST_SILENCE_MS = 30 * 86_400_000;
export const REMIND_BEFORE_MS = 15 * 60_000;

/** Why a silence is refused; null when it is fine. */
export function silenceProblem(silence: Pick<Silence, 'kind' | 'startsAt' | 'endsAt'>): string | null {
  if (silence.endsAt <= silence.startsAt) return 'The end must be after the start.';
  if (silence.kind === 'silence' && silence.endsAt - silence.startsAt > LONGEST_SILENCE_MS) {
    return 'A silence lasts 30 days at most.';
  }
  return null;
}

/** True when the matcher means this alert. `severity` is the one in force. */
export function matches(matcher: Matcher, facts: AlertFacts, severity: Severity): boolean {
  const same = (wanted: string, found: string) => wanted.toLowerCase() === found.toLowerCase();
  const { source, keyStartsWith, titleContains, region, venue, upTo } = matcher;
  return (
    (!source || same(source, facts.source)) &&
    (!keyStartsWith || facts.key.startsWith(keyStartsWith)) &&
    (!titleContains || facts.title.toLowerCase().includes(titleContains.toLowerCase())) &&
    (!region || facts.venues.some((each) => same(region, each.region))) &&
    (!venue || facts.venues.some((each) => same(venue, each.name))) &&
    (!upTo || rankOf(severity) <= rankOf(upTo))
  );
}

/** True when nothing but a high severity narrows it: it hides most of what may come. */
export function meansNearlyAll({ upTo = 'emergency', ...narrower }: Matcher): boolean {
  return Object.values(narrower).every((value) => !value) && rankOf(upTo) >= rankOf('critical');
}

/** When the silence in force at `at` ends (for a recurring one: this occurrence); null when it is not in force. */
export function inForceUntil(silence: Silence, at: Instant, zone: string): Instant | null {
  if (at < silence.startsAt || at >= silence.endsAt) return null;
  const { recurring } = silence;
  if (!recurring) return silence.endsAt;
  const today = localAt(at, zone).date;
  // An occurrence that runs over midnight belongs to the day it began on.
  for (const day of [addDays(today, -1), today]) {
    if (!recurring.weekdays.includes(weekdayOf(day))) continue;
    const from = instantOf(day, recurring.from, zone);
    const to = instantOf(recurring.to > recurring.from ? day : addDays(day, 1), recurring.to, zone);
    if (from <= at && at < to) return earlier(to, silence.endsAt);
  }
  return null;
}

/** The silence that hides this alert now and lasts longest, if any. Emergencies are hidden only where that was ticked. */
export function silencedBy(
  silences: readonly Silence[],
  facts: AlertFacts,
  severity: Severity,
  at: Instant,
  zone: string,
): { readonly silence: Silence; readonly until: Instant } | null {
  let found: { silence: Silence; until: Instant } | null = null;
  for (const silence of silences) {
    if (severity === 'emergency' && !silence.includeEmergencies) continue;
    if (!matches(silence.matcher, facts, severity)) continue;
    const until = inForceUntil(silence, at, zone);
    if (until !== null && (!found || until > found.until)) found = { silence, until };
  }
  return found;
}

function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b;
}
