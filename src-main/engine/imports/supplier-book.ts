import { supplierKey } from '../../../src-shared/domain/vat/history.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Reader, Tx } from '../../ports/store.ts';
import {
  addAlias,
  listAliases,
  listSuppliers,
  putSupplier,
  type SupplierRow,
} from '../../store/repositories/suppliers.ts';

export interface SupplierBook {
  /**
   * The supplier a name in a file means: by alias or by its own name, else a new one, unconfirmed, with what the file says
   * of it. A supplier without a country puts the question on its lines.
   */
  find(name: string, facts?: { readonly country: string; readonly vatNumber: string }): SupplierRow;
  /** How many new ones there are. */
  readonly added: number;
  /** Stores the new ones; part of the import's final transaction. */
  save(tx: Tx): Promise<void>;
}

/** Everything known of an organisation's suppliers, by the names that files use. */
export async function openSupplierBook(
  db: Reader,
  organisationId: string,
  { clock, ids }: Runtime,
): Promise<SupplierBook> {
  const suppliers = await listSuppliers(db, organisationId);
  const byId = new Map(suppliers.map((one) => [one.id, one]));
  const byKey = new Map(suppliers.map((one) => [supplierKey(one.name), one]));
  for (const alias of await listAliases(db, organisationId)) {
    const meant = byId.get(alias.supplier_id);
    if (meant) byKey.set(alias.alias_key, meant);
  }
  const fresh: { readonly key: string; readonly row: SupplierRow }[] = [];
  return {
    find(name, facts = { country: '', vatNumber: '' }) {
      const key = supplierKey(name);
      const known = byKey.get(key);
      if (known) return known;
      const now = clock.now();
      const row: SupplierRow = {
        organisation_id: organisationId,
        id: ids.next(),
        name: name.trim().replace(/\s+/g, ' '),
        country: facts.country,
        vat_number: facts.vatNumber,
        uk_establishment: 0,
        confirmed: 0,
        created_at: now,
        updated_at: now,
      };
      byKey.set(key, row);
      fresh.push({ key, row });
      return row;
    },
    get added() {
      return fresh.length;
    },
    async save(tx) {
      for (const { key, row } of fresh) {
        await putSupplier(tx, row);
        await addAlias(tx, { organisation_id: organisationId, alias_key: key, alias: row.name, supplier_id: row.id });
      }
    },
  };
}
