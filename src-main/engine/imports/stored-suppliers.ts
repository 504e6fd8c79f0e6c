import { supplierKey } from '../../../src-shared/domain/vat/history.ts';
import type { Reader, Tx } from '../../ports/store.ts';
import { listRules } from '../../store/repositories/desk.ts';
import { addSuppliers, listAliases, listSuppliers, type SupplierRow } from '../../store/repositories/suppliers.ts';
import type { KnownSuppliers } from './supplier-book.ts';

/** The part of the supplier book that asks the store, apart from it: the import thread starts without the query builder. */

export async function knownSuppliers(db: Reader, organisationId: string): Promise<KnownSuppliers> {
  const [suppliers, aliases, rules] = await Promise.all([
    listSuppliers(db, organisationId),
    listAliases(db, organisationId),
    listRules(db, organisationId),
  ]);
  return { suppliers, aliases, rules };
}

/** Stores suppliers a file brought; part of the import's final transaction. */
export function saveFresh(tx: Tx, organisationId: string, fresh: readonly SupplierRow[]): Promise<void> {
  const aliases = fresh.map(({ id, name }) => ({
    organisation_id: organisationId,
    alias_key: supplierKey(name),
    alias: name,
    supplier_id: id,
  }));
  return addSuppliers(tx, fresh, aliases);
}
