import { z } from 'zod';
import { Instant } from '../time-and-ids.ts';
import { Severity } from './severity.ts';

export const AlertState = z.enum(['firing', 'acknowledged', 'escalated', 'resolved', 'snoozed']);
export type AlertState = z.infer<typeof AlertState>;

/** The five ways out. */
export const Channel = z.enum(['slack', 'email', 'pagerduty', 'webhook', 'sms']);
export type Channel = z.infer<typeof Channel>;

export const Venue = z.object({ name: z.string(), region: z.string() });
export type Venue = z.infer<typeof Venue>;

export const Link = z.object({ label: z.string(), url: z.string() });

/**
 * What a source says about a problem, before anything is known about it. Outside text: lengths are cut, never refused,
 * because a clumsy alert is still an alert; only a missing severity or title is refused.
 */
export const AlertReport = z.object({
  source: z.string().trim().min(1),
  /** The same problem has the same key: repeats count up one alert. Empty: made from source and title. */
  key: z.string().default(''),
  severity: Severity,
  title: z.string().trim().min(1),
  detail: z.string().default(''),
  venues: z.array(z.string()).default([]),
  links: z.array(Link).default([]),
  template: z.string().nullable().default(null),
  /** When the source says it began; null: now. A clock that is off is shown, never believed for anything. */
  observedAt: Instant.nullable().default(null),
});
export type AlertReport = z.output<typeof AlertReport>;

const MOST = { title: 200, detail: 4_000, key: 255, venues: 50, links: 20, url: 1_000 } as const;

/** The same report within its limits: control and direction characters gone, long texts cut and marked. */
export function tidyReport(report: AlertReport): AlertReport {
  const title = plain(report.title, MOST.title, false) || 'Untitled alert';
  return {
    ...report,
    source: plain(report.source, 80, false),
    title,
    detail: plain(report.detail, MOST.detail, true),
    key: plain(report.key, MOST.key, false) || plain(`${report.source}:${title.toLowerCase()}`, MOST.key, false),
    venues: report.venues.slice(0, MOST.venues).map((venue) => plain(venue, 120, false)),
    links: report.links
      .filter((link) => /^https?:\/\//i.test(link.url) && link.url.length <= MOST.url)
      .slice(0, MOST.links)
      .map((link) => ({ label: plain(link.label, 80, false), url: link.url })),
  };
}

function plain(text: string, max: number, keepLines: boolean): string {
  // Cut before any pattern looks at it: the text may be of any size.
  const short = text.slice(0, max * 4);
  const clean = (
    keepLines ? short.replace(/[^\P{Cc}\n]|\p{Cf}/gu, ' ') : short.replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
  ).trim();
  const letters = [...clean];
  return letters.length <= max && text.length <= short.length ? clean : `${letters.slice(0, max - 1).join('')}…`;
}

/** What routing looks at. */
export interface AlertFacts {
  readonly source: string;
  readonly severity: Severity;
  readonly title: string;
  readonly key: string;
  readonly venues: readonly Venue[];
}

/** Key of the console's own alert about an outside system that stays bad (X3). */
export const systemAlertKey = (system: string) => `console:system:${system}`;

/** The console's own word about a system; no sender can claim it, for what they report has keys of their own. */
export const isAboutSystem = ({ source, key }: Pick<AlertFacts, 'source' | 'key'>) =>
  source === 'console' && key.startsWith(systemAlertKey(''));

/** One line of an alert's append-only timeline. */
export const TimelineKind = z.enum([
  'raised',
  'repeated',
  'severity',
  'enriched',
  'routed',
  'told',
  'arrived',
  'not_told',
  'failover',
  'bundled',
  'superseded',
  'silenced',
  'held',
  'acknowledged',
  'unacknowledged',
  'ack_ended',
  'snoozed',
  'snooze_ended',
  'escalated',
  'resolved',
  'note',
  'recovery_step',
  'flapping',
  'flapping_ended',
  'refused',
]);
export type TimelineKind = z.infer<typeof TimelineKind>;

/** What it means that an alert is from a restored backup (BAK-07); follows on "From the backup of …". */
export const restsUntil = 'It sends nothing by itself until somebody takes or releases it, or it is reported again.';
