import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Instant } from '../../src-shared/domain/time-and-ids.ts';
import type { Clock, Ids, Random } from '../ports/runtime.ts';

export const systemClock: Clock = {
  now: () => Instant.parse(Date.now()),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    // An abort ends the wait; the caller looks at its own signal.
    await wait(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
  },
};

/** UUID version 7: sortable by creation, unique without coordination. */
export const systemIds: Ids = {
  next() {
    const bytes = randomBytes(16);
    bytes.writeUIntBE(Date.now(), 0, 6);
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
};

export const systemRandom: Random = { next: () => Math.random() };
