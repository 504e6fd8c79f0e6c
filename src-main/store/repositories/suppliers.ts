import type { Selectable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

interface SupplierTable {
  organisation_id: string;
  id: string;
  name: string;
  /** ISO alpha-2, XI or IM; empty until somebody says. */
  country: string;
  vat_number: string;
  uk_establishment: number;
  /** 0: seen in a file, not yet confirmed by a person. */
  confirmed: number;
  created_at: number;
  updated_at: number;
}

export interface SupplierAliasTable {
  organisation_id: string;
  alias_key: string;
  alias: string;
  supplier_id: string;
}

export interface SupplierTables {
  supplier: SupplierTable;
  supplier_alias: SupplierAliasTable;
}

export type SupplierRow = Selectable<SupplierTable>;

export async function listSuppliers(db: Reader, organisationId: string): Promise<SupplierRow[]> {
  return db.selectFrom('supplier').selectAll().where('organisation_id', '=', organisationId).orderBy('name').execute();
}

export async function listAliases(db: Reader, organisationId: string): Promise<Selectable<SupplierAliasTable>[]> {
  return db
    .selectFrom('supplier_alias')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('alias')
    .execute();
}

/** Makes the supplier or replaces what is known of it. */
export async function putSupplier(tx: Tx, row: SupplierRow): Promise<void> {
  const { organisation_id, id, created_at, ...facts } = row;
  await tx
    .insertInto('supplier')
    .values({ organisation_id, id, created_at, ...facts })
    .onConflict((conflict) => conflict.columns(['organisation_id', 'id']).doUpdateSet(facts))
    .execute();
}

/** A name in files means this supplier from now on. A name that already means another one stays where it is. */
export async function addAlias(tx: Tx, row: Selectable<SupplierAliasTable>): Promise<void> {
  await tx
    .insertInto('supplier_alias')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
