import { z } from 'zod';
import { AlertState, Channel, Link, TimelineKind, Venue } from '../domain/alert/alert.ts';
import { ClockTime, RoutingConfig } from '../domain/alert/routing-config.ts';
import { Severity } from '../domain/alert/severity.ts';
import { Matcher, Silence } from '../domain/alert/silence.ts';
import { adminCommand, command, InOrganisation, query } from './base.ts';

const Iso = z.iso.datetime();
export const Download = z.object({ name: z.string(), bytes: z.number().int(), download: z.string() });
const OneAlert = InOrganisation.extend({ alertId: z.string().min(1) });

export const AlertSummary = z.object({
  id: z.string(),
  /** `A-1042` */
  reference: z.string(),
  severity: Severity,
  /** As reported; differs when wedding-day mode raised it. */
  reportedSeverity: Severity,
  title: z.string(),
  source: z.string(),
  state: AlertState,
  step: z.number().int(),
  raisedAt: z.string(),
  lastSeenAt: z.string(),
  resolvedAt: z.string().nullable(),
  count: z.number().int(),
  weddingsToday: z.number().int(),
  weddingsAffected: z.number().int(),
  venues: z.array(Venue),
  groupKey: z.string(),
  owner: z.string().nullable(),
  /** What happens next by itself, and when. */
  next: z.object({ what: z.enum(['escalates', 'fires_again', 'wakes', 'silence_ends']), at: z.string() }).nullable(),
  silenced: z.boolean(),
  flapping: z.boolean(),
  needsMe: z.boolean(),
  /** Open when the backup of that moment was made: it sends nothing by itself until somebody takes or releases it. */
  fromBackup: z.string().nullable(),
});
export type AlertSummary = z.infer<typeof AlertSummary>;

export const AlertDelivery = z.object({
  id: z.string(),
  jobId: z.string().nullable(),
  kind: z.string(),
  step: z.number().int(),
  channel: Channel,
  recipient: z.string(),
  rule: z.string(),
  state: z.enum([
    'waiting',
    'quiet',
    'bundled',
    'accepted',
    'arrived',
    'held',
    'failed',
    'superseded',
    'not_connected',
  ]),
  /** Went, or goes, as part of a bundle: the storm rule's wait is not its sending (R2, A15). */
  bundled: z.boolean(),
  startedAt: z.string(),
  settledAt: z.string().nullable(),
  problem: z.string().nullable(),
});

export const AlertView = AlertSummary.extend({
  detail: z.string(),
  links: z.array(Link),
  ownerNote: z.string(),
  /** The chain of rules that routed it (A13). */
  reasons: z.array(z.string()),
  season: z.string(),
  peakHours: z.boolean(),
  nextCeremonies: z.array(z.object({ at: z.string(), venue: z.string(), region: z.string(), reference: z.string() })),
  /** Commit to last channel accepted, ms (A9). */
  toldMs: z.number().nullable(),
  /** How often it was reported in each of the last 24 hours, under its key; oldest first, the last is under way. */
  seen: z.array(z.object({ hour: z.string(), count: z.number().int() })),
  timeline: z.array(
    z.object({ at: z.string(), kind: TimelineKind, actor: z.string(), channel: z.string(), text: z.string() }),
  ),
  deliveries: z.array(AlertDelivery),
  recovery: z
    .object({
      id: z.string(),
      title: z.string(),
      steps: z.array(
        z.object({
          id: z.string(),
          text: z.string(),
          who: z.string(),
          minutes: z.number(),
          doneBy: z.string().nullable(),
          doneAt: z.string().nullable(),
        }),
      ),
    })
    .nullable(),
});
export type AlertView = z.infer<typeof AlertView>;

export const RoutePreview = z.object({
  severity: Severity,
  steps: z.array(
    z.object({
      step: z.number().int(),
      afterSeconds: z.number(),
      channel: Channel,
      recipient: z.string(),
      rule: z.string(),
    }),
  ),
  reasons: z.array(z.string()),
  /** Channels the rules want but nobody is named for. */
  gaps: z.array(z.string()),
});

export const SilenceView = z.object({
  id: z.string(),
  kind: Silence.shape.kind,
  matcher: Matcher,
  startsAt: z.string(),
  endsAt: z.string(),
  recurring: Silence.shape.recurring,
  includeEmergencies: z.boolean(),
  author: z.string(),
  reason: z.string(),
  /** Open alerts it hides now. */
  hides: z.number().int(),
});

const PersonQuiet = z.object({ from: ClockTime, to: ClockTime }).nullable();

export const AlertFilter = z.enum(['needs_me', 'open', 'acknowledged', 'snoozed', 'resolved']);

/** Four weeks of alerts. */
export const AlertFigures = z.object({
  days: z.array(
    z.object({
      date: z.string(),
      weddingDay: z.boolean(),
      info: z.number().int(),
      warning: z.number().int(),
      critical: z.number().int(),
      emergency: z.number().int(),
      /** Commit to the last channel accepted, ms (A9); null: no alert was told. */
      toldP50Ms: z.number().nullable(),
      toldP95Ms: z.number().nullable(),
    }),
  ),
  /** From raised to somebody having it for the first time. */
  acknowledged: z.object({
    count: z.number().int(),
    medianMs: z.number().nullable(),
    p90Ms: z.number().nullable(),
    /** `upToMinutes` null: longer than the one before. */
    buckets: z.array(z.object({ upToMinutes: z.number().nullable(), count: z.number().int() })),
  }),
});

export const alerts = {
  list: query
    .input(
      InOrganisation.extend({
        filter: AlertFilter.default('open'),
        text: z.string().max(200).default(''),
        limit: z.number().int().min(1).max(5_000).default(500),
      }),
    )
    .output(
      z.object({
        /** Worst first, at most `limit` of `total`. */
        rows: z.array(AlertSummary),
        total: z.number().int(),
        counts: z.record(AlertFilter, z.number().int()),
        /** The one that needs somebody most, whatever the filter; null: nothing needs anybody. */
        worst: AlertSummary.nullable(),
        /** The answer line. */
        answer: z.string(),
        lastResolvedAt: z.string().nullable(),
      }),
    ),
  figures: query.input(InOrganisation).output(AlertFigures),
  /** By id or reference (`A-1042`). */
  get: query.input(OneAlert).output(AlertView),
  raise: command
    .input(
      InOrganisation.extend({
        severity: Severity,
        title: z.string(),
        detail: z.string().default(''),
        venues: z.array(z.string()).default([]),
        key: z.string().default(''),
        source: z.string().default('console'),
      }),
    )
    .output(AlertView),
  acknowledge: command
    .input(OneAlert.extend({ note: z.string().default(''), forMinutes: z.number().int().positive().optional() }))
    .output(AlertView),
  /** Up to 50 with one note. */
  acknowledgeMany: command
    .input(InOrganisation.extend({ alertIds: z.array(z.string()).min(1).max(50), note: z.string().default('') }))
    .output(
      z.object({ changed: z.number().int(), refused: z.array(z.object({ id: z.string(), reason: z.string() })) }),
    ),
  unacknowledge: command.input(OneAlert).output(AlertView),
  snooze: command.input(OneAlert.extend({ until: Iso, note: z.string().default('') })).output(AlertView),
  resolve: command.input(OneAlert.extend({ note: z.string().default('') })).output(AlertView),
  escalate: command.input(OneAlert).output(AlertView),
  /** Alerts from a backup go on from now; all of them when `alertIds` is left out. */
  release: command
    .input(InOrganisation.extend({ alertIds: z.array(z.string()).min(1).max(50).optional() }))
    .output(z.object({ released: z.number().int() })),
  note: command.input(OneAlert.extend({ text: z.string().trim().min(1).max(2000) })).output(AlertView),
  tickStep: command.input(OneAlert.extend({ stepId: z.string() })).output(AlertView),
  /** Who would be told, at any moment; the same code that tells (A13). */
  preview: query
    .input(
      InOrganisation.extend({
        severity: Severity,
        venue: z.string().optional(),
        source: z.string().default('console'),
        at: Iso.optional(),
      }),
    )
    .output(RoutePreview),
  report: query
    .input(InOrganisation.extend({ alertIds: z.array(z.string()).min(1).max(50) }))
    .output(z.object({ title: z.string(), text: z.string() })),
  /** The report as it was edited, as a PDF; `download` is a one-use handle. */
  reportPdf: command
    .input(InOrganisation.extend({ title: z.string().trim().min(1).max(200), text: z.string().max(200_000) }))
    .output(Download),

  silences: query.input(InOrganisation).output(z.array(SilenceView)),
  silencePreview: query
    .input(InOrganisation.extend({ matcher: Matcher, includeEmergencies: z.boolean().default(false) }))
    .output(z.object({ hides: z.number().int(), lastSevenDays: z.number().int() })),
  addSilence: command
    .input(
      InOrganisation.extend({
        kind: Silence.shape.kind.default('silence'),
        matcher: Matcher,
        startsAt: Iso.optional(),
        endsAt: Iso,
        recurring: Silence.shape.recurring.default(null),
        includeEmergencies: z.boolean().default(false),
        reason: z.string().trim().min(1),
      }),
    )
    .output(z.array(SilenceView)),
  endSilence: command
    .input(InOrganisation.extend({ silenceId: z.string(), reason: z.string().default('') }))
    .output(z.array(SilenceView)),

  /** When this person's computer holds notifications; null: never. They still are on screen and on the record (U41). */
  quietHours: query.input(InOrganisation).output(z.object({ hours: PersonQuiet })),
  setQuietHours: command.input(InOrganisation.extend({ hours: PersonQuiet })).output(z.object({ hours: PersonQuiet })),

  routing: query.input(InOrganisation).output(RoutingConfig),
  saveRouting: adminCommand.input(InOrganisation.extend({ routing: RoutingConfig })).output(RoutingConfig),
  /** A real test message to the usual destinations of one channel; waits for its answer (A8). */
  testChannel: command
    .input(InOrganisation.extend({ channel: Channel }))
    .output(z.object({ delivered: z.boolean(), ms: z.number(), error: z.string().nullable() })),
};
