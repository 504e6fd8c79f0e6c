import { describe, expect, it } from 'vitest';
import { type Breaker, breakerAfter, breakerRules, closedBreaker } from './breaker.ts';

/** `f` failed, `.` worked; a second apart. */
function fed(results: string, start: Breaker = closedBreaker, from = 0): Breaker {
  return [...results].reduce(
    (breaker, one, index) => breakerAfter(breaker, one === 'f', from + index * 1_000, 0.5),
    start,
  );
}

describe('the breaker (R20)', () => {
  it('opens after five failures in a row, not after four', () => {
    expect(fed('ffff').state).toBe('closed');
    expect(fed('fffff')).toMatchObject({ state: 'open', openMs: 30_000, openUntil: 34_000 });
    expect(fed('ffff.ffff').state).toBe('closed');
    expect(fed('ff.ff').state).toBe('closed');
  });

  it('opens when half of at least ten in a minute failed', () => {
    expect(fed('.f.f.f.f.').state).toBe('closed');
    expect(fed('.f.f.f.f.f').state).toBe('open');
    expect(fed('............f.f.f.f.f').state).toBe('closed');
  });

  it('forgets what is older than a minute', () => {
    const old = fed('ff.ff.ff.');
    const later = breakerAfter(old, true, 120_000, 0.5);
    expect(later).toMatchObject({ state: 'closed', recent: [[120_000, 1, 1]] });
  });

  it('doubles its pause with each failed probe, up to ten minutes', () => {
    let breaker = fed('fffff');
    const pauses = [breaker.openMs];
    for (let probe = 0; probe < 6; probe += 1) {
      breaker = breakerAfter(breaker, true, breaker.openUntil, 0.5);
      pauses.push(breaker.openMs);
    }
    expect(pauses).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  });

  it('closes after two good probes', () => {
    const open = fed('fffff');
    const half = breakerAfter(open, false, open.openUntil, 0.5);
    expect(half.state).toBe('half-open');
    expect(breakerAfter(half, false, open.openUntil, 0.5)).toEqual(closedBreaker);
    expect(breakerAfter(half, true, open.openUntil, 0.5).state).toBe('open');
  });

  it('stays small however much goes through', () => {
    expect(fed('.'.repeat(5_000)).recent.length).toBeLessThanOrEqual(7);
  });

  it('spreads its pauses by a fifth', () => {
    const from = (random: number) => breakerAfter(fed('ffff'), true, 0, random).openUntil;
    expect([from(0), from(1)]).toEqual([breakerRules.openMs * 0.8, breakerRules.openMs * 1.2]);
  });
});
