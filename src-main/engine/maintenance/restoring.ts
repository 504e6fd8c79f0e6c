import type { BackupFacts } from '../../../src-shared/contract/maintenance.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { BackupContent, Backups } from '../../ports/backups.ts';
import type { ChosenFile, FileHandles } from '../../ports/files.ts';
import type { Store } from '../../ports/store.ts';
import { auditHead } from '../../store/repositories/audit.ts';
import { newestDelivery } from '../../store/repositories/deliveries.ts';
import { heldByRestore } from '../../store/repositories/restored.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { notFound, refused } from '../problem.ts';

export interface RestoringDeps {
  readonly store: Store;
  readonly files: FileHandles;
  readonly organisations: Pick<Organisations, 'get' | 'requireRole'>;
  readonly backups: Backups;
}

/** From a chosen backup to a console that runs on it: looked at first, done at the next start, nothing sent by itself (X12). */
export function createRestoring({ store, files, organisations, backups }: RestoringDeps) {
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

  async function inspect(organisationId: string, handle: string, by: Asker): Promise<BackupFacts> {
    await organisations.requireRole(organisationId, by.personId, ['admin']);
    const file = await chosen(handle);
    const content = await contentOf(file.path);
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
    inspect,

    async restore(organisationId: string, handle: string, typed: string, by: Asker): Promise<Record<string, never>> {
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
      await inspect(organisationId, handle, by);
      const file = await files.take(handle);
      if (file) await restoreAtRestart(file.path);
      return {};
    },

    async restored(organisationId: string): Promise<{ held: number; inDoubt: number }> {
      await organisations.get(organisationId);
      return heldByRestore(store.read, organisationId);
    },
  };
}
export type Restoring = ReturnType<typeof createRestoring>;
