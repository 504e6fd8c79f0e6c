import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupsView, DrillResult } from '../../../src-shared/contract/maintenance.ts';
import { backupName } from '../../../src-shared/domain/backup/name.ts';
import { outdated } from '../../../src-shared/domain/backup/rotation.ts';
import { Instant, isoOf, later } from '../../../src-shared/domain/time-and-ids.ts';
import { formatBytes } from '../../../src-shared/format/number.ts';
import type { BackupPlan, Backups, KeptBackup } from '../../ports/backups.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Redactor, SecretStore } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import { putOpsSetting } from '../../store/repositories/weddings.ts';
import type { Alerts } from '../alerts/index.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { refused } from '../problem.ts';
import type { Weekend } from '../weekend/weekend.ts';
import { type By, itself, whoOf } from './by.ts';
import { createDrill } from './drill.ts';
import { type PlanWish, planned } from './plan.ts';
import { createSealing } from './sealing.ts';
import { createSecondPlace } from './second-place.ts';
import { createTold } from './told.ts';

const hourMs = 3_600_000;
/** BAK-01: hourly in wedding-day mode, from the hour before it begins; every six hours otherwise. */
const weddingDayMs = hourMs;
const usualMs = 6 * hourMs;
/** BAK-03: older than this is an alert. */
const tooOldMs = 26 * hourMs;
const againMs = 15 * 60_000;
const lookEveryMs = 60_000;
/** A start has better things to do first. */
const firstLookMs = 2 * 60_000;
/** Told to end, a small copy is soon made. */
const patienceMs = 1_000;
const spareBytes = 64 * 1024 ** 2;

export interface AutomaticBackupsDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly backups: Backups;
  readonly audit: AppendAudit;
  readonly alerts: Pick<Alerts, 'raise' | 'resolveKey'>;
  readonly weekend: Pick<Weekend, 'calendar'>;
  readonly organisations: Pick<Organisations, 'requireRole'>;
  /** The keychain; practice alone has its own. */
  readonly secrets: { readonly real: SecretStore; readonly practice: SecretStore };
  readonly redactor: Pick<Redactor, 'know'>;
  readonly temporaryFolder: string;
  readonly version: string;
}

export type AutomaticBackups = ReturnType<typeof createAutomaticBackups>;

/** Backups nobody has to think of: made in time, checked after writing, kept as long as they are worth something (BAK-01 to 05, 09). */
export function createAutomaticBackups(deps: AutomaticBackupsDeps) {
  const { store, runtime, backups, audit, alerts, temporaryFolder } = deps;
  const { clock } = runtime;
  const ended = new AbortController();
  const sealing = createSealing(deps);
  const second = createSecondPlace(deps);
  const drill = createDrill({ ...deps, sealing });
  const told = createTold({ store, alerts, key: 'console:backup' });
  let running: Promise<unknown> = Promise.resolve();
  let making: Promise<KeptBackup> | null = null;
  let problem: string | null = null;
  let notBefore = 0;

  const isOn = async ({ on }: BackupPlan) =>
    on ?? (await listOrganisations(store.read)).some(({ practice }) => practice === 0);

  /** Now or within the coming hour, in any organisation. */
  async function isWeddingDay(): Promise<boolean> {
    const soon = later(clock.now(), hourMs);
    for (const { id } of await listOrganisations(store.read)) {
      const calendar = await deps.weekend.calendar(id);
      if (calendar.at(clock.now()).weddingDay.active || calendar.at(soon).weddingDay.active) return true;
    }
    return false;
  }
  const everyMs = async () => ((await isWeddingDay()) ? weddingDayMs : usualMs);

  /** A checked copy for `use`, gone afterwards. */
  async function withCopy<T>(use: (copy: string, bytes: number) => Promise<T>): Promise<T> {
    const copy = join(temporaryFolder, `${runtime.ids.next()}.db`);
    try {
      const { bytes } = await store.backup(copy);
      return await use(copy, bytes);
    } finally {
      await rm(copy, { force: true });
    }
  }

  async function make(plan: BackupPlan, by: By): Promise<KeptBackup> {
    const [folder, keys] = await Promise.all([backups.folderOf(plan), sealing.keysOf(plan)]);
    const at = clock.now();
    const made = await withCopy(async (copy, bytes) => {
      const free = await backups.freeBytes(folder);
      if (free < bytes + spareBytes) throw new Error(`Only ${formatBytes(free)} are free where backups go.`);
      const { lastEntry: entries, schema } = await backups.inspect(copy);
      const name = backupName({ at, schema, version: deps.version, entries, sealed: plan.sealed });
      return { name, at, sealed: plan.sealed, bytes: await backups.keep(copy, folder, name, keys) };
    });
    await noted(made, by);
    for (const { name } of outdated(await backups.list(folder))) await backups.remove(folder, name);
    return made;
  }

  /** The pre-flight asks how old it is; the record says who made it. */
  async function noted({ at, bytes }: Pick<KeptBackup, 'at' | 'bytes'>, by: By): Promise<void> {
    const all = await listOrganisations(store.read);
    await store.transaction(async (tx) => {
      for (const { id } of all) {
        await putOpsSetting(tx, id, 'last-backup', JSON.stringify({ at, bytes }), at);
        await audit(tx, {
          ...whoOf(by),
          organisationId: id,
          action: 'database.backed-up',
          object: 'database:console',
          after: { bytes },
        });
      }
    });
  }

  /** One at a time; a failure is an alert (FT-26) and the ones from before stay as they are. */
  function now(by: By): Promise<KeptBackup> {
    making ??= (async () => {
      try {
        const plan = await backups.plan.read();
        const made = await make(plan, by);
        problem = null;
        notBefore = 0;
        await told.over();
        await second.follow(plan, true);
        return made;
      } catch (thrown) {
        problem = thrown instanceof Error ? thrown.message : String(thrown);
        notBefore = clock.now() + againMs;
        runtime.log.error('backup.failed', { error: problem });
        const detail = `${problem} Earlier backups are untouched. Open Settings, Backup.`;
        await told.tell('critical', 'The backup failed', detail);
        throw thrown;
      } finally {
        making = null;
      }
    })();
    return making;
  }

  const newestIn = async (folder: string) => (await backups.list(folder))[0]?.at ?? null;

  /** One look: makes the backup that is due, or says that none was made for too long. */
  async function tick(): Promise<void> {
    const plan = await backups.plan.read();
    // A folder that cannot be read is found out by trying, which tells.
    const newest = await backups
      .folderOf(plan)
      .then(newestIn)
      .catch(() => null);
    if (await isOn(plan)) {
      const waits = clock.now() < notBefore;
      if (!waits && (newest === null || clock.now() - newest >= (await everyMs()))) {
        await now(itself).catch(() => undefined);
      } else await second.follow(plan);
      // While none can be made, that is the thing to mend.
      if (newest !== null && problem === null) await drill.tick(plan, await isWeddingDay(), itself);
      return;
    }
    const watched = (await listOrganisations(store.read)).some(({ practice }) => practice === 0);
    if (!watched || told.isTold || (newest !== null && clock.now() - newest < tooOldMs)) return;
    await told.tell('warning', 'No backup for more than 26 hours', 'Automatic backups are off. Open Settings, Backup.');
  }

  async function view(): Promise<BackupsView> {
    const plan = await backups.plan.read();
    const on = await isOn(plan);
    const folder = await backups.folderOf(plan);
    let unreadable: string | null = null;
    const kept = await backups.list(folder).catch((thrown: unknown) => {
      unreadable = thrown instanceof Error ? thrown.message : String(thrown);
      return [];
    });
    const newest = kept[0]?.at ?? null;
    const due = newest === null ? clock.now() : newest + (await everyMs());
    const lastDrill = await drill.last();
    const iso = (at: number) => isoOf(Instant.parse(at));
    const isoOrNull = (at: number | null) => (at === null ? null : iso(at));
    return {
      on,
      folder,
      usual: plan.folder === null,
      sealed: plan.sealed,
      passphrasePresent: await sealing.hasPassphrase(),
      recoveryCode: await sealing.hasRecoveryCode(),
      second:
        plan.second === null
          ? null
          : {
              folder: plan.second,
              newestAt: isoOrNull(await newestIn(plan.second).catch(() => null)),
              problem: second.problem,
            },
      drill: lastDrill,
      nextDrillAt: on ? iso(Math.max(drill.dueAfter(lastDrill), clock.now())) : null,
      nextAt: on ? iso(Math.max(due, notBefore, clock.now())) : null,
      verifiedAt: isoOrNull(newest),
      problem: problem ?? unreadable,
      kept: kept.map(({ at, ...one }) => ({ ...one, at: iso(at) })),
    };
  }

  async function save(
    organisationId: string,
    wish: PlanWish,
    by: Asker,
  ): Promise<BackupsView & { newCode: string | null }> {
    await deps.organisations.requireRole(organisationId, by.personId, ['admin']);
    const before = await backups.plan.read();
    const plan = await planned(backups, before, wish);
    if (wish.passphrase !== undefined) await sealing.keepPassphrase(wish.passphrase);
    else if (plan.sealed && !(await sealing.hasPassphrase())) {
      throw refused({
        happened: 'There is no passphrase in the keychain yet.',
        means: 'Nothing was changed.',
        remedy: 'Give one of at least 12 characters, and keep it somewhere else as well.',
      });
    }
    const wanted = wish.renewRecoveryCode === true || !(await sealing.hasRecoveryCode());
    const newCode = plan.sealed && wanted ? await sealing.renewRecoveryCode() : null;
    await backups.plan.write(plan);
    await store.transaction((tx) =>
      audit(tx, {
        ...whoOf(by),
        organisationId,
        action: 'backups.planned',
        object: 'database:console',
        before,
        after: { ...plan, newPassphrase: wish.passphrase !== undefined, newRecoveryCode: newCode !== null },
      }),
    );
    notBefore = 0;
    if (plan.second !== before.second) await second.follow(plan, true);
    return { ...(await view()), newCode };
  }

  return {
    tick,
    view,
    save,
    async backupNow(organisationId: string, by: Asker): Promise<{ name: string; bytes: number }> {
      await deps.organisations.requireRole(organisationId, by.personId, ['admin']);
      try {
        const { name, bytes } = await now(by);
        return { name, bytes };
      } catch (thrown) {
        throw refused({
          happened: 'The backup failed.',
          means: thrown instanceof Error ? thrown.message : String(thrown),
          doing: 'Earlier backups are untouched.',
          remedy: 'Choose another folder, or make room, then try again.',
        });
      }
    },
    async drillNow(organisationId: string, by: Asker): Promise<DrillResult> {
      await deps.organisations.requireRole(organisationId, by.personId, ['admin']);
      return drill.now(await backups.plan.read(), by);
    },
    /** A copy to be handed out under `target`: sealed when the automatic ones are. */
    async handOut(
      organisationId: string,
      target: string,
      by: Asker,
    ): Promise<{ readonly bytes: number; readonly sealed: boolean }> {
      await deps.organisations.requireRole(organisationId, by.personId, ['admin']);
      const plan = await backups.plan.read();
      const keys = await sealing.keysOf(plan);
      let bytes: number;
      if (keys === null) ({ bytes } = await store.backup(target));
      else
        bytes = await withCopy(async (copy, size) => {
          await backups.seal(copy, target, keys);
          return size;
        });
      await noted({ at: clock.now(), bytes }, by);
      return { bytes, sealed: plan.sealed };
    },
    start(): void {
      running = (async () => {
        await clock.sleep(firstLookMs, ended.signal);
        while (!ended.signal.aborted) {
          await tick().catch((thrown: unknown) => runtime.log.error('backup.look-failed', { error: String(thrown) }));
          await clock.sleep(lookEveryMs, ended.signal);
        }
      })();
    },
    async stop(): Promise<void> {
      ended.abort();
      // A copy of a large database takes minutes to make and to check: it is cut off, as a kill would (R51).
      const late = new AbortController();
      const over = Promise.allSettled([running, making, drill.stop()]);
      await Promise.race([over, clock.sleep(patienceMs, late.signal)]);
      late.abort();
    },
  };
}
