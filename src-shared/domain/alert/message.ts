import { z } from 'zod';
import { Instant } from '../time-and-ids.ts';
import { Season } from '../wedding-time/weekend-at.ts';
import { AlertState, Link, Venue } from './alert.ts';
import { Severity } from './severity.ts';

/**
 * What the `send-alert` action of every channel receives: facts, not sentences. Each adapter shapes them for its channel
 * (lengths, alphabet, escaping) and says *late* by comparing `dueAt` with the moment of sending. No field can hold a
 * couple's name (X13): weddings appear as venue, region, time and reference.
 */
const facts = {
  alertId: z.string(),
  /** As people say it, e.g. `A-1042`. */
  reference: z.string(),
  /** Same for trigger, acknowledge and resolve of one round; see `incidentKey`. */
  dedupKey: z.string(),
  /** Keys of earlier rounds that this message takes the place of; only for a channel that has keys. */
  closes: z.array(z.string()).default([]),
  organisation: z.object({ id: z.string(), name: z.string(), practice: z.boolean() }),
  /** IANA zone in which every time is shown. */
  zone: z.string(),
  /** In force, raised in wedding-day mode. */
  severity: Severity,
  /** As reported. */
  reportedSeverity: Severity,
  state: AlertState,
  title: z.string(),
  detail: z.string(),
  source: z.string(),
  startedAt: Instant,
  /** When this message should have left. */
  dueAt: Instant,
  /** 0 when raised, then the escalation step. */
  step: z.number().int().nonnegative(),
  weddingDay: z.boolean(),
  saturday: z.boolean(),
  peakHours: z.boolean(),
  season: Season,
  weddingsToday: z.number().int().nonnegative(),
  venues: z.array(Venue),
  /** Ceremonies still to come today at the venues affected (anywhere, when no venue is named); nearest first. */
  nextCeremonies: z.array(z.object({ at: Instant, venue: z.string(), region: z.string(), reference: z.string() })),
  /** Why this destination is told (A13). */
  reasons: z.array(z.string()),
  /** What to do next: first open step of the recovery template. */
  nextStep: z.string().nullable(),
  links: z.array(Link),
  /** `wedsync-ops://alerts/<id>` */
  consoleLink: z.string(),
  /** Who acknowledged, snoozed or resolved it, and when it runs out. */
  owner: z.object({ name: z.string(), note: z.string(), until: Instant.nullable() }).nullable(),
} as const;

/** What happened, so that this message exists. Later ones edit, thread or close the earlier ones of the same alert. */
export const AlertMessageKind = z.enum([
  'firing',
  'fires_again',
  'escalated',
  'acknowledged',
  'unacknowledged',
  'snoozed',
  'resolved',
  'test',
]);
export type AlertMessageKind = z.infer<typeof AlertMessageKind>;

const alert = z.object({ kind: AlertMessageKind, ...facts });
export type AlertFactsMessage = z.infer<typeof alert>;

/** Many alerts in one message (A15); sent again when its members change, where that can be shown. */
const bundle = z.object({
  kind: z.literal('bundle'),
  bundleId: z.string(),
  reference: z.string(),
  dedupKey: z.string(),
  organisation: facts.organisation,
  zone: z.string(),
  weddingsToday: z.number().int().nonnegative(),
  from: Instant,
  dueAt: Instant,
  counts: z.record(Severity, z.number().int().nonnegative()),
  total: z.number().int().positive(),
  /** Members that nobody has yet. */
  needing: z.number().int().nonnegative().default(0),
  /** Of the whole: resolved when every member is. */
  state: z.enum(['firing', 'acknowledged', 'resolved']).default('firing'),
  top: z.array(z.object({ reference: z.string(), severity: Severity, title: z.string() })).max(5),
  /** The worst first, as they stand now. */
  members: z
    .array(
      z.object({
        reference: z.string(),
        severity: Severity,
        title: z.string(),
        state: AlertState,
        owner: z.string().nullable(),
      }),
    )
    .max(40)
    .default([]),
  consoleLink: z.string(),
});

/** A text for people: weekend report, handover, reminder that a silence ends. E-mail and Slack only. */
const notice = z.object({
  kind: z.literal('notice'),
  noticeId: z.string(),
  organisation: facts.organisation,
  zone: z.string(),
  dueAt: Instant,
  subject: z.string().max(200),
  text: z.string().max(20_000),
  consoleLink: z.string(),
});

export const AlertMessage = z.discriminatedUnion('kind', [alert, bundle, notice]);
export type AlertMessage = z.infer<typeof AlertMessage>;

/** Where it goes, in the channel's own terms. */
const to = <T extends z.ZodType>(address: T) =>
  z.object({ message: AlertMessage, to: z.object({ id: z.string(), name: z.string(), address }) });

export const SEND_ALERT = 'send-alert';
export const SEND_ALERT_VERSION = 1;

/** `address`: channel id (`C0WEDDAY`) or name (`#wedding-ops`); ignored with an incoming webhook. */
export const SlackAlert = to(z.string().min(1));
export const EmailAlert = to(z.email());
/** E.164. */
export const SmsAlert = to(z.string().regex(/^\+[1-9]\d{6,14}$/));
/** `address`: which of the connection's routing keys; `default` for the only one. */
export const PagerDutyAlert = to(z.string().min(1));
/** `address`: id of the target in the connection's settings. */
export const WebhookAlert = to(z.string().min(1));

/** What the engine enqueues for any channel. */
export const SendAlert = to(z.string().min(1));
export type SendAlert = z.infer<typeof SendAlert>;
