import type { Selectable } from 'kysely';

/** One file brought in. Counts are final once `state` is not `running`; instants are ms UTC. */
export interface ImportBatchTable {
  organisation_id: string;
  id: string;
  kind: string;
  format: string;
  file_name: string;
  file_bytes: number;
  file_sha256: string | null;
  /** The mapping used, JSON. */
  mapping: string | null;
  state: 'running' | 'done' | 'failed' | 'cancelled' | 'undone';
  problem: string | null;
  imported: number;
  duplicates: number;
  rejected: number;
  lines: number;
  actor: string;
  started_at: number;
  finished_at: number | null;
}

export interface ImportRejectionTable {
  organisation_id: string;
  import_id: string;
  position: number;
  row_no: number;
  field: string;
  reason: string;
}

export interface CsvMappingTable {
  organisation_id: string;
  fingerprint: string;
  name: string;
  /** Our field to file header, JSON. */
  columns: string;
  date_order: 'iso' | 'dmy' | 'mdy';
  decimal: '.' | ',';
  updated_at: number;
}

export interface ImportTables {
  import_batch: ImportBatchTable;
  import_rejection: ImportRejectionTable;
  csv_mapping: CsvMappingTable;
}

export type ImportBatch = Selectable<ImportBatchTable>;
