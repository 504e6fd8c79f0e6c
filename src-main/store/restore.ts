import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import type { Failure } from '../../src-shared/domain/failure.ts';
import { copyDatabase, syncAndRename, verifyDatabase } from './backup.ts';

/** `WOPS`, as the migrations mark every database of ours. */
const applicationId = 0x574f5053;

const restored: Failure = {
  kind: 'needs-attention',
  code: 'outcome-unknown',
  message: 'The database was restored from a backup; what was sent since then is not known here.',
  hint: 'Check with the other side, then try again or cancel.',
  scope: 'job',
};

export interface Restored {
  readonly bytes: number;
  /** Copy of the database as it was before. Null: there was none. */
  readonly before: string | null;
  /** Unfinished jobs that now wait for a person (BAK-07). */
  readonly held: number;
}

/**
 * Puts a backup in the place of the folder's database. The caller owns the folder and nothing has the database open.
 * The backup is checked first and the present database is copied aside; a kill at any point leaves the old or the new one
 * (BAK-06). Nothing in the restored queue goes out by itself. Throws when the backup is damaged or not ours.
 */
export async function restoreDatabase(folder: string, backup: string, at: number): Promise<Restored> {
  const file = join(folder, 'console.db');
  const staged = join(folder, 'restore.part');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    copyFileSync(backup, staged);
    const held = prepare(staged);
    verifyDatabase(staged);
    const before = existsSync(file) ? join(folder, 'backups', `before-restore-${at}.db`) : null;
    if (before !== null) {
      mkdirSync(dirname(before), { recursive: true, mode: 0o700 });
      await copyDatabase(file, before);
      foldJournal(file);
    }
    const bytes = statSync(staged).size;
    syncAndRename(staged, file);
    return { bytes, before, held };
  } catch (error) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(staged + suffix, { force: true });
    throw error;
  }
}

/** Holds every unfinished job of the staged copy; never-twice work must be looked up before it may go. */
function prepare(staged: string): number {
  const db = new Database(staged);
  try {
    db.pragma('journal_mode = DELETE');
    if (db.pragma('application_id', { simple: true }) !== applicationId) {
      throw new Error('This file is not a backup of the Ops Console');
    }
    const { changes } = db
      .prepare(
        `UPDATE outbox_job
            SET state = 'held', lease_owner = NULL, lease_until = NULL, last_failure = ?,
                in_doubt = CASE WHEN delivery_class = 'never-twice' THEN 1 ELSE in_doubt END
          WHERE state IN ('queued', 'sending')`,
      )
      .run(JSON.stringify(restored));
    return changes;
  } finally {
    db.close();
  }
}

/** Writes the journal into the database and removes it, so that the rename replaces one whole file. */
function foldJournal(file: string): void {
  const db = new Database(file);
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.pragma('journal_mode = DELETE');
  } finally {
    db.close();
  }
}
