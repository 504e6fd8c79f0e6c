import { randomBytes } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import type { ChosenFile, FileHandles } from '../ports/files.ts';
import type { Clock } from '../ports/runtime.ts';

/** An hour: long enough to answer the questions of an import, short enough that nothing lies about. */
const UNUSED_MS = 3_600_000;

interface Held {
  readonly path: string;
  readonly name: string;
  readonly temporary: boolean;
  readonly offeredAt: number;
}

/** One-use handles for files, kept in memory (SEC-17). */
export function createFileHandles(clock: Clock): FileHandles {
  const held = new Map<string, Held>();

  async function forgetOld(): Promise<void> {
    for (const [handle, file] of held) {
      if (clock.monotonicMs() - file.offeredAt < UNUSED_MS) continue;
      held.delete(handle);
      if (file.temporary) await rm(file.path, { force: true });
    }
  }

  async function chosen(file: Held | undefined): Promise<ChosenFile | null> {
    if (!file) return null;
    const found = await stat(file.path).catch(() => null);
    if (!found?.isFile()) return null;
    return {
      path: file.path,
      name: file.name,
      bytes: found.size,
      dispose: async () => {
        if (file.temporary) await rm(file.path, { force: true });
      },
    };
  }

  return {
    async offer(path, name, { temporary }) {
      await forgetOld();
      const handle = randomBytes(24).toString('base64url');
      held.set(handle, { path, name, temporary, offeredAt: clock.monotonicMs() });
      return handle;
    },
    peek: (handle) => chosen(held.get(handle)),
    async take(handle) {
      const file = held.get(handle);
      held.delete(handle);
      return chosen(file);
    },
  };
}
