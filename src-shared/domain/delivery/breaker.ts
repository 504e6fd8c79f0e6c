/** Protects a system that is down, and us from waiting for it (R20); one a connection, kept over restarts. */
export interface Breaker {
  readonly state: 'closed' | 'open' | 'half-open';
  /** Failures in a row while closed, successes in a row while half-open. */
  readonly run: number;
  /** Results of the last minute in parts of ten seconds, oldest first, as `[start of the part, all, failed]`. */
  readonly recent: readonly (readonly [number, number, number])[];
  /** Wall time of the next probe while open. */
  readonly openUntil: number;
  /** How long it was last opened for, in ms. */
  readonly openMs: number;
}

export const breakerRules = {
  failuresInRow: 5,
  windowMs: 60_000,
  partMs: 10_000,
  windowLeast: 10,
  windowShare: 0.5,
  openMs: 30_000,
  longestOpenMs: 600_000,
  jitterShare: 0.2,
  successesToClose: 2,
  neverMissProbeMs: 15_000,
} as const;

export const closedBreaker: Breaker = { state: 'closed', run: 0, recent: [], openUntil: 0, openMs: 0 };

/**
 * The breaker after one more result. `failed` means the system could not be reached or did not answer properly; a refusal
 * for good or a wait it asked for is a sign of life.
 */
export function breakerAfter(breaker: Breaker, failed: boolean, at: number, random: number): Breaker {
  if (breaker.state === 'closed') {
    const recent = counted(breaker.recent, failed, at);
    const all = recent.reduce((sum, [, results]) => sum + results, 0);
    const failures = recent.reduce((sum, [, , bad]) => sum + bad, 0);
    const run = failed ? breaker.run + 1 : 0;
    const often = all >= breakerRules.windowLeast && failures >= all * breakerRules.windowShare;
    if (failed && (run >= breakerRules.failuresInRow || often)) return opened(breakerRules.openMs, at, random);
    return { ...breaker, run, recent };
  }
  if (failed) return opened(Math.min(breaker.openMs * 2, breakerRules.longestOpenMs), at, random);
  const run = breaker.state === 'half-open' ? breaker.run + 1 : 1;
  if (run >= breakerRules.successesToClose) return closedBreaker;
  return { ...breaker, state: 'half-open', run };
}

function opened(openMs: number, at: number, random: number): Breaker {
  const spread = openMs * breakerRules.jitterShare * (2 * random - 1);
  return { state: 'open', run: 0, recent: [], openUntil: Math.round(at + openMs + spread), openMs };
}

function counted(recent: Breaker['recent'], failed: boolean, at: number): Breaker['recent'] {
  const start = at - (at % breakerRules.partMs);
  const kept = recent.filter(([part]) => part > at - breakerRules.windowMs && part !== start);
  const [, all, bad] = recent.find(([part]) => part === start) ?? [start, 0, 0];
  return [...kept, [start, all + 1, bad + Number(failed)]];
}
