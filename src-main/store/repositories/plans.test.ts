import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { refuseLocked } from '../../engine/review/locks.ts';
import { reasonsOf } from '../../engine/review/reasons.ts';
import type { Reader } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { openConnection } from '../connection.ts';
import type { Tables } from '../tables.ts';
import {
  alertsOfLateDeliveries,
  countAlerts,
  dueAlerts,
  messagesSince,
  nextAlertDue,
  raisedBetween,
  toldSingly,
  worstAlerts,
} from './alerts.ts';
import { keptInvoiceLines } from './desk.ts';
import { costsByDay } from './kpi-sources.ts';
import { changedAfter } from './line-history.ts';
import { sumsOfLines } from './month-sums.ts';
import { linesById, linesLike, listLines } from './review.ts';

/** How SQLite finds the rows of each statement: with 100,000 lines nothing may walk more of them than it answers with. */

const folder = mkdtempSync(join(tmpdir(), 'plans-'));
let raw: Database.Database;
let db: Reader;
let ran: CompiledQuery[] = [];

beforeAll(async () => {
  const store = await openStore({ folder, runtime: testRuntime('2026-11-22T12:00:00Z') });
  await store.close();
  raw = openConnection(join(folder, 'console.db'), 'reader');
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

/** What each statement of the work does with `cost_line` and `line_history`, in SQLite's words. */
async function plansOf(work: Promise<unknown>): Promise<string[]> {
  await work;
  return ran.flatMap(({ sql, parameters }) =>
    (raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[])
      .map(({ detail }) => detail)
      .filter((detail) => /\b(cost_line|line|line_history|mine|later)\b/.test(detail)),
  );
}

const byId = 'SEARCH line USING INDEX sqlite_autoindex_cost_line_1 (organisation_id=? AND id=?)';

describe('what a review action reads', () => {
  test('whether a line is in a closed month is asked of that line alone', async () => {
    expect(await plansOf(refuseLocked(db, 'org', ['a']))).toEqual([byId]);
  });

  test('lines kept on one invoice are found from what was said of them', async () => {
    expect(await plansOf(keptInvoiceLines(db, 'org'))).toEqual([byId]);
  });

  test('lines are found by their ids', async () => {
    expect(await plansOf(linesById(db, 'org', ['a']))).toEqual([byId.replace('line', 'cost_line')]);
  });

  test('possible duplicates are found by amount and currency', async () => {
    expect(await plansOf(linesLike(db, 'org', [{ currency: 'GBP', gross_minor: 100 }]))).toEqual([
      'SEARCH line USING INDEX cost_line_likeness (organisation_id=? AND gross_minor=? AND currency=?)',
    ]);
  });

  test('later changes are looked for among those of the same lines', async () => {
    const change = { organisation_id: 'org', id: 'x', at: 1, actor: '', what: 'edit', why: '', lines: 1 } as const;
    expect(await plansOf(changedAfter(db, 'org', { ...change, undone_by: null }))).toEqual([
      'SEARCH mine USING COVERING INDEX line_history_change (organisation_id=? AND change_id=?)',
      'SEARCH later USING PRIMARY KEY (organisation_id=? AND line_id=? AND change_id>?)',
    ]);
  });
});

describe('what the review desk shows', () => {
  test('the reasons of the queue are counted in the order they stand in', async () => {
    const plans = await plansOf(reasonsOf(db, 'org', undefined));
    expect(plans).toEqual(['SEARCH cost_line USING COVERING INDEX cost_line_waiting (organisation_id=?)']);
  });

  test.each([
    ['reason', 'cost_line_by_urgency'],
    ['date', 'cost_line_by_date'],
    ['supplier', 'cost_line_sums'],
    ['net', 'cost_line_sums'],
  ] as const)('a page by %s is found in %s alone, and counted from what waits', async (sort, index) => {
    const query = { filter: { states: ['review'] }, sort, offset: 0, limit: 200 } as const;
    expect((await plansOf(listLines(db, 'org', query))).slice(0, 2)).toEqual([
      `SEARCH cost_line USING COVERING INDEX ${index} (organisation_id=?)`,
      'SEARCH cost_line USING COVERING INDEX cost_line_waiting (organisation_id=?)',
    ]);
  });
});

describe('what is computed after a change', () => {
  const ofDays =
    'SEARCH cost_line USING COVERING INDEX cost_line_sums (organisation_id=? AND tax_date>? AND tax_date<?)';

  test('costs of some days are added up from these days of an index', async () => {
    const spans = ['2026-01-05', '2026-11-20'].map((day) => ({ from: day, to: day }));
    const [sums] = await plansOf(costsByDay(db, 'org', spans));
    expect(sums).toBe(ofDays);
  });

  test('sums of months are added up from these months of an index', async () => {
    expect(await plansOf(sumsOfLines(db, 'org', ['2026-01', '2026-11']))).toEqual([ofDays]);
  });
});

describe('what each alert of a storm asks, and the timers each second', () => {
  /** Whatever was settled long ago is not looked at: only indexes of what is not are walked by the organisation alone. */
  const whole =
    /^(SCAN|SEARCH \S+ USING (?!.*alert_(delivery_waiting|delivery_quiet|bundle_open|flapping) ).*\(organisation_id=\?\)$)/;

  test.each([
    ['what falls due next', () => nextAlertDue(db, 'org', 0, 5_000)],
    ['what is due', () => dueAlerts(db, 'org', 0)],
    ['messages that are late', () => alertsOfLateDeliveries(db, 'org', 10, 5)],
    ['who was told singly', () => toldSingly(db, 'org', 'team', 5)],
    ['how many were told', () => messagesSince(db, 'org', 'team', 5)],
    ['when today’s were raised', () => raisedBetween(db, 'org', 5, 10)],
    ['how many are open', () => countAlerts(db, 'org', 5)],
    ['the worst', () => worstAlerts(db, 'org', 5)],
  ])('%s', async (_name, ask) => {
    await ask();
    const plans = ran.flatMap(({ sql, parameters }) =>
      (raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[]).map(({ detail }) => detail),
    );
    expect(plans.length).toBeGreaterThan(0);
    expect(plans.filter((detail) => whole.test(detail))).toEqual([]);
  });
});
