import { outdated } from '../../../src-shared/domain/backup/rotation.ts';
import { formatBytes } from '../../../src-shared/format/number.ts';
import type { BackupPlan, Backups } from '../../ports/backups.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import type { Alerts } from '../alerts/index.ts';
import { createTold } from './told.ts';

const againMs = 15 * 60_000;
const spareBytes = 64 * 1024 ** 2;

/**
 * Every backup once more in a second folder or on a second drive (BAK-05). What fails there is an alert of its own and
 * tried again; the first place knows nothing of it.
 */
export function createSecondPlace(deps: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly backups: Backups;
  readonly alerts: Pick<Alerts, 'raise' | 'resolveKey'>;
}) {
  const { runtime, backups } = deps;
  const told = createTold({ store: deps.store, alerts: deps.alerts, key: 'console:backup-second' });
  let problem: string | null = null;
  let notBefore = 0;

  /** False: the newest is there already. */
  async function bring(plan: BackupPlan, second: string): Promise<boolean> {
    const first = await backups.folderOf(plan);
    const [newest] = await backups.list(first);
    if (newest === undefined) return false;
    const there = await backups.list(second);
    if (there.some(({ name, bytes }) => name === newest.name && bytes === newest.bytes)) return false;
    const free = await backups.freeBytes(second);
    if (free < newest.bytes + spareBytes) throw new Error(`Only ${formatBytes(free)} are free there.`);
    await backups.copyOver(newest.name, first, second);
    for (const { name } of outdated(await backups.list(second))) await backups.remove(second, name);
    return true;
  }

  return {
    get problem() {
      return problem;
    },
    /** Brings the newest over unless it is there already; never rejects. `now`: without waiting after a failure. */
    async follow(plan: BackupPlan, now = false): Promise<void> {
      const { second } = plan;
      if (second === null) {
        problem = null;
        if (now) await told.over();
        return;
      }
      if (!now && runtime.clock.now() < notBefore) return;
      try {
        const brought = await bring(plan, second);
        problem = null;
        notBefore = 0;
        if (brought || told.isTold) await told.over();
      } catch (thrown) {
        problem = thrown instanceof Error ? thrown.message : String(thrown);
        notBefore = runtime.clock.now() + againMs;
        runtime.log.error('backup.second-place-failed', { error: problem });
        await told.tell(
          'critical',
          'The backup did not reach its second place',
          `${problem} The first place has it. Connect that drive, or choose another folder in Settings, Backup.`,
        );
      }
    },
  };
}
