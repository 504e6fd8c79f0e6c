import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupFacts } from '../../../src-shared/contract/maintenance.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { BackupContent, Backups } from '../../ports/backups.ts';
import type { ChosenFile, FileHandles } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { auditHead } from '../../store/repositories/audit.ts';
import { newestDelivery } from '../../store/repositories/deliveries.ts';
import { heldByRestore } from '../../store/repositories/restored.ts';
import type { Alerts } from '../alerts/index.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { notFound, refused } from '../problem.ts';

export interface RestoringDeps {
  readonly store: Store;
  readonly files: FileHandles;
  readonly organisations: Pick<Organisations, 'get' | 'requireRole'>;
  readonly backups: Backups;
  readonly alerts: Pick<Alerts, 'resting'>;
  readonly ids: Runtime['ids'];
  readonly temporaryFolder: string;
}

/** From a chosen backup to a console that runs on it: looked at first, done at the next start, nothing sent by itself (X12). */
export function createRestoring({ store, files, organisations, backups, alerts, ids, temporaryFolder }: RestoringDeps) {
  async function chosen(handle: string): Promise<ChosenFile> {
    const file = await files.peek(handle);
    if (file) return file;
    throw notFound({
      happened: 'The file is no longer at hand.',
      means: 'It was used already, or chosen more than an hour ago.',
      remedy: 'Choose it again.',
    });
  }

  async function contentOf(path: string): Promise<BackupContent> {
    try {
      return await backups.inspect(path);
    } catch (thrown) {
      throw refused({
        happened: 'This backup cannot be restored.',
        means: thrown instanceof Error ? thrown.message : String(thrown),
        doing: 'Nothing was changed.',
        remedy: 'Choose another backup.',
      });
    }
  }

  /** Works on the plain database: of a sealed one, on an opened copy that is gone afterwards. */
  async function opened<T>(
    path: string,
    passphrase: string | undefined,
    work: (path: string) => Promise<T>,
  ): Promise<T> {
    if (!(await backups.isSealed(path))) return work(path);
    const plain = join(temporaryFolder, `${ids.next()}.db`);
    try {
      await backups.unseal(path, plain, passphrase ?? '').catch((thrown: unknown) => {
        throw refused({
          happened: 'The backup could not be opened.',
          means: thrown instanceof Error ? thrown.message : String(thrown),
          doing: 'Nothing was changed.',
          remedy: 'Type the passphrase, or the recovery code, that was in force when the backup was made.',
        });
      });
      return await work(plain);
    } finally {
      await rm(plain, { force: true });
    }
  }

  async function factsOf(file: ChosenFile, passphrase: string | undefined): Promise<BackupFacts> {
    const content = await opened(file.path, passphrase, contentOf);
    const [head, newest] = await Promise.all([auditHead(store.read), newestDelivery(store.read)]);
    return {
      fileName: file.name,
      bytes: file.bytes,
      newestAt: content.newestAt === null ? null : isoOf(Instant.parse(content.newestAt)),
      organisations: [...content.organisations],
      unfinished: content.unfinished,
      lost: {
        entries: Math.max(0, (head?.sequence ?? 0) - content.lastEntry),
        deliveries: Math.max(0, newest - content.lastDelivery),
      },
    };
  }

  return {
    async inspect(organisationId: string, handle: string, passphrase: string | undefined, by: Asker) {
      await organisations.requireRole(organisationId, by.personId, ['admin']);
      const file = await chosen(handle);
      if (passphrase === undefined && (await backups.isSealed(file.path)))
        return { needsPassphrase: true, facts: null };
      return { needsPassphrase: false, facts: await factsOf(file, passphrase) };
    },

    async restore(
      organisationId: string,
      { file: handle, typed, passphrase }: { file: string; typed: string; passphrase?: string | undefined },
      by: Asker,
    ): Promise<Record<string, never>> {
      await organisations.requireRole(organisationId, by.personId, ['admin']);
      const { name } = await organisations.get(organisationId);
      if (typed.trim() !== name) {
        throw refused({
          happened: `"${typed.trim()}" is not the name of this organisation.`,
          means: 'Nothing was changed.',
          remedy: `Type ${name} to restore the backup.`,
        });
      }
      const { restoreAtRestart } = backups;
      if (restoreAtRestart === null) {
        throw refused({ happened: 'This console cannot start itself again.', remedy: 'Use: wedops restore FILE' });
      }
      await factsOf(await chosen(handle), passphrase);
      const file = await files.take(handle);
      if (file) await opened(file.path, passphrase, restoreAtRestart);
      return {};
    },

    async restored(organisationId: string) {
      await organisations.get(organisationId);
      const [held, resting] = await Promise.all([
        heldByRestore(store.read, organisationId),
        alerts.resting(organisationId),
      ]);
      return { ...held, alerts: resting };
    },
  };
}
export type Restoring = ReturnType<typeof createRestoring>;
