import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../ports/runtime.ts';

const lookEveryMs = 5_000;
/** Of one core: less than this is rest. */
const restingShare = 0.05;
/** Processor time since the last time: after less there is little to give back. */
const worthMs = 500;

export interface RestParts {
  readonly clock: Clock;
  /** Processor time of this process so far, ms. */
  readonly usedMs?: () => number;
  readonly collect?: () => void;
}

/**
 * Gives memory back once work is over. The engine grows room for young objects while it works (64 MB for a start) and
 * frees it only when it collects, which a console at rest gives it no reason to do. Answers how to stop.
 */
export function giveBackAtRest({ clock, usedMs = usedByProcess, collect = collector() }: RestParts): () => void {
  const ended = new AbortController();
  void (async () => {
    let before = usedMs();
    let lastTime = 0;
    while (!ended.signal.aborted) {
      await clock.sleep(lookEveryMs, ended.signal);
      if (ended.signal.aborted) return;
      const now = usedMs();
      const resting = now - before < lookEveryMs * restingShare;
      before = now;
      if (!resting || now - lastTime < worthMs) continue;
      collect();
      before = usedMs();
      lastTime = before;
    }
  })();
  return () => ended.abort();
}

function usedByProcess(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Compiled code is cached by the flags in force: they must be those of every other moment.
  setFlagsFromString('--no-expose-gc');
  return collect;
}
