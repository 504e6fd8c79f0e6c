import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { mayBeCutOff } from '../platform/long-threads.ts';
import type { BackupContent } from '../ports/backups.ts';

/** `WOPS`, as the migrations mark every database of ours. */
const applicationId = 0x574f5053;

const Content = z.object({
  newestAt: z.number().nullable(),
  lastEntry: z.number(),
  lastDelivery: z.number(),
  organisations: z.array(z.string()),
  unfinished: z.number(),
  schema: z.number(),
});

/** Throws for a file that is no database, or none of ours. */
export function assertOurs(db: Database.Database): void {
  if (markOf(db) === applicationId) return;
  throw new Error(
    'This is not a backup of the console. Choose a file the console wrote: an automatic backup, or one of wedops backup.',
  );
}

function markOf(db: Database.Database): unknown {
  try {
    return db.pragma('application_id', { simple: true });
  } catch (thrown) {
    if (thrown instanceof Database.SqliteError && thrown.code === 'SQLITE_NOTADB') return null;
    throw thrown;
  }
}

/**
 * Reads a backup without changing it, every page of it checked. Takes as long as reading the file does: for a thread of
 * its own. Throws when it is damaged or not ours.
 */
export function inspectBackup(file: string): BackupContent {
  const db = new Database(file, { readonly: true });
  try {
    assertOurs(db);
    const verdict = db.pragma('integrity_check(1)', { simple: true });
    if (verdict !== 'ok') throw new Error('The backup is damaged.');
    // Each entry names the hash of the one before it, the first one none.
    const torn = db
      .prepare(
        `SELECT count(*) FROM audit_entry this LEFT JOIN audit_entry last ON last.sequence = this.sequence - 1
         WHERE this.previous_hash <> coalesce(last.hash, ?)`,
      )
      .pluck()
      .get('0'.repeat(64));
    if (torn !== 0) throw new Error('The record in this backup has a gap.');
    const one = (text: string) => db.prepare(text).pluck().get();
    return Content.parse({
      newestAt: one('SELECT max(at) FROM audit_entry'),
      lastEntry: one('SELECT coalesce(max(sequence), 0) FROM audit_entry'),
      lastDelivery: one('SELECT coalesce(max(seq), 0) FROM outbox_job'),
      organisations: db.prepare('SELECT name FROM organisation ORDER BY name').pluck().all(),
      unfinished: one("SELECT count(*) FROM outbox_job WHERE state IN ('queued', 'sending')"),
      schema: db.pragma('user_version', { simple: true }),
    });
  } finally {
    db.close();
  }
}

const threadFile = import.meta.url.endsWith('.ts') ? './inspect-backup-worker.ts' : './inspect-backup-worker.js';
const Answer = z.union([z.object({ content: Content }), z.object({ problem: z.string() })]);

/** The same on a thread of its own. */
export function inspectAside(file: string): Promise<BackupContent> {
  return new Promise((resolve, reject) => {
    const worker = mayBeCutOff(new Worker(new URL(threadFile, import.meta.url), { workerData: file }));
    worker.once('error', reject);
    worker.once('message', (message: unknown) => {
      const answer = Answer.parse(message);
      if ('content' in answer) resolve(answer.content);
      else reject(new Error(answer.problem));
    });
  });
}
