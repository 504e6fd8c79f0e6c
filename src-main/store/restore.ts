import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { copyDatabase, syncAndRename, verifyDatabase } from './backup.ts';
import { assertOurs } from './inspect-backup.ts';
import { holdUnfinished } from './repositories/outbox-statements.ts';
import { restoredFailure } from './repositories/restored.ts';

export interface Restored {
  readonly bytes: number;
  /** Copy of the database as it was before. Null: there was none. */
  readonly before: string | null;
  /** Unfinished jobs that now wait for a person (BAK-07). */
  readonly held: number;
}

/**
 * Puts a backup in the place of the folder's database. The caller owns the folder and nothing has the database open.
 * The backup is checked first and the present database, damaged or not, is copied aside; a kill at any point leaves the
 * old or the new one (BAK-06). Nothing in the restored queue goes out by itself. Throws when the backup is damaged or not ours.
 */
export async function restoreDatabase(folder: string, backup: string, at: number): Promise<Restored> {
  const file = join(folder, 'console.db');
  const staged = join(folder, 'restore.part');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    copyFileSync(backup, staged);
    const held = prepare(staged, at);
    verifyDatabase(staged);
    const before = existsSync(file) ? join(folder, 'backups', `before-restore-${at}.db`) : null;
    if (before !== null) {
      mkdirSync(dirname(before), { recursive: true, mode: 0o700 });
      await keepAside(file, before);
    }
    const bytes = statSync(staged).size;
    syncAndRename(staged, file);
    return { bytes, before, held };
  } catch (error) {
    for (const suffix of ['', ...sides]) rmSync(staged + suffix, { force: true });
    throw error;
  }
}

/** Holds every unfinished job of the staged copy; never-twice work must be looked up before it may go. */
function prepare(staged: string, at: number): number {
  const db = new Database(staged);
  try {
    assertOurs(db);
    db.pragma('journal_mode = DELETE');
    const { sql, params } = holdUnfinished(JSON.stringify(restoredFailure), at);
    return db.prepare(sql).run(...params).changes;
  } finally {
    db.close();
  }
}

const sides = ['-wal', '-shm', '-journal'] as const;

/** The present database under another name: checked, or, when it is damaged, byte for byte with its journal (R40). */
async function keepAside(file: string, before: string): Promise<void> {
  try {
    await copyDatabase(file, before);
    foldJournal(file);
  } catch {
    for (const side of ['', ...sides]) {
      if (!existsSync(file + side)) continue;
      copyFileSync(file + side, before + side);
      // The journal of the damaged one must not be taken for that of the restored one.
      if (side !== '') rmSync(file + side);
    }
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
