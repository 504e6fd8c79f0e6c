import type { Clock } from '../../ports/runtime.ts';

const minuteMs = 60_000;

/**
 * So many a minute for each sender, counted from its first one on; only authentic requests are counted, so a flood of
 * others takes nothing from anybody (W3, FT-70).
 */
export function createPace(clock: Pick<Clock, 'monotonicMs'>) {
  const windows = new Map<string, { startedAt: number; count: number }>();
  return {
    /** 0: go ahead, it is counted. Otherwise how long to wait, ms. */
    take(key: string, perMinute: number): number {
      const now = clock.monotonicMs();
      const window = windows.get(key);
      if (window === undefined || now - window.startedAt >= minuteMs) {
        windows.set(key, { startedAt: now, count: 1 });
        return 0;
      }
      if (window.count >= perMinute) return window.startedAt + minuteMs - now;
      window.count += 1;
      return 0;
    },
  };
}
