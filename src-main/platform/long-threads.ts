import type { Worker } from 'node:worker_threads';

const living = new Set<Worker>();

/**
 * For a thread that may be inside one call of SQLite for minutes (a check of every page, a copy). Nothing reaches it
 * there, terminate() neither, and a process that exits waits for it. What it does must bear being cut off (R51).
 */
export function mayBeCutOff(worker: Worker): Worker {
  living.add(worker);
  worker.once('exit', () => living.delete(worker));
  return worker;
}

/** For who goes on in this process: what such a thread is at comes to its end first. */
export async function longThreadsEnded(): Promise<void> {
  await Promise.all([...living].map((worker) => worker.terminate()));
}

/** Ends such threads, and the process with them when one is left; returns when there is none. */
export function cutOffLongThreads(exitCode: number): void {
  if (living.size === 0) return;
  // A program that takes this one's place ends its threads at once and keeps the exit code, which a kill cannot.
  // Windows has no such call, and the desktop's process is more than Node.
  if (process.platform !== 'win32' && process.versions.electron === undefined && process.execve) {
    process.removeAllListeners('warning');
    process.execve(process.execPath, [process.execPath, '-e', `process.exit(${exitCode})`], {});
  }
  process.kill(process.pid, 'SIGKILL');
}
