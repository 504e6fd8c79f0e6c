import { createHash } from 'node:crypto';
import { type DeliveryClass, JobState, type OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Json } from '../../adapters/kit/adapter.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { StatementResult, Store, Tx } from '../../ports/store.ts';
import { findJob, jobOf } from '../../store/repositories/outbox.ts';
import { insertJob, insertUsualJob, type Lease, type NewJob } from '../../store/repositories/outbox-insert.ts';
import { newestUnsettled, runStatement, supersedeJobs } from '../../store/repositories/outbox-statements.ts';

/** What a capability hands over; the same connection, action and key twice is one job. */
export interface Enqueue {
  readonly organisationId: string;
  readonly system: string;
  readonly action: string;
  readonly deliveryClass: DeliveryClass;
  /** 0 goes first: emergency 0, critical 1, acknowledgements 2, ledger 4, CRM 5, BI 6, telemetry 7. */
  readonly priority: number;
  readonly payload: Json;
  readonly payloadVersion: number;
  /** See `deliveryKey`. */
  readonly idempotencyKey: string;
  readonly orderKey?: string;
  /** Now when left out. */
  readonly runAt?: Instant;
  readonly expiresAt?: Instant;
  /** Makes what waits under the same order key pointless: it fails as `superseded` (R10). */
  readonly supersedes?: boolean;
  /** The job this one repeats with present settings (R12). */
  readonly replayOf?: string;
}

export interface Enqueued {
  readonly id: string;
  /** false: this was enqueued before, and the id is that job's. */
  readonly added: boolean;
  /** `cancelled` when the system is switched off (R13); `queued` also when it may turn out to start with the commit. */
  readonly state: OutboxJob['state'];
}

/** Printable ASCII of at most 200 characters, hashed when it would not fit (R24). */
export function deliveryKey(
  organisationId: string,
  system: string,
  kind: string,
  object: string,
  revision: string,
): string {
  const key = [organisationId, system, kind, object, revision].join(':');
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return key;
  return `${system}:${kind}:${createHash('sha256').update(key).digest('hex')}`;
}

export function newJob(input: Enqueue, { clock, ids }: Runtime): NewJob {
  const now = clock.now();
  return {
    id: ids.next(),
    organisationId: input.organisationId,
    connectionId: `${input.organisationId}/${input.system}`,
    system: input.system,
    action: input.action,
    deliveryClass: input.deliveryClass,
    priority: input.priority,
    payload: JSON.stringify(input.payload),
    payloadVersion: input.payloadVersion,
    idempotencyKey: input.idempotencyKey,
    orderKey: input.orderKey ?? null,
    runAt: input.runAt ?? now,
    expiresAt: input.expiresAt ?? null,
    replayOf: input.replayOf ?? null,
    createdAt: now,
  };
}

/**
 * Writes the job beside the fact that causes it; throws when the organisation has no such connection. `lease`: it is written
 * as claimed, if nothing stands in its way. `written` is told by the end of the transaction, unless it was there already.
 */
export async function enqueueIn(
  { store, tx }: { readonly store: Store; readonly tx: Tx },
  input: Enqueue,
  job: NewJob,
  lease: Lease | null,
  written: (state: JobState) => void,
  settled: (tx: Tx, job: OutboxJob) => Promise<void>,
): Promise<Enqueued> {
  let state: JobState = 'queued';
  const usual = lease ? 'sending' : 'queued';
  const told = ({ rows: [row] }: StatementResult) => written(row ? JobState.parse(row.state) : usual);
  // A transaction that does not wait for its jobs is one message to the writer instead of a question for each.
  if (!store.expect(tx, insertUsualJob(job, lease), told)) {
    const [row] = await runStatement(tx, insertJob(job, lease));
    if (!row) return alreadyThere(tx, job);
    state = JobState.parse(row.state);
    written(state);
  }
  if (input.supersedes && job.orderKey !== null) {
    await supersedeOlder(tx, job.connectionId, job.orderKey, job, settled);
  }
  return { id: job.id, added: true, state };
}

const overtaken = JSON.stringify({
  ...{ kind: 'permanent', code: 'superseded', scope: 'job' },
  message: 'A newer state took its place',
});

/** Fails what has not been sent of an order key, but the newest. */
async function supersedeOlder(
  tx: Tx,
  connectionId: string,
  orderKey: string,
  newest: { readonly id: string; readonly createdAt: Instant },
  settled: (tx: Tx, job: OutboxJob) => Promise<void>,
): Promise<void> {
  const older = supersedeJobs(connectionId, orderKey, newest.id, newest.createdAt, overtaken);
  for (const gone of await runStatement(tx, older)) await settled(tx, jobOf(gone));
}

/**
 * For a hook of what came back to the queue: whether a newer one of its order key was queued while it was being sent. Then
 * it fails as superseded (R10), and `settled` is told so.
 */
export async function giveWay(
  tx: Tx,
  { id, connectionId, orderKey }: OutboxJob,
  at: Instant,
  settled: (tx: Tx, job: OutboxJob) => Promise<void>,
): Promise<boolean> {
  const [newest] = orderKey === null ? [] : await runStatement(tx, newestUnsettled(connectionId, orderKey));
  if (orderKey === null || newest === undefined || newest.id === id) return false;
  await supersedeOlder(tx, connectionId, orderKey, { id: String(newest.id), createdAt: at }, settled);
  return true;
}

/** The job as it stands in the database once it was written with a lease. */
export function claimedJob(job: NewJob, lease: Lease): OutboxJob {
  const { replayOf, payload, ...same } = job;
  return {
    ...same,
    payload: JSON.parse(payload),
    state: 'sending',
    attempts: 1,
    inDoubt: false,
    lookups: 0,
    doubtSince: null,
    leaseOwner: lease.owner,
    leaseUntil: lease.until,
    lastFailure: null,
    receipt: null,
    settledAt: null,
  };
}

async function alreadyThere(tx: Tx, job: NewJob): Promise<Enqueued> {
  const known = await findJob(tx, job.organisationId, job.connectionId, job.action, job.idempotencyKey);
  if (!known) throw new Error(`Nothing is connected as ${job.connectionId}`);
  return { id: known.id, added: false, state: known.state };
}
