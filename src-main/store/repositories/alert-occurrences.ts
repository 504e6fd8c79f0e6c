import { sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

export interface AlertOccurrenceTable {
  organisation_id: string;
  dedup_key: string;
  /** Its beginning, ms UTC. */
  hour: number;
  count: number;
}

const HOUR_MS = 3_600_000;
const hourOf = (at: number) => Math.floor(at / HOUR_MS) * HOUR_MS;

/** One more time that this trouble was reported. */
export async function countOccurrence(tx: Tx, organisationId: string, dedupKey: string, at: number): Promise<void> {
  await tx
    .insertInto('alert_occurrence')
    .values({ organisation_id: organisationId, dedup_key: dedupKey, hour: hourOf(at), count: 1 })
    .onConflict((conflict) => conflict.doUpdateSet({ count: sql`count + 1` }))
    .execute();
}

/** How often it was reported in each of the last `hours` hours, oldest first; the last is the one `at` lies in. */
export async function occurrencesOf(
  db: Reader,
  organisationId: string,
  dedupKey: string,
  at: number,
  hours: number,
): Promise<{ hour: number; count: number }[]> {
  const last = hourOf(at);
  const first = last - (hours - 1) * HOUR_MS;
  const rows = await db
    .selectFrom('alert_occurrence')
    .select(['hour', 'count'])
    .where('organisation_id', '=', organisationId)
    .where('dedup_key', '=', dedupKey)
    .where('hour', '>=', first)
    .where('hour', '<=', last)
    .execute();
  const counts = new Map(rows.map(({ hour, count }) => [hour, count]));
  return Array.from({ length: hours }, (_, index) => {
    const hour = first + index * HOUR_MS;
    return { hour, count: counts.get(hour) ?? 0 };
  });
}
