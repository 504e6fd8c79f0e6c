import { sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

export interface LineChangeTable {
  organisation_id: string;
  id: string;
  at: number;
  /** Name of the person. */
  actor: string;
  what: 'edit' | 'exclude' | 'include' | 'acknowledge' | 'supplier' | 'undo';
  why: string;
  lines: number;
  undone_by: string | null;
}

export interface LineHistoryTable {
  organisation_id: string;
  line_id: string;
  change_id: string;
  /** Columns of `cost_line` and their values, JSON. */
  before: string;
  after: string;
}

/** More than this many at once go as several statements. */
const CHUNK = 500;

export async function insertChange(tx: Tx, change: Omit<LineChangeTable, 'undone_by'>): Promise<void> {
  await tx
    .insertInto('line_change')
    .values({ ...change, undone_by: null })
    .execute();
}

/** One statement for many, sent as one text: far cheaper to hand to the writer than a value a column. */
export async function insertHistory(tx: Tx, rows: readonly LineHistoryTable[]): Promise<void> {
  for (let at = 0; at < rows.length; at += CHUNK) {
    const part = rows
      .slice(at, at + CHUNK)
      .map((row) => [row.organisation_id, row.line_id, row.change_id, row.before, row.after]);
    await sql`INSERT INTO line_history (organisation_id, line_id, change_id, before, after)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
      FROM json_each(${JSON.stringify(part)})`.execute(tx);
  }
}

export function getChange(db: Reader, organisationId: string, id: string): Promise<LineChangeTable | undefined> {
  return db
    .selectFrom('line_change')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function markUndone(tx: Tx, organisationId: string, id: string, by: string): Promise<void> {
  await tx
    .updateTable('line_change')
    .set({ undone_by: by })
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

/** What one change did to its lines. */
export function historyOfChange(db: Reader, organisationId: string, changeId: string): Promise<LineHistoryTable[]> {
  return db
    .selectFrom('line_history')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('change_id', '=', changeId)
    .orderBy('line_id')
    .execute();
}

export type LineHistoryEntry = LineHistoryTable & Pick<LineChangeTable, 'at' | 'actor' | 'what' | 'why' | 'undone_by'>;

/** Changes of a line with who made them, newest first. */
export function historyOfLine(
  db: Reader,
  organisationId: string,
  lineId: string,
  limit = 200,
): Promise<LineHistoryEntry[]> {
  return db
    .selectFrom('line_history as h')
    .innerJoin('line_change as c', (join) =>
      join.onRef('c.organisation_id', '=', 'h.organisation_id').onRef('c.id', '=', 'h.change_id'),
    )
    .selectAll('h')
    .select(['c.at', 'c.actor', 'c.what', 'c.why', 'c.undone_by'])
    .where('h.organisation_id', '=', organisationId)
    .where('h.line_id', '=', lineId)
    .orderBy('c.at', 'desc')
    .orderBy('c.id', 'desc')
    .limit(limit)
    .execute();
}

/** Lines touched by the change that somebody changed again afterwards, with who did. */
export async function changedAfter(
  db: Reader,
  organisationId: string,
  change: LineChangeTable,
): Promise<{ line_id: string; actor: string; at: number }[]> {
  const result = await sql<{ line_id: string; actor: string; at: number }>`
    SELECT later.line_id AS line_id, c.actor AS actor, c.at AS at
    FROM line_history AS mine
    -- From the lines of this change to what came after, never through all that anybody changed since.
    CROSS JOIN line_history AS later ON later.organisation_id = mine.organisation_id AND later.line_id = mine.line_id
      AND later.change_id > mine.change_id
    CROSS JOIN line_change AS c ON c.organisation_id = later.organisation_id AND c.id = later.change_id
      AND c.undone_by IS NULL AND c.what <> 'undo'
    WHERE mine.organisation_id = ${organisationId} AND mine.change_id = ${change.id}
    ORDER BY later.change_id DESC LIMIT 5`.execute(db);
  return result.rows;
}

/** Those of the lines whose amounts or currency a person corrected; what was undone does not count. */
export async function amountsCorrected(
  db: Reader,
  organisationId: string,
  lineIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT history.line_id AS id FROM json_each(${JSON.stringify(lineIds)}) AS wanted
    CROSS JOIN line_history AS history
      ON history.organisation_id = ${organisationId} AND history.line_id = wanted.value
    CROSS JOIN line_change AS change ON change.organisation_id = history.organisation_id
      AND change.id = history.change_id AND change.what = 'edit' AND change.undone_by IS NULL
    WHERE coalesce(json_type(history.after, '$.net'), json_type(history.after, '$.vat'),
      json_type(history.after, '$.gross'), json_type(history.after, '$.currency')) IS NOT NULL`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** When a person said last how many lines the invoice of these lines has; undone answers do not count. */
export async function linesSaid(
  db: Reader,
  organisationId: string,
  lineIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (lineIds.length === 0) return new Map();
  const { rows } = await sql<{ id: string; at: number }>`
    SELECT history.line_id AS id, max(change.at) AS at
    FROM json_each(${JSON.stringify(lineIds)}) AS wanted
    CROSS JOIN line_history AS history
      ON history.organisation_id = ${organisationId} AND history.line_id = wanted.value
    CROSS JOIN line_change AS change ON change.organisation_id = history.organisation_id
      AND change.id = history.change_id AND change.what = 'edit' AND change.undone_by IS NULL
    WHERE json_type(history.after, '$.document_lines') IS NOT NULL
    GROUP BY 1`.execute(db);
  return new Map(rows.map(({ id, at }) => [id, at]));
}
