import type { Selectable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

/** One file brought in. Counts are final once `state` is not `running`; instants are ms UTC. */
interface ImportBatchTable {
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
  /** A row that could not be read and may be of any invoice of the file, as a person is told of it. */
  unread_row: string | null;
}

interface ImportRejectionTable {
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

export async function insertImport(tx: Tx, row: ImportBatch): Promise<void> {
  await tx.insertInto('import_batch').values(row).execute();
}

export async function updateImport(
  tx: Tx,
  organisationId: string,
  id: string,
  change: Partial<ImportBatch>,
): Promise<void> {
  await tx
    .updateTable('import_batch')
    .set(change)
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

export async function getImport(db: Reader, organisationId: string, id: string): Promise<ImportBatch | undefined> {
  return db
    .selectFrom('import_batch')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/**
 * A later import that left rows out because they were here already, if there is one: some may be rows of this one. Whose they
 * were nobody kept. Cost files of another format tell of other things, usage is the same in any; what a vendor's API said
 * again is fetched again.
 */
export async function importAfter(db: Reader, organisationId: string, importId: string) {
  const own = await getImport(db, organisationId, importId);
  if (own === undefined || own.imported === 0 || own.format === 'api') return undefined;
  const later = db
    .selectFrom('import_batch')
    .select(['file_name', 'duplicates'])
    .where('organisation_id', '=', organisationId)
    .where('kind', '=', own.kind)
    .where('state', '=', 'done')
    .where('duplicates', '>', 0)
    .where('started_at', '>=', own.started_at)
    .where('id', '>', importId)
    .orderBy('id', 'desc');
  return (own.kind === 'usage' ? later : later.where('format', '=', own.format)).executeTakeFirst();
}

/** Imports with a row that may be of any invoice they brought; `at`: when they came in, ms UTC. */
export async function unreadImports(
  db: Reader,
  organisationId: string,
): Promise<{ readonly id: string; readonly text: string; readonly at: number; readonly imported: number }[]> {
  const found = await db
    .selectFrom('import_batch')
    .select(['id', 'unread_row', 'finished_at', 'imported'])
    .where('organisation_id', '=', organisationId)
    .where('state', '=', 'done')
    .where('unread_row', 'is not', null)
    .execute();
  return found.map(({ id, unread_row, finished_at, imported }) => ({
    ...{ id, text: unread_row ?? '', at: finished_at ?? 0, imported },
  }));
}

/** Newest first. */
export async function listImports(db: Reader, organisationId: string, limit = 200): Promise<ImportBatch[]> {
  return db
    .selectFrom('import_batch')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** A file of costs that is coming in, if there is one. */
export async function costsComingIn(
  db: Reader,
  organisationId: string,
): Promise<Pick<ImportBatch, 'id' | 'file_name'> | undefined> {
  return db
    .selectFrom('import_batch')
    .select(['id', 'file_name'])
    .where('organisation_id', '=', organisationId)
    .where('state', '=', 'running')
    .where('kind', '=', 'costs')
    .limit(1)
    .executeTakeFirst();
}

/** Imports of all organisations that a program start finds unfinished, or finished without their leftovers removed. */
export async function unfinishedImports(db: Reader): Promise<ImportBatch[]> {
  return db
    .selectFrom('import_batch')
    .selectAll()
    .where((eb) =>
      eb.or([
        eb('state', '=', 'running'),
        eb('id', 'in', eb.selectFrom('import_hidden').select('import_hidden.import_id')),
        eb.and([
          eb('state', '<>', 'done'),
          eb.exists(
            eb
              .selectFrom('cost_row')
              .select('cost_row.row_no')
              .whereRef('cost_row.organisation_id', '=', 'import_batch.organisation_id')
              .whereRef('cost_row.import_id', '=', 'import_batch.id'),
          ),
        ]),
      ]),
    )
    .execute();
}

/** Refused rows in file order, `limit` from `after` (a position) on. */
export async function listRejections(
  db: Reader,
  organisationId: string,
  importId: string,
  after: number,
  limit: number,
) {
  return db
    .selectFrom('import_rejection')
    .select(['position', 'row_no as row', 'field', 'reason'])
    .where('organisation_id', '=', organisationId)
    .where('import_id', '=', importId)
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .execute();
}

export async function listMappings(db: Reader, organisationId: string): Promise<Selectable<CsvMappingTable>[]> {
  return db.selectFrom('csv_mapping').selectAll().where('organisation_id', '=', organisationId).execute();
}

/** The newest mapping of that name. */
export async function mappingNamed(db: Reader, organisationId: string, name: string) {
  return db
    .selectFrom('csv_mapping')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('name', '=', name)
    .orderBy('updated_at', 'desc')
    .executeTakeFirst();
}

/** Remembers how a layout is read; the last answer counts. */
export async function saveMapping(tx: Tx, row: Selectable<CsvMappingTable>): Promise<void> {
  const { organisation_id, fingerprint, ...answer } = row;
  await tx
    .insertInto('csv_mapping')
    .values({ organisation_id, fingerprint, ...answer })
    .onConflict((conflict) => conflict.columns(['organisation_id', 'fingerprint']).doUpdateSet(answer))
    .execute();
}
