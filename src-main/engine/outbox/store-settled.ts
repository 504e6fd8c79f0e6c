import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { toldWait } from '../../../src-shared/domain/delivery/settle.ts';
import type { Failure } from '../../../src-shared/domain/failure.ts';
import type { Statement, Store, Tx } from '../../ports/store.ts';
import {
  delayConnection,
  insertAttempts,
  parkConnection,
  runStatement,
  saveJobs,
} from '../../store/repositories/outbox-statements.ts';
import type { Events } from '../events.ts';
import type { Settled } from './send-one.ts';

/**
 * Called in the transaction that stores what became of a job, whatever that is: `state` tells (`queued` means it is tried
 * again, maybe after a look-up). Throwing undoes the transaction; the job is then held as our own defect.
 */
export type SettledHook = (tx: Tx, job: OutboxJob) => Promise<void>;

export interface Hooks {
  /** `action` left out: every action of the system. Returns its own "stop". */
  add(system: string, action: string | undefined, hook: SettledHook): () => void;
  has(job: OutboxJob): boolean;
  run(tx: Tx, job: OutboxJob): Promise<void>;
}

export function createHooks(): Hooks {
  const hooks = new Map<string, Set<SettledHook>>();
  const keysOf = (job: OutboxJob) => [job.system, `${job.system}/${job.action}`];
  return {
    add(system, action, hook) {
      const key = action === undefined ? system : `${system}/${action}`;
      const set = hooks.get(key) ?? new Set();
      hooks.set(key, set.add(hook));
      return () => void set.delete(hook);
    },
    has: (job) => keysOf(job).some((key) => (hooks.get(key)?.size ?? 0) > 0),
    async run(tx, job) {
      for (const key of keysOf(job)) {
        for (const hook of hooks.get(key) ?? []) await hook(tx, job);
      }
    },
  };
}

/** Jobs, attempts, and what their failures mean for whole connections: one unit (R6). */
export function settleStatements(settled: readonly Settled[]): Statement[] {
  if (settled.length === 0) return [];
  const attempts = insertAttempts(settled.map(({ attempt }) => attempt));
  const saved = settled.map(({ job, from, attempt }) => ({ before: attempt.job, job, from }));
  return [...saveJobs(saved), ...attempts, ...settled.flatMap(ofConnection)];
}

/** Tells screens which deliveries changed, once an organisation. */
export function publishSettled(events: Events, jobs: readonly OutboxJob[]): void {
  const ids = new Map<string, string[]>();
  for (const { organisationId, id } of jobs) {
    const known = ids.get(organisationId);
    if (known) known.push(id);
    else ids.set(organisationId, [id]);
  }
  for (const [organisationId, changed] of ids) events.publish({ topic: 'deliveries', organisationId, ids: changed });
}

/** The system is to be left alone for a while, or until a person acts. */
export const stopsConnection = ({ scope, kind, retryAfterMs }: Failure): boolean =>
  scope === 'connection' && (kind === 'needs-attention' || (kind === 'retryable' && (retryAfterMs ?? 0) > 0));

function ofConnection({ job, attempt: { failure, endedAt } }: Settled): Statement[] {
  if (failure?.scope !== 'connection') return [];
  if (failure.kind === 'needs-attention') {
    return [parkConnection(job.connectionId, failure.code, failure.message, endedAt)];
  }
  return failure.kind === 'retryable' && failure.retryAfterMs
    ? [delayConnection(job.connectionId, endedAt + toldWait(job, failure))]
    : [];
}

/**
 * Stores a settled job together with what follows from it; when what follows fails, the job is held and its result kept.
 * Rejects when the store itself failed: nothing is known to be wrong with the job then.
 */
export async function storeWithHooks(
  store: Store,
  hooks: Hooks,
  settled: Settled,
  onHookError: (thrown: unknown) => void,
): Promise<OutboxJob> {
  let hookFailed = false;
  try {
    await storeAll(store, settled, async (tx) => {
      hookFailed = true;
      await hooks.run(tx, settled.job);
      hookFailed = false;
    });
    return settled.job;
  } catch (thrown) {
    if (!hookFailed) throw thrown;
    onHookError(thrown);
    const held = heldAsDefect(settled);
    await storeAll(store, held, async () => undefined);
    return held.job;
  }
}

function storeAll(store: Store, settled: Settled, follow: (tx: Tx) => Promise<void>): Promise<void> {
  return store.transaction(async (tx) => {
    for (const statement of settleStatements([settled])) await runStatement(tx, statement);
    await follow(tx);
  });
}

function heldAsDefect(settled: Settled): Settled {
  const { job } = settled;
  const message = `Settled as ${job.state}, but what follows from it failed`;
  const lastFailure: Failure = { kind: 'needs-attention', code: 'defect', scope: 'job', message };
  // A ledger document that may exist by now must be searched for before anything is repeated.
  const inDoubt = job.inDoubt || (job.deliveryClass === 'never-twice' && job.state === 'delivered');
  const doubtSince = inDoubt ? (job.doubtSince ?? job.runAt) : job.doubtSince;
  return { ...settled, job: { ...job, state: 'held', inDoubt, lookups: 0, doubtSince, lastFailure, settledAt: null } };
}
