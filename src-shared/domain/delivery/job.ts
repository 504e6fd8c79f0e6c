import { z } from 'zod';
import { Failure } from '../failure.ts';
import { Instant, OrganisationId } from '../time-and-ids.ts';

/** The promise this work carries (never miss, never twice, keyed upsert, telemetry); stored with it. */
export const DeliveryClass = z.enum(['never-miss', 'never-twice', 'keyed-upsert', 'telemetry']);
export type DeliveryClass = z.infer<typeof DeliveryClass>;

/** `native-key`: the vendor deduplicates. `lookup-first`: we can ask. `none`: a repeat is a second effect. */
export const Idempotency = z.enum(['native-key', 'lookup-first', 'none']);
export type Idempotency = z.infer<typeof Idempotency>;

/**
 * queued  -> sending                     claimed: attempt counted, lease taken
 * sending -> delivered
 *         -> queued                      retryable, schedule not used up
 *         -> held                        a person must act, or the outcome is unknown
 *         -> failed                      permanent, or schedule used up; kept for "try again" (the dead letters)
 * queued, held -> cancelled              by the operator
 * held, failed -> queued                 by the operator; attempts start again at zero
 */
export const JobState = z.enum(['queued', 'sending', 'delivered', 'held', 'failed', 'cancelled']);
export type JobState = z.infer<typeof JobState>;

export const OutboxJob = z.object({
  id: z.string(),
  organisationId: OrganisationId,
  /** `<organisation>/<system>`: one connection per organisation and system. */
  connectionId: z.string(),
  system: z.string(),
  action: z.string(),
  deliveryClass: DeliveryClass,
  /** 0 goes first: emergency 0, critical 1, acknowledgements 2, ledger 4, CRM 5, BI 6, telemetry 7. */
  priority: z.number().int().min(0).max(9),
  payload: z.json(),
  payloadVersion: z.number().int().positive(),
  /** Unique per connection and action: enqueueing the same thing twice is a no-op. */
  idempotencyKey: z.string().min(1).max(200),
  /** Jobs with the same key go one after another. A held one blocks those behind it, unless it is never-miss. */
  orderKey: z.string().nullable(),
  state: JobState,
  /** Tries started, so a job that kills the process still runs out. */
  attempts: z.number().int().nonnegative(),
  /** It may already exist on the other side: look it up before anything else. */
  inDoubt: z.boolean(),
  /** Look-ups made since the job came in doubt. */
  lookups: z.number().int().nonnegative(),
  /** Since when it is in doubt: after 24 h of failing look-ups a person decides. */
  doubtSince: Instant.nullable(),
  runAt: Instant,
  /** After this moment it is failed as `expired`: yesterday's alert helps nobody. */
  expiresAt: Instant.nullable(),
  leaseOwner: z.string().nullable(),
  leaseUntil: Instant.nullable(),
  lastFailure: Failure.nullable(),
  /** What the vendor gave us back: its id, and a note a person may read. */
  receipt: z
    .object({ vendorId: z.string().nullable(), note: z.string().optional(), document: z.json().optional() })
    .nullable(),
  createdAt: Instant,
  settledAt: Instant.nullable(),
});
export type OutboxJob = z.infer<typeof OutboxJob>;
export type Receipt = NonNullable<OutboxJob['receipt']>;
