import type { Insertable, Selectable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

export interface LedgerMapTable {
  organisation_id: string;
  system: string;
  kind: 'tax' | 'account';
  /** Treatment, or category; `''` stands for every category not named. */
  ours: string;
  code: string;
  /** As it was when confirmed. */
  label: string;
  /** Percent as decimal text; taxes only. */
  rate: string | null;
  /** Person id. */
  confirmed_by: string;
  confirmed_at: number;
}

export interface LedgerMapTables {
  ledger_map: LedgerMapTable;
}

export type LedgerMapRow = Selectable<LedgerMapTable>;

export function listLedgerMap(db: Reader, organisationId: string, system: string): Promise<LedgerMapRow[]> {
  return db
    .selectFrom('ledger_map')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('system', '=', system)
    .execute();
}

export async function saveLedgerMapRow(tx: Tx, row: Insertable<LedgerMapTable>): Promise<void> {
  await tx.insertInto('ledger_map').orReplace().values(row).execute();
}

export async function clearLedgerMap(tx: Tx, organisationId: string, system: string): Promise<void> {
  await tx
    .deleteFrom('ledger_map')
    .where('organisation_id', '=', organisationId)
    .where('system', '=', system)
    .execute();
}

/** Every category that stands on a cost line of the organisation. */
export async function usedCategories(db: Reader, organisationId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('cost_line_seen')
    .select('category')
    .distinct()
    .where('organisation_id', '=', organisationId)
    .where('category', '!=', '')
    .orderBy('category')
    .execute();
  return rows.map(({ category }) => category);
}
