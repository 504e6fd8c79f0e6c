import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Reader, Statement } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { openConnection } from '../connection.ts';
import type { Tables } from '../tables.ts';
import { countOfJobs, pageOfJobs } from './deliveries.ts';
import { countJobs } from './outbox.ts';
import { attemptsSince, claimJobs, spreadJobs, supersedeJobs, surveyConnections } from './outbox-statements.ts';

/** How SQLite finds deliveries: behind millions of settled ones and a hundred thousand waiting ones, none may be looked through. */

const folder = mkdtempSync(join(tmpdir(), 'outbox-plans-'));
let raw: Database.Database;
let db: Reader;
let ran: CompiledQuery[] = [];

beforeAll(async () => {
  const store = await openStore({ folder, runtime: testRuntime('2026-11-22T12:00:00Z') });
  await store.close();
  raw = openConnection(join(folder, 'console.db'), 'writer');
  db = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: raw }),
    log: ({ query }) => void ran.push(query),
  });
});
beforeEach(() => {
  ran = [];
});
afterAll(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true });
});

const planOf = (sql: string, params: readonly unknown[]) =>
  (raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[]).map(({ detail }) => detail);
const planOfStatement = ({ sql, params }: Statement) => planOf(sql, params);
async function plansOf(work: Promise<unknown>): Promise<string[]> {
  await work;
  return ran
    .flatMap(({ sql, parameters }) => planOf(sql, parameters))
    .filter((detail) => /outbox_job\b|TEMP B-TREE/.test(detail));
}

test('today’s tries are counted from where the day begins, reading no older history', () => {
  expect(planOfStatement(attemptsSince(1))).toContain(
    'SEARCH a USING COVERING INDEX outbox_attempt_connection (connection_id=? AND started_at>?)',
  );
});

const claim = { connectionId: 'o/webhook', owner: 'me', at: 1, until: 2, limit: 16 } as const;

describe('the outbox', () => {
  test.each(['byPriority', 'neverMiss'] as const)(
    'claims %s from each priority by its place, sorting nothing',
    (order) => {
      const plan = planOfStatement(claimJobs({ ...claim, order }));
      expect(plan).toContain('SEARCH j USING INDEX outbox_job_due (connection_id=? AND priority=? AND run_at<?)');
      expect(plan.filter((detail) => detail.includes('TEMP B-TREE'))).toEqual([]);
    },
  );

  test('claims by age in the order of the index', () => {
    const plan = planOfStatement(claimJobs({ ...claim, order: 'byAge' }));
    expect(plan).toContain('SEARCH j USING INDEX outbox_job_next (connection_id=? AND run_at<?)');
    expect(plan.filter((detail) => detail.includes('TEMP B-TREE'))).toEqual([]);
  });

  test('finds what a newer state supersedes by its order key', () => {
    expect(planOfStatement(supersedeJobs('o/webhook', 'wedding', 'new', 1, '{}'))).toEqual([
      'SEARCH outbox_job USING INDEX outbox_job_order (connection_id=? AND order_key=?)',
    ]);
  });

  test('finds what a release lets start among what waits and what is held', () => {
    const plan = planOfStatement(spreadJobs('o/webhook', 1, 1_000));
    expect(plan.filter((detail) => detail.includes('outbox_job USING'))).toEqual([
      'SEARCH outbox_job USING COVERING INDEX outbox_job_due (connection_id=?)',
      'SEARCH outbox_job USING INDEX outbox_job_stuck (organisation_id=? AND state=?)',
      'SEARCH outbox_job USING INTEGER PRIMARY KEY (rowid=?)',
    ]);
  });

  test('surveys each connection by its first due delivery', () => {
    expect(planOfStatement(surveyConnections(0))).toContain(
      'SEARCH outbox_job USING COVERING INDEX outbox_job_next (connection_id=?)',
    );
  });
});

describe('the lists of deliveries', () => {
  const underWay = [
    'SEARCH outbox_job USING INTEGER PRIMARY KEY (rowid=?)',
    'SEARCH outbox_job USING COVERING INDEX outbox_job_leased (lease_owner>?)',
  ];
  test.each([
    ['waiting', ['SEARCH outbox_job USING INDEX outbox_job_waiting (organisation_id=? AND state=?)', ...underWay]],
    ['retrying', ['SEARCH outbox_job USING INDEX outbox_job_waiting (organisation_id=? AND state=?)']],
    ['dead', ['SEARCH outbox_job USING INDEX outbox_job_stuck (organisation_id=? AND state=?)']],
    ['held', ['SEARCH outbox_job USING INDEX outbox_job_stuck (organisation_id=? AND state=?)']],
    ['all', ['SEARCH outbox_job USING INDEX outbox_job_organisation (organisation_id=?)']],
  ] as const)('of the tab %s come by the index of the state, newest first without sorting', async (tab, plan) => {
    expect(await plansOf(pageOfJobs(db, 'o', { tab }, null, 50))).toEqual(plan);
  });

  test('are counted in the indexes alone', async () => {
    expect(await plansOf(countOfJobs(db, 'o', { tab: 'waiting' }))).toEqual([
      'SEARCH outbox_job USING COVERING INDEX outbox_job_waiting (organisation_id=? AND state=?)',
      ...underWay,
    ]);
    ran = [];
    expect(await plansOf(countOfJobs(db, 'o', { tab: 'dead' }))).toEqual([
      'SEARCH outbox_job USING COVERING INDEX outbox_job_stuck (organisation_id=? AND state=?)',
    ]);
  });

  test('the status bar looks at no row that is held or has failed', async () => {
    expect(await plansOf(countJobs(db, 'o'))).toEqual([
      'SEARCH outbox_job USING INDEX outbox_job_waiting (organisation_id=? AND state=?)',
      ...underWay,
      'SEARCH outbox_job USING COVERING INDEX outbox_job_stuck (organisation_id=? AND state=?)',
      'SEARCH outbox_job USING COVERING INDEX outbox_job_stuck (organisation_id=? AND state=?)',
    ]);
  });
});
