import { type Selectable, sql } from 'kysely';
import type { Failure } from '../../../src-shared/domain/failure.ts';
import type { Reader, Tx } from '../../ports/store.ts';

interface SendingSeatTable {
  organisation_id: string;
  seat_id: string;
  seat_name: string;
  computer: string | null;
  place: string | null;
  number: number;
  /** Milliseconds UTC. */
  since: number;
  watcher: string | null;
  rival_id: string | null;
  rival_name: string | null;
}

export interface SendingSeatTables {
  sending_seat: SendingSeatTable;
}

export type SendingSeatRow = Selectable<SendingSeatTable>;

export function getSendingSeat(db: Reader, organisationId: string): Promise<SendingSeatRow | undefined> {
  return db.selectFrom('sending_seat').selectAll().where('organisation_id', '=', organisationId).executeTakeFirst();
}

/** One row an organisation: the last decision is the one that holds. */
export async function putSendingSeat(tx: Tx, row: SendingSeatRow): Promise<void> {
  const { organisation_id: _, ...rest } = row;
  await tx
    .insertInto('sending_seat')
    .values(row)
    .onConflict((conflict) => conflict.column('organisation_id').doUpdateSet(rest))
    .execute();
}

/**
 * What one organisation has not sent yet waits for a person: another seat may have sent it. `claimed`: also what an earlier
 * start had under way; only before anything is sent.
 */
export async function holdUnsent(
  tx: Tx,
  organisationId: string,
  failure: Failure,
  { at, claimed }: { readonly at: number; readonly claimed: boolean },
): Promise<void> {
  for (const state of claimed ? ['queued', 'sending'] : ['queued']) {
    await sql`
      UPDATE outbox_job
         SET state = 'held', last_failure = ${JSON.stringify(failure)}, lease_owner = NULL, lease_until = NULL,
             in_doubt = CASE delivery_class WHEN 'never-twice' THEN 1 ELSE in_doubt END,
             doubt_since = CASE delivery_class WHEN 'never-twice' THEN coalesce(doubt_since, ${at}) ELSE doubt_since END
       WHERE organisation_id = ${organisationId} AND state = ${sql.lit(state)}
    `.execute(tx);
  }
}
