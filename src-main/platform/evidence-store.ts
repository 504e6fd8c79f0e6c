import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetStore } from '../ports/evidence.ts';

/** Keeps files under `<folder>/<first two hex digits>/<sha256>`, written so that a power cut leaves all or nothing (R42). */
export function evidenceStore(folder: string): DatasetStore {
  const pathOf = (id: string) => {
    if (!/^[0-9a-f]{64}$/.test(id)) throw new Error('Not an evidence id');
    return join(folder, id.slice(0, 2), id);
  };
  return {
    async put(bytes) {
      const id = createHash('sha256').update(bytes).digest('hex');
      const path = pathOf(id);
      const there = await stat(path).catch(() => null);
      if (there?.size === bytes.byteLength) return id;
      const parent = join(folder, id.slice(0, 2));
      await mkdir(parent, { recursive: true, mode: 0o700 });
      const temporary = `${path}.${randomUUID()}.tmp`;
      try {
        const file = await open(temporary, 'wx', 0o600);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, path);
      } catch (thrown) {
        await rm(temporary, { force: true });
        throw thrown;
      }
      // The name itself must survive too; Windows has no folder handles and needs none.
      if (process.platform !== 'win32') {
        const handle = await open(parent, 'r');
        await handle.sync().finally(() => handle.close());
      }
      return id;
    },
    async read(id) {
      const bytes = await readFile(pathOf(id));
      if (createHash('sha256').update(bytes).digest('hex') !== id)
        throw new Error(`Evidence ${id.slice(0, 12)} was altered`);
      return bytes;
    },
    remove: (id) => rm(pathOf(id), { force: true }),
  };
}
