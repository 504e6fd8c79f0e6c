import { join } from 'node:path';
import type { FileHandles } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import { putOpsSetting } from '../../store/repositories/weddings.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Restoring } from '../maintenance/restoring.ts';
import type { Asker } from '../organisations/organisations.ts';
import { type CallContext, os } from './base.ts';

/** `contract/maintenance.ts`. */
export function maintenanceHandlers(deps: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly files: FileHandles;
  readonly temporaryFolder: string;
  readonly restoring: Restoring;
}) {
  const { store, runtime, audit, files, temporaryFolder, restoring } = deps;
  const asker = ({ caller, correlationId }: CallContext): Asker => ({
    personId: caller.personId,
    channel: caller.via,
    correlationId,
  });
  return {
    backup: os.maintenance.backup.handler(async ({ context: { caller, correlationId } }) => {
      const path = join(temporaryFolder, `${runtime.ids.next()}.db`);
      const { bytes } = await store.backup(path);
      const at = runtime.clock.now();
      const organisations = await listOrganisations(store.read);
      await store.transaction(async (tx) => {
        for (const { id } of organisations) {
          // The pre-flight asks how old it is.
          await putOpsSetting(tx, id, 'last-backup', JSON.stringify({ at, bytes }), at);
          await audit(tx, {
            organisationId: id,
            actor: caller.personId === null ? 'system' : `person:${caller.personId}`,
            channel: caller.via,
            action: 'database.backed-up',
            object: 'database:console',
            after: { bytes },
            correlationId,
          });
        }
      });
      const handle = await files.offer(path, 'ops-console-backup.db', { temporary: true });
      return { bytes, ok: true, handle };
    }),
    inspectBackup: os.maintenance.inspectBackup.handler(({ input, context }) =>
      restoring.inspect(input.organisationId, input.file, asker(context)),
    ),
    restore: os.maintenance.restore.handler(({ input, context }) =>
      restoring.restore(input.organisationId, input.file, input.typed, asker(context)),
    ),
    restored: os.maintenance.restored.handler(({ input }) => restoring.restored(input.organisationId)),
  };
}
