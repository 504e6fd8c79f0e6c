import { type Generated, type Selectable, sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

interface AuditEntryTable {
  sequence: number;
  at: number;
  monotonic_ms: number;
  process_id: string;
  organisation_id: string;
  actor: string;
  channel: string;
  action: string;
  object: string;
  /** JSON or null. */
  before: string | null;
  after: string | null;
  reason: string;
  correlation_id: string;
  previous_hash: string;
  hash: string;
  key_id: string | null;
  mac: string | null;
  /** 2: the hash covers `personal` as well. */
  version: Generated<number>;
  /** JSON {person, sha256} of what lies aside under that person's key; null: nothing does. */
  personal: string | null;
}

export interface AuditTables {
  audit_entry: AuditEntryTable;
}

export type AuditRow = Selectable<AuditEntryTable>;

/** The last entry of the chain, over all organisations; null: none yet. */
export async function auditHead(db: Reader): Promise<{ sequence: number; hash: string; at: number } | null> {
  const row = await db
    .selectFrom('audit_entry')
    .select(['sequence', 'hash', 'at'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

export async function insertAuditEntry(tx: Tx, row: AuditRow): Promise<void> {
  await tx.insertInto('audit_entry').values(row).execute();
}

/** The chain from just behind `after`, over all organisations: verification only. */
export function auditChain(db: Reader, after: number, limit: number): Promise<AuditRow[]> {
  return db
    .selectFrom('audit_entry')
    .selectAll()
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute();
}

/** A part of the text, in small letters, or one of these texts as they stand. */
interface Like {
  readonly part: string;
  readonly whole: readonly string[];
}

export interface AuditFilter {
  readonly action?: string | undefined;
  readonly object?: readonly string[] | undefined;
  readonly actorLike?: Like | undefined;
  readonly objectLike?: Like | undefined;
  /** Parts of the action in small letters; all of them. */
  readonly actionHas?: readonly string[] | undefined;
  /** Recorded in `[from, to)`, ms UTC. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const has = (column: 'actor' | 'object' | 'action', part: string) =>
  sql<boolean>`instr(lower(${sql.ref(column)}), ${part}) > 0`;

/** Newest first, from just before sequence `before` (null: from the newest), with the count of all that match. */
export async function listAudit(
  db: Reader,
  organisationId: string,
  filter: AuditFilter,
  before: number | null,
  limit: number,
): Promise<{ rows: AuditRow[]; total: number }> {
  let query = db.selectFrom('audit_entry').where('organisation_id', '=', organisationId);
  if (filter.action) query = query.where('action', '=', filter.action);
  if (filter.object) query = query.where('object', 'in', filter.object);
  for (const [column, like] of [
    ['actor', filter.actorLike],
    ['object', filter.objectLike],
  ] as const) {
    if (like) query = query.where((eb) => eb.or([has(column, like.part), eb(column, 'in', like.whole)]));
  }
  for (const part of filter.actionHas ?? []) query = query.where(has('action', part));
  if (filter.from !== undefined) query = query.where('at', '>=', filter.from);
  if (filter.to !== undefined) query = query.where('at', '<', filter.to);
  const { total } = await query.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  if (before !== null) query = query.where('sequence', '<', before);
  const rows = await query.selectAll().orderBy('sequence', 'desc').limit(limit).execute();
  return { rows, total };
}
