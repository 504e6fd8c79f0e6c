import { join } from 'node:path';
import type { FileHandles } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { os } from './base.ts';

/** `contract/maintenance.ts`. */
export function maintenanceHandlers(deps: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly files: FileHandles;
  readonly temporaryFolder: string;
}) {
  const { store, runtime, files, temporaryFolder } = deps;
  return {
    backup: os.maintenance.backup.handler(async () => {
      const path = join(temporaryFolder, `${runtime.ids.next()}.db`);
      const { bytes } = await store.backup(path);
      const handle = await files.offer(path, 'ops-console-backup.db', { temporary: true });
      return { bytes, ok: true, handle };
    }),
  };
}
