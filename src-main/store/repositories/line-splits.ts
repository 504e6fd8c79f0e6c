import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

interface LineSplitTable {
  organisation_id: string;
  part_id: string;
  whole_id: string;
  change_id: string;
}

export interface LineSplitTables {
  line_split: LineSplitTable;
}
export type LineSplitRow = Selectable<LineSplitTable>;

export async function insertSplit(tx: Tx, rows: readonly LineSplitRow[]): Promise<void> {
  await tx.insertInto('line_split').values(rows).execute();
}

/** The splits these lines are wholes or parts of. */
export function splitsOf(db: Reader, organisationId: string, lineIds: readonly string[]): Promise<LineSplitRow[]> {
  const ids = JSON.stringify(lineIds);
  return db
    .selectFrom('line_split')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where(
      sql<SqlBool>`(whole_id IN (SELECT value FROM json_each(${ids})) OR part_id IN (SELECT value FROM json_each(${ids})))`,
    )
    .orderBy('part_id')
    .execute();
}

export async function partsOfStep(db: Reader, organisationId: string, changeId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('line_split')
    .select('part_id')
    .where('organisation_id', '=', organisationId)
    .where('change_id', '=', changeId)
    .execute();
  return rows.map(({ part_id }) => part_id);
}

/** Every part of the organisation: what is nobody's duplicate, since its whole stands for it. */
export async function partIds(db: Reader, organisationId: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom('line_split')
    .select('part_id')
    .where('organisation_id', '=', organisationId)
    .execute();
  return new Set(rows.map(({ part_id }) => part_id));
}

/** The parts with all that belongs to them. */
export async function removeParts(tx: Tx, organisationId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  for (const [table, column] of [
    ['line_share', 'line_id'],
    ['line_evidence', 'line_id'],
    ['line_split', 'part_id'],
    ['cost_line', 'id'],
  ] as const) {
    await sql`DELETE FROM ${sql.table(table)} WHERE organisation_id = ${organisationId}
      AND ${sql.ref(column)} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`.execute(tx);
  }
}
