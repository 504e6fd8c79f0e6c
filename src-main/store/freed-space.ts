import type Database from 'better-sqlite3';

/** The setting an erasure leaves in its own transaction: its organisation's names may still stand in freed space. */
export const FREED_SPACE = 'freed-space';

/** What the others wait for without a sender giving up: about a second. A larger file is written anew at the next start. */
export const AT_ONCE_BYTES = 96 * 1024 ** 2;

/**
 * Writes the whole file anew where an erasure asked for it: what a row was before stays in free space otherwise, also with
 * `secure_delete`, which leaves what a page has handed to its neighbours. Takes about 10 s a GB. `told` hears the file's bytes
 * before it begins. Returns false, and the mark stays, when the file has more than `most` bytes.
 */
export function overwriteFreed(
  db: Database.Database,
  { most, told }: { readonly most?: number; readonly told?: (bytes: number) => void },
): boolean {
  const marks = db.prepare('SELECT organisation_id, updated_at FROM ops_setting WHERE name = ?').raw().all(FREED_SPACE);
  if (marks.length === 0) return true;
  const bytes = Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
  if (most !== undefined && bytes > most) return false;
  told?.(bytes);
  db.exec('VACUUM');
  // A mark made meanwhile stays.
  const remove = db.prepare('DELETE FROM ops_setting WHERE organisation_id = ? AND updated_at = ? AND name = ?');
  for (const mark of marks) remove.run(mark, FREED_SPACE);
  // The log still has the pages as they were.
  db.pragma('wal_checkpoint(TRUNCATE)');
  return true;
}
