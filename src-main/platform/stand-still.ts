import { writeSync } from 'node:fs';

/** What a thread needs to see whether the main one lives. */
export interface LoopWatch {
  /** One number the main thread counts up; 0: nobody is to be watched. */
  readonly beats: SharedArrayBuffer;
  /** Longer than this without a beat, ms: the main thread hangs. */
  readonly silentMs: number;
  /** Looked at every so many ms. */
  readonly everyMs: number;
}

/**
 * Ends this process when its main thread stands still for too long; called on another thread. It counts its own ticks, not
 * time: a machine that slept stops this thread as well as the one it watches. What hangs cannot end itself, so it is
 * killed; nothing is lost by that (R51), and whatever started it starts it again.
 */
export function endWhenSilent({ beats, silentMs, everyMs }: LoopWatch): void {
  const counter = new Int32Array(beats);
  let last = 0;
  let silentTicks = 0;
  setInterval(() => {
    const now = Atomics.load(counter, 0);
    silentTicks = now === 0 || now !== last ? 0 : silentTicks + 1;
    last = now;
    if (silentTicks * everyMs < silentMs) return;
    // Not through process.stderr, which the hanging thread would have to write.
    writeSync(2, `The console did not answer for ${Math.round(silentMs / 1_000)} s and is ended.\n`);
    process.kill(process.pid, 'SIGKILL');
  }, everyMs).unref();
}
