import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';

/**
 * Copies a live database by SQLite's online backup, checks the copy and only then gives it its name (R42, BAK-03).
 * Returns its size in bytes. On any failure no file is left behind.
 */
export async function copyDatabase(source: string, target: string): Promise<number> {
  const temporary = `${target}.part`;
  const db = new Database(source, { readonly: true, timeout: 5_000 });
  try {
    // All remaining pages in one step: a copy made in small steps starts again whenever somebody writes.
    await db.backup(temporary, { progress: () => 2 ** 30 });
    verifyDatabase(temporary);
    syncAndRename(temporary, target);
    return statSync(target).size;
  } catch (error) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(temporary + suffix, { force: true });
    throw error;
  } finally {
    db.close();
  }
}

/** Throws unless the file passes SQLite's integrity and foreign-key checks. Leaves no side files. */
export function verifyDatabase(file: string): void {
  const copy = new Database(file);
  try {
    copy.pragma('journal_mode = DELETE');
    const verdict = copy.pragma('integrity_check', { simple: true });
    if (verdict !== 'ok') throw new Error(`The copy is damaged: ${String(verdict)}`);
    const orphans = copy.pragma('foreign_key_check') as unknown[];
    if (orphans.length > 0) throw new Error(`The copy has ${orphans.length} rows that point to nothing`);
  } finally {
    copy.close();
  }
}

/** Makes the file durable before its name says so (R42). */
export function syncAndRename(temporary: string, target: string): void {
  sync(temporary);
  renameSync(temporary, target);
  // Windows cannot open a folder; its rename is durable by itself.
  if (process.platform !== 'win32') sync(dirname(target));
}

function sync(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
