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

/** What one connection has in memory: its own queue, slots, pace and breaker, so that no other one notices its troubles (X2). */
export interface Lane {
  readonly connectionId: string;
  /** Something may be due. */
  hot: boolean;
  /** Claimed and not started yet. */
  ready: OutboxJob[];
  flights: number;
  readonly breaker: Breaker;
  /** What to claim now; null: nothing can start. Cools the lane: whoever brings work before the answer is there heats it again. */
  claim(limits: Limits, at: number): Pick<Claim, 'order' | 'limit'> | null;
  /** Tells what a claim for `asked` jobs gave. */
  claimed(jobs: readonly OutboxJob[], asked: number): void;
  /** Takes the next ready job when there is a slot for it. */
  start(limits: Limits, at: number): OutboxJob | null;
  /** Notes a result; true when the breaker's state changed and has to be kept. */
  note(failure: Failure | null, at: number, random: number): boolean;
  /** When something that is held back now may start, ms UTC; null when nothing but work is missing. */
  nextAt(limits: Limits, at: number): number | null;
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
  let lastProbe = 0;

  function wish(limits: Limits, at: number): ReturnType<Lane['claim']> {
    const busy = lane.flights + lane.ready.length;
    if (breaker.state !== 'closed') {
      // One probe at a time; alerts may probe a system that is still thought to be down.
      if (busy > 0) return null;
      if (breaker.state === 'half-open' || at >= breaker.openUntil) return { order: 'byPriority', limit: 1 };
      if (at - lastProbe < breakerRules.neverMissProbeMs) return null;
      lastProbe = at;
      return { order: 'neverMiss', limit: 1 };
    }
    ahead = busy > 0 || !lastFull ? leastAhead : Math.min(ahead * 2, mostAhead);
    const room = limits.concurrency * (prefetch ? ahead : 1) - busy;
    const calls = pace.available(limits, 'send', at) - lane.ready.length;
    if (room <= 0) return null;
    if (calls <= 0) {
      const searches = pace.available(limits, 'look-up', at) - lane.ready.length;
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
    get breaker() {
      return breaker;
    },
    claim(limits, at) {
      const wanted = wish(limits, at);
      if (wanted) this.hot = false;
      return wanted;
    },
    claimed(jobs, asked) {
      lastFull = jobs.length === asked;
      if (lastFull) this.hot = true;
      this.ready.push(...jobs);
      if (this.ready.length > 1) this.ready.sort((a, b) => a.priority - b.priority || a.runAt - b.runAt);
      // A claimed never-twice job that was not even started would come in doubt after a crash: take those one by one.
      if (jobs.length > 0) prefetch = jobs.every((job) => job.deliveryClass !== 'never-twice');
    },
    start(limits, at) {
      if (this.flights >= limits.concurrency) return null;
      const job = this.ready.shift();
      if (!job) return null;
      this.flights += 1;
      pace.take(at);
      return job;
    },
    note(failure, at, random) {
      const before = breaker;
      breaker = breakerAfter(breaker, failure !== null && isOutage(failure), at, random);
      return before.state !== breaker.state || before.openUntil !== breaker.openUntil;
    },
    nextAt(limits, at) {
      if (breaker.state === 'open')
        return Math.min(Math.max(breaker.openUntil, at + 1), lastProbe + breakerRules.neverMissProbeMs);
      return pace.available(limits, 'send', at) <= 0 ? pace.nextAt(limits, at) : null;
    },
  };
  return lane;
}

/** The system could not be reached or did not answer properly; told to wait or refused for good is a sign of life. */
function isOutage({ code }: Failure): boolean {
  return code === 'network' || code === 'proxy' || code === 'timeout' || code === 'vendor-down';
}
