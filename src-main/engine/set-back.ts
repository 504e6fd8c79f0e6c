import type { Clock } from '../ports/runtime.ts';

/** Smaller steps back are the operating system's own care for the clock. */
const setBackMs = 1_000;

/**
 * Asked again and again: when the clock was set back since, what was planned by it is mended, and the answer is true. So it is
 * the first time, since an earlier run of the program may have had another clock. Rejects as `mend` does, which is tried again.
 */
export function setBackMender(clock: Clock, mend: () => Promise<unknown>): () => Promise<boolean> {
  /** Wall time less the time that only goes forward. */
  let wallAhead = Number.POSITIVE_INFINITY;
  return async () => {
    const ahead = clock.now() - clock.monotonicMs();
    const setBack = ahead < wallAhead - setBackMs;
    if (setBack) await mend();
    wallAhead = ahead;
    return setBack;
  };
}
