import { type Instant, later } from '../../../src-shared/domain/time-and-ids.ts';
import type { Clock } from '../../ports/runtime.ts';

/** A clock that runs like the real one from a chosen moment on, and can leap over what nobody wants to wait for. */
export interface SkippingClock extends Clock {
  /** Leaps ahead; whoever sleeps until then wakes. What is measured between leaps is real time. */
  skip(ms: number): void;
}

export function createSkippingClock(real: Clock, start: Instant): SkippingClock {
  const from = real.monotonicMs();
  let skipped = 0;
  const sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();
  const mono = () => real.monotonicMs() + skipped;

  return {
    now: () => later(start, mono() - from),
    monotonicMs: mono,
    async sleep(ms, signal) {
      if (signal?.aborted || ms <= 0) return real.sleep(Math.max(0, ms), signal);
      const leap = new AbortController();
      const sleeper = { due: mono() + ms, wake: () => leap.abort() };
      sleepers.add(sleeper);
      await real.sleep(ms, signal ? AbortSignal.any([signal, leap.signal]) : leap.signal);
      sleepers.delete(sleeper);
    },
    skip(ms) {
      skipped += ms;
      const now = mono();
      for (const sleeper of sleepers) if (sleeper.due <= now) sleeper.wake();
    },
  };
}
