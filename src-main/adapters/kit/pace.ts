import { RetryableError } from '../../../src-shared/domain/failure.ts';
import type { Clock } from '../../ports/runtime.ts';

/** So many calls in any stretch of this length. */
export interface Window {
  readonly calls: number;
  readonly ms: number;
}

/**
 * Spreads one vendor's calls so that no window is overrun. Calls differ per job, so this counts calls, not jobs. What was
 * called is remembered by clock and account; a clock lives as long as its process or its test.
 */
export function createPace(vendor: string, windows: readonly Window[]) {
  const longest = Math.max(...windows.map(({ ms }) => ms));
  const clocks = new WeakMap<Clock, Map<string, number[]>>();

  function callsOf(clock: Clock, who: string): number[] {
    const byAccount = clocks.get(clock) ?? new Map<string, number[]>();
    clocks.set(clock, byAccount);
    const now = clock.monotonicMs();
    const recent = (byAccount.get(who) ?? []).filter((at) => at > now - longest);
    byAccount.set(who, recent);
    return recent;
  }

  /** ms until one more call fits into every window; 0: now. */
  function waitMs(recent: readonly number[], now: number): number {
    const waits = windows.map(({ calls, ms }) => {
      const oldest = recent.at(-calls);
      return oldest === undefined ? 0 : oldest + ms - now + 1;
    });
    return Math.max(0, ...waits);
  }

  return {
    /** @throws RetryableError('network') when the signal ends the wait: nothing was sent */
    async takeTurn(clock: Clock, who: string, signal: AbortSignal): Promise<void> {
      for (;;) {
        const recent = callsOf(clock, who);
        const now = clock.monotonicMs();
        const wait = waitMs(recent, now);
        if (wait === 0) {
          recent.push(now);
          return;
        }
        await clock.sleep(wait, signal);
        if (signal.aborted) throw new RetryableError('network', `Cancelled while waiting for ${vendor}’s rate limit`);
      }
    },
  };
}
