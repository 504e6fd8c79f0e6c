import { join } from 'node:path';
import { maintenance as maintenanceContract } from '../../../src-shared/contract/maintenance.ts';
import type { FileHandles } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { AutomaticBackups } from '../maintenance/automatic-backups.ts';
import type { Restoring } from '../maintenance/restoring.ts';
import type { Asker } from '../organisations/organisations.ts';
import { type CallContext, implementGuarded } from './base.ts';

const os = implementGuarded({ maintenance: maintenanceContract });

/** `contract/maintenance.ts`. */
export function maintenanceHandlers(deps: {
  readonly runtime: Runtime;
  readonly files: FileHandles;
  readonly temporaryFolder: string;
  readonly backups: AutomaticBackups;
  readonly restoring: Restoring;
}) {
  const { runtime, files, temporaryFolder, backups, restoring } = deps;
  const on = os.maintenance;
  const asker = ({ caller, correlationId }: CallContext): Asker => ({
    personId: caller.personId,
    channel: caller.via,
    correlationId,
  });
  return {
    backup: on.backup.handler(async ({ input, context }) => {
      const path = join(temporaryFolder, `${runtime.ids.next()}.backup`);
      const { bytes, sealed } = await backups.handOut(input.organisationId, path, asker(context));
      const name = `ops-console-backup.${sealed ? 'wsbackup' : 'db'}`;
      const handle = await files.offer(path, name, { temporary: true });
      return { bytes, ok: true, handle, sealed };
    }),
    backups: on.backups.handler(() => backups.view()),
    planBackups: on.planBackups.handler(({ input: { organisationId, ...wish }, context }) =>
      backups.save(organisationId, wish, asker(context)),
    ),
    backupNow: on.backupNow.handler(({ input, context }) => backups.backupNow(input.organisationId, asker(context))),
    drill: on.drill.handler(({ input, context }) => backups.drillNow(input.organisationId, asker(context))),
    inspectBackup: on.inspectBackup.handler(({ input, context }) =>
      restoring.inspect(input.organisationId, input.file, input.passphrase, asker(context)),
    ),
    restore: on.restore.handler(({ input, context }) => restoring.restore(input.organisationId, input, asker(context))),
    restored: on.restored.handler(({ input }) => restoring.restored(input.organisationId)),
  };
}
