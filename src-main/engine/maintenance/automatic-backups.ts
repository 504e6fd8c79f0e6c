import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupsView } from '../../../src-shared/contract/maintenance.ts';
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
import type { Actor } from '../alerts/parts.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { refused } from '../problem.ts';
import type { Weekend } from '../weekend/weekend.ts';

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
const spareBytes = 64 * 1024 ** 2;
const alertKey = 'console:backup';
/** Where the passphrase lies in the secret store. */
const passphraseAddress = { organisationId: 'system', system: 'backup', name: 'passphrase' };
const console: Actor = { personId: null, name: 'console', channel: 'engine', correlationId: '' };

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

/** Left out: stays. */
interface Wish {
  readonly on?: boolean | undefined;
  readonly folder?: string | null | undefined;
  readonly sealed?: boolean | undefined;
  readonly passphrase?: string | undefined;
}

export type AutomaticBackups = ReturnType<typeof createAutomaticBackups>;
type By = Pick<Asker, 'personId' | 'channel' | 'correlationId'>;
const itself: By = { personId: null, channel: 'engine', correlationId: '' };

/** Backups nobody has to think of: made in time, checked after writing, kept as long as they are worth something (BAK-01 to 04). */
export function createAutomaticBackups(deps: AutomaticBackupsDeps) {
  const { store, runtime, backups, audit, alerts, temporaryFolder } = deps;
  const { clock } = runtime;
  const ended = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  let making: Promise<KeptBackup> | null = null;
  let problem: string | null = null;
  let notBefore = 0;
  let told = false;

  const isOn = async ({ on }: BackupPlan) =>
    on ?? (await listOrganisations(store.read)).some(({ practice }) => practice === 0);

  async function everyMs(): Promise<number> {
    const soon = later(clock.now(), hourMs);
    for (const { id } of await listOrganisations(store.read)) {
      const calendar = await deps.weekend.calendar(id);
      if (calendar.at(clock.now()).weddingDay.active || calendar.at(soon).weddingDay.active) return weddingDayMs;
    }
    return usualMs;
  }

  async function secretStore(): Promise<SecretStore> {
    const { real, practice } = deps.secrets;
    const all = await listOrganisations(store.read);
    return all.every((one) => one.practice === 1) ? practice : real;
  }

  /** null: the plan is to write them plain. Never plain because the keychain is not at hand. */
  async function passphraseOf({ sealed }: BackupPlan): Promise<string | null> {
    if (!sealed) return null;
    const kept = await (await secretStore()).read(passphraseAddress);
    if (kept === null) throw new Error('The passphrase is not in the keychain of this computer.');
    deps.redactor.know(kept);
    return kept;
  }

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

  async function make(by: By): Promise<KeptBackup> {
    const plan = await backups.plan.read();
    const [folder, passphrase] = await Promise.all([backups.folderOf(plan), passphraseOf(plan)]);
    const at = clock.now();
    const made = await withCopy(async (copy, bytes) => {
      const free = await backups.freeBytes(folder);
      if (free < bytes + spareBytes) throw new Error(`Only ${formatBytes(free)} are free where backups go.`);
      const { lastEntry: entries, schema } = await backups.inspect(copy);
      const name = backupName({ at, schema, version: deps.version, entries, sealed: plan.sealed });
      return { name, at, sealed: plan.sealed, bytes: await backups.keep(copy, folder, name, passphrase) };
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

  async function tell(severity: 'warning' | 'critical', title: string, detail: string): Promise<void> {
    for (const { id } of await listOrganisations(store.read)) {
      await alerts.raise(id, { source: 'console', key: alertKey, severity, title, detail }, console);
    }
    told = true;
  }

  async function over(): Promise<void> {
    for (const { id } of await listOrganisations(store.read)) await alerts.resolveKey(id, alertKey, console);
    told = false;
  }

  /** One at a time; a failure is an alert (FT-26) and the ones from before stay as they are. */
  function now(by: By): Promise<KeptBackup> {
    making ??= (async () => {
      try {
        const made = await make(by);
        problem = null;
        notBefore = 0;
        await over();
        return made;
      } catch (thrown) {
        problem = thrown instanceof Error ? thrown.message : String(thrown);
        notBefore = clock.now() + againMs;
        runtime.log.error('backup.failed', { error: problem });
        await tell('critical', 'The backup failed', `${problem} Earlier backups are untouched. Open Settings, Backup.`);
        throw thrown;
      } finally {
        making = null;
      }
    })();
    return making;
  }

  async function keptIn(plan: BackupPlan): Promise<readonly KeptBackup[]> {
    return backups.list(await backups.folderOf(plan));
  }

  /** One look: makes the backup that is due, or says that none was made for too long. */
  async function tick(): Promise<void> {
    if (clock.now() < notBefore) return;
    const plan = await backups.plan.read();
    // A folder that cannot be read is found out by trying, which tells.
    const newest = (await keptIn(plan).catch(() => []))[0]?.at ?? null;
    if (await isOn(plan)) {
      if (newest === null || clock.now() - newest >= (await everyMs())) await now(itself).catch(() => undefined);
      return;
    }
    const watched = (await listOrganisations(store.read)).some(({ practice }) => practice === 0);
    if (!watched || told || (newest !== null && clock.now() - newest < tooOldMs)) return;
    await tell('warning', 'No backup for more than 26 hours', 'Automatic backups are off. Open Settings, Backup.');
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
    return {
      on,
      folder,
      usual: plan.folder === null,
      sealed: plan.sealed,
      passphrasePresent: (await (await secretStore()).read(passphraseAddress).catch(() => null)) !== null,
      nextAt: on ? isoOf(Instant.parse(Math.max(due, notBefore, clock.now()))) : null,
      verifiedAt: newest === null ? null : isoOf(Instant.parse(newest)),
      problem: problem ?? unreadable,
      kept: kept.map(({ at, ...one }) => ({ ...one, at: isoOf(Instant.parse(at)) })),
    };
  }

  async function save(organisationId: string, wish: Wish, by: Asker): Promise<BackupsView> {
    await deps.organisations.requireRole(organisationId, by.personId, ['admin']);
    const before = await backups.plan.read();
    const plan: BackupPlan = {
      on: wish.on ?? before.on,
      folder: wish.folder === undefined ? before.folder : wish.folder,
      sealed: wish.sealed ?? before.sealed,
    };
    if (wish.folder !== undefined && wish.folder !== null) {
      await backups.list(wish.folder).catch(() => {
        throw refused({
          happened: `The folder ${wish.folder} cannot be read.`,
          means: 'Nothing was changed.',
          remedy: 'Make it, connect its disk, or choose another one.',
        });
      });
    }
    const secrets = await secretStore();
    if (wish.passphrase !== undefined) {
      deps.redactor.know(wish.passphrase);
      await secrets.write(passphraseAddress, wish.passphrase);
    } else if (plan.sealed && (await secrets.read(passphraseAddress)) === null) {
      throw refused({
        happened: 'There is no passphrase in the keychain yet.',
        means: 'Nothing was changed.',
        remedy: 'Give one of at least 12 characters, and keep it somewhere else as well.',
      });
    }
    await backups.plan.write(plan);
    await store.transaction((tx) =>
      audit(tx, {
        ...whoOf(by),
        organisationId,
        action: 'backups.planned',
        object: 'database:console',
        before,
        after: { ...plan, newPassphrase: wish.passphrase !== undefined },
      }),
    );
    notBefore = 0;
    return view();
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
    /** A copy to be handed out under `target`: sealed when the automatic ones are. */
    async handOut(target: string, by: By): Promise<{ readonly bytes: number; readonly sealed: boolean }> {
      const plan = await backups.plan.read();
      const passphrase = await passphraseOf(plan);
      let bytes: number;
      if (passphrase === null) ({ bytes } = await store.backup(target));
      else
        bytes = await withCopy(async (copy, size) => {
          await backups.seal(copy, target, passphrase);
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
      await running;
      await making?.catch(() => undefined);
    },
  };
}

function whoOf({ personId, channel, correlationId }: By) {
  return { actor: personId === null ? 'system' : `person:${personId}`, channel, correlationId };
}
