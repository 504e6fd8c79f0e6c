import { z } from 'zod';
import { adminCommand, command, InOrganisation, query } from './base.ts';
import { ConnectionView } from './settings.ts';

/** `unknown`: never asked, or too long ago to say (R23). */
export const HealthState = z.enum(['healthy', 'degraded', 'down', 'unknown', 'paused', 'off', 'not_connected']);
export type HealthState = z.infer<typeof HealthState>;

export const BreakerState = z.enum(['closed', 'open', 'half-open']);

/** One permission or ability of a connection, and what stops without it. */
export const SystemCheck = z.object({
  id: z.string(),
  label: z.string(),
  ok: z.boolean(),
  /** Names of the actions that stop working when this fails. */
  neededFor: z.array(z.string()),
  /** What is wrong and what to do, without a secret in it. */
  problem: z.string().nullable(),
  remedy: z.string().nullable(),
});

export const QuotaMeter = z.object({
  per: z.enum(['minute', 'day']),
  used: z.number().int(),
  limit: z.number().int(),
  /** At the pace of the last hour the day's limit is reached then; null: not today. */
  runsOutAt: z.string().nullable(),
});

export const SystemHealth = z.object({
  system: z.string(),
  name: z.string(),
  category: ConnectionView.shape.category,
  mode: ConnectionView.shape.mode,
  state: HealthState,
  /** In words: what is wrong, or null. */
  problem: z.string().nullable(),
  /** What the other side no longer takes; a person has to connect it again. */
  notAccepted: z.enum(['sign-in', 'key']).nullable(),
  checkedAt: z.string().nullable(),
  /** Cached until then (5 min ± 20 %). */
  nextCheckAt: z.string().nullable(),
  /** Of the last check. */
  latencyMs: z.number().nullable(),
  /** Of the deliveries of the last 24 h, at most the newest 1,000: 0 to 1; null: there were none. */
  successRate: z.number().nullable(),
  /** 95th percentile of the same deliveries, ms. */
  p95Ms: z.number().nullable(),
  attempts: z.number().int(),
  breaker: BreakerState,
  quotas: z.array(QuotaMeter),
  account: z.string().nullable(),
  tokenExpiresAt: z.string().nullable(),
  /** The sign-in ends before the end of the present or next wedding weekend (X11). */
  expiresBeforeWeekendEnds: z.boolean(),
  /** Work that waits for this system. */
  waiting: z.number().int(),
  failingSince: z.string().nullable(),
});
export type SystemHealth = z.infer<typeof SystemHealth>;

export const SystemDetail = SystemHealth.extend({
  checks: z.array(SystemCheck),
  /** Newest first, at most 20. */
  lastResults: z.array(
    z.object({
      at: z.string(),
      ok: z.boolean(),
      ms: z.number(),
      deliveryId: z.string(),
      problem: z.string().nullable(),
    }),
  ),
  lastError: z.object({ at: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
  /** Circuit changes, newest first, at most 100. */
  breakerHistory: z.array(z.object({ at: z.string(), state: BreakerState })),
  actions: z.array(z.object({ id: z.string(), label: z.string(), deliveryClass: z.string() })),
  hosts: z.array(z.string()),
  /** `host:port` of the proxy it is reached through (SEC-37); null: straight. */
  proxy: z.string().nullable(),
  /** Names only. */
  secretsPresent: z.array(z.string()),
  /** What *Send test* does and where, said before it is pressed; null: there is nothing to send. */
  testDoes: z.string().nullable(),
  /** The line on which it tells what people did there; null: it has none, or nothing to listen with. */
  listener: z
    .object({
      label: z.string(),
      up: z.boolean(),
      /** Up or down since then. */
      since: z.string(),
      /** When somebody last did something there, since the console started. */
      lastEventAt: z.string().nullable(),
      /** Why it is down. */
      problem: z.string().nullable(),
    })
    .nullable(),
});
export type SystemDetail = z.infer<typeof SystemDetail>;

/** A sender whose webhooks this organisation takes; addressed as `<webhookUrl>/<organisation>/<source>`. */
export const InboundSource = z.object({
  source: z.string(),
  name: z.string(),
  on: z.boolean(),
  /** Path on the receiver, e.g. `/webhooks/bluebell/xero`. */
  path: z.string(),
  /** The public address, word for word as the sender has it (Twilio signs it); empty: none. */
  publicUrl: z.string(),
  options: z.record(z.string(), z.json()),
  /** Browser origins that may post (W5). */
  corsOrigins: z.array(z.string()),
  secretPresent: z.boolean(),
  /** The secret before is still accepted while senders are changed over. */
  oldSecretPresent: z.boolean(),
  /** The old secret was still in use after 7 days. */
  oldSecretLastUsedAt: z.string().nullable(),
  received24h: z.number().int(),
  lastReceivedAt: z.string().nullable(),
  /** Unsigned or wrongly signed since the start: only counted, never stored (W1). */
  refused: z.number().int(),
  /** The last of them since the start: why it was not authentic, for the operator only. */
  lastRefusal: z.object({ at: z.string(), reason: z.string(), detail: z.string() }).nullable(),
  /** Where it is received on this computer; null: nothing is received now. */
  localUrl: z.string().nullable(),
  /** Requests a minute that are taken now (W3). */
  perMinute: z.number().int(),
});
export type InboundSource = z.infer<typeof InboundSource>;

const OneSystem = InOrganisation.extend({ system: z.string() });

export const systems = {
  /** All 17; those without an adapter or a connection are `not_connected`. */
  list: query.input(InOrganisation).output(z.array(SystemHealth)),
  detail: query.input(OneSystem).output(SystemDetail),
  /** At most once per 10 s a system: sooner, `asked` is false and both are the cached result. */
  checkNow: command
    .input(OneSystem)
    .output(z.object({ asked: z.boolean(), waitMs: z.number(), before: SystemHealth, after: SystemHealth })),
  /** Every connected system at once, under the same limit. */
  checkAll: command.input(InOrganisation).output(z.array(SystemHealth)),
  /** Through the same outbox and limits as real work; marked as a test; once per 30 s a system. */
  sendTest: command
    .input(OneSystem)
    .output(z.object({ delivered: z.boolean(), ms: z.number(), error: z.string().nullable(), what: z.string() })),
  /** `paused` keeps queuing; `off` records new work as not sent. A reason is needed for both. */
  setMode: command
    .input(OneSystem.extend({ mode: ConnectionView.shape.mode, reason: z.string().max(500) }))
    .output(SystemHealth),
  /** Connecting, signing in, settings and modes, from the audit log; newest first. */
  history: query
    .input(OneSystem)
    .output(z.array(z.object({ at: z.string(), actor: z.string(), action: z.string(), reason: z.string() }))),

  sources: query.input(InOrganisation).output(z.array(InboundSource)),
  saveSource: adminCommand
    .input(
      InOrganisation.extend({
        source: z.string(),
        on: z.boolean().optional(),
        publicUrl: z.string().max(2_000).optional(),
        options: z.record(z.string(), z.json()).optional(),
        corsOrigins: z.array(z.string().max(300)).max(20).optional(),
        /** Replaces the secret; the one before stays valid beside it until `forgetOldSecret`. */
        secret: z.string().min(1).max(500).optional(),
        forgetOldSecret: z.boolean().default(false),
      }),
    )
    .output(InboundSource),

  /** What the diagnostics bundle would hold, already redacted, to be read before it leaves. */
  diagnosticsPreview: query
    .input(z.strictObject({}))
    .output(z.object({ files: z.array(z.object({ name: z.string(), bytes: z.number().int(), text: z.string() })) })),
  /** The same files as one zip; a one-use download handle. */
  diagnosticsSave: command
    .input(z.strictObject({}))
    .output(z.object({ handle: z.string(), name: z.string(), bytes: z.number().int() })),
};
