import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { parseCheckpoints } from './engine/audit/checkpoints.ts';
import { chainVerifier } from './engine/audit/verify.ts';
import { batchHash } from './engine/exports/documents.ts';
import { mayBeCutOff } from './platform/long-threads.ts';
import type { DrillFindings } from './ports/backups.ts';
import type { AuditRow } from './store/repositories/audit.ts';
import { restoreDatabase } from './store/restore.ts';

const Findings = z.object({
  entries: z.number(),
  held: z.number(),
  checks: z.array(z.object({ what: z.string(), ok: z.boolean(), detail: z.string() })),
});

/** What a drill is given; plain data, it goes to a thread. */
export interface DrillTask {
  /** A plain backup. */
  readonly backup: string;
  /** Empty; the caller removes it. */
  readonly folder: string;
  /** ms UTC. */
  readonly at: number;
  /** Text of the checkpoint file of the running console. */
  readonly checkpoints: string;
  readonly auditKey: string | null;
}

const pageRows = 1_000;

/** Restores as a real restore does and runs the invariants on what came of it. Throws when it cannot be restored. */
export async function drill({ backup, folder, at, checkpoints, auditKey }: DrillTask): Promise<DrillFindings> {
  // Every page and every reference was checked when this resolves.
  const { held } = await restoreDatabase(folder, backup, at);
  const db = new Database(join(folder, 'console.db'), { readonly: true });
  try {
    const count = (sql: string) => Number(db.prepare(sql).pluck().get());
    const entries = count('SELECT coalesce(max(sequence), 0) FROM audit_entry');
    const none = (what: string, sql: string) => {
      const found = count(sql);
      return { what, ok: found === 0, detail: found === 0 ? '' : `${found} found` };
    };
    return {
      entries,
      held,
      checks: [
        { what: 'Every page is whole and every reference leads somewhere', ok: true, detail: '' },
        chainHolds(db, entries, checkpoints, auditKey),
        batchesHold(db),
        none(
          'Nothing is left that would go out by itself',
          "SELECT count(*) FROM outbox_job WHERE state IN ('queued', 'sending')",
        ),
        none(
          'No key stands for two different messages',
          `SELECT count(*) FROM (SELECT 1 FROM outbox_job GROUP BY connection_id, action, idempotency_key
             HAVING count(DISTINCT payload) > 1)`,
        ),
        none(
          'No delivery of one organisation is on a connection of another',
          `SELECT count(*) FROM outbox_job JOIN connection ON connection.id = outbox_job.connection_id
            WHERE connection.organisation_id <> outbox_job.organisation_id`,
        ),
      ],
    };
  } finally {
    db.close();
  }
}

/** The whole chain, its seals, and the checkpoints that were made before the backup. */
function chainHolds(db: Database.Database, entries: number, checkpoints: string, key: string | null) {
  const known = parseCheckpoints(checkpoints).filter(({ count }) => count <= entries);
  const verifier = chainVerifier(known, key);
  const page = db.prepare('SELECT * FROM audit_entry WHERE sequence > ? ORDER BY sequence LIMIT ?');
  let stored = 0;
  for (let after = 0; ; ) {
    const rows = page.all(after, pageRows) as AuditRow[];
    const last = rows.at(-1);
    stored += rows.length;
    if (!last || !verifier.take(rows)) break;
    after = last.sequence;
  }
  const { broken } = verifier.finish(stored);
  return { what: 'The record is unbroken', ok: broken === null, detail: broken?.detail ?? '' };
}

/** Every batch still has the very documents it was frozen with, to the penny. */
function batchesHold(db: Database.Database) {
  const documents = db
    .prepare('SELECT frozen FROM export_document WHERE organisation_id = ? AND batch_id = ? ORDER BY position')
    .pluck();
  const wrong = (
    db.prepare('SELECT organisation_id, id, hash FROM export_batch WHERE hash IS NOT NULL').all() as {
      organisation_id: string;
      id: string;
      hash: string;
    }[]
  ).filter(({ organisation_id, id, hash }) => batchHash(documents.all(organisation_id, id) as string[]) !== hash);
  return {
    what: 'Every batch has the documents that were approved',
    ok: wrong.length === 0,
    detail: wrong.map(({ id }) => id).join(', '),
  };
}

const threadFile = import.meta.url.endsWith('.ts') ? './drill-worker.ts' : './drill-worker.js';
const Answer = z.union([z.object({ findings: Findings }), z.object({ problem: z.string() })]);

/** The same on a thread of its own: it takes as long as a restore does. */
export function drillAside(task: DrillTask): Promise<DrillFindings> {
  return new Promise((resolve, reject) => {
    const worker = mayBeCutOff(new Worker(new URL(threadFile, import.meta.url), { workerData: task }));
    worker.once('error', reject);
    worker.once('message', (message: unknown) => {
      const answer = Answer.parse(message);
      if ('findings' in answer) resolve(answer.findings);
      else reject(new Error(answer.problem));
    });
  });
}
