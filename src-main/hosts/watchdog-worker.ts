import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { WatchdogTask } from './watchdog.ts';

const { beats, silentMs, everyMs } = workerData as WatchdogTask;

/**
 * Counts its own ticks, not time: a machine that slept stops this thread as well as the one it watches. What hangs cannot
 * end itself, so it is killed; nothing is lost by that (R51), and whatever started it starts it again.
 */
const counter = new Int32Array(beats);
let last = Atomics.load(counter, 0);
let silentTicks = 0;
setInterval(() => {
  const now = Atomics.load(counter, 0);
  silentTicks = now === last ? silentTicks + 1 : 0;
  last = now;
  if (silentTicks * everyMs < silentMs) return;
  // Not through process.stderr, which the hanging thread would have to write.
  writeSync(2, `The console did not answer for ${Math.round(silentMs / 1_000)} s and is ended.\n`);
  process.kill(process.pid, 'SIGKILL');
}, everyMs);
