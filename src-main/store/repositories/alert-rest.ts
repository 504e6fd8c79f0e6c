import { sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';
import type { AlertRow } from './alerts.ts';

/** Written out, since SQLite takes a partial index only where it sees its words. */
const fromBackup = sql<boolean>`from_backup IS NOT NULL AND state <> 'resolved'`;

/**
 * Every open alert rests from now on: it came with a backup whose newest entry is of `backupAt` (ms UTC). Their messages
 * that have not left stay where the outbox holds them, and nothing starts in their place. `text` goes on each timeline.
 */
export async function restOpenAlerts(
  tx: Tx,
  organisationId: string,
  { backupAt, at, text, problem }: { backupAt: number; at: number; text: string; problem: string },
): Promise<void> {
  await sql`
    INSERT INTO alert_timeline (organisation_id, alert_id, at, kind, actor, channel, text)
    SELECT organisation_id, id, ${at}, 'note', 'console', 'engine', ${text} FROM alert
    WHERE organisation_id = ${organisationId} AND state <> 'resolved' AND from_backup IS NULL
  `.execute(tx);
  await sql`
    UPDATE alert SET from_backup = ${backupAt}
    WHERE organisation_id = ${organisationId} AND state <> 'resolved' AND from_backup IS NULL
  `.execute(tx);
  await sql`
    UPDATE alert_delivery SET state = 'held', covered = 1, settled_at = ${at}, problem = ${problem}
    WHERE organisation_id = ${organisationId}
      AND (state IN ('waiting', 'quiet') OR (state = 'bundled' AND bundle_id IN
        (SELECT id FROM alert_bundle WHERE organisation_id = ${organisationId} AND sent_at IS NULL)))
      AND alert_id IN (SELECT id FROM alert WHERE organisation_id = ${organisationId} AND ${fromBackup})
  `.execute(tx);
  await sql`
    UPDATE alert_bundle SET sent_at = ${at} WHERE organisation_id = ${organisationId} AND sent_at IS NULL
  `.execute(tx);
}

/** How many alerts rest, and the moment of their backup, ms UTC; null: none does. */
export async function countResting(
  db: Reader,
  organisationId: string,
): Promise<{ count: number; backupAt: number | null }> {
  return db
    .selectFrom('alert')
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.min('from_backup').as('backupAt')])
    .where('organisation_id', '=', organisationId)
    .where(fromBackup)
    .executeTakeFirstOrThrow();
}

/** The alerts that rest, oldest first. */
export function restingAlerts(db: Reader, organisationId: string): Promise<AlertRow[]> {
  return db
    .selectFrom('alert')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where(fromBackup)
    .orderBy('raised_at')
    .execute();
}
