import type { CategoryRule } from '../../../src-shared/domain/cost/category-rule.ts';
import { supplierKey } from '../../../src-shared/domain/vat/history.ts';
import type { Ids } from '../../ports/runtime.ts';
import type { SupplierAliasTable, SupplierRow } from '../../store/repositories/suppliers.ts';

export interface SupplierBook {
  /**
   * The supplier a name in a file means: by alias or by its own name, else a new one, unconfirmed, with what the file says
   * of it. A supplier without a country puts the question on its lines.
   */
  find(name: string, facts?: { readonly country: string; readonly vatNumber: string }): SupplierRow;
  /** The new ones. */
  readonly fresh: readonly SupplierRow[];
}

/** What is known of suppliers, and what persons taught about their lines, when an import begins. */
export interface KnownSuppliers {
  readonly suppliers: readonly SupplierRow[];
  readonly aliases: readonly Pick<SupplierAliasTable, 'alias_key' | 'supplier_id'>[];
  readonly rules: readonly CategoryRule[];
}

/** Everything known of an organisation's suppliers, by the names that files use. */
export function openSupplierBook(
  { suppliers, aliases }: KnownSuppliers,
  organisationId: string,
  ids: Ids,
  clock: { now(): number },
): SupplierBook {
  const byId = new Map(suppliers.map((one) => [one.id, one]));
  const byKey = new Map(suppliers.map((one) => [supplierKey(one.name), one]));
  for (const alias of aliases) {
    const meant = byId.get(alias.supplier_id);
    if (meant) byKey.set(alias.alias_key, meant);
  }
  const fresh: SupplierRow[] = [];
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
      fresh.push(row);
      return row;
    },
    fresh,
  };
}
