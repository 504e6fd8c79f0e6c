import type { Selectable } from 'kysely';

export interface SupplierTable {
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
