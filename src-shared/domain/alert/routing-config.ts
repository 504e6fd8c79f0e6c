import { z } from 'zod';
import { Instant } from '../time-and-ids.ts';
import { Channel } from './alert.ts';
import { Severity } from './severity.ts';

/** Stands for whoever the rota names at the moment of telling. */
export const ON_CALL = 'on-call';

/** `HH:MM`, local. */
export const ClockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** One place an alert can go: a Slack channel, an address, a phone, a PagerDuty service, a webhook target. */
export const Destination = z.object({
  id: z.string().min(1).max(80),
  channel: Channel,
  /** As people call it, e.g. `#wedding-ops` or `J. Ellis`. */
  name: z.string().min(1),
  /** What the channel needs: channel id, e-mail address, +44… number, name of the routing key, target id. */
  address: z.string().min(1),
  /** Whose it is, for the rota. */
  personId: z.string().nullable().default(null),
});
export type Destination = z.infer<typeof Destination>;

/** People take turns; shifts change at a local time, so a shift over a clock change is an hour longer or shorter (A16). */
export const Rota = z.object({
  people: z.array(z.string()),
  /** The first shift of the first person begins on this local day at `handoverAt`. */
  startsOn: z.iso.date(),
  handoverAt: ClockTime,
  shiftDays: z.number().int().min(1).max(28),
  overrides: z.array(z.object({ personId: z.string(), startsAt: Instant, endsAt: Instant, reason: z.string() })),
});
export type Rota = z.infer<typeof Rota>;

/** Who is told depends on where the venue is. */
export const RegionRoute = z.object({
  id: z.string(),
  regions: z.array(z.string()).default([]),
  venues: z.array(z.string()).default([]),
  /** Destination ids, or `on-call`. Added to their channel; a channel the severity does not use is opened by them. */
  destinations: z.array(z.string()).min(1),
  /** Told instead of the channel's usual destinations, unless the alert is about another place as well. */
  instead: z.boolean().default(false),
});
export type RegionRoute = z.infer<typeof RegionRoute>;

export const EscalationStep = z.object({
  /** Seconds after the alert was raised without anyone acknowledging; halved in peak hours (A5, T4). */
  afterSeconds: z.number().int().min(30).max(86_400),
  channels: z.array(Channel).min(1),
  to: z.enum(['usual', 'on-call', 'management']),
});
export type EscalationStep = z.infer<typeof EscalationStep>;

/** Holds delivery of lesser alerts overnight; never in wedding-day mode, never an emergency (A12). */
export const QuietHours = z.object({
  from: ClockTime,
  to: ClockTime,
  channels: z.array(Channel).min(1),
  /** The highest severity that waits. */
  upTo: Severity.exclude(['emergency']),
});
export type QuietHours = z.infer<typeof QuietHours>;

export const RoutingConfig = z.object({
  table: z.record(Severity, z.array(Channel)),
  destinations: z.array(Destination),
  /** Destination ids (or `on-call`) a channel tells when nothing narrower is said. */
  usual: z.record(Channel, z.array(z.string())),
  /** Destination ids; e-mail in wedding-day mode goes there too (A4), and the last escalation step. */
  management: z.array(z.string()),
  rota: Rota.nullable(),
  regionRoutes: z.array(RegionRoute),
  escalation: z.array(EscalationStep),
  /** The lowest severity in force that escalates; lesser alerts are told once. */
  escalateFrom: Severity,
  quietHours: z.array(QuietHours),
  /** Order in which another channel is started when one does not accept (A14). */
  failover: z.array(Channel),
  failoverAfterMs: z.number().int().positive(),
  /** Distinct alerts a minute and recipient told singly by SMS and PagerDuty; null lifts the rule (A15). */
  stormLimit: z.number().int().positive().nullable(),
});
export type RoutingConfig = z.infer<typeof RoutingConfig>;

/** What a new organisation starts with: the table of A3, steps of A5, nothing to tell until destinations are named. */
export const defaultRouting: RoutingConfig = {
  table: {
    info: ['slack'],
    warning: ['slack', 'email'],
    critical: ['slack', 'email', 'pagerduty', 'webhook'],
    emergency: ['slack', 'email', 'pagerduty', 'webhook', 'sms'],
  },
  destinations: [],
  usual: { slack: [], email: [], pagerduty: [], webhook: [], sms: [ON_CALL] },
  management: [],
  rota: null,
  regionRoutes: [],
  escalation: [
    { afterSeconds: 300, channels: ['pagerduty', 'sms'], to: 'on-call' },
    { afterSeconds: 600, channels: ['sms', 'email'], to: 'management' },
  ],
  escalateFrom: 'warning',
  quietHours: [],
  failover: ['pagerduty', 'sms', 'email', 'slack', 'webhook'],
  failoverAfterMs: 5_000,
  stormLimit: 10,
};
