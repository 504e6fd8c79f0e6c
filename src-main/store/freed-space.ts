import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';

/** The setting an erasure leaves in its own transaction: its organisation's names may still stand in freed space. */
export const FREED_SPACE = 'freed-space';
/** Its value once the file is written anew and only the log still has the pages as they were. */
const WRITTEN = '"written"';

/** What the others wait for without a sender giving up: two seconds at most. A larger file is written anew at the next start. */
const AT_ONCE_BYTES = 96 * 1024 ** 2;

/** `waits`: it is for the next start. `read`: somebody reads, so that the log cannot be emptied; to be asked again. */
export type Overwritten = 'done' | 'waits' | 'read';

/** The largest file that may be written anew now, in bytes: it stands on the disk three times meanwhile. */
export function largestNow(file: string, when: 'at once' | 'at start'): number {
  const { bavail, bsize } = statfsSync(dirname(file));
  const room = (bavail * bsize) / 3;
  return when === 'at once' ? Math.min(room, AT_ONCE_BYTES) : room;
}

/**
 * Writes the whole file anew where an erasure asked for it: what a row was before stays in free space otherwise, also with
 * `secure_delete`, which leaves what a page has handed to its neighbours. Takes about 10 s a GB, and nobody else may write
 * meanwhile. `told` hears the file's bytes before it begins. The mark stays until the log is empty too; waits for no reader.
 */
export function overwriteFreed(
  db: Database.Database,
  { most, told }: { readonly most: number; readonly told?: (bytes: number) => void },
): Overwritten {
  const marks = db.prepare('SELECT value FROM ops_setting WHERE name = ?').pluck().all(FREED_SPACE);
  if (marks.length === 0) return 'done';
  if (marks.some((mark) => mark !== WRITTEN)) {
    const bytes = Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
    if (bytes > most) return 'waits';
    told?.(bytes);
    db.exec('VACUUM');
    db.prepare('UPDATE ops_setting SET value = ? WHERE name = ?').run(WRITTEN, FREED_SPACE);
  }
  if (!emptiedLog(db)) return 'read';
  db.prepare('DELETE FROM ops_setting WHERE name = ?').run(FREED_SPACE);
  return 'done';
}

/** With its patience for locks it would keep everybody from writing for as long as somebody reads. */
function emptiedLog(db: Database.Database): boolean {
  db.pragma('busy_timeout = 0');
  try {
    return db.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) === 0;
  } finally {
    db.pragma('busy_timeout = 5000');
  }
}
