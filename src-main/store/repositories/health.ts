import { sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

interface SystemHealthTable {
  organisation_id: string;
  system: string;
  checked_at: number;
  next_check_at: number;
  latency_ms: number;
  state: 'healthy' | 'degraded' | 'down';
  /** JSON: HealthCheck[]. */
  checks: string;
  failing_since: number | null;
  /** When the console's own alert about it was raised. */
  told_at: number | null;
}

export interface HealthTables {
  system_health: SystemHealthTable;
}

export type HealthRow = SystemHealthTable;

export async function healthOf(db: Reader, organisationId: string, system: string): Promise<HealthRow | null> {
  const row = await db
    .selectFrom('system_health')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('system', '=', system)
    .executeTakeFirst();
  return row ?? null;
}

export async function saveHealth(tx: Tx, row: HealthRow): Promise<void> {
  const { organisation_id, system, ...change } = row;
  await tx
    .insertInto('system_health')
    .values({ organisation_id, system, ...change })
    .onConflict((conflict) => conflict.columns(['organisation_id', 'system']).doUpdateSet(change))
    .execute();
}

/** Names and versions of the migrations this database has. */
export async function appliedMigrations(db: Reader): Promise<readonly { name: string; version: string }[]> {
  const { rows } = await sql<{
    name: string;
    version: string;
  }>`SELECT name, version FROM schema_migration ORDER BY number`.execute(db);
  return rows;
}
