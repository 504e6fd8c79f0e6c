import type { Generated, Insertable, Selectable, Updateable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

type ConnectionMode = 'on' | 'paused' | 'off';

export interface ConnectionTable {
  /** `<organisation>/<system>`. */
  id: string;
  organisation_id: string;
  system: string;
  mode: Generated<ConnectionMode>;
  /** JSON object. */
  settings: Generated<string>;
  settings_version: Generated<number>;
  /** Not null: every job waits for a person. */
  parked_code: string | null;
  parked_message: string | null;
  /** The vendor asked to wait until this instant. */
  not_before: number | null;
  /** JSON, written by the outbox. */
  breaker: string | null;
  /** JSON: who we are on the other side. */
  account: string | null;
  created_at: number;
  updated_at: number;
}

export interface ConnectionTables {
  connection: ConnectionTable;
}

export type ConnectionRow = Selectable<ConnectionTable>;

export function listConnections(db: Reader, organisationId: string): Promise<ConnectionRow[]> {
  return db
    .selectFrom('connection')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('system')
    .execute();
}

/** null: not connected. */
export async function getConnection(db: Reader, organisationId: string, system: string): Promise<ConnectionRow | null> {
  const row = await db
    .selectFrom('connection')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('system', '=', system)
    .executeTakeFirst();
  return row ?? null;
}

export async function insertConnection(tx: Tx, row: Insertable<ConnectionTable>): Promise<void> {
  await tx.insertInto('connection').values(row).execute();
}

export async function updateConnection(
  tx: Tx,
  organisationId: string,
  system: string,
  change: Omit<Updateable<ConnectionTable>, 'id' | 'organisation_id' | 'system'>,
): Promise<void> {
  await tx
    .updateTable('connection')
    .set(change)
    .where('organisation_id', '=', organisationId)
    .where('system', '=', system)
    .execute();
}
