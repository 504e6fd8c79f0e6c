import { z } from 'zod';
import { Cursor, command, InOrganisation, page, query } from './base.ts';

const State = z.enum(['queued', 'sending', 'delivered', 'held', 'failed', 'cancelled']);
const DeliveryClass = z.enum(['never-miss', 'never-twice', 'keyed-upsert', 'telemetry']);

/** What a person may do with a delivery now, by its class and state. */
export const DeliveryAction = z.enum(['retry', 'replay', 'hold', 'release', 'discard', 'check', 'decide']);

/** What a delivery carries, as a person names it: `A-1042 Payment webhook silent`; `about`: where the console has it. */
export const DeliverySubject = z.object({
  text: z.string(),
  about: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.enum(['alert', 'batch']), id: z.string() }),
      z.object({ kind: z.literal('push'), id: z.string(), period: z.string() }),
    ])
    .nullable(),
});
export type DeliverySubject = z.infer<typeof DeliverySubject>;

export const DeliveryView = z.object({
  id: z.string(),
  system: z.string(),
  action: z.string(),
  deliveryClass: DeliveryClass,
  priority: z.number().int(),
  state: State,
  inDoubt: z.boolean(),
  attempts: z.number().int(),
  createdAt: z.string(),
  nextAttemptAt: z.string().nullable(),
  settledAt: z.string().nullable(),
  lastError: z.string().nullable(),
  idempotencyKey: z.string(),
  /** null: figures and housekeeping that have no name of their own. */
  subject: DeliverySubject.nullable(),
  replayOf: z.string().nullable(),
  may: z.array(DeliveryAction),
});
export type DeliveryView = z.infer<typeof DeliveryView>;

/** The tabs of the screen; each is a set of rows. */
export const DeliveryTab = z.enum(['waiting', 'retrying', 'in_doubt', 'dead', 'held', 'done', 'all']);

/** Everything given must hold; an empty filter is all. */
export const DeliveryFilter = z.strictObject({
  tab: DeliveryTab.optional(),
  state: State.optional(),
  system: z.string().optional(),
  action: z.string().optional(),
  deliveryClass: DeliveryClass.optional(),
  /** Created in `[from, to)`, ISO 8601. */
  from: z.string().optional(),
  to: z.string().optional(),
  /** A delivery id, or words looked for in its subject, key and last error, among the newest 10,000 rows of the rest of the filter. */
  text: z.string().max(200).optional(),
});
export type DeliveryFilter = z.infer<typeof DeliveryFilter>;

/** Why due work of a system does not start now: paused by hand, parked by a refusal, the vendor's limit, or its circuit. */
export const SystemWait = z.object({
  system: z.string(),
  why: z.enum(['paused', 'parked', 'limit', 'circuit']),
  /** null: until a person does something. */
  until: z.string().nullable(),
});

export const InboundState = z.enum(['stored', 'worked', 'ignored', 'failed']);

export const InboundView = z.object({
  id: z.string(),
  source: z.string(),
  eventKey: z.string(),
  receivedAt: z.string(),
  state: InboundState,
  /** What came of it, or why nothing did. */
  outcome: z.string(),
  workedAt: z.string().nullable(),
  attempts: z.number().int(),
  /** How often the same came again; those had no effect (R27). */
  duplicates: z.number().int(),
  bytes: z.number().int(),
  signature: z.enum(['present key', 'old key']),
  replayOf: z.string().nullable(),
});
export type InboundView = z.infer<typeof InboundView>;

export const InboundFilter = z.strictObject({
  source: z.string().optional(),
  state: InboundState.optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  /** An id, or the beginning of an event key. */
  text: z.string().max(200).optional(),
});
export type InboundFilter = z.infer<typeof InboundFilter>;

/** `total` is exact up to 10,000; `more`: there are at least that many. */
const counted = <T extends z.ZodType>(row: T) => page(row).extend({ more: z.boolean() });

/** Chosen rows, or whatever a filter holds at the moment of asking (at most 10,000). */
const Chosen = z.union([
  z.strictObject({ ids: z.array(z.string()).min(1).max(1_000) }),
  z.strictObject({ filter: DeliveryFilter }),
]);

const BulkKind = z.enum(['retry', 'replay_as_sent', 'replay_present', 'hold', 'release', 'discard', 'check']);
const OneDelivery = InOrganisation.extend({ id: z.string() });

export const deliveries = {
  /** Newest first. */
  list: query
    .input(InOrganisation.extend({ ...DeliveryFilter.shape, after: Cursor.default(null) }))
    .output(counted(DeliveryView)),
  /** Counts of the tabs; each stops at 10,000. */
  tabs: query.input(InOrganisation).output(
    z.object({
      waiting: z.number().int(),
      retrying: z.number().int(),
      inDoubt: z.number().int(),
      dead: z.number().int(),
      held: z.number().int(),
      inbound24h: z.number().int(),
      done24h: z.number().int(),
      /** Of the attempts settled in the last 24 h, 0 to 1; null: none. */
      successToday: z.number().nullable(),
      slowestTodayMs: z.number().nullable(),
      oldestWaitingMs: z.number().nullable(),
    }),
  ),
  /** Systems that hold their due work back now. */
  waits: query.input(InOrganisation).output(z.array(SystemWait)),
  detail: query.input(OneDelivery).output(
    DeliveryView.extend({
      account: z.string().nullable(),
      orderKey: z.string().nullable(),
      expiresAt: z.string().nullable(),
      /** As it would be sent with present settings; secrets masked. null: it cannot be shown, `requestProblem` says why. */
      request: z
        .object({
          summary: z.string(),
          target: z.string(),
          fields: z.array(z.object({ name: z.string(), next: z.string() })),
          body: z.string(),
        })
        .nullable(),
      requestProblem: z.string().nullable(),
      receipt: z.object({ vendorId: z.string().nullable(), note: z.string().nullable() }).nullable(),
      history: z.array(
        z.object({
          number: z.number().int(),
          stage: z.enum(['send', 'look-up', 'recover']),
          startedAt: z.string(),
          ms: z.number(),
          ok: z.boolean(),
          code: z.string().nullable(),
          /** What the other side said, secrets masked. */
          answer: z.string().nullable(),
          receipt: z.enum(['accepted', 'arrived', 'bounced']).nullable(),
        }),
      ),
      /** What *Decide* is about: what was found on the other side, or where to look. */
      doubt: z.string().nullable(),
    }),
  ),
  /** Held or failed work goes back to the queue; attempts start again at zero. */
  retry: command.input(OneDelivery).output(DeliveryView),
  /** `as_sent`: the same row, body and key again. `present`: a new row with a new key, linked to the old (R12). */
  replay: command.input(OneDelivery.extend({ how: z.enum(['as_sent', 'present']) })).output(DeliveryView),
  hold: command.input(OneDelivery.extend({ reason: z.string().min(1).max(500) })).output(DeliveryView),
  release: command.input(OneDelivery).output(DeliveryView),
  discard: command.input(OneDelivery.extend({ reason: z.string().min(1).max(500) })).output(DeliveryView),
  /** Searches on the other side again, at once. */
  check: command.input(OneDelivery).output(DeliveryView),
  /** A person looked: it exists there (under this id), or it does not and may be sent. */
  decide: command
    .input(
      OneDelivery.extend({
        exists: z.boolean(),
        vendorId: z.string().max(200).nullable().default(null),
        reason: z.string().min(1).max(500),
      }),
    )
    .output(DeliveryView),

  /** Asked before `bulk`: how many, where, how long, and what receivers will see twice. */
  bulkEstimate: query.input(InOrganisation.extend({ chosen: Chosen, kind: BulkKind })).output(
    z.object({
      count: z.number().int(),
      /** Of those, not possible now (state or class forbids it). */
      refused: z.number().int(),
      systems: z.array(
        z.object({ system: z.string(), count: z.number().int(), atPacePerMinute: z.number().nullable() }),
      ),
      /** At the systems' rate limits. */
      durationMs: z.number(),
      /** Systems whose receivers cannot recognise a repeat. */
      seenTwice: z.array(z.string()),
    }),
  ),
  bulk: command
    .input(InOrganisation.extend({ chosen: Chosen, kind: BulkKind, reason: z.string().max(500).default('') }))
    .output(
      z.object({
        changed: z.number().int(),
        refused: z.array(z.object({ id: z.string(), reason: z.string() })),
      }),
    ),

  /** Every minute of the last hours: depth and oldest age; and when circuits were open. */
  depth: query.input(InOrganisation.extend({ hours: z.number().int().min(1).max(168).default(24) })).output(
    z.object({
      points: z.array(
        z.object({
          at: z.string(),
          waiting: z.number().int(),
          oldestMs: z.number(),
          dead: z.number().int(),
          held: z.number().int(),
          inDoubt: z.number().int(),
        }),
      ),
      breakers: z.array(z.object({ system: z.string(), openFrom: z.string(), openTo: z.string().nullable() })),
    }),
  ),

  inbound: query
    .input(InOrganisation.extend({ ...InboundFilter.shape, after: Cursor.default(null) }))
    .output(counted(InboundView)),
  inboundDetail: query.input(OneDelivery).output(
    InboundView.extend({
      /** As text, secrets masked, at most 64 KiB; never rendered. */
      body: z.string(),
      headers: z.record(z.string(), z.string()),
      effects: z.array(z.object({ eventId: z.string(), at: z.string(), effect: z.string() })),
    }),
  ),
  /** Worked again from the stored bytes (W8); what had its effect already has none a second time, unless `force`. */
  inboundReplay: command.input(OneDelivery.extend({ force: z.boolean().default(false) })).output(InboundView),
};
