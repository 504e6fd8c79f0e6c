import {
  type Breaker,
  breakerAfter,
  breakerRules,
  closedBreaker,
} from '../../../src-shared/domain/delivery/breaker.ts';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { Failure } from '../../../src-shared/domain/failure.ts';
import type { Limits } from '../../adapters/kit/adapter.ts';
import type { Claim } from '../../store/repositories/outbox-statements.ts';
import { createPace } from './pace.ts';

/** Every so many claims the longest waiting goes first (R11). */
const agedClaim = 4;
/** Rounds of flights fetched ahead; more of them while whatever was fetched is delivered before there is a next claim. */
const leastAhead = 3;
const mostAhead = 16;

/** While the circuit is open nothing but alerts may probe; whether there are any is looked up so often at most. */
const lookEveryMs = 1_000;

/** What one connection has in memory: its own queue, slots, pace and breaker, so that no other one notices its troubles (X2). */
export interface Lane {
  readonly connectionId: string;
  /** Something may be due. */
  hot: boolean;
  /** Claimed and not started yet; see `add`. */
  ready: OutboxJob[];
  flights: number;
  /** Slots promised to jobs that are being written. */
  reserved: number;
  readonly breaker: Breaker;
  /** What to claim now; null: nothing can start. Cools the lane: whoever brings work before the answer is there heats it again. */
  claim(limits: Limits, at: number): Pick<Claim, 'order' | 'limit'> | null;
  /** Tells what a claim gave; `full`: as many rows as it asked for, so that there may be more. */
  claimed(jobs: readonly OutboxJob[], full: boolean): void;
  /** Promises a slot to a job that is about to be written; false: there is none for it beside all that may be waiting. */
  reserve(limits: Limits, at: number, deliveryClass: OutboxJob['deliveryClass']): boolean;
  /** Any number of jobs may have become due, but for those that got no slot when they were written. */
  more(): void;
  /** What is claimed waits for its start in the order of priority. */
  add(jobs: readonly OutboxJob[]): void;
  /** A job came back. What was waiting behind it, or for its slot, is looked for. */
  landed(job: OutboxJob): void;
  /** Takes the next ready job when there is a slot for it. */
  start(limits: Limits, at: number): OutboxJob | null;
  /** Notes a result; true when the breaker's state changed and has to be kept. */
  note(failure: Failure | null, at: number, random: number): boolean;
  /** When something that is held back now may start, ms UTC; null when nothing but work is missing. */
  nextAt(limits: Limits, at: number): number | null;
  /** The same for all but an alert, as a person is told it. */
  restsUntil(limits: Limits, at: number): number | null;
}

interface LaneStart {
  readonly connectionId: string;
  readonly breaker: Breaker | null;
  readonly usedToday: number;
  readonly at: number;
}

export function createLane({ connectionId, breaker: kept, usedToday, at: startedAt }: LaneStart): Lane {
  const pace = createPace(usedToday, startedAt);
  let breaker = kept ?? closedBreaker;
  let prefetch = false;
  let ahead = leastAhead;
  let lastFull = false;
  let turn = 0;
  let lastProbe = Number.NEGATIVE_INFINITY;
  let lastLook = Number.NEGATIVE_INFINITY;
  /** Due jobs that nobody has claimed, at most. */
  let waiting = Number.POSITIVE_INFINITY;
  /** Of those, the ones that came after the claim that is under way. */
  let since = Number.POSITIVE_INFINITY;
  /** The claim under way looks at everything that is due. */
  let everything = false;

  /** ms until a probe; a time further off than a breaker ever opens for is of a clock that was set back since. */
  function untilProbe(at: number): number {
    const left = breaker.openUntil - at;
    return left > breaker.openMs * (1 + breakerRules.jitterShare) + 1 ? 0 : Math.max(0, left);
  }

  /** The same for an alert, which may probe a system that is still thought to be down. */
  function untilAlertProbe(at: number): number {
    const since = (when: number) => (when > at ? Number.POSITIVE_INFINITY : at - when);
    return Math.max(0, breakerRules.neverMissProbeMs - since(lastProbe), lookEveryMs - since(lastLook));
  }

  const taken = () => lane.flights + lane.ready.length + lane.reserved;

  function wish(limits: Limits, at: number): ReturnType<Lane['claim']> {
    const busy = taken();
    if (breaker.state !== 'closed') {
      // One probe at a time.
      if (busy > 0) return null;
      if (breaker.state === 'half-open' || untilProbe(at) === 0) return { order: 'byPriority', limit: 1 };
      if (untilAlertProbe(at) > 0) return null;
      lastLook = at;
      return { order: 'neverMiss', limit: 1 };
    }
    ahead = busy > 0 || !lastFull ? leastAhead : Math.min(ahead * 2, mostAhead);
    const room = limits.concurrency * (prefetch ? ahead : 1) - busy;
    const calls = pace.available(limits, 'send', at) - lane.ready.length - lane.reserved;
    if (room <= 0) return null;
    if (calls <= 0) {
      const searches = pace.available(limits, 'look-up', at) - lane.ready.length - lane.reserved;
      return searches > 0 ? { order: 'inDoubt', limit: Math.min(room, searches) } : null;
    }
    turn += 1;
    return { order: turn % agedClaim === 0 ? 'byAge' : 'byPriority', limit: Math.min(room, calls) };
  }

  const lane: Lane = {
    connectionId,
    hot: false,
    ready: [],
    flights: 0,
    reserved: 0,
    get breaker() {
      return breaker;
    },
    claim(limits, at) {
      const wanted = wish(limits, at);
      if (!wanted) return null;
      this.hot = false;
      since = 0;
      everything = breaker.state === 'closed' && wanted.order !== 'inDoubt';
      return wanted;
    },
    reserve(limits, at, deliveryClass) {
      if (deliveryClass === 'never-twice') prefetch = false;
      const slots = limits.concurrency * (prefetch ? leastAhead : 1) - taken();
      const calls = pace.available(limits, 'send', at) - this.ready.length - this.reserved;
      if (breaker.state === 'closed' && Math.min(slots, calls) > waiting) {
        this.reserved += 1;
        return true;
      }
      waiting += 1;
      since += 1;
      return false;
    },
    more() {
      this.hot = true;
      waiting = Number.POSITIVE_INFINITY;
      since = waiting;
    },
    add(jobs) {
      this.ready.push(...jobs);
      if (this.ready.length > 1) this.ready.sort((a, b) => a.priority - b.priority || a.runAt - b.runAt);
    },
    landed({ state, orderKey }) {
      this.flights -= 1;
      if (orderKey !== null || state !== 'delivered' || breaker.state !== 'closed') this.more();
      else if (waiting > 0) this.hot = true;
    },
    claimed(jobs, full) {
      lastFull = full;
      if (lastFull) this.hot = true;
      waiting = everything && !full ? since : waiting - jobs.length;
      this.add(jobs);
      // A claimed never-twice job that was not even started would come in doubt after a crash: take those one by one.
      if (jobs.length > 0) prefetch = jobs.every((job) => job.deliveryClass !== 'never-twice');
    },
    start(limits, at) {
      if (this.flights >= limits.concurrency) return null;
      const job = this.ready.shift();
      if (!job) return null;
      this.flights += 1;
      if (breaker.state === 'open') lastProbe = at;
      pace.take(at);
      return job;
    },
    note(failure, at, random) {
      const before = breaker;
      breaker = breakerAfter(breaker, failure !== null && isOutage(failure), at, random);
      return before.state !== breaker.state || before.openUntil !== breaker.openUntil;
    },
    nextAt(limits, at) {
      if (breaker.state === 'open') return at + Math.max(1, Math.min(untilProbe(at), untilAlertProbe(at)));
      return this.restsUntil(limits, at);
    },
    restsUntil(limits, at) {
      if (breaker.state === 'open') return at + Math.max(1, untilProbe(at));
      return pace.available(limits, 'send', at) <= 0 ? pace.nextAt(limits, at) : null;
    },
  };
  return lane;
}

/** The system could not be reached or did not answer properly; told to wait or refused for good is a sign of life. */
function isOutage({ code }: Failure): boolean {
  return code === 'network' || code === 'proxy' || code === 'timeout' || code === 'vendor-down';
}
