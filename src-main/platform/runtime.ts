import { randomUUID } from 'node:crypto';
import { Instant } from '../../src-shared/domain/time-and-ids.ts';
import type { Clock, Ids, Random } from '../ports/runtime.ts';
import { monotonicMs } from './monotonic.ts';

export const systemClock: Clock = {
  now: () => Instant.parse(Date.now()),
  monotonicMs,
  // An abort ends the wait; the caller looks at its own signal. Node's own promise of a timer would make up an exception for it.
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener('abort', end);
    }),
};

/** UUID version 7: sortable by creation, unique without coordination. */
export const systemIds: Ids = {
  next() {
    const time = Date.now().toString(16).padStart(12, '0');
    // The random part of a version 4 stands where version 7 has its own, and Node keeps a supply of those.
    return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
  },
};

export const systemRandom: Random = { next: () => Math.random() };
