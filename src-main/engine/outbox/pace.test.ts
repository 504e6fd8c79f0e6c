import { describe, expect, it } from 'vitest';
import { createPace } from './pace.ts';

const minute = 60_000;

describe('the pace of a connection (R21)', () => {
  it('counts a sliding minute', () => {
    const pace = createPace(0, 0);
    const limits = { concurrency: 5, perMinute: 3 };
    for (const at of [0, 10_000, 20_000]) pace.take(at);
    expect(pace.available(limits, 'send', 30_000)).toBe(0);
    expect(pace.nextAt(limits, 30_000)).toBe(minute + 1);
    expect(pace.available(limits, 'send', minute + 1)).toBe(1);
    expect(pace.available(limits, 'send', minute + 20_001)).toBe(3);
  });

  it('keeps a fifth of the day back for read-back', () => {
    const pace = createPace(79, 0);
    const limits = { concurrency: 5, perDay: 100 };
    expect([pace.available(limits, 'send', 1), pace.available(limits, 'look-up', 1)]).toEqual([1, 21]);
    pace.take(2);
    expect([pace.available(limits, 'send', 3), pace.available(limits, 'look-up', 3)]).toEqual([0, 20]);
    expect(pace.available(limits, 'send', 24 * 60 * minute)).toBe(80);
  });

  it('is not stopped for longer than its minute or day by a clock that was set back', () => {
    const pace = createPace(0, 0);
    const limits = { concurrency: 5, perMinute: 2, perDay: 100 };
    const hour = 60 * minute;
    for (const at of [24 * hour, 24 * hour + 1]) pace.take(at);
    expect(pace.available(limits, 'send', hour)).toBe(0);
    expect(pace.nextAt(limits, hour)).toBe(hour + minute + 1);
    expect(pace.available(limits, 'send', hour + minute + 1)).toBe(2);
  });

  it('has no limit where none is set', () => {
    expect(createPace(1_000_000, 0).available({ concurrency: 1 }, 'send', 0)).toBe(Number.POSITIVE_INFINITY);
  });
});
