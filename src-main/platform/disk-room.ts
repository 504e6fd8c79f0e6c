import { existsSync, rmSync } from 'node:fs';
import { open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskRoom, RoomLevel } from '../ports/disk-room.ts';
import type { Clock, Logger } from '../ports/runtime.ts';

const LOW_BYTES = 1_000_000_000;
const LITTLE_BYTES = 200_000_000;
const RESERVE_BYTES = 32 * 1024 ** 2;
/** The reserve goes before the disk is full to the last byte, and comes back only when nobody will miss it. */
const RELEASE_BELOW_BYTES = 8 * 1024 ** 2;
const LOOK_EVERY_MS = 5_000;
/** Those who failed beside each other share one release. */
const JUST_RELEASED_MS = 3_000;
const CHUNK = Buffer.alloc(1024 ** 2);

interface Options {
  /** The data folder; the reserve lies in it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Watches the disk of the data folder and keeps 32 MB of it back for alerts (R41). */
export function watchDiskRoom({ folder, clock, log }: Options): DiskRoom {
  const file = join(folder, 'reserve');
  const ended = new AbortController();
  const listeners = new Set<(level: RoomLevel) => void>();
  let level: RoomLevel = 'enough';
  let releasedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    if (free < RELEASE_BELOW_BYTES) release();
    else if (free > LITTLE_BYTES && !existsSync(file)) await reserve();
    const now: RoomLevel = free < LITTLE_BYTES ? 'little' : free < LOW_BYTES ? 'low' : 'enough';
    if (now === level) return;
    level = now;
    log.warn('disk.room', { level, freeMb: Math.floor(free / 1e6) });
    for (const listener of listeners) listener(level);
  }

  /** Real bytes, not a hole: a hole would have to be filled when the disk is full. */
  async function reserve(): Promise<void> {
    const draft = `${file}.part`;
    try {
      const handle = await open(draft, 'w', 0o600);
      try {
        for (let written = 0; written < RESERVE_BYTES; written += CHUNK.length) await handle.write(CHUNK);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, file);
    } catch (thrown) {
      await rm(draft, { force: true });
      log.warn('disk.no-reserve', { error: String(thrown) });
    }
  }

  function release(): boolean {
    const now = clock.monotonicMs();
    if (now - releasedAt < JUST_RELEASED_MS) return true;
    if (!existsSync(file)) return false;
    rmSync(file, { force: true });
    releasedAt = now;
    log.error('disk.reserve-released');
    return true;
  }

  async function watch(): Promise<void> {
    while (!ended.signal.aborted) {
      await look().catch((thrown: unknown) => log.warn('disk.unknown', { error: String(thrown) }));
      await clock.sleep(LOOK_EVERY_MS, ended.signal);
    }
  }

  return {
    level: () => level,
    async release() {
      return release();
    },
    onChange: (listener) => void listeners.add(listener),
    async prepare() {
      const { bavail, bsize } = await statfs(folder);
      if (bavail * bsize < RELEASE_BELOW_BYTES) release();
    },
    start: () => void watch(),
    stop: () => ended.abort(),
  };
}
