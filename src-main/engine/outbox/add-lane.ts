import type { Store } from '../../ports/store.ts';
import { insertJobs, type NewJob } from '../../store/repositories/outbox-statements.ts';

/** Beyond so many jobs a call waits for no other one: a write transaction stays short (R38). */
const togetherAtMost = 100;

interface Add {
  readonly jobs: readonly NewJob[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Enqueues what belongs to no other fact. Calls of one turn of the event loop are one unit to the writer; each resolves
 * when its jobs are durable and rejects, with none of its own stored, when they cannot be.
 */
export function createAddLane(store: Store): (jobs: readonly NewJob[]) => Promise<void> {
  let waiting: Add[] = [];
  let jobsWaiting = 0;

  async function flush(): Promise<void> {
    const adds = waiting;
    waiting = [];
    jobsWaiting = 0;
    try {
      await store.batch([insertJobs(adds.flatMap(({ jobs }) => jobs))]);
      for (const { resolve } of adds) resolve();
    } catch (thrown) {
      if (adds.length === 1) adds[0]?.reject(thrown);
      // One that cannot be kept takes no other with it.
      else for (const { jobs, resolve, reject } of adds) store.batch([insertJobs(jobs)]).then(() => resolve(), reject);
    }
  }

  return (jobs) =>
    new Promise((resolve, reject) => {
      if (waiting.length > 0 && jobsWaiting + jobs.length > togetherAtMost) void flush();
      if (waiting.length === 0) queueMicrotask(() => void (waiting.length > 0 && flush()));
      waiting.push({ jobs, resolve, reject });
      jobsWaiting += jobs.length;
    });
}
