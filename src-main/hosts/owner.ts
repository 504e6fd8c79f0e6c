import { setTimeout as wait } from 'node:timers/promises';
import { TOKEN_HEADER } from '../../src-shared/contract/host-bridge.ts';
import type { OwnerLock, OwnerRecord } from '../platform/owner-lock.ts';
import { readOwnerRecord, takeOwnerLock } from '../platform/owner-lock.ts';

export type Ownership =
  | { readonly owned: true; readonly lock: OwnerLock }
  | { readonly owned: false; readonly owner: OwnerRecord };

/** The data folder cannot be used now; the text says by whom it is held and what to do. Exit status 3. */
export class FolderUnavailable extends Error {}

/** Its owner works, but its port is taken: nobody can speak to it (FT-72). */
export class DoorShut extends FolderUnavailable {}

const LOOK_AGAIN_MS = 100;

/** Does the process of this record answer at its address, with its token? */
async function answers(record: OwnerRecord): Promise<boolean> {
  if (record.url === null || record.token === null) return false;
  try {
    const reply = await fetch(`${record.url}/rpc/app/status`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [TOKEN_HEADER]: record.token },
      body: JSON.stringify({ json: {} }),
      signal: AbortSignal.timeout(2_000),
    });
    await reply.arrayBuffer();
    return reply.ok;
  } catch {
    return false;
  }
}

/**
 * Becomes the owner of a folder, or finds the one there is (R48). A command at work serves nobody, so others wait for it
 * to end; an owner that neither answers nor ends within `patienceMs` is reported with its process id.
 */
export async function ownOrFind(folder: string, patienceMs: number): Promise<Ownership> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const lock = await takeOwnerLock(folder).catch((thrown: unknown) => {
      throw new FolderUnavailable(
        `The data folder ${folder} cannot be used: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      );
    });
    if (lock) return { owned: true, lock };
    const owner = await readOwnerRecord(folder);
    if (owner && (await answers(owner))) return { owned: false, owner };
    if (owner && owner.shut !== null) {
      throw new DoorShut(`The console runs as process ${owner.pid} and cannot be reached. ${owner.shut}`);
    }
    if (performance.now() > until) {
      throw new FolderUnavailable(
        owner
          ? `The data folder ${folder} is held by process ${owner.pid} (${owner.host}), which does not answer. End it, then try again.`
          : `The data folder ${folder} is held by another process that has not said how to reach it. End it, then try again.`,
      );
    }
    await wait(LOOK_AGAIN_MS);
  }
}
