import { existsSync } from 'node:fs';
import { copyFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger } from '../ports/runtime.ts';
import type { Restored } from '../store/restore.ts';

const askedName = 'restore-asked.db';

/** Keeps a checked backup in the data folder for the next start; whole or not there. */
export async function askRestore(dataFolder: string, backup: string): Promise<void> {
  const part = join(dataFolder, `${askedName}.part`);
  await copyFile(backup, part);
  await rename(part, join(dataFolder, askedName));
}

/** Restores `backup`, sealed or plain, into a folder this process owns and leaves the note from which the next start writes the record. */
export async function restoreInto(
  dataFolder: string,
  backup: string,
  clock: Pick<Clock, 'now'>,
  passphrase: string | null = null,
): Promise<Restored> {
  if (passphrase !== null) {
    const { unsealFile } = await import('../platform/sealed-file.ts');
    const plain = join(dataFolder, 'restore-opened.db');
    try {
      await rm(plain, { force: true });
      await unsealFile(backup, plain, passphrase);
      return await restoreInto(dataFolder, plain, clock);
    } finally {
      await rm(plain, { force: true });
    }
  }
  const { restoreDatabase } = await import('../store/restore.ts');
  const at = clock.now();
  const restored = await restoreDatabase(dataFolder, backup, at);
  // The engine that owns the chain writes the audit entry.
  const note = JSON.stringify({ at, bytes: restored.bytes, held: restored.held });
  await writeFile(join(dataFolder, 'restored.json'), note, { mode: 0o600 });
  return restored;
}

/** Before anything has the database open: does what a person asked for. A backup that cannot be taken changes nothing. */
export async function restoreIfAsked(dataFolder: string, clock: Pick<Clock, 'now'>, log: Logger): Promise<void> {
  const asked = join(dataFolder, askedName);
  if (!existsSync(asked)) return;
  try {
    const { bytes, held } = await restoreInto(dataFolder, asked, clock);
    log.info('console.restored', { bytes, held });
  } catch (thrown) {
    log.error('console.restore-failed', { error: thrown instanceof Error ? thrown.message : String(thrown) });
  }
  await rm(asked, { force: true });
}
