import type { Idempotency, OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { fasterPolicy, retryPolicyOf } from '../../../src-shared/domain/delivery/policies.ts';
import {
  type Circumstances,
  recover,
  settleLookup,
  settleSend,
  stageOf,
} from '../../../src-shared/domain/delivery/settle.ts';
import { type Failure, toFailure } from '../../../src-shared/domain/failure.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { AttemptRecord } from '../../store/repositories/outbox-statements.ts';
import type { Deliverer } from './deliverer.ts';

/** A job before and after one try, with the record of it; `from` is the state it is in on disk until this is stored. */
export interface Settled {
  readonly job: OutboxJob;
  readonly from: OutboxJob['state'];
  readonly attempt: AttemptRecord;
}

interface Sending {
  readonly runtime: Runtime;
  readonly deliverer: Deliverer;
  readonly lookups: readonly number[];
  /** How many times faster than written the waiting of an organisation goes: 1 but in practice. */
  readonly speed: (organisationId: string) => number;
}

/** Sends a claimed job, or searches for it when it is in doubt. Never rejects: what goes wrong is in the result. */
export async function sendOne(job: OutboxJob, signal: AbortSignal, sending: Sending): Promise<Settled> {
  const { runtime, deliverer } = sending;
  const startedAt = runtime.clock.now();
  if (job.expiresAt !== null && job.expiresAt <= startedAt && !job.inDoubt) return expired(job, 'sending', startedAt);
  const stage = stageOf(job, sending.lookups);
  let failure: Failure | null = null;
  let next: OutboxJob;
  let note: string | null = null;
  try {
    if (stage === 'send') {
      const receipt = await deliverer.deliver(job, signal);
      note = receipt.note ?? null;
      next = settleSend(job, { ok: true, receipt }, circumstances(job, sending));
    } else {
      const found = await deliverer.find(job, signal);
      note = found === null ? 'not found' : found.same ? 'found' : (found.difference ?? 'found, different');
      next = settleLookup(job, { ok: true, found }, circumstances(job, sending));
    }
  } catch (thrown) {
    failure = toFailure(thrown);
    if (failure.code === 'defect') {
      runtime.log.error('outbox.defect', { job: job.id, action: job.action, error: describe(thrown) });
    }
    const now = circumstances(job, sending);
    const outcome = { ok: false, failure } as const;
    next = stage === 'send' ? settleSend(job, outcome, now) : settleLookup(job, outcome, now);
  }
  const receipt = stage === 'send' && failure === null ? ('accepted' as const) : null;
  const endedAt = runtime.clock.now();
  return { job: next, from: 'sending', attempt: { job, stage, startedAt, endedAt, failure, receipt, note } };
}

/** The program that was sending it is gone. */
export function recoverOne(job: OutboxJob, sending: Sending): Settled {
  const at = sending.runtime.clock.now();
  const next = recover(job, circumstances(job, sending));
  const note = 'The program ended while this was under way';
  const attempt = {
    job,
    stage: 'recover',
    startedAt: at,
    endedAt: at,
    failure: next.lastFailure,
    receipt: null,
    note,
  } as const;
  return { job: next, from: 'sending', attempt };
}

/** Yesterday's alert helps nobody. */
export function expired(job: OutboxJob, from: OutboxJob['state'], at: OutboxJob['runAt']): Settled {
  const failure: Failure = { kind: 'permanent', code: 'expired', scope: 'job', message: 'Too late to be of use' };
  const next = {
    ...job,
    state: 'failed',
    lastFailure: failure,
    settledAt: at,
    leaseOwner: null,
    leaseUntil: null,
  } as const;
  const attempt = { job, stage: 'send', startedAt: at, endedAt: at, failure, receipt: null, note: null } as const;
  return { job: next, from, attempt };
}

function circumstances(job: OutboxJob, { runtime, deliverer, lookups, speed }: Sending): Circumstances {
  const times = speed(job.organisationId);
  return {
    at: runtime.clock.now(),
    policy: fasterPolicy(retryPolicyOf(job), times),
    idempotency: idempotencyOf(job, deliverer),
    random: runtime.random.next(),
    lookups: lookups.map((ms) => ms / times),
  };
}

/** An action nobody knows any more can neither be searched for nor repeated safely. */
function idempotencyOf(job: OutboxJob, deliverer: Deliverer): Idempotency {
  try {
    return deliverer.idempotency(job);
  } catch {
    return 'none';
  }
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
