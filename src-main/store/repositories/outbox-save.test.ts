import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { Statement } from '../../ports/store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { openConnection, statementRunner } from '../connection.ts';
import { unwired } from '../link.ts';
import { openStore } from '../open.ts';
import { jobOf } from './outbox.ts';
import { insertJob } from './outbox-insert.ts';
import { saveJob, saveJobs } from './outbox-statements.ts';

const folder = mkdtempSync(join(tmpdir(), 'outbox-save-'));
let db: Database.Database;
let run: (statement: Statement) => ReturnType<typeof unwired>;

beforeAll(async () => {
  const store = await openStore({ folder, runtime: testRuntime() });
  await store.close();
  db = openConnection(join(folder, 'console.db'), 'writer');
  const raw = statementRunner(db);
  run = ({ sql, params, rows }) => unwired(raw(sql, params, rows));
  db.exec(`INSERT INTO organisation (id, name, created_at) VALUES ('o', 'O', 0);
INSERT INTO connection (id, organisation_id, system, created_at, updated_at) VALUES ('o/slack', 'o', 'slack', 0, 0)`);
});
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const failure = { kind: 'retryable', code: 'timeout', scope: 'job', message: 'No answer' } as const;
/** What a try may change of a job. */
const changeable = fc.record({
  attempts: fc.integer({ min: 1, max: 3 }),
  inDoubt: fc.boolean(),
  lookups: fc.integer({ min: 0, max: 2 }),
  doubtSince: fc.constantFrom(null, 5),
  runAt: fc.constantFrom(10, 20),
  lastFailure: fc.constantFrom(null, null, null, failure),
});

const changes = ['attempts', 'inDoubt', 'lookups', 'doubtSince', 'runAt', 'lastFailure'] as const;

/** A job under way as it is on disk. */
function underWay(id: string, changed: object): OutboxJob {
  const job = OutboxJob.parse({
    id,
    organisationId: 'o',
    connectionId: 'o/slack',
    system: 'slack',
    action: 'post',
    deliveryClass: 'keyed-upsert',
    priority: 5,
    payload: { a: 1 },
    payloadVersion: 1,
    idempotencyKey: id,
    orderKey: null,
    state: 'sending',
    expiresAt: null,
    leaseOwner: 'me',
    leaseUntil: 99,
    receipt: null,
    createdAt: 1,
    settledAt: null,
    ...changed,
  });
  run(insertJob({ ...job, payload: JSON.stringify(job.payload), replayOf: null }, null));
  run(saveJob({ ...job, state: 'queued' }, 'queued'));
  db.prepare("UPDATE outbox_job SET state = 'sending', lease_owner = 'me', lease_until = 99 WHERE id = ?").run(id);
  return job;
}

test('whatever became of each of many jobs is on disk as it is in memory', () => {
  const outcome = fc.record({
    before: changeable,
    after: changeable,
    changed: fc.subarray([...changes], { maxLength: 2 }),
    state: fc.constantFrom('delivered', 'delivered', 'delivered', 'queued', 'held', 'failed'),
    receipt: fc.constantFrom(null, { vendorId: 'v' }),
    /** It is no longer under way: a person decided meanwhile. */
    gone: fc.boolean(),
  });
  db.exec('BEGIN');
  fc.assert(
    fc.property(fc.array(outcome, { minLength: 1, maxLength: 20 }), (outcomes) => {
      db.exec('ROLLBACK; BEGIN');
      const saved = outcomes.map(({ before: had, after, changed, state, receipt, gone }, index) => {
        const before = underWay(`job-${index}`, had);
        const settledAt = state === 'queued' || state === 'held' ? null : 30;
        const free = { state, receipt, settledAt, leaseOwner: null, leaseUntil: null };
        const other = Object.fromEntries(changed.map((name) => [name, after[name]]));
        const job = OutboxJob.parse({ ...before, ...other, ...free });
        const elsewhere =
          "UPDATE outbox_job SET state = 'cancelled', lease_owner = NULL, lease_until = NULL WHERE id = ?";
        if (gone) db.prepare(elsewhere).run(before.id);
        return { before, job, from: 'sending', gone } as const;
      });
      for (const statement of saveJobs(saved)) run(statement);
      for (const { before, job, gone } of saved) {
        const { rows } = run({ sql: 'SELECT * FROM outbox_job WHERE id = ?', params: [job.id] });
        const cancelled = { ...before, state: 'cancelled', leaseOwner: null, leaseUntil: null };
        expect(rows.map(jobOf)).toEqual([gone ? cancelled : job]);
      }
    }),
    { numRuns: 300 },
  );
  db.exec('ROLLBACK');
});
