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

/** Rows in one statement. */
const atOnce = 200;

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

/**
 * Suppliers a file or a person brought, and the names they have in files from now on; a name that already means another
 * supplier stays where it is. Many in one statement: a file may bring thousands, and others wait for its last transaction.
 */
export async function addSuppliers(
  tx: Tx,
  suppliers: readonly SupplierRow[],
  aliases: readonly Selectable<SupplierAliasTable>[],
): Promise<void> {
  for (let from = 0; from < suppliers.length; from += atOnce)
    await tx
      .insertInto('supplier')
      .values(suppliers.slice(from, from + atOnce))
      .execute();
  for (let from = 0; from < aliases.length; from += atOnce)
    await tx
      .insertInto('supplier_alias')
      .values(aliases.slice(from, from + atOnce))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
}
