import { existsSync } from 'node:fs';
import { access, constants, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';

/** Who owns a data folder and how to reach it; readable by this user alone, because the token opens the console. */
export const OwnerRecord = z.object({
  pid: z.number().int().positive(),
  startId: z.string(),
  host: z.enum(['desktop', 'agent', 'cli']),
  /** Loopback address of the owner's API; null while it serves nobody (a command at work). */
  url: z.string().nullable(),
  token: z.string().nullable(),
  /** Why it can be reached by nobody although it should be: its port is taken (FT-72). */
  shut: z.string().nullable().default(null),
});
export type OwnerRecord = z.infer<typeof OwnerRecord>;

export interface OwnerLock {
  /** Publishes the record; commands connect from then on. */
  announce(record: z.input<typeof OwnerRecord>): Promise<void>;
  /** Withdraws the record and lets the lock go. */
  release(): Promise<void>;
}

/**
 * The folder and what is missing above it. Not `mkdir` with `recursive`: where a parent exists and still refuses with
 * "no such file" (`/proc`, some network mounts), Node tries again for ever.
 */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    if (code === 'EEXIST') return;
    const parent = dirname(folder);
    if (code !== 'ENOENT' || parent === folder || existsSync(parent)) throw thrown;
    await makeFolder(parent);
    await mkdir(folder, { mode: 0o700 });
  }
}

const recordFile = (folder: string) => join(folder, 'owner.json');

/**
 * Takes the folder for this process or answers null at once when another holds it (R48).
 *
 * The lock is SQLite's exclusive lock on a file of its own: the operating system drops it with the process, however that
 * ends, so a record left behind by a dead owner is recognised by the lock being free and is removed here.
 */
export async function takeOwnerLock(folder: string): Promise<OwnerLock | null> {
  await makeFolder(folder);
  // A lock can be had on a read-only disk, and nothing could be done with it.
  await access(folder, constants.W_OK);
  const holder = new Database(join(folder, 'owner.lock'), { timeout: 0 });
  try {
    // Rollback journal: in WAL mode an exclusive transaction would still let others in to read.
    holder.pragma('journal_mode = DELETE');
    holder.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    holder.close();
    if (thrown instanceof Database.SqliteError && thrown.code.startsWith('SQLITE_BUSY')) return null;
    throw thrown;
  }
  await rm(recordFile(folder), { force: true });
  return {
    async announce(record) {
      const draft = `${recordFile(folder)}.${record.pid}`;
      await writeFile(draft, `${JSON.stringify(OwnerRecord.parse(record))}\n`, { mode: 0o600 });
      await rename(draft, recordFile(folder));
    },
    async release() {
      await rm(recordFile(folder), { force: true });
      holder.close();
    },
  };
}

/** The present record, or null when there is none or it is not whole. It may be stale: only the lock proves an owner. */
export async function readOwnerRecord(folder: string): Promise<OwnerRecord | null> {
  try {
    return OwnerRecord.parse(JSON.parse(await readFile(recordFile(folder), 'utf8')));
  } catch {
    return null;
  }
}
