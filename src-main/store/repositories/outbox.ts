import { type Generated, sql } from 'kysely';
import { z } from 'zod';
import { OutboxJob, type Receipt } from '../../../src-shared/domain/delivery/job.ts';
import type { Reader } from '../../ports/store.ts';

interface OutboxJobTable {
  seq: Generated<number>;
  id: string;
  organisation_id: string;
  connection_id: string;
  system: string;
  action: string;
  delivery_class: string;
  priority: number;
  /** JSON. */
  payload: string;
  payload_version: number;
  idempotency_key: string;
  order_key: string | null;
  state: string;
  attempts: Generated<number>;
  in_doubt: Generated<number>;
  lookups: Generated<number>;
  doubt_since: number | null;
  run_at: number;
  expires_at: number | null;
  lease_owner: string | null;
  lease_until: number | null;
  /** JSON. */
  last_failure: string | null;
  receipt: string | null;
  replay_of: string | null;
  created_at: number;
  settled_at: number | null;
}

interface OutboxAttemptTable {
  seq: Generated<number>;
  organisation_id: string;
  connection_id: string;
  job_id: string;
  number: number;
  stage: 'send' | 'look-up' | 'recover';
  started_at: number;
  ended_at: number;
  failure: string | null;
  receipt: 'accepted' | 'arrived' | 'bounced' | null;
  note: string | null;
}

export interface OutboxTables {
  outbox_job: OutboxJobTable;
  outbox_attempt: OutboxAttemptTable;
}

/** What JSON.parse gave is JSON: a payload need not be walked once more. */
const StoredJob = OutboxJob.extend({ payload: z.custom<OutboxJob['payload']>() });

/** A stored row as the domain knows it. The payload is parsed again by whoever delivers it. */
export function jobOf(row: Readonly<Record<string, unknown>>): OutboxJob {
  return StoredJob.parse({
    id: row.id,
    organisationId: row.organisation_id,
    connectionId: row.connection_id,
    system: row.system,
    action: row.action,
    deliveryClass: row.delivery_class,
    priority: row.priority,
    payload: JSON.parse(String(row.payload)),
    payloadVersion: row.payload_version,
    idempotencyKey: row.idempotency_key,
    orderKey: row.order_key,
    state: row.state,
    attempts: row.attempts,
    inDoubt: row.in_doubt === 1,
    lookups: row.lookups,
    doubtSince: row.doubt_since,
    runAt: row.run_at,
    expiresAt: row.expires_at,
    leaseOwner: row.lease_owner,
    leaseUntil: row.lease_until,
    lastFailure: row.last_failure === null ? null : JSON.parse(String(row.last_failure)),
    receipt: row.receipt === null ? null : JSON.parse(String(row.receipt)),
    createdAt: row.created_at,
    settledAt: row.settled_at,
  });
}

/** null: no such job in this organisation. */
export async function getJob(db: Reader, organisationId: string, jobId: string): Promise<OutboxJob | null> {
  const row = await db
    .selectFrom('outbox_job')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', jobId)
    .executeTakeFirst();
  return row ? jobOf(row) : null;
}

/** null: nothing was ever enqueued under this key. */
export async function findJob(
  db: Reader,
  organisationId: string,
  connectionId: string,
  action: string,
  idempotencyKey: string,
): Promise<OutboxJob | null> {
  const row = await db
    .selectFrom('outbox_job')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('connection_id', '=', connectionId)
    .where('action', '=', action)
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst();
  return row ? jobOf(row) : null;
}

/**
 * What was delivered before under the same order key gave back, newest first. Of alerts every message to that place (see
 * `outbox_job_told`); of what only brings the newest state, the last delivery, and nothing where another was begun since and
 * did not arrive: what it left behind nobody knows.
 */
export async function earlierReceipts(
  db: Reader,
  { id, connectionId, action, orderKey, deliveryClass }: OutboxJob,
): Promise<Receipt[]> {
  if (orderKey === null) return [];
  if (deliveryClass !== 'never-miss') {
    const last = await db
      .selectFrom('outbox_job')
      .select(['state', 'receipt'])
      .where('connection_id', '=', connectionId)
      .where('action', '=', action)
      .where('order_key', '=', orderKey)
      .where('id', '<>', id)
      .where('attempts', '>', 0)
      .where('settled_at', 'is not', null)
      .orderBy('settled_at', 'desc')
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    return last?.state === 'delivered' ? receiptsOf([last]) : [];
  }
  const rows = await db
    .selectFrom('outbox_job')
    .select('receipt')
    .where('connection_id', '=', connectionId)
    .where('order_key', '=', orderKey)
    .where(sql<boolean>`state = 'delivered' AND delivery_class = 'never-miss'`)
    .orderBy('seq', 'desc')
    .limit(50)
    .execute();
  return receiptsOf(rows);
}

const receiptsOf = (rows: readonly { readonly receipt: string | null }[]): Receipt[] =>
  rows.flatMap(({ receipt }) => {
    const parsed = OutboxJob.shape.receipt.parse(receipt === null ? null : JSON.parse(receipt));
    return parsed === null ? [] : [parsed];
  });

export interface JobFilter {
  readonly state?: OutboxJob['state'] | undefined;
  readonly system?: string | undefined;
  readonly action?: string | undefined;
  readonly inDoubt?: boolean | undefined;
}

/** Newest first; `before` is the `seq` of the last row of the page before, null for the first page. */
export async function listJobs(
  db: Reader,
  organisationId: string,
  filter: JobFilter,
  before: number | null,
  limit: number,
): Promise<{ rows: (OutboxJob & { seq: number })[]; total: number }> {
  let query = db.selectFrom('outbox_job').where('organisation_id', '=', organisationId);
  if (filter.state) query = query.where('state', '=', filter.state);
  if (filter.system) query = query.where('system', '=', filter.system);
  if (filter.action) query = query.where('action', '=', filter.action);
  if (filter.inDoubt !== undefined) query = query.where('in_doubt', '=', Number(filter.inDoubt));
  const { total } = await query.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  if (before !== null) query = query.where('seq', '<', before);
  const rows = await query.selectAll().orderBy('seq', 'desc').limit(limit).execute();
  return { rows: rows.map((row) => ({ ...jobOf(row), seq: row.seq })), total };
}

export function listAttempts(db: Reader, organisationId: string, jobId: string) {
  return db
    .selectFrom('outbox_attempt')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('job_id', '=', jobId)
    .orderBy('seq')
    .execute();
}

export interface JobCounts {
  readonly waiting: number;
  /** Creation of the longest waiting one, ms UTC; null: none waits. */
  readonly oldestWaitingAt: number | null;
  readonly inDoubt: number;
  /** Failed and not yet looked at: the dead letters. */
  readonly dead: number;
  readonly held: number;
}

/** What is under way: few, of whatever organisation. The owner's name is there in that state alone, and has an index. */
export const underWay = (organisationId: string) => sql<boolean>`+organisation_id = ${organisationId} AND seq IN
  (SELECT seq FROM outbox_job WHERE state = 'sending' AND lease_owner > '')`;

/** What the status bar counts; jobs in doubt are counted apart from everything else (R14a). */
export async function countJobs(db: Reader, organisationId: string): Promise<JobCounts> {
  // Each state by itself: it has an index of its own, which SQLite uses only for its very words.
  const count = sql<number>`count(*)`.as('jobs');
  const oldest = sql<number | null>`min(created_at)`.as('oldest');
  const inDoubt = sql<number>`coalesce(sum(in_doubt), 0)`.as('inDoubt');
  const all = db.selectFrom('outbox_job');
  const mine = all.where('organisation_id', '=', organisationId);
  const [queued, sending, held, failed] = await Promise.all([
    mine.where(sql<boolean>`state = 'queued'`).select([count, oldest, inDoubt]).executeTakeFirstOrThrow(),
    all.where(underWay(organisationId)).select([count, oldest, inDoubt]).executeTakeFirstOrThrow(),
    mine
      .where(sql<boolean>`state IN ('held', 'failed') AND state = 'held'`)
      .select([count, inDoubt])
      .executeTakeFirstOrThrow(),
    mine
      .where(sql<boolean>`state IN ('held', 'failed') AND state = 'failed'`)
      .select([count, inDoubt])
      .executeTakeFirstOrThrow(),
  ]);
  const waitingSince = [queued.oldest, sending.oldest].filter((at) => at !== null);
  return {
    waiting: queued.jobs - queued.inDoubt + sending.jobs - sending.inDoubt,
    oldestWaitingAt: waitingSince.length > 0 ? Math.min(...waitingSince) : null,
    inDoubt: queued.inDoubt + sending.inDoubt + held.inDoubt + failed.inDoubt,
    dead: failed.jobs,
    held: held.jobs - held.inDoubt,
  };
}
