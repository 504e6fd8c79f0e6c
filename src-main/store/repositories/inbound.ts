import { type Generated, sql } from 'kysely';
import type { Bindable, Reader, Statement, Tx } from '../../ports/store.ts';

interface InboundSourceTable {
  organisation_id: string;
  source: string;
  mode: 'on' | 'off';
  public_url: string;
  /** JSON. */
  options: string;
  /** JSON array of origins. */
  cors_origins: string;
  rotated_at: number | null;
  old_used_at: number | null;
  updated_at: number;
}

export type InboundState = 'stored' | 'worked' | 'ignored' | 'failed';

interface InboundEventTable {
  seq: Generated<number>;
  id: string;
  organisation_id: string;
  source: string;
  dedupe_key: string;
  priority: number;
  received_at: number;
  /** JSON. */
  headers: string;
  body: Uint8Array;
  key_used: number;
  state: Generated<InboundState>;
  attempts: Generated<number>;
  due_at: number;
  worked_at: number | null;
  outcome: Generated<string>;
  duplicates: Generated<number>;
  replay_of: string | null;
  forced: Generated<number>;
}

interface InboundEffectTable {
  organisation_id: string;
  source: string;
  event_id: string;
  inbound_id: string;
  at: number;
  effect: string;
}

interface InboundMarkTable {
  organisation_id: string;
  source: string;
  object: string;
  at: number;
  rank: number;
}

export interface InboundTables {
  inbound_source: InboundSourceTable;
  inbound_event: InboundEventTable;
  inbound_effect: InboundEffectTable;
  inbound_mark: InboundMarkTable;
}

export type InboundSourceRow = InboundSourceTable;

export interface InboundEventRow
  extends Omit<InboundEventTable, 'seq' | 'state' | 'attempts' | 'outcome' | 'duplicates' | 'forced'> {
  readonly seq: number;
  readonly state: InboundState;
  readonly attempts: number;
  readonly outcome: string;
  readonly duplicates: number;
  readonly forced: number;
}

export function everySource(db: Reader): Promise<InboundSourceRow[]> {
  return db.selectFrom('inbound_source').selectAll().execute();
}

export async function saveSource(tx: Tx, row: InboundSourceRow): Promise<void> {
  const { organisation_id, source, ...change } = row;
  await tx
    .insertInto('inbound_source')
    .values({ organisation_id, source, ...change })
    .onConflict((conflict) => conflict.columns(['organisation_id', 'source']).doUpdateSet(change))
    .execute();
}

export async function noteOldSecret(tx: Tx, organisationId: string, source: string, at: number): Promise<void> {
  await tx
    .updateTable('inbound_source')
    .set({ old_used_at: at })
    .where('organisation_id', '=', organisationId)
    .where('source', '=', source)
    .execute();
}

export interface NewInbound {
  readonly id: string;
  readonly organisationId: string;
  readonly source: string;
  readonly dedupeKey: string;
  /** How long the same key is the same event, ms. */
  readonly keepMs: number;
  readonly priority: number;
  readonly at: number;
  readonly headers: string;
  /** The time its sender signed it with, in the sender's own words; null: it signs none. Kept in `headers` too. */
  readonly signedAt: string | null;
  readonly body: Uint8Array;
  readonly keyUsed: number;
}

/**
 * Without an id of the sender's own, the same words are news once it has said the opposite since: what began is over, or what
 * was over began again. What they were about stands behind six letters, `alert ` or `over: `. But signed with the same time it is
 * the same request, tried again by a sender that missed our answer.
 */
const overtaken = `(dedupe_key LIKE 'sha256:%' AND EXISTS (
  SELECT 1 FROM inbound_effect told
    JOIN inbound_mark m ON m.organisation_id = told.organisation_id AND m.source = told.source
                       AND m.object = substr(told.effect, 7)
   WHERE told.organisation_id = e.organisation_id AND told.source = e.source AND told.event_id = e.dedupe_key
     AND m.at > e.received_at AND m.rank = (told.effect LIKE 'alert %'))
  AND e.headers ->> '$.":signed-at"' IS NOT coalesce(?, ''))`;

// Two statements of one atomic batch; the writer does one batch at a time, so "not there yet" cannot change in between.
const insertText = `
INSERT INTO inbound_event (id, organisation_id, source, dedupe_key, priority, received_at, headers, body, key_used, due_at)
SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
 WHERE NOT EXISTS (SELECT 1 FROM inbound_event e
                    WHERE organisation_id = ? AND source = ? AND dedupe_key = ? AND received_at BETWEEN ? AND ?
                      AND replay_of IS NULL AND NOT ${overtaken})
RETURNING id`;

/** Also of a moment as much later, which a clock that was set back since gave it. */
const span = ({ at, keepMs }: NewInbound): readonly [number, number] => [at - keepMs + 1, at + keepMs];

/** Gives the id when it is new, no row when the same event is known (R27). */
export function insertInbound(event: NewInbound): Statement {
  const { id, organisationId, source, dedupeKey, priority, at, headers, signedAt, body, keyUsed } = event;
  const same: Bindable[] = [organisationId, source, dedupeKey, ...span(event), signedAt];
  return {
    sql: insertText,
    params: [id, organisationId, source, dedupeKey, priority, at, headers, body, keyUsed, at, ...same],
  };
}

/** Counts one more of what is known. */
export function countDuplicate(event: NewInbound): Statement {
  return {
    sql: `UPDATE inbound_event SET duplicates = duplicates + 1
 WHERE organisation_id = ? AND source = ? AND dedupe_key = ? AND received_at BETWEEN ? AND ? AND replay_of IS NULL`,
    params: [event.organisationId, event.source, event.dedupeKey, ...span(event)],
  };
}

/**
 * After the clock was set back: what waits to be worked is due and came at the latest now, and no object's newest state is
 * later than now, or whatever is said of it would be older until it is that late again.
 */
export function inboundAfterSetBack(at: number): readonly Statement[] {
  return [
    {
      sql: `UPDATE inbound_event SET due_at = ?, received_at = min(received_at, ?) WHERE state = 'stored' AND due_at > ?`,
      params: [at, at, at],
    },
    { sql: 'UPDATE inbound_mark SET at = ? WHERE at > ?', params: [at, at] },
  ];
}

/** What is due to be worked, wedding-day traffic first, then in the order of arrival (W7). */
export function dueInbound(db: Reader, at: number, limit: number): Promise<InboundEventRow[]> {
  return db
    .selectFrom('inbound_event')
    .selectAll()
    .where(sql<boolean>`state = 'stored'`)
    .where('due_at', '<=', at)
    .orderBy('priority')
    .orderBy('seq')
    .limit(limit)
    .execute();
}

/** When the next one is due; null: none waits. */
export async function nextInboundDue(db: Reader): Promise<number | null> {
  const row = await db
    .selectFrom('inbound_event')
    .select((eb) => eb.fn.min('due_at').as('at'))
    .where(sql<boolean>`state = 'stored'`)
    .executeTakeFirst();
  return row?.at ?? null;
}

export interface InboundSettle {
  readonly state: InboundState;
  readonly outcome: string;
  readonly attempts: number;
  readonly dueAt: number;
  readonly workedAt: number | null;
}

export async function settleInbound(tx: Tx, organisationId: string, id: string, settle: InboundSettle): Promise<void> {
  await tx
    .updateTable('inbound_event')
    .set({
      state: settle.state,
      outcome: settle.outcome.slice(0, 500),
      attempts: settle.attempts,
      due_at: settle.dueAt,
      worked_at: settle.workedAt,
    })
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
}

/** False: this event had its effect before. `again`: a person asked for it once more. */
export async function claimEffect(tx: Tx, effect: InboundEffectTable, again: boolean): Promise<boolean> {
  const rows = await tx
    .insertInto('inbound_effect')
    .values(effect)
    .onConflict((conflict) => {
      const known = conflict.columns(['organisation_id', 'source', 'event_id']);
      return again
        ? known.doUpdateSet({ at: effect.at, effect: effect.effect, inbound_id: effect.inbound_id })
        : known.doNothing();
    })
    .returning('event_id')
    .execute();
  return rows.length > 0;
}

/** Moves the newest known state of an object on; false: a newer one was told before. Of rank 0 it may be said again. */
export async function advanceMark(tx: Tx, mark: InboundMarkTable): Promise<boolean> {
  const rows = await tx
    .insertInto('inbound_mark')
    .values(mark)
    .onConflict((conflict) =>
      conflict
        .columns(['organisation_id', 'source', 'object'])
        .doUpdateSet({ at: mark.at, rank: mark.rank })
        .where(
          sql<boolean>`(excluded.at, excluded.rank) > (inbound_mark.at, inbound_mark.rank)
            OR (excluded.rank = 0 AND (excluded.at, excluded.rank) = (inbound_mark.at, inbound_mark.rank))`,
        ),
    )
    .returning('object')
    .execute();
  return rows.length > 0;
}

export function effectsOf(db: Reader, organisationId: string, inboundId: string): Promise<InboundEffectTable[]> {
  return db
    .selectFrom('inbound_effect')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('inbound_id', '=', inboundId)
    .orderBy('at')
    .execute();
}

export async function getInbound(db: Reader, organisationId: string, id: string): Promise<InboundEventRow | null> {
  const row = await db
    .selectFrom('inbound_event')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

export async function insertReplay(
  tx: Tx,
  of: InboundEventRow,
  { id, at, forced }: { readonly id: string; readonly at: number; readonly forced: boolean },
): Promise<void> {
  await tx
    .insertInto('inbound_event')
    .values({
      id,
      organisation_id: of.organisation_id,
      source: of.source,
      dedupe_key: of.dedupe_key,
      priority: of.priority,
      // As it came: what depends on the time of arrival is judged as it was then.
      received_at: of.received_at,
      headers: of.headers,
      body: of.body,
      key_used: of.key_used,
      due_at: at,
      worked_at: null,
      replay_of: of.id,
      forced: forced ? 1 : 0,
    })
    .execute();
}

/** The delivery whose message the SMS provider calls this. */
export async function jobOfMessage(db: Reader, organisationId: string, messageId: string): Promise<string | null> {
  const row = await db
    .selectFrom('outbox_job')
    .select('id')
    .where('organisation_id', '=', organisationId)
    .where(sql<boolean>`system = 'sms' AND receipt IS NOT NULL AND json_extract(receipt, '$.vendorId') = ${messageId}`)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** A document we posted, by the ledger's id for it. */
export async function documentOfVendorId(db: Reader, organisationId: string, vendorId: string) {
  const row = await db
    .selectFrom('export_document')
    .innerJoin('export_batch', (join) =>
      join
        .onRef('export_batch.organisation_id', '=', 'export_document.organisation_id')
        .onRef('export_batch.id', '=', 'export_document.batch_id'),
    )
    .select([
      'export_document.id',
      'export_document.batch_id',
      'export_document.reference',
      'export_document.state',
      'export_document.updated_at',
      'export_batch.target',
    ])
    .where('export_document.organisation_id', '=', organisationId)
    .where('export_document.vendor_id', '=', vendorId)
    .executeTakeFirst();
  return row ?? null;
}

export async function flagDocument(
  tx: Tx,
  organisationId: string,
  documentId: string,
  at: number,
  problem: string,
): Promise<void> {
  await tx
    .updateTable('export_document')
    .set({ problem, changed_after_posting: at })
    .where('organisation_id', '=', organisationId)
    .where('id', '=', documentId)
    .execute();
}
