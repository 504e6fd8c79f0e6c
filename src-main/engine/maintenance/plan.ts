import type { BackupPlan, Backups } from '../../ports/backups.ts';
import { refused } from '../problem.ts';

/** Left out: stays. */
export interface PlanWish {
  readonly on?: boolean | undefined;
  readonly folder?: string | null | undefined;
  readonly sealed?: boolean | undefined;
  readonly passphrase?: string | undefined;
  readonly second?: string | null | undefined;
  readonly renewRecoveryCode?: boolean | undefined;
}

/** The plan as it would be. Refuses folders that cannot be read, and a second place that is the first one. */
export async function planned(backups: Backups, before: BackupPlan, wish: PlanWish): Promise<BackupPlan> {
  const plan: BackupPlan = {
    on: wish.on ?? before.on,
    folder: wish.folder === undefined ? before.folder : wish.folder,
    sealed: wish.sealed ?? before.sealed,
    second: wish.second === undefined ? before.second : wish.second,
  };
  for (const folder of [wish.folder, wish.second]) {
    if (folder === undefined || folder === null) continue;
    await backups.list(folder).catch(() => {
      throw refused({
        happened: `The folder ${folder} cannot be read.`,
        means: 'Nothing was changed.',
        remedy: 'Make it, connect its disk, or choose another one.',
      });
    });
  }
  if (plan.second !== null && (await backups.isSame(plan.second, await backups.folderOf(plan)))) {
    throw refused({
      happened: 'The second place is the first one.',
      means: 'Nothing was changed: it would be lost with it.',
      remedy: 'Choose a folder on another drive.',
    });
  }
  return plan;
}
