import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Bindable, Statement } from '../../ports/store.ts';
import { numbered } from './numbered.ts';

/** Which earlier job `e` of an order key stands in front: an alert's message that is held lets newer ones pass (R10). */
export const isInFront = `e.state IN ('queued', 'sending', 'held')
        AND NOT (e.state = 'held' AND e.delivery_class = 'never-miss')`;

const insertSql = (only: string) =>
  numbered(`
INSERT INTO outbox_job (id, organisation_id, connection_id, system, action, delivery_class, priority, payload,
  payload_version, idempotency_key, order_key, state, run_at, expires_at, replay_of, created_at, settled_at,
  attempts, lease_owner, lease_until)
SELECT ?1, c.organisation_id, c.id, c.system, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
       CASE WHEN c.mode = 'off' THEN 'cancelled' WHEN c.may THEN 'sending' ELSE 'queued' END, ?9, ?10, ?11, ?12,
       CASE c.mode WHEN 'off' THEN ?12 END, c.may, iif(c.may, ?15, NULL), iif(c.may, ?16, NULL)
  FROM (SELECT *, ?15 IS NOT NULL AND mode = 'on' AND parked_code IS NULL AND coalesce(not_before, 0) <= ?12
               AND (?8 IS NULL OR NOT EXISTS (
                 SELECT 1 FROM outbox_job e
                  WHERE e.connection_id = ?13 AND e.order_key = ?8 AND e.order_key IS NOT NULL AND ${isInFront})) AS may
          FROM connection WHERE id = ?13 AND organisation_id = ?14) c
 WHERE ${only}
ON CONFLICT (connection_id, action, idempotency_key) DO NOTHING
RETURNING state`);
const insertAny = insertSql('true');
const insertActive = insertSql("c.mode <> 'off'");

/**
 * By VALUES: before an INSERT … SELECT SQLite copies each page that it changes, for it might be many rows and fail at the last.
 * Without the connection it needs, it fails.
 */
const insertUsual = numbered(`
INSERT INTO outbox_job (id, organisation_id, connection_id, system, action, delivery_class, priority, payload,
  payload_version, idempotency_key, order_key, state, run_at, expires_at, replay_of, created_at,
  attempts, lease_owner, lease_until)
VALUES (?1, ?14, (SELECT id FROM connection
                   WHERE id = ?13 AND organisation_id = ?14 AND mode <> 'off'
                     AND (?15 IS NULL OR mode = 'on' AND parked_code IS NULL AND coalesce(not_before, 0) <= ?12)),
        ?17, ?2, ?3, ?4, ?5, ?6, ?7, ?8, iif(?15 IS NULL, 'queued', 'sending'), ?9, ?10, ?11, ?12, ?15 IS NOT NULL, ?15, ?16)`);

export interface NewJob {
  readonly id: string;
  readonly organisationId: string;
  readonly connectionId: string;
  readonly system: string;
  readonly action: string;
  readonly deliveryClass: OutboxJob['deliveryClass'];
  readonly priority: number;
  readonly payload: string;
  readonly payloadVersion: number;
  readonly idempotencyKey: string;
  readonly orderKey: string | null;
  readonly runAt: Instant;
  readonly expiresAt: Instant | null;
  readonly replayOf: string | null;
  readonly createdAt: Instant;
}

/** Of a job under way: the program start that has it, and until when. */
export interface Lease {
  readonly owner: string;
  readonly until: Instant;
}

/**
 * Gives `{state}`; no row when the key is taken or the connection does not exist. Switched off: `cancelled` (R13). With a
 * lease it is claimed as it is written, unless its connection may not send now or another of its order key is in front of it.
 */
export function insertJob(job: NewJob, lease: Lease | null): Statement {
  return insertAny(insertedValues(job, lease));
}

/**
 * Changes a row if the key is new, the connection there and not switched off, as nearly always. With a lease it has to be able to
 * send as well. Gives `{state}` where another of its order key may be in front of it.
 */
export function insertUsualJob(job: NewJob, lease: Lease | null): Statement {
  return (lease && job.orderKey !== null ? insertActive : insertUsual)(insertedValues(job, lease));
}

function insertedValues(job: NewJob, lease: Lease | null): readonly Bindable[] {
  const { id, action, deliveryClass, priority, payload, payloadVersion, idempotencyKey, orderKey } = job;
  const what = [id, action, deliveryClass, priority, payload, payloadVersion, idempotencyKey, orderKey];
  const when = [job.runAt, job.expiresAt, job.replayOf, job.createdAt, job.connectionId, job.organisationId];
  return [...what, ...when, lease?.owner ?? null, lease?.until ?? null, job.system];
}
