import type { JobState, OutboxJob, Receipt } from '../../../src-shared/domain/delivery/job.ts';
import { lookupAfterMs } from '../../../src-shared/domain/delivery/policies.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store, Tx } from '../../ports/store.ts';
import type { Events } from '../events.ts';
import type { Deliverer } from './deliverer.ts';
import { claimedJob, type Enqueue, type Enqueued, enqueueIn, newJob } from './enqueue.ts';
import {
  cancel,
  changeJob,
  decide,
  goOn,
  hold,
  holdEverything,
  lookAgain,
  releaseConnection,
  sendAgain,
  tryAgain,
} from './operator.ts';
import { createHooks, type SettledHook } from './store-settled.ts';
import { createWorker } from './worker.ts';

export interface Outbox {
  /**
   * In the transaction of the fact that causes it (R8); sending starts by itself after the commit. What may start at once is
   * written as claimed, so that it need not be claimed in a commit of its own.
   */
  enqueue(tx: Tx, job: Enqueue): Promise<Enqueued>;
  /** In the same transaction as the settle; see `SettledHook`. Register before `start`. */
  onSettled(match: { readonly system: string; readonly action?: string }, hook: SettledHook): () => void;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** After anything that may let work start: a connection's mode or settings changed, the machine woke up. */
  wake(connectionId?: string): void;
  readonly inFlight: number;
  /** Due work of this connection may not start before `until` (ms UTC), and why; null: nothing of ours holds it. */
  heldBack(connectionId: string): { readonly why: 'circuit' | 'limit'; readonly until: number } | null;

  /** What persons decide; each inside the caller's transaction, which also audits it. They throw OutboxRefusal. */
  tryAgain(tx: Tx, organisationId: string, jobId: string): Promise<OutboxJob>;
  sendAgain(tx: Tx, organisationId: string, jobId: string): Promise<OutboxJob>;
  cancel(tx: Tx, organisationId: string, jobId: string): Promise<OutboxJob>;
  hold(tx: Tx, organisationId: string, jobId: string): Promise<OutboxJob>;
  lookAgain(tx: Tx, organisationId: string, jobId: string): Promise<OutboxJob>;
  goOn(tx: Tx, organisationId: string, jobId: string): Promise<OutboxJob>;
  decide(
    tx: Tx,
    organisationId: string,
    jobId: string,
    answer: { readonly exists: true; readonly receipt: Receipt } | { readonly exists: false },
  ): Promise<OutboxJob>;
  /** Unparks a connection that works again. */
  release(tx: Tx, organisationId: string, connectionId: string): Promise<void>;
  holdEverything(tx: Tx, reason: string): Promise<void>;
}

export interface OutboxDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly events: Events;
  readonly deliverer: Deliverer;
  /** When a job in doubt is searched for, ms after it came in doubt; R25 when left out. */
  readonly lookups?: readonly number[];
  /** How many times faster than written the waiting and the pace of an organisation are; practice only, 1 when left out. */
  readonly speed?: (organisationId: string) => number;
  /** Connections of which nothing may start now (R52); none when left out. */
  readonly rests?: (connectionId: string) => boolean;
  /** How long `stop` waits for what is in flight, ms (R51). */
  readonly stopWaitMs?: number;
}

export function createOutbox(deps: OutboxDeps): Outbox {
  const { store, runtime, events, deliverer, lookups = lookupAfterMs, speed = () => 1, stopWaitMs = 5_000 } = deps;
  const { rests = () => false } = deps;
  const hooks = createHooks();
  const worker = createWorker({
    store,
    runtime,
    events,
    deliverer,
    hooks,
    lookups,
    speed,
    rests,
    owner: runtime.ids.next(),
  });

  function announce(
    tx: Tx,
    { organisationId, connectionId, id }: Pick<OutboxJob, 'organisationId' | 'connectionId' | 'id'>,
  ): void {
    store.after(tx, () => {
      worker.wake(connectionId);
      events.publish({ topic: 'deliveries', organisationId, ids: [id] });
    });
  }

  async function change(
    tx: Tx,
    organisationId: string,
    jobId: string,
    how: Parameters<typeof changeJob>[4],
  ): Promise<OutboxJob> {
    const job = await changeJob(tx, runtime.clock, organisationId, jobId, how);
    await hooks.run(tx, job);
    announce(tx, job);
    return job;
  }

  return {
    async enqueue(tx, input) {
      const job = newJob(input, runtime);
      const { id, organisationId, connectionId } = job;
      const slot = input.runAt === undefined ? worker.reserve(connectionId, job.deliveryClass) : null;
      /** null: it is not written. */
      let state: JobState | null = null;
      const committed = () => {
        if (slot && state === 'sending') slot.start(claimedJob(job, slot.lease));
        else {
          slot?.release();
          if (state === null) return;
          if (input.runAt !== undefined) return worker.wake();
          // With a slot it was told by the database that something holds it.
          if (slot) worker.wake(connectionId);
          else worker.queued(connectionId);
        }
        events.publish({ topic: 'deliveries', organisationId, ids: [id] });
      };
      store.after(tx, committed, slot?.release);
      const written = (as: JobState) => {
        state = as;
      };
      return enqueueIn({ store, tx }, input, job, slot?.lease ?? null, written, hooks.run);
    },
    onSettled: ({ system, action }, hook) => hooks.add(system, action, hook),
    start: () => worker.start(),
    stop: () => worker.stop(stopWaitMs),
    wake: (connectionId) => worker.wake(connectionId),
    get inFlight() {
      return worker.inFlight;
    },
    heldBack: (connectionId) => worker.heldBack(connectionId),
    tryAgain: (tx, organisationId, jobId) => change(tx, organisationId, jobId, tryAgain),
    sendAgain: (tx, organisationId, jobId) => change(tx, organisationId, jobId, sendAgain),
    cancel: (tx, organisationId, jobId) => change(tx, organisationId, jobId, cancel),
    hold: (tx, organisationId, jobId) => change(tx, organisationId, jobId, hold),
    goOn: (tx, organisationId, jobId) => change(tx, organisationId, jobId, goOn),
    lookAgain: (tx, organisationId, jobId) => change(tx, organisationId, jobId, lookAgain),
    decide: (tx, organisationId, jobId, answer) => change(tx, organisationId, jobId, decide(answer)),
    async release(tx, organisationId, connectionId) {
      await releaseConnection(tx, runtime.clock, organisationId, connectionId);
      store.after(tx, () => {
        worker.wake();
        events.publish({ topic: 'connections', organisationId, ids: [connectionId] });
      });
    },
    async holdEverything(tx, reason) {
      await holdEverything(tx, runtime.clock, reason);
      store.after(tx, () => worker.wake());
    },
  };
}
