import type { Clock } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { dueAfterSetBack } from '../../store/repositories/outbox-statements.ts';

/** Smaller steps back are the operating system's own care for the clock. */
const setBackMs = 1_000;

/**
 * Asked before each turn: when the clock was set back since, what was planned by it becomes due, and the answer is true. So
 * it is the first time, since an earlier run of the program may have had another clock.
 */
export function setBackMender(clock: Clock, store: Pick<Store, 'batch'>): () => Promise<boolean> {
  /** Wall time less the time that only goes forward. */
  let wallAhead = Number.POSITIVE_INFINITY;
  return async () => {
    const ahead = clock.now() - clock.monotonicMs();
    const setBack = ahead < wallAhead - setBackMs;
    if (setBack) await store.batch(dueAfterSetBack(clock.now()));
    wallAhead = ahead;
    return setBack;
  };
}
