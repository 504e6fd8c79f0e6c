import type { Failure } from '../failure.ts';
import { type Instant, later } from '../time-and-ids.ts';
import type { Idempotency, OutboxJob, Receipt } from './job.ts';
import {
  delayAfter,
  jitterShare,
  longestToldWaitMs,
  lookupAfterMs,
  lookupGiveUpMs,
  type RetryPolicy,
} from './policies.ts';

export type SendOutcome =
  | { readonly ok: true; readonly receipt: Receipt }
  | { readonly ok: false; readonly failure: Failure };

/** `found` null: our reference is not on the other side (yet). */
export type LookupOutcome =
  | {
      readonly ok: true;
      readonly found: {
        readonly receipt: Receipt;
        readonly same: boolean;
        readonly difference?: string;
        /** Ours, with steps missing: nothing is unknown any more, and sending goes on from where it stands. */
        readonly unfinished?: boolean;
      } | null;
    }
  | { readonly ok: false; readonly failure: Failure };

export interface Circumstances {
  readonly at: Instant;
  readonly policy: RetryPolicy;
  readonly idempotency: Idempotency;
  /** In [0, 1), from the Random port. */
  readonly random: number;
  /** The search times of R25, in ms; handed in so that tests can be quick. */
  readonly lookups?: readonly number[];
}

/** What is to be done with a claimed job now: a job in doubt is searched for before anything is repeated (R25). */
export function stageOf(job: OutboxJob, lookups: readonly number[] = lookupAfterMs): 'look-up' | 'send' {
  return job.inDoubt && job.lookups < lookups.length ? 'look-up' : 'send';
}

/** The whole rule after a try to send. No clock, no database, no randomness of its own. */
export function settleSend(job: OutboxJob, outcome: SendOutcome, now: Circumstances): OutboxJob {
  if (outcome.ok) return delivered(job, outcome.receipt, now.at);
  const { failure } = outcome;
  const noted = { ...free(job), lastFailure: failure };
  if (job.deliveryClass === 'never-twice' && mayHaveArrived(failure)) return unclear(job, failure, now);
  if (failure.kind === 'permanent') return { ...noted, state: 'failed', inDoubt: false, settledAt: now.at };
  if (failure.kind === 'needs-attention') return { ...noted, state: 'held' };
  const delay = delayAfter(now.policy, job.attempts);
  if (delay === null) {
    return now.policy.whenUsedUp === 'held'
      ? { ...noted, state: 'held' }
      : { ...noted, state: 'failed', settledAt: now.at };
  }
  return { ...noted, state: 'queued', runAt: waitFor(job, failure, delay, now) };
}

/**
 * After a search for a job in doubt: equal is delivered, begun but unfinished is sent on, different asks a person, absent
 * is searched again, then sent.
 */
export function settleLookup(job: OutboxJob, outcome: LookupOutcome, now: Circumstances): OutboxJob {
  const lookups = now.lookups ?? lookupAfterMs;
  if (!outcome.ok) return failedLookup(job, outcome.failure, now);
  const { found } = outcome;
  if (found?.same) return delivered(job, found.receipt, now.at);
  if (found?.unfinished) {
    return { ...free(job), state: 'queued', inDoubt: false, doubtSince: null, lookups: 0, runAt: now.at };
  }
  if (found) {
    const message = `Found on the other side, but different: ${found.difference ?? 'see the document'}`;
    return { ...free(job), state: 'held', receipt: found.receipt, lastFailure: unknownOutcome(message) };
  }
  const made = job.lookups + 1;
  const delay = (lookups[made] ?? 0) - (lookups[made - 1] ?? 0);
  // After the last search it is sent once more, at once, with the same key.
  const runAt = made < lookups.length ? later(now.at, delay) : now.at;
  return { ...free(job), state: 'queued', lookups: made, runAt };
}

/** The owner of the lease is gone: what was happening is unknown, and the class decides what that means (R7). */
export function recover(job: OutboxJob, now: Circumstances): OutboxJob {
  const interrupted: Failure = {
    kind: 'retryable',
    code: 'timeout',
    scope: 'job',
    message: 'Interrupted while sending',
  };
  if (stageOf(job, now.lookups) === 'look-up') return { ...free(job), state: 'queued', runAt: now.at };
  // Our own end says nothing about the other side: also what was being sent once more is searched for from the start.
  if (job.deliveryClass === 'never-twice') return unclear({ ...job, lookups: 0 }, interrupted, now);
  return { ...free(job), state: 'queued', lastFailure: interrupted, runAt: now.at };
}

/** Never-twice work whose outcome is unknown: search for it, or ask a person where nothing can be searched. */
function unclear(job: OutboxJob, failure: Failure, now: Circumstances): OutboxJob {
  const lookups = now.lookups ?? lookupAfterMs;
  const doubted = { ...free(job), inDoubt: true, doubtSince: job.doubtSince ?? now.at };
  // It was already searched for and sent once more: a third sending is a person's decision.
  const sentOnceMore = job.inDoubt && job.lookups >= lookups.length;
  if (now.idempotency === 'none' || sentOnceMore) {
    return { ...doubted, state: 'held', lastFailure: unknownOutcome(failure.message) };
  }
  const wait = Math.max(lookups[0] ?? 0, toldWait(job, failure));
  return { ...doubted, state: 'queued', lookups: 0, lastFailure: failure, runAt: later(now.at, wait) };
}

function failedLookup(job: OutboxJob, failure: Failure, now: Circumstances): OutboxJob {
  const doubtSince = job.doubtSince ?? now.at;
  const noted = { ...free(job), doubtSince, lastFailure: failure };
  // The connection waits for a person; this job is still in doubt when it comes back.
  if (failure.kind === 'needs-attention') return { ...noted, state: 'held' };
  if (failure.kind === 'permanent' || now.at - doubtSince >= lookupGiveUpMs) {
    return { ...noted, state: 'held', lastFailure: unknownOutcome(failure.message) };
  }
  const delay = delayAfter(now.policy, job.attempts) ?? lookupAfterMs.at(-1) ?? 0;
  return { ...noted, state: 'queued', runAt: waitFor(job, failure, delay, now) };
}

function delivered(job: OutboxJob, receipt: Receipt, at: Instant): OutboxJob {
  return { ...free(job), state: 'delivered', inDoubt: false, lastFailure: null, receipt, settledAt: at };
}

function free(job: OutboxJob): OutboxJob {
  return { ...job, leaseOwner: null, leaseUntil: null };
}

function waitFor(job: OutboxJob, failure: Failure, delay: number, { at, random }: Circumstances): Instant {
  const spread = delay * jitterShare * (2 * random - 1);
  return later(at, Math.max(delay + spread, toldWait(job, failure)));
}

/** What the vendor asked for, capped (R16). */
export function toldWait(job: Pick<OutboxJob, 'deliveryClass'>, failure: Failure): number {
  const cap = job.deliveryClass === 'never-miss' ? longestToldWaitMs['never-miss'] : longestToldWaitMs.other;
  return Math.min(failure.retryAfterMs ?? 0, cap);
}

/** Bytes of the request had left, or may have. `network`, `proxy`, `rate-limited` and `busy` mean it was not executed. */
export function mayHaveArrived(failure: Failure): boolean {
  return failure.code === 'timeout' || failure.code === 'vendor-down' || failure.code === 'defect';
}

function unknownOutcome(message: string): Failure {
  return {
    kind: 'needs-attention',
    code: 'outcome-unknown',
    scope: 'job',
    message,
    hint: 'Check the other system before trying again',
  };
}
