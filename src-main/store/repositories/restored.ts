import { sql } from 'kysely';
import type { Failure } from '../../../src-shared/domain/failure.ts';
import type { Reader } from '../../ports/store.ts';

/** Why a delivery waits after a restore (BAK-07). */
export const restoredFailure: Failure = {
  kind: 'needs-attention',
  code: 'outcome-unknown',
  message: 'The database was restored from a backup; what was sent since then is not known here.',
  hint: 'Check with the other side, then try again or cancel.',
  scope: 'job',
};

/** How many of an organisation's deliveries still wait because of a restore. */
export function heldByRestore(db: Reader, organisationId: string): Promise<{ held: number; inDoubt: number }> {
  return (
    db
      .selectFrom('outbox_job')
      .where('organisation_id', '=', organisationId)
      // Written out: SQLite uses the partial index only for its very words.
      .where(sql<boolean>`state IN ('held', 'failed')`)
      .where('state', '=', 'held')
      .where(sql<boolean>`json_extract(last_failure, '$.message') = ${restoredFailure.message}`)
      .select([sql<number>`count(*)`.as('held'), sql<number>`coalesce(sum(in_doubt), 0)`.as('inDoubt')])
      .executeTakeFirstOrThrow()
  );
}
