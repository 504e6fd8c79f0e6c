import { Instant } from '../../src-shared/domain/time-and-ids.ts';
import type { Clock, Ids, LogFields, Logger, Random, Runtime } from '../ports/runtime.ts';

export interface TestClock extends Clock {
  /** Moves time on and wakes sleepers in the order they fall due, letting each run before the next. */
  advance(ms: number): Promise<void>;
  /** Moves wall time alone, as an NTP step or a person would. */
  jump(ms: number): void;
  readonly sleepers: number;
}

export function testClock(start: string | number = '2026-07-18T12:00:00Z'): TestClock {
  let wall = typeof start === 'number' ? start : Date.parse(start);
  let mono = 1_000;
  let waiting: { readonly due: number; readonly wake: () => void }[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

  return {
    now: () => Instant.parse(wall),
    monotonicMs: () => mono,
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.resolve();
      return new Promise<void>((resolve) => {
        const entry = { due: mono + Math.max(0, ms), wake: resolve };
        waiting.push(entry);
        signal?.addEventListener('abort', () => {
          waiting = waiting.filter((other) => other !== entry);
          resolve();
        });
      });
    },
    async advance(ms) {
      const end = mono + ms;
      await settle();
      for (;;) {
        const next = waiting.filter((entry) => entry.due <= end).sort((a, b) => a.due - b.due)[0];
        if (!next) break;
        waiting = waiting.filter((entry) => entry !== next);
        wall += next.due - mono;
        mono = next.due;
        next.wake();
        await settle();
        await settle();
      }
      wall += end - mono;
      mono = end;
      await settle();
    },
    jump(ms) {
      wall += ms;
    },
    get sleepers() {
      return waiting.length;
    },
  };
}

/** `id-1`, `id-2`, ... sortable as text up to a million. */
export function testIds(prefix = 'id'): Ids {
  let count = 0;
  return { next: () => `${prefix}-${String(++count).padStart(6, '0')}` };
}

/** Mulberry32: small, seeded, repeatable. */
export function testRandom(seed = 1): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}

export interface TestLog extends Logger {
  readonly lines: { level: string; event: string; fields: LogFields }[];
}

export function testLog(bound: LogFields = {}, lines: TestLog['lines'] = []): TestLog {
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) => {
      lines.push({ level, event, fields: { ...bound, ...fields } });
    };
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => testLog({ ...bound, ...fields }, lines),
  };
}

export function testRuntime(start?: string): Runtime & { clock: TestClock; log: TestLog } {
  return { clock: testClock(start), ids: testIds(), random: testRandom(), log: testLog() };
}
