import type { Breaker } from '../../../src-shared/domain/delivery/breaker.ts';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { later } from '../../../src-shared/domain/time-and-ids.ts';
import type { Limits } from '../../adapters/kit/adapter.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Statement, StatementResult, Store } from '../../ports/store.ts';
import { noteBreaker } from '../../store/repositories/deliveries.ts';
import type { Lease } from '../../store/repositories/outbox-insert.ts';
import {
  attemptsSince,
  breakersKept,
  claimJobs,
  dueAfterSetBack,
  expiredJobs,
  orphanedJobs,
  saveBreaker,
  surveyConnections,
  unclaimJob,
} from '../../store/repositories/outbox-statements.ts';
import type { Events } from '../events.ts';
import { setBackMender } from '../set-back.ts';
import type { Deliverer } from './deliverer.ts';
import { createLane, type Lane } from './lane.ts';
import { type Flight, keepLeases, leaseMs } from './leases.ts';
import { faster } from './pace.ts';
import { createJobReader } from './readable-jobs.ts';
import { expired, recoverOne, type Settled, sendOne } from './send-one.ts';
import { type Hooks, publishSettled, settleStatements, stopsConnection, storeWithHooks } from './store-settled.ts';
import { surveyed } from './survey.ts';

/** The clock may be set or the machine may sleep: look again at least so often. */
const longestWaitMs = 30_000;
const recoverPage = 500;
/** Given as the reason, since making up an exception for each is not free. */
const woken = 'woken';
const dayMs = 24 * 60 * 60_000;

export interface WorkerDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly events: Events;
  readonly deliverer: Deliverer;
  readonly hooks: Hooks;
  readonly lookups: readonly number[];
  readonly speed: (organisationId: string) => number;
  readonly rests: (connectionId: string) => boolean;
  /** Id of this program start: owner of the leases. */
  readonly owner: string;
}

/** Exactly one of `start` and `release` has to be called. */
export interface Slot {
  readonly lease: Lease;
  /** The job is written, with the lease. */
  start(job: OutboxJob): void;
  release(): void;
}

export interface OutboxWorker {
  /** Takes back what a dead owner had in flight, then starts sending. */
  start(): Promise<void>;
  /** With a connection: it may have new work. Without: anything may have changed (settings, a release, resume from sleep). */
  wake(connectionId?: string): void;
  /** A job that got no slot is written. */
  queued(connectionId: string): void;
  /** R51: no more claims, wait for flights, store their results, give back what was not started. */
  stop(waitMs: number): Promise<void>;
  readonly inFlight: number;
  /** A slot for a job that is about to be written and may start at once; null: it has to queue. */
  reserve(connectionId: string, deliveryClass: OutboxJob['deliveryClass']): Slot | null;
  heldBack(connectionId: string): { readonly why: 'circuit' | 'limit'; readonly until: number } | null;
}

export function createWorker(deps: WorkerDeps): OutboxWorker {
  const { store, runtime, events, deliverer, hooks, owner } = deps;
  const { clock, random, log } = runtime;
  const lanes = new Map<string, Lane>();
  const breakers = new Map<string, Breaker>();
  const usedToday = new Map<string, number>();
  /** No Map, for the reason that `createLink` has none. */
  const flights: Flight[] = [];
  /** By job, what is being stored together with what follows from it. */
  const hooked = new Map<string, Promise<void>>();
  /** By job, the connection that may not go on until what the result says of it is stored: a claim would not see it before. */
  const stopped = new Map<string, string>();
  let finished: Settled[] = [];
  let returning: Statement[] = [];
  let changedBreakers = new Set<Lane>();
  let surveyAt = 0;
  let stopping = false;
  let pulse = new AbortController();
  let loop: Promise<void> = Promise.resolve();
  let renewing: Promise<void> = Promise.resolve();
  const mendSetBack = setBackMender(clock, () => store.batch(dueAfterSetBack(clock.now())));
  const ended = new AbortController();
  const jobs = createJobReader(log);

  function laneOf(connectionId: string): Lane {
    const known = lanes.get(connectionId);
    if (known) return known;
    const lane = createLane({
      connectionId,
      breaker: breakers.get(connectionId) ?? null,
      usedToday: usedToday.get(connectionId) ?? 0,
      at: clock.now(),
    });
    lanes.set(connectionId, lane);
    return lane;
  }

  function wake(connectionId?: string): void {
    if (connectionId === undefined) surveyAt = 0;
    else laneOf(connectionId).more();
    pulse.abort(woken);
  }

  /** A connection whose adapter cannot answer must not stop the others. */
  function limitsOf(connectionId: string): Limits {
    try {
      return faster(deliverer.limits(connectionId), deps.speed(connectionId.slice(0, connectionId.lastIndexOf('/'))));
    } catch (thrown) {
      log.error('outbox.no-limits', { connection: connectionId, error: String(thrown) });
      return { concurrency: 1 };
    }
  }

  /** Starts what is ready and has a slot. */
  function startReady(lane: Lane): void {
    if (lane.ready.length === 0 || stopping || deps.rests(lane.connectionId)) return;
    const limits = limitsOf(lane.connectionId);
    const at = clock.now();
    for (let job = lane.start(limits, at); job; job = lane.start(limits, at)) fly(lane, job);
  }

  function fly(lane: Lane, job: OutboxJob): void {
    const flight = { abort: new AbortController(), startedMs: clock.monotonicMs() };
    flights.push(flight);
    sendOne(job, flight.abort.signal, deps).then((settled) => {
      flights.splice(flights.indexOf(flight), 1);
      const { failure, endedAt, stage } = settled.attempt;
      if ((stage === 'send' || failure) && lane.note(failure, endedAt, random.next())) {
        changedBreakers.add(lane);
        returnWhenOpen(lane);
      }
      lane.landed(settled.job);
      if (failure && stopsConnection(failure)) {
        // It holds for what was fetched ahead too.
        stopped.set(job.id, lane.connectionId);
        returning.push(...giveBack(lane));
      }
      land(settled);
      startReady(lane);
    });
  }

  function land(settled: Settled): void {
    if (hooks.has(settled.job)) {
      const stored = storeHooked(settled).finally(() => {
        stopped.delete(settled.job.id);
        hooked.delete(settled.job.id);
        const { state, orderKey, connectionId } = settled.job;
        // Only now: a look at what is due would not have seen it before.
        lookAfter(settled);
        if (state !== 'delivered' || orderKey !== null) wake(connectionId);
        else pulse.abort(woken);
      });
      hooked.set(settled.job.id, stored);
    } else {
      finished.push(settled);
      lookAfter(settled);
      pulse.abort(woken);
    }
  }

  /** It is due again at a time of its own; what is said of the whole connection sets another time for the others. */
  function lookAfter({ job, attempt }: Settled): void {
    if (attempt.failure?.scope === 'connection') surveyAt = 0;
    else if (job.state === 'queued') surveyAt = Math.min(surveyAt, job.runAt);
  }

  /** The result is known to us alone until it is stored: keep trying while the disk is full. */
  async function storeHooked(settled: Settled): Promise<void> {
    for (let wait = 250; ; wait = Math.min(wait * 2, 10_000)) {
      try {
        const job = await storeWithHooks(store, hooks, settled, (thrown) =>
          log.error('outbox.hook-failed', { job: settled.job.id, action: settled.job.action, error: String(thrown) }),
        );
        publishSettled(events, [job]);
        return;
      } catch (thrown) {
        log.error('outbox.settle-failed', { job: settled.job.id, error: String(thrown) });
        if (ended.signal.aborted) return;
        await clock.sleep(wait, ended.signal);
      }
    }
  }

  /** One turn: results of what came back, claims for what became free, and now and then a survey; one shared commit. */
  async function turn(): Promise<boolean> {
    const at = clock.now();
    const settled = finished;
    finished = [];
    const breakersNow = [...changedBreakers];
    changedBreakers = new Set();
    const readers: ((result: StatementResult) => void)[] = [];
    const claiming: Lane[] = [];
    const holding = jobs.holding();
    const statements: Statement[] = [...settleStatements(settled), ...holding];
    for (const { connectionId, breaker } of breakersNow) {
      statements.push(saveBreaker(connectionId, JSON.stringify(breaker)), noteBreaker(connectionId, breaker.state, at));
    }
    const returned = returning;
    returning = [];
    statements.push(...returned);
    const before = statements.length;
    for (const { job } of settled) stopped.delete(job.id);
    for (const lane of lanes.values()) {
      if (mustRest(lane)) continue;
      const wanted = lane.hot ? lane.claim(limitsOf(lane.connectionId), at) : null;
      if (lane.hot && !wanted) holdBack(lane, at);
      if (!wanted) continue;
      claiming.push(lane);
      statements.push(claimJobs({ ...wanted, connectionId: lane.connectionId, owner, at, until: at + leaseMs }));
      const closed = lane.breaker.state === 'closed';
      readers.push(({ rows }) => {
        lane.claimed(jobs.read(rows), rows.length === wanted.limit);
        if (mustRest(lane)) returning.push(...giveBack(lane));
        else if (closed) returnWhenOpen(lane);
      });
    }
    if (!stopping && at >= surveyAt) {
      surveyAt = at + longestWaitMs;
      statements.push(surveyConnections(at), expiredJobs(at, recoverPage));
      readers.push(({ rows }) => read(rows, at));
      readers.push(({ rows }) => {
        for (const job of jobs.read(rows)) if (!hooked.has(job.id)) land(expired(job, 'queued', at));
      });
    }
    if (statements.length === 0) return false;
    let results: readonly StatementResult[];
    try {
      results = await store.batch(statements);
    } catch (thrown) {
      // Nothing of this turn was stored: keep the results and try again, slowly.
      finished.unshift(...settled);
      jobs.keep(holding);
      returning.unshift(...returned);
      surveyAt = 0;
      for (const lane of breakersNow) changedBreakers.add(lane);
      for (const lane of claiming) lane.more();
      log.error('outbox.turn-failed', { error: String(thrown) });
      await clock.sleep(1_000, ended.signal);
      return !ended.signal.aborted;
    }
    for (const [index, reader] of readers.entries()) reader(results[before + index] ?? { rows: [], changes: 0 });
    publishSettled(
      events,
      settled.map(({ job }) => job),
    );
    return true;
  }

  /** Something is due but may not start: come back when it may. */
  function holdBack(lane: Lane, at: number): void {
    // The end of the probe wakes it.
    if (lane.flights > 0 && lane.breaker.state !== 'closed') return;
    const next = lane.nextAt(limitsOf(lane.connectionId), at);
    if (next === null) return;
    lane.hot = false;
    surveyAt = Math.min(surveyAt, Math.max(next, at + 1));
  }

  function read(rows: StatementResult['rows'], at: number): void {
    for (const { connectionId, may, due, againAt } of surveyed(rows, at)) {
      const known = lanes.get(connectionId);
      const rests = deps.rests(connectionId);
      // Paused, switched off or parked meanwhile: what was fetched ahead goes back.
      if ((!may || rests) && known) returning.push(...giveBack(known));
      if (due && !rests) laneOf(connectionId).more();
      if (againAt !== null) surveyAt = Math.min(surveyAt, againAt);
    }
  }

  /** The system went down while these were fetched ahead. */
  function returnWhenOpen(lane: Lane): void {
    if (lane.breaker.state === 'open') returning.push(...giveBack(lane));
  }

  const mustRest = ({ connectionId }: Lane) =>
    stopping || deps.rests(connectionId) || [...stopped.values()].includes(connectionId);

  function giveBack(lane: Lane): Statement[] {
    const unstarted = lane.ready;
    lane.ready = [];
    if (unstarted.length > 0) lane.more();
    return unstarted.map((job) => unclaimJob(job.id, owner));
  }

  async function run(): Promise<void> {
    while (!ended.signal.aborted) {
      if (await mendSetBack()) surveyAt = 0;
      for (const lane of lanes.values()) startReady(lane);
      // Lets quick answers come in, so that their results share the next commit.
      await new Promise((resolve) => setImmediate(resolve));
      pulse = new AbortController();
      if (await turn()) continue;
      const reserved = [...lanes.values()].some((lane) => lane.reserved > 0);
      if (stopping && flights.length === 0 && hooked.size === 0 && !reserved) return;
      const wait = Math.min(Math.max(surveyAt - clock.now(), 1), longestWaitMs);
      if (!ended.signal.aborted) await clock.sleep(stopping ? longestWaitMs : wait, pulse.signal);
    }
  }

  /** A mistake of ours in one turn must not silence everything that leaves. */
  async function keepRunning(): Promise<void> {
    while (!ended.signal.aborted) {
      try {
        return await run();
      } catch (thrown) {
        log.error('outbox.worker-failed', { error: thrown instanceof Error ? String(thrown.stack) : String(thrown) });
        await clock.sleep(1_000, ended.signal);
      }
    }
  }

  async function recoverAll(): Promise<void> {
    for (;;) {
      const [orphans] = await store.batch([orphanedJobs(owner, recoverPage)]);
      const found = jobs.read(orphans?.rows ?? []);
      const holding = jobs.holding();
      if (holding.length > 0) await store.batch(holding);
      if (!orphans || orphans.rows.length === 0) return;
      log.info('outbox.recovering', { jobs: found.length });
      const settled = found.map((job) => recoverOne(job, deps));
      const plain = settled.filter(({ job }) => !hooks.has(job));
      if (plain.length > 0) await store.batch(settleStatements(plain));
      await Promise.all(settled.filter(({ job }) => hooks.has(job)).map(storeHooked));
    }
  }

  return {
    async start() {
      await recoverAll();
      const [kept, tries] = await store.batch([breakersKept, attemptsSince(clock.now() - dayMs)]);
      for (const row of kept?.rows ?? []) breakers.set(String(row.id), JSON.parse(String(row.breaker)));
      for (const row of tries?.rows ?? []) usedToday.set(String(row.connection_id), Number(row.tries));
      loop = keepRunning();
      renewing = keepLeases(deps, flights, ended.signal);
    },
    wake,
    queued(connectionId) {
      laneOf(connectionId).hot = true;
      pulse.abort(woken);
    },
    async stop(waitMs) {
      stopping = true;
      const unstarted = [...lanes.values()].flatMap(giveBack);
      if (unstarted.length > 0) await store.batch(unstarted).catch(() => undefined);
      pulse.abort(woken);
      const patience = new AbortController();
      await Promise.race([loop, clock.sleep(waitMs, patience.signal)]);
      for (const { abort } of flights) abort.abort();
      // Whatever is still in the air keeps its lease; the next start settles it by its class.
      await Promise.race([loop, clock.sleep(500, patience.signal)]);
      patience.abort();
      ended.abort();
      pulse.abort(woken);
      await Promise.all([loop, renewing]);
    },
    get inFlight() {
      return flights.length;
    },
    reserve(connectionId, deliveryClass) {
      const lane = lanes.get(connectionId);
      const at = clock.now();
      if (stopping || deps.rests(connectionId) || !lane?.reserve(limitsOf(connectionId), at, deliveryClass))
        return null;
      return {
        lease: { owner, until: later(at, leaseMs) },
        start(job) {
          lane.reserved -= 1;
          lane.add([job]);
          if (mustRest(lane)) returning.push(...giveBack(lane));
          else returnWhenOpen(lane);
          startReady(lane);
          pulse.abort(woken);
        },
        release() {
          lane.reserved -= 1;
          pulse.abort(woken);
        },
      };
    },
    heldBack(connectionId) {
      const lane = lanes.get(connectionId);
      const until = lane?.restsUntil(limitsOf(connectionId), clock.now()) ?? null;
      return lane && until !== null ? { why: lane.breaker.state === 'open' ? 'circuit' : 'limit', until } : null;
    },
  };
}
