import { Worker } from 'node:worker_threads';
import type { Logger } from '../ports/runtime.ts';

/** A person waits no longer for a console that hangs, and an alert not much longer (R49). */
const SILENT_MS = 15_000;
const EVERY_MS = 1_000;
const LAG_MS = 200;
const file = import.meta.url.endsWith('.ts') ? './watchdog-worker.ts' : './watchdog-worker.js';

/** What its thread is told; times in ms. */
export interface WatchdogTask {
  readonly beats: SharedArrayBuffer;
  readonly silentMs: number;
  readonly everyMs: number;
}

export interface Watchdog {
  stop(): Promise<void>;
}

/**
 * A thread that ends this process when its event loop stands still for too long, and a record of every shorter stall.
 * The times are for tests alone.
 */
export function startWatchdog(log: Logger, { silentMs = SILENT_MS, everyMs = EVERY_MS } = {}): Watchdog {
  const beats = new SharedArrayBuffer(4);
  const counter = new Int32Array(beats);
  const beatMs = everyMs / 2;
  let due = performance.now() + beatMs;
  const beat = setInterval(() => {
    Atomics.add(counter, 0, 1);
    const late = Math.round(performance.now() - due);
    if (late > LAG_MS) log.warn('loop.lag', { ms: late });
    due = performance.now() + beatMs;
  }, beatMs);
  beat.unref();
  const workerData: WatchdogTask = { beats, silentMs, everyMs };
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData,
    // It counts; what it needs fits in less than any other thread's.
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 },
  });
  worker.unref();
  worker.on('error', (thrown) => log.error('watchdog.failed', { error: String(thrown) }));
  return {
    async stop() {
      clearInterval(beat);
      await worker.terminate();
    },
  };
}
