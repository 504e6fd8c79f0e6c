import type { Reader, Tx } from '../../ports/store.ts';

interface CostFetchPageTable {
  organisation_id: string;
  source: string;
  month: string;
  page: number;
  next: string | null;
  /** JSON as read. */
  costs: string;
  at: number;
}

export interface CostFetchTable {
  organisation_id: string;
  source: string;
  /** `YYYY-MM`, UTC. */
  month: string;
  state: 'final' | 'provisional';
  import_id: string;
  fetched_at: number;
}

export interface CostFetchTables {
  cost_fetch_page: CostFetchPageTable;
  cost_fetch: CostFetchTable;
}

type Key = Pick<CostFetchTable, 'organisation_id' | 'source' | 'month'>;

export async function fetchPages(db: Reader, key: Key): Promise<CostFetchPageTable[]> {
  return db
    .selectFrom('cost_fetch_page')
    .selectAll()
    .where('organisation_id', '=', key.organisation_id)
    .where('source', '=', key.source)
    .where('month', '=', key.month)
    .orderBy('page')
    .execute();
}

export async function addFetchPage(tx: Tx, page: CostFetchPageTable): Promise<void> {
  await tx.insertInto('cost_fetch_page').values(page).execute();
}

export async function dropFetchPages(tx: Tx, key: Key): Promise<void> {
  await tx
    .deleteFrom('cost_fetch_page')
    .where('organisation_id', '=', key.organisation_id)
    .where('source', '=', key.source)
    .where('month', '=', key.month)
    .execute();
}

export async function putFetch(tx: Tx, row: CostFetchTable): Promise<void> {
  const { state, import_id, fetched_at } = row;
  await tx
    .insertInto('cost_fetch')
    .values(row)
    .onConflict((of) =>
      of.columns(['organisation_id', 'source', 'month']).doUpdateSet({ state, import_id, fetched_at }),
    )
    .execute();
}

/** Newest month first. */
export async function listFetches(db: Reader, organisationId: string): Promise<CostFetchTable[]> {
  return db
    .selectFrom('cost_fetch')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('month', 'desc')
    .execute();
}

/** Contributions to documents whose key begins so. */
export async function contributionsUnder(db: Reader, organisationId: string, prefix: string) {
  return db
    .selectFrom('cost_contribution')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('document_key', '>=', prefix)
    .where('document_key', '<', `${prefix}\uffff`)
    .execute();
}
