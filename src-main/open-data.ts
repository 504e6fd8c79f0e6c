import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostParts } from './compose.ts';
import { watchDiskRoom } from './platform/disk-room.ts';
import type { DiskRoom } from './ports/disk-room.ts';
import type { Store } from './ports/store.ts';
import { openStore } from './store/open.ts';

/** The data folder, ready for the engine. */
export interface OpenData {
  /** It had no database before. */
  readonly fresh: boolean;
  readonly temporaryFolder: string;
  readonly room: DiskRoom | null;
  /** Rejects as `openStore` does. */
  readonly opening: Promise<Store>;
}

/**
 * Begins to open the data folder that the host owns (R48); resolves when the database's threads start. Apart from what
 * composes the engine, and small, so that a host reads that program meanwhile.
 */
export async function openData(
  host: Pick<HostParts, 'dataFolder' | 'host' | 'rehearsal' | 'runtime' | 'version' | 'onUpgrade' | 'watch'>,
): Promise<OpenData> {
  const { dataFolder, runtime } = host;
  const fresh = !existsSync(join(dataFolder, 'console.db'));
  const temporaryFolder = join(dataFolder, 'temporary');
  // What a killed start left behind belongs to nobody.
  await rm(temporaryFolder, { recursive: true, force: true });
  await mkdir(temporaryFolder, { recursive: true, mode: 0o700 });

  // A rehearsal and a command are over before a disk fills.
  const room =
    host.rehearsal === true || host.host === 'cli'
      ? null
      : watchDiskRoom({ folder: dataFolder, clock: runtime.clock, log: runtime.log });
  await room?.prepare().catch(() => undefined);
  const opening = openStore({
    folder: dataFolder,
    runtime,
    version: host.version,
    ...(room === null ? {} : { makeRoom: room.release }),
    ...(host.onUpgrade === undefined ? {} : { onUpgrade: host.onUpgrade }),
    ...(host.watch === undefined ? {} : { watch: host.watch }),
  });
  // Said by whoever waits for it, a moment later.
  opening.catch(() => undefined);
  return { fresh, temporaryFolder, room, opening };
}
