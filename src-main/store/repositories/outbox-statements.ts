import { CompiledQuery } from 'kysely';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { Bindable, Reader, Statement } from '../../ports/store.ts';
import { numbered } from './numbered.ts';
import { isInFront } from './outbox-insert.ts';

/** The outbox's few hot statements, kept as text so that they are prepared once and travel many in one message. */

/** One statement for many rows of values. */
function manyTimes(make: ReturnType<typeof numbered>, rows: readonly (readonly Bindable[])[]): Statement {
  const [only] = rows;
  if (only && rows.length === 1) return make(only);
  return { sql: make([]).sql, params: [], rows: rows.map((values) => make(values).params) };
}

/** Runs a hot statement inside a transaction; gives its rows. */
export async function runStatement(
  db: Reader,
  { sql, params }: Statement,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { rows } = await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(sql, [...params]));
  return rows;
}

const supersedeSql = numbered(`
UPDATE outbox_job
   SET state = 'failed', settled_at = ?1, last_failure = ?2
 WHERE connection_id = ?3 AND order_key = ?4 AND order_key IS NOT NULL AND state IN ('queued', 'sending', 'held')
   AND state <> 'sending' AND in_doubt = 0 AND id <> ?5
RETURNING *`);

/** Fails what has not been sent yet of the same order key: a newer state of the same object makes it pointless (R10). */
export function supersedeJobs(
  connectionId: string,
  orderKey: string,
  newId: string,
  at: number,
  failure: string,
): Statement {
  return supersedeSql([at, failure, connectionId, orderKey, newId]);
}

const newest = numbered(`
SELECT id FROM outbox_job
 WHERE connection_id = ?1 AND order_key = ?2 AND order_key IS NOT NULL AND state IN ('queued', 'sending', 'held')
 ORDER BY seq DESC LIMIT 1`);

/** The last of an order key that is not settled; no row: all are. */
export function newestUnsettled(connectionId: string, orderKey: string): Statement {
  return newest([connectionId, orderKey]);
}

const claimable = `
   AND (SELECT 1 FROM connection c
         WHERE c.id = ?3 AND c.mode = 'on' AND c.parked_code IS NULL AND coalesce(c.not_before, 0) <= ?4)
   AND (j.order_key IS NULL OR NOT EXISTS (
     SELECT 1 FROM outbox_job e
      WHERE e.connection_id = ?3 AND e.order_key = j.order_key AND e.order_key IS NOT NULL AND e.seq < j.seq
        AND ${isInFront}))`;

function claimSql(candidates: string) {
  return numbered(`
UPDATE outbox_job
   SET state = 'sending', attempts = attempts + 1, lease_owner = ?1, lease_until = ?2
 WHERE seq IN (${candidates}
 LIMIT ?5)
RETURNING *`);
}

/**
 * One priority after another, each by its place in the index: with an ORDER BY all that waits would be looked at and sorted
 * for every claim. The order of the loops is fixed by CROSS JOIN.
 */
const byPriority = (only: string) =>
  claimSql(`
SELECT j.seq
  FROM json_each('[0,1,2,3,4,5,6,7,8,9]') p CROSS JOIN outbox_job j INDEXED BY outbox_job_due
 WHERE j.connection_id = ?3 AND j.priority = p.value AND j.run_at <= ?4 AND j.state = 'queued' ${only}${claimable}`);

const byAge = (only: string) =>
  claimSql(`
SELECT j.seq
  FROM outbox_job j INDEXED BY outbox_job_next
 WHERE j.connection_id = ?3 AND j.run_at <= ?4 AND j.state = 'queued' ${only}${claimable}
 ORDER BY j.run_at, j.seq`);

const claims = {
  byPriority: byPriority(''),
  byAge: byAge(''),
  inDoubt: byAge('AND j.in_doubt = 1'),
  neverMiss: byPriority("AND j.delivery_class = 'never-miss'"),
} as const;

export interface Claim {
  readonly connectionId: string;
  /** `byAge` now and then, so that nothing waits for ever behind higher priorities (R11). */
  readonly order: keyof typeof claims;
  readonly owner: string;
  readonly at: number;
  readonly until: number;
  readonly limit: number;
}

/** Takes due jobs of one connection that nobody earlier of the same order key is in front of; counts the attempt (R9). */
export function claimJobs({ connectionId, order, owner, at, until, limit }: Claim): Statement {
  return claims[order]([owner, until, connectionId, at, limit]);
}

const settleText = `
UPDATE outbox_job
   SET state = ?1, attempts = ?2, in_doubt = ?3, lookups = ?4, doubt_since = ?5, run_at = ?6, last_failure = ?7,
       receipt = ?8, settled_at = ?9, lease_owner = NULL, lease_until = NULL
 WHERE id = ?10 AND state = ?11`;
const settle = numbered(settleText);
const settleReturning = numbered(`${settleText} RETURNING id`);

/** Writes the job as it is now, provided it is still in `from` on disk; `tell` gives a row when it was. */
export function saveJob(job: OutboxJob, from: OutboxJob['state'], tell: 'tell' | 'quiet' = 'quiet'): Statement {
  return (tell === 'tell' ? settleReturning : settle)(settledValues(job, from));
}

function settledValues(job: OutboxJob, from: OutboxJob['state']): readonly Bindable[] {
  return [
    job.state,
    job.attempts,
    Number(job.inDoubt),
    job.lookups,
    job.doubtSince,
    job.runAt,
    job.lastFailure && JSON.stringify(job.lastFailure),
    job.receipt && JSON.stringify(job.receipt),
    job.settledAt,
    job.id,
    from,
  ];
}

export interface Saved {
  /** As it is on disk. */
  readonly before: OutboxJob;
  readonly job: OutboxJob;
  readonly from: OutboxJob['state'];
}

/** What nearly all come to: a third of the values to hand over and to bind. */
const deliver = numbered(`
UPDATE outbox_job SET state = 'delivered', receipt = ?1, settled_at = ?2, lease_owner = NULL, lease_until = NULL
 WHERE id = ?3 AND state = 'sending'`);

/** The same for many. */
export function saveJobs(jobs: readonly Saved[]): Statement[] {
  const plain = jobs.filter(isPlain).map(deliveredValues);
  const others = jobs.filter((saved) => !isPlain(saved)).map(({ job, from }) => settledValues(job, from));
  return [
    ...(plain.length > 0 ? [manyTimes(deliver, plain)] : []),
    ...(others.length > 0 ? [manyTimes(settle, others)] : []),
  ];
}

/** It is delivered, and nothing else about it is other than on disk. */
function isPlain({ before, job, from }: Saved): boolean {
  return (
    from === 'sending' &&
    job.state === 'delivered' &&
    job.attempts === before.attempts &&
    job.inDoubt === before.inDoubt &&
    job.lookups === before.lookups &&
    job.doubtSince === before.doubtSince &&
    job.runAt === before.runAt &&
    job.lastFailure === before.lastFailure
  );
}

function deliveredValues({ job }: Saved): readonly Bindable[] {
  return [job.receipt && JSON.stringify(job.receipt), job.settledAt, job.id];
}

const attemptColumns =
  'organisation_id, connection_id, job_id, number, stage, started_at, ended_at, failure, receipt, note';
const attemptMarks = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
/** Rows of one statement: together they cost two thirds of what they cost apart, and each number of them is a text of its own. */
const attemptsTogether = 32;

export interface AttemptRecord {
  readonly job: OutboxJob;
  readonly stage: 'send' | 'look-up' | 'recover';
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failure: OutboxJob['lastFailure'];
  readonly receipt: 'accepted' | 'arrived' | 'bounced' | null;
  readonly note: string | null;
}

export const insertAttempt = (attempt: AttemptRecord): Statement => insertSome([attempt]);

export function insertAttempts(attempts: readonly AttemptRecord[]): Statement[] {
  const statements: Statement[] = [];
  for (let at = 0; at < attempts.length; at += attemptsTogether) {
    statements.push(insertSome(attempts.slice(at, at + attemptsTogether)));
  }
  return statements;
}

function insertSome(attempts: readonly AttemptRecord[]): Statement {
  const marks = attempts.map(() => attemptMarks).join(', ');
  return {
    sql: `INSERT INTO outbox_attempt (${attemptColumns}) VALUES ${marks}`,
    params: attempts.flatMap(attemptValues),
  };
}

function attemptValues({ job, stage, startedAt, endedAt, failure, receipt, note }: AttemptRecord): readonly Bindable[] {
  const what = [job.organisationId, job.connectionId, job.id, job.attempts, stage, startedAt, endedAt];
  return [...what, failure && JSON.stringify(failure), receipt, note];
}

const survey = numbered(`
SELECT c.id, c.mode = 'on' AND c.parked_code IS NULL AS open, coalesce(c.not_before, 0) AS not_before,
       (SELECT min(run_at) FROM outbox_job WHERE connection_id = c.id AND state = 'queued') AS next_at,
       (SELECT min(run_at) FROM outbox_job WHERE connection_id = c.id AND state = 'queued' AND run_at > ?1) AS later_at
  FROM connection c`);

/**
 * One row a connection: whether it may send, when its next job is due, and the first that is due after `at`: what is due
 * already may stand behind another of its order key.
 */
export function surveyConnections(at: number): Statement {
  return survey([at]);
}

const expired = numbered(`
SELECT * FROM outbox_job
 WHERE state = 'queued' AND expires_at IS NOT NULL AND expires_at <= ?1 AND in_doubt = 0
 LIMIT ?2`);

/** Jobs past their end that are not in doubt: those never run out by themselves (R14a). */
export function expiredJobs(at: number, limit: number): Statement {
  return expired([at, limit]);
}

const renew = numbered("UPDATE outbox_job SET lease_until = ?2 WHERE lease_owner = ?1 AND state = 'sending'");

export function renewLeases(owner: string, until: number): Statement {
  return renew([owner, until]);
}

const orphaned = numbered("SELECT * FROM outbox_job WHERE state = 'sending' AND lease_owner <> ?1 LIMIT ?2");

/** Jobs in flight that another program start had; it owned the folder before us, so it is gone (R7, R48). */
export function orphanedJobs(owner: string, limit: number): Statement {
  return orphaned([owner, limit]);
}

const unclaim = numbered(`
UPDATE outbox_job SET state = 'queued', attempts = attempts - 1, lease_owner = NULL, lease_until = NULL
 WHERE id = ?1 AND lease_owner = ?2 AND state = 'sending'`);

/** Puts a claimed job that was never started back, as if it had not been claimed. */
export function unclaimJob(jobId: string, owner: string): Statement {
  return unclaim([jobId, owner]);
}

const plannedLater = numbered(`
UPDATE outbox_job SET run_at = ?1
 WHERE state = 'queued' AND run_at > ?1
   AND (created_at > ?1 OR EXISTS (SELECT 1 FROM outbox_attempt a WHERE a.job_id = outbox_job.id AND a.ended_at > ?1))`);
const restsLater = numbered('UPDATE connection SET not_before = NULL WHERE not_before > ?1 + 86400000');

/**
 * Makes due what was planned by a clock that has been set back since: it comes from later than now, and would wait until it
 * is that late again. No vendor asks for a wait of more than a day.
 */
export function dueAfterSetBack(at: number): readonly Statement[] {
  return [plannedLater([at]), restsLater([at])];
}

const breakerSql = numbered('UPDATE connection SET breaker = ?1 WHERE id = ?2');

export function saveBreaker(connectionId: string, breaker: string): Statement {
  return breakerSql([breaker, connectionId]);
}

const delay = numbered('UPDATE connection SET not_before = max(coalesce(not_before, 0), ?1) WHERE id = ?2');

/** The vendor asked the whole connection to wait; never shortens a wait. */
export function delayConnection(connectionId: string, notBefore: number): Statement {
  return delay([notBefore, connectionId]);
}

const park = numbered(`
UPDATE connection SET parked_code = ?1, parked_message = ?2, updated_at = ?3 WHERE id = ?4 AND parked_code IS NULL`);

/** Every job of the connection waits for a person; the first reason stays. */
export function parkConnection(connectionId: string, code: string, message: string, at: number): Statement {
  return park([code, message, at, connectionId]);
}

const since = numbered(`
SELECT c.id AS connection_id,
       (SELECT count(*) FROM outbox_attempt a WHERE a.connection_id = c.id AND a.started_at >= ?1) AS tries
  FROM connection c`);

/** Tries started since then, per connection: today's share of a daily limit survives a restart. Reads no older history. */
export function attemptsSince(at: number): Statement {
  return since([at]);
}

const unpark = numbered(`
UPDATE connection SET parked_code = NULL, parked_message = NULL, not_before = NULL, updated_at = ?1
 WHERE id = ?2 AND organisation_id = ?3
RETURNING id`);

/** No row when there is no such connection. */
export function unparkConnection(organisationId: string, connectionId: string, at: number): Statement {
  return unpark([at, connectionId, organisationId]);
}

const spread = numbered(`
WITH waiting AS (
  SELECT seq, row_number() OVER (ORDER BY priority, run_at, seq) - 1 AS place, count(*) OVER () AS total
    FROM (SELECT seq, priority, run_at FROM outbox_job INDEXED BY outbox_job_due
           WHERE connection_id = ?1 AND state = 'queued' AND run_at <= ?2
          UNION ALL
          SELECT seq, priority, run_at FROM outbox_job
           WHERE organisation_id = (SELECT organisation_id FROM connection WHERE id = ?1) AND +connection_id = ?1
             AND state IN ('held', 'failed') AND state = 'held' AND json_extract(last_failure, '$.scope') = 'connection'))
UPDATE outbox_job
   SET state = 'queued', run_at = ?2 + waiting.place * ?3 / waiting.total
  FROM waiting
 WHERE outbox_job.seq = waiting.seq`);

/** Lets what waited for the connection start again, by priority, spread over `spreadMs` (R17). */
export function spreadJobs(connectionId: string, at: number, spreadMs: number): Statement {
  return spread([connectionId, at, spreadMs]);
}

const holdAll = numbered(`
UPDATE outbox_job
   SET state = 'held', last_failure = ?1, lease_owner = NULL, lease_until = NULL,
       in_doubt = CASE delivery_class WHEN 'never-twice' THEN 1 ELSE in_doubt END,
       doubt_since = CASE delivery_class WHEN 'never-twice' THEN coalesce(doubt_since, ?2) ELSE doubt_since END
 WHERE seq IN (SELECT seq FROM outbox_job WHERE state = 'queued'
               UNION ALL SELECT seq FROM outbox_job WHERE state = 'sending')`);

/** After a restore nothing is sent until a person releases it (BAK-07). */
export function holdUnfinished(failure: string, at: number): Statement {
  return holdAll([failure, at]);
}

export const breakersKept: Statement = {
  sql: 'SELECT id, breaker FROM connection WHERE breaker IS NOT NULL',
  params: [],
};

const holdRow = numbered(`
UPDATE outbox_job SET state = 'held', last_failure = ?1, lease_owner = NULL, lease_until = NULL WHERE id = ?2`);

/** For a row that cannot be read: it stops nobody else and stays visible. */
export function holdUnreadable(jobId: string, failure: string): Statement {
  return holdRow([failure, jobId]);
}
