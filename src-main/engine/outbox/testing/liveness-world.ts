import { expect } from 'vitest';
import type { DeliveryClass, OutboxJob, Receipt } from '../../../../src-shared/domain/delivery/job.ts';
import {
  type IntegrationError,
  NeedsAttentionError,
  PermanentError,
  RetryableError,
} from '../../../../src-shared/domain/failure.ts';
import { later } from '../../../../src-shared/domain/time-and-ids.ts';
import type { Store } from '../../../ports/store.ts';
import { jobOf } from '../../../store/repositories/outbox.ts';
import { testRuntime } from '../../../testing/runtime.ts';
import { createEvents } from '../../events.ts';
import { createOutbox } from '../outbox.ts';

/** `plain` stores results with others, `hooked` in a transaction with what follows from them. */
export const systems = ['plain', 'hooked'] as const;

const outcomes = {
  ok: null,
  network: () => new RetryableError('network', 'No connection'),
  down: () => new RetryableError('vendor-down', 'Answered 500'),
  wait: () => new RetryableError('rate-limited', 'Slow down', { retryAfterMs: 3_000, scope: 'connection' }),
  never: () => new PermanentError('rejected', 'No'),
  person: () => new NeedsAttentionError('misconfigured', 'Look at this'),
} as const satisfies Record<string, (() => IntegrationError) | null>;
export type Outcome = keyof typeof outcomes;
export const outcomeNames = Object.keys(outcomes) as Outcome[];

export interface Put {
  readonly system: (typeof systems)[number];
  readonly deliveryClass: DeliveryClass;
  readonly orderKey: string | null;
  readonly afterMs: number | null;
  readonly endsMs?: number;
  /** 4 when left out. */
  readonly priority?: number;
  /** The transaction of its fact comes to nothing. */
  readonly undone?: boolean;
}

interface Flight {
  readonly job: OutboxJob;
  readonly end: (outcome: Outcome) => void;
}

/** Lets the database threads answer; the clock does not move. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('It never came to that');
    await pause();
  }
}

/** The wait a vendor asked a connection for, ms UTC. */
const waitsOf = async (store: Store, connection: string) =>
  (await store.batch([{ sql: 'SELECT not_before FROM connection WHERE id = ?', params: [connection] }]))[0]?.rows[0]
    ?.not_before ?? null;

const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A worker over a real database, a clock that stands still, and a store that can be told to fail. */
export async function livenessWorld(store: Store, concurrency = 2) {
  const runtime = testRuntime();
  const { clock } = runtime;
  const tables = ['outbox_attempt', 'outbox_job', 'connection', 'organisation'];
  await store.batch([
    ...tables.map((table) => ({ sql: `DELETE FROM ${table}`, params: [] })),
    { sql: "INSERT INTO organisation (id, name, created_at) VALUES ('o', 'O', 0)", params: [] },
    ...systems.map((system) => ({
      sql: 'INSERT INTO connection (id, organisation_id, system, created_at, updated_at) VALUES (?, ?, ?, 0, 0)',
      params: [`o/${system}`, 'o', system],
    })),
  ]);

  let broken = 0;
  let passing = 0;
  let asked = 0;
  let gate: Promise<void> = Promise.resolve();
  /** Seconds a worker may still spend waiting because its store failed. */
  let patience = 0;
  const failing = <T>(work: () => Promise<T>): Promise<T> => {
    if (broken === 0) return work();
    if (passing > 0) {
      passing -= 1;
      return work();
    }
    broken -= 1;
    return Promise.reject(new Error('disk I/O error'));
  };
  const shaky: Store = {
    ...store,
    batch(statements) {
      asked += 1;
      return failing(() => store.batch(statements));
    },
    transaction: (work, options) => failing(() => gate.then(() => store.transaction(work, options))),
  };
  let flights: Flight[] = [];
  const fly = (job: OutboxJob) =>
    new Promise<Receipt>((resolve, reject) => {
      const flight: Flight = {
        job,
        end(outcome) {
          flights = flights.filter((other) => other !== flight);
          const thrown = outcomes[outcome];
          if (thrown === null) resolve({ vendorId: 'v-1' });
          else reject(thrown());
        },
      };
      flights.push(flight);
    });
  const outbox = createOutbox({
    ...{ store: shaky, runtime, events: createEvents(), stopWaitMs: 1 },
    deliverer: {
      limits: () => ({ concurrency }),
      idempotency: () => 'native-key',
      deliver: fly,
      find: async (job) => {
        await fly(job);
        return null;
      },
    },
  });
  const told: string[] = [];
  outbox.onSettled({ system: 'hooked' }, async (_tx, { id }) => void told.push(id));
  await outbox.start();

  let made = 0;
  const actions = {
    async put(one: Put): Promise<string> {
      made += 1;
      const { system, deliveryClass, orderKey, afterMs, endsMs, priority = 4 } = one;
      const job = {
        ...{ organisationId: 'o', system, action: 'post', deliveryClass, priority, payload: {}, payloadVersion: 1 },
        ...(orderKey === null ? {} : { orderKey }),
        ...(afterMs === null ? {} : { runAt: later(clock.now(), afterMs) }),
        ...(endsMs === undefined ? {} : { expiresAt: later(clock.now(), endsMs) }),
        idempotencyKey: `k-${made}`,
      };
      const undone = new Error('undone');
      const put = store.transaction(async (tx) => {
        const { id } = await outbox.enqueue(tx, job);
        if (one.undone) throw undone;
        return id;
      });
      return put.catch((thrown: unknown) => {
        if (thrown === undone) return '';
        throw thrown;
      });
    },
    async answer({ which, outcome }: { readonly which: number; readonly outcome: Outcome }) {
      flights[which % Math.max(1, flights.length)]?.end(outcome);
    },
    advance: (ms: number) => clock.advance(ms),
    async fail(times: number) {
      broken += times;
      patience += 2 * times;
    },
    async mode({ system, mode }: { readonly system: string; readonly mode: string }) {
      await store.batch([{ sql: 'UPDATE connection SET mode = ? WHERE id = ?', params: [mode, `o/${system}`] }]);
      outbox.wake();
    },
  };

  /** What is due, may start, has a slot and is not started; and what is claimed and nobody sends. Empty is right. */
  async function forgotten(): Promise<string[]> {
    const at = clock.now();
    const rows = await store.batch([
      {
        sql: `SELECT j.id, j.connection_id AS connection, j.state, j.delivery_class AS class, c.breaker
                FROM outbox_job j JOIN connection c ON c.id = j.connection_id
               WHERE j.state = 'sending' OR (j.state = 'queued' AND j.run_at <= ? AND c.mode = 'on'
                 AND c.parked_code IS NULL AND coalesce(c.not_before, 0) <= ?
                 AND NOT EXISTS (SELECT 1 FROM outbox_job e
                   WHERE e.connection_id = j.connection_id AND e.order_key = j.order_key AND e.seq < j.seq
                     AND e.state IN ('queued', 'sending', 'held')
                     AND NOT (e.state = 'held' AND e.delivery_class = 'never-miss')))`,
        params: [at, at],
      },
    ]);
    return (rows[0]?.rows ?? []).flatMap(({ id, connection, state, class: of, breaker }) => {
      const inAir = flights.filter(({ job }) => job.connectionId === connection);
      if (inAir.some(({ job }) => job.id === id)) return [];
      const circuit = breaker === null ? 'closed' : JSON.parse(String(breaker)).state;
      if (inAir.length >= (circuit === 'closed' ? concurrency : 1)) return [];
      const held = outbox.heldBack(String(connection));
      if (state === 'queued' && held !== null && held.until > at) return [];
      return [`${state} ${of} ${id} of ${connection}, circuit ${circuit}`];
    });
  }

  async function rests(): Promise<void> {
    // What is due a moment after a look at everything may wait for the next look.
    await clock.advance(100);
    for (;;) {
      const deadline = performance.now() + (patience > 0 ? 100 : 5_000);
      let left = await forgotten();
      while (left.length > 0 && performance.now() < deadline) {
        await pause();
        left = await forgotten();
      }
      if (left.length === 0) return;
      if (patience === 0) expect(left).toEqual([]);
      patience -= 1;
      await clock.advance(1_001);
    }
  }

  return {
    ...{ actions, rests, outbox, told, waits: (connection: string) => waitsOf(store, connection) },
    flights: () => flights,
    /** Lets so many calls of the store through, then fails one. */
    failAfter(calls: number) {
      passing = calls;
      broken = 1;
      patience += 2;
    },
    /** How often the worker asked its store for something. */
    asked: () => asked,
    /** What goes through a transaction waits until the answer is called. */
    hold(): () => void {
      let open = (): void => undefined;
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return open;
    },
    async inAir(count: number): Promise<void> {
      await until(() => flights.length === count);
    },
    job: async (id: string) =>
      jobOf((await store.batch([{ sql: 'SELECT * FROM outbox_job WHERE id = ?', params: [id] }]))[0]?.rows[0] ?? {}),
    async stop() {
      broken = 0;
      const done = outbox.stop();
      for (const flight of flights) flight.end('ok');
      await clock.advance(20_000);
      await done;
    },
  };
}

export type LivenessWorld = Awaited<ReturnType<typeof livenessWorld>>;
