import type { LoopWatch } from '../platform/stand-still.ts';
import type { Logger } from '../ports/runtime.ts';

/** A person waits no longer for a console that hangs, and an alert not much longer (R49). */
const SILENT_MS = 15_000;
const EVERY_MS = 1_000;
const LAG_MS = 200;

export interface Watchdog {
  /** For the threads that look. */
  readonly watch: LoopWatch;
  /** From now on a stand-still is the end. */
  start(): void;
  stop(): void;
}

/**
 * Lets the threads of the database end this process when its event loop stands still for too long, and records every
 * shorter stall. Two look, so that one may be busy with a long statement; a thread of its own would weigh 11 MB.
 * The times are for tests alone.
 */
export function createWatchdog(log: Logger, { silentMs = SILENT_MS, everyMs = EVERY_MS } = {}): Watchdog {
  const beats = new SharedArrayBuffer(4);
  const counter = new Int32Array(beats);
  const beatMs = everyMs / 2;
  let beat: NodeJS.Timeout | undefined;
  return {
    watch: { beats, silentMs, everyMs },
    start() {
      let due = performance.now() + beatMs;
      Atomics.store(counter, 0, 1);
      beat = setInterval(() => {
        Atomics.add(counter, 0, 1);
        const late = Math.round(performance.now() - due);
        if (late > LAG_MS) log.warn('loop.lag', { ms: late });
        due = performance.now() + beatMs;
      }, beatMs);
      beat.unref();
    },
    stop() {
      clearInterval(beat);
      Atomics.store(counter, 0, 0);
    },
  };
}
