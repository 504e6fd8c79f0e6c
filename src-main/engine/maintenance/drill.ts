import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DrillResult } from '../../../src-shared/contract/maintenance.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatBytes } from '../../../src-shared/format/number.ts';
import type { BackupPlan, Backups, KeptBackup } from '../../ports/backups.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import { getOpsSetting, putOpsSetting } from '../../store/repositories/weddings.ts';
import type { Alerts } from '../alerts/index.ts';
import type { AppendAudit } from '../audit/audit.ts';
import { type By, whoOf } from './by.ts';
import type { Sealing } from './sealing.ts';
import { createTold } from './told.ts';

const dayMs = 86_400_000;
/** BAK-09: a month after the last, the next day when that one failed. */
const everyMs = 30 * dayMs;
const afterFailureMs = dayMs;
/** A wedding weekend has better things to do; beyond this it is done all the same. */
const latestMs = 45 * dayMs;
const setting = 'last-drill';

/** The newest backup, restored into a scratch folder and looked at: a backup nobody ever restored is a hope. */
export function createDrill(deps: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly backups: Backups;
  readonly sealing: Pick<Sealing, 'keysOf'>;
  readonly audit: AppendAudit;
  readonly alerts: Pick<Alerts, 'raise' | 'resolveKey'>;
  readonly temporaryFolder: string;
}) {
  const { store, runtime, backups } = deps;
  const { clock } = runtime;
  const told = createTold({ store, alerts: deps.alerts, key: 'console:backup-drill' });
  let running: Promise<DrillResult> | null = null;

  async function last(): Promise<DrillResult | null> {
    const texts = await Promise.all(
      (await listOrganisations(store.read)).map(({ id }) => getOpsSetting(store.read, id, setting)),
    );
    const all = texts.flatMap((text) => (text === null ? [] : [DrillResult.parse(JSON.parse(text))]));
    return all.reduce<DrillResult | null>((newest, one) => (newest && newest.at > one.at ? newest : one), null);
  }

  /** When the next one is due, ms UTC. */
  function dueAfter(before: DrillResult | null): number {
    return before === null ? clock.now() : Date.parse(before.at) + (before.ok ? everyMs : afterFailureMs);
  }

  async function restored({ name, bytes, sealed }: KeptBackup, folder: string, plan: BackupPlan) {
    const scratch = join(deps.temporaryFolder, `drill-${runtime.ids.next()}`);
    const plain = join(scratch, 'opened.db');
    try {
      const free = await backups.freeBytes(deps.temporaryFolder);
      const needed = bytes * (sealed ? 2 : 1);
      if (free < 2 * needed) throw new Error(`Only ${formatBytes(free)} are free for the restored copy.`);
      await mkdir(scratch, { recursive: true, mode: 0o700 });
      const file = join(folder, name);
      if (!sealed) return await backups.drill(file, join(scratch, 'restored'));
      const keys = await deps.sealing.keysOf({ ...plan, sealed });
      await backups.unseal(file, plain, keys?.passphrase ?? '');
      return await backups.drill(plain, join(scratch, 'restored'));
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async function run(plan: BackupPlan, by: By): Promise<DrillResult> {
    const began = clock.monotonicMs();
    const about = { at: isoOf(clock.now()), backup: '', entries: 0, held: 0, checks: [] };
    let result: DrillResult;
    try {
      const folder = await backups.folderOf(plan);
      const [newest] = await backups.list(folder);
      if (newest === undefined) throw new Error('There is no backup to restore yet.');
      about.backup = newest.name;
      const findings = await restored(newest, folder, plan);
      const ok = findings.checks.every((check) => check.ok);
      result = { ...about, ...findings, checks: [...findings.checks], ok, problem: null, ms: 0 };
    } catch (thrown) {
      result = { ...about, ok: false, problem: thrown instanceof Error ? thrown.message : String(thrown), ms: 0 };
    }
    result.ms = Math.round(clock.monotonicMs() - began);
    await noted(result, by);
    return result;
  }

  async function noted(result: DrillResult, by: By): Promise<void> {
    const all = await listOrganisations(store.read);
    const { backup, ok, problem, checks } = result;
    const wrong = problem ?? checks.flatMap((one) => (one.ok ? [] : [`${one.what}: no. ${one.detail}`])).join(' ');
    await store.transaction(async (tx) => {
      for (const { id } of all) {
        await putOpsSetting(tx, id, setting, JSON.stringify(result), clock.now());
        const after = { backup, ok, ...(ok ? {} : { wrong }) };
        const what = { action: 'backup.drilled', object: 'database:console' };
        await deps.audit(tx, { ...whoOf(by), organisationId: id, ...what, after });
      }
    });
    if (ok) return told.over();
    runtime.log.error('backup.drill-failed', { backup, wrong });
    const then = 'Open Settings, Backup, make a new one and try the drill again.';
    await told.tell('critical', 'The newest backup could not be restored in the drill', `${wrong} ${then}`);
  }

  return {
    last,
    dueAfter,
    /** One at a time: whoever asks meanwhile gets the same answer. */
    now(plan: BackupPlan, by: By): Promise<DrillResult> {
      running ??= run(plan, by).finally(() => {
        running = null;
      });
      return running;
    },
    /** Does the monthly one when it is due. */
    async tick(plan: BackupPlan, weddingDay: boolean, by: By): Promise<void> {
      const due = dueAfter(await last());
      if (clock.now() < due || (weddingDay && clock.now() < due + latestMs - everyMs)) return;
      await this.now(plan, by);
    },
    async stop(): Promise<void> {
      await running?.catch(() => undefined);
    },
  };
}
