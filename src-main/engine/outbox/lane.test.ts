import { describe, expect, test } from 'vitest';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { RetryableError, toFailure } from '../../../src-shared/domain/failure.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { createLane } from './lane.ts';

const at = Instant.parse(1_000_000);
const limits = { concurrency: 4 };
const lane = () => createLane({ connectionId: 'o/webhook', breaker: null, usedToday: 0, at });
const jobs = (count: number, deliveryClass: OutboxJob['deliveryClass'] = 'keyed-upsert') =>
  Array.from({ length: count }, () => ({ deliveryClass, priority: 5, runAt: at }) as OutboxJob);

describe('what a lane fetches ahead', () => {
  /** Claims, gets all it asked for, and has it all delivered at once. */
  function rounds(count: number, deliveryClass?: OutboxJob['deliveryClass']) {
    const one = lane();
    const asked = Array.from({ length: count }, () => {
      const limit = one.claim(limits, at)?.limit ?? 0;
      one.claimed(jobs(limit, deliveryClass), true);
      while (one.start(limits, at)) one.flights -= 1;
      return limit;
    });
    return { one, asked };
  }

  test('grows while everything is delivered before the next claim, up to sixteen rounds', () => {
    expect(rounds(6).asked).toEqual([4, 24, 48, 64, 64, 64]);
  });

  test('is three rounds again as soon as something is still under way', () => {
    const { one } = rounds(6);
    one.claimed(jobs(4), true);
    one.start(limits, at);
    expect(one.claim(limits, at)?.limit).toBe(12 - 4);
  });

  test('is three rounds again once there was less than asked for', () => {
    const { one } = rounds(6);
    one.claimed(jobs(1), false);
    one.start(limits, at);
    one.flights = 0;
    expect(one.claim(limits, at)?.limit).toBe(12);
  });

  test('is nothing for what must not be sent twice', () => {
    expect(rounds(4, 'never-twice').asked).toEqual([4, 4, 4, 4]);
  });
});

describe('a lane told of new work while a claim is under way', () => {
  function claiming() {
    const one = lane();
    one.hot = true;
    const limit = one.claim(limits, at)?.limit ?? 0;
    return { one, limit };
  }

  test('looks again, though the claim itself gave less than asked for', () => {
    const { one } = claiming();
    one.hot = true;
    one.claimed([], false);
    expect(one.hot).toBe(true);
  });

  test('rests when nobody told it, and goes on by itself while there is more', () => {
    const { one, limit } = claiming();
    one.claimed(jobs(limit - 1), false);
    expect(one.hot).toBe(false);
    const other = claiming();
    other.one.claimed(jobs(other.limit), true);
    expect(other.one.hot).toBe(true);
  });
});

describe('a slot for a job that is about to be written', () => {
  const slots = (one: ReturnType<typeof lane>, count: number) =>
    Array.from({ length: count }, () => one.reserve(limits, at, 'never-twice')).filter(Boolean).length;
  function looked(found = 0) {
    const one = lane();
    one.claim(limits, at);
    one.claimed(jobs(found), false);
    return one;
  }

  test('is there once a claim has found all that was due, but not before, nor after anything else may have become due', () => {
    expect(slots(lane(), 1)).toBe(0);
    const one = looked();
    expect(slots(one, 1)).toBe(1);
    one.more();
    expect(slots(one, 1)).toBe(0);
    one.claim(limits, at);
    one.more();
    one.claimed([], false);
    expect(slots(one, 1)).toBe(0);
  });

  test('is there too while a claim is due or under way for a few that wait, so that a busy lane does not queue for ever', () => {
    const one = looked();
    expect(slots(one, 5)).toBe(4);
    one.reserved = 0;
    one.hot = true;
    expect(slots(one, 1)).toBe(1);
    one.claim(limits, at);
    expect(slots(one, 1)).toBe(1);
  });

  test('is left for each that got none before, until a claim has taken it', () => {
    const one = looked();
    expect(slots(one, 6)).toBe(4);
    one.reserved = 2;
    // Two slots are free, and two jobs wait for them.
    expect(slots(one, 1)).toBe(0);
    one.reserved = 0;
    expect(one.claim(limits, at)?.limit).toBe(4);
    expect(slots(one, 1)).toBe(1);
    one.claimed(jobs(3, 'never-twice'), false);
    one.reserved = 0;
    expect(slots(one, 2)).toBe(1);
  });

  test('is not counted twice: what came after the claim still waits when it is answered', () => {
    const one = looked();
    one.claim(limits, at);
    one.reserved = 4;
    expect(slots(one, 3)).toBe(0);
    one.claimed([], false);
    one.reserved = 0;
    expect(slots(one, 4)).toBe(1);
  });

  test('brings the more urgent to its start first', () => {
    const one = looked();
    const job = (id: string, priority: number) => ({ id, priority, runAt: at }) as OutboxJob;
    one.add([job('later', 5)]);
    one.add([job('urgent', 0)]);
    expect(one.start(limits, at)?.id).toBe('urgent');
  });
});

describe('a lane whose system is thought to be down', () => {
  const down = toFailure(new RetryableError('vendor-down', 'Answered 500'));
  const day = 24 * 60 * 60_000;
  function open(from: number) {
    const one = lane();
    for (let failed = 0; failed < 5; failed += 1) one.note(down, from, 0.5);
    expect(one.breaker.state).toBe('open');
    return one;
  }

  test('looks for an alert at most once a second, and lets one probe at most every fifteen', () => {
    const one = open(at);
    expect(one.claim(limits, at)).toMatchObject({ order: 'neverMiss', limit: 1 });
    one.claimed([], false);
    expect(one.claim(limits, at + 999)).toBeNull();
    expect(one.nextAt(limits, at + 999)).toBe(at + 1_000);
    expect(one.claim(limits, at + 1_000)).toMatchObject({ order: 'neverMiss', limit: 1 });
    one.claimed(jobs(1, 'never-miss'), true);
    one.start(limits, at + 1_000);
    one.flights = 0;
    expect(one.claim(limits, at + 15_999)).toBeNull();
    expect(one.nextAt(limits, at + 15_999)).toBe(at + 16_000);
  });

  test('probes at once when the clock was set back, instead of a day later', () => {
    const one = open(at + day);
    expect(one.claim(limits, at)).toMatchObject({ order: 'byPriority', limit: 1 });
  });

  test('tells a person when the system itself is tried again', () => {
    expect(open(at).restsUntil(limits, at + 1)).toBe(at + 30_000);
  });
});
