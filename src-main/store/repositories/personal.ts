import { sql } from 'kysely';
import { Channel } from '../../../src-shared/domain/alert/alert.ts';
import { SEND_ALERT } from '../../../src-shared/domain/alert/message.ts';
import type { Reader, Tx } from '../../ports/store.ts';
import { FREED_SPACE } from '../freed-space.ts';
import { putOpsSetting } from './weddings.ts';

interface AuditPersonalTable {
  sequence: number;
  organisation_id: string;
  person_id: string;
  sealed: Uint8Array;
}

export interface PersonalTables {
  audit_personal: AuditPersonalTable;
}

export async function putAside(tx: Tx, row: AuditPersonalTable): Promise<void> {
  await tx.insertInto('audit_personal').values(row).execute();
}

/** What lies aside of the entries from `first` to `last`, over all organisations: verification and reading. */
export function asidesBetween(db: Reader, first: number, last: number): Promise<AuditPersonalTable[]> {
  return db
    .selectFrom('audit_personal')
    .selectAll()
    .where('sequence', '>=', first)
    .where('sequence', '<=', last)
    .execute();
}

export interface RecordedPerson {
  readonly id: string;
  /** '' once erased. */
  readonly name: string;
  readonly public_key: string | null;
  readonly erased_at: number | null;
}

/** What a new entry needs, in one question to the writer: the end of the chain and everybody it may name. */
export async function headAndPeople(tx: Tx, organisationId: string) {
  const { rows } = await sql<{ sequence: number | null; hash: string | null } & Nullable<RecordedPerson>>`
    SELECT last.sequence, last.hash, person.id, person.name, person.public_key, person.erased_at FROM (SELECT 1)
      LEFT JOIN (SELECT sequence, hash FROM audit_entry ORDER BY sequence DESC LIMIT 1) AS last
      LEFT JOIN person ON person.organisation_id = ${organisationId}`.execute(tx);
  const { sequence, hash } = rows[0] ?? { sequence: null, hash: null };
  const people = rows.flatMap(({ id, name, public_key, erased_at }) =>
    id === null || name === null ? [] : [{ id, name, public_key, erased_at }],
  );
  return { last: sequence === null || hash === null ? null : { sequence, hash }, people };
}

type Nullable<T> = { [K in keyof T]: T[K] | null };

/** Everybody an entry may name, the erased among them. */
export function peopleOfRecord(db: Reader, organisationId: string): Promise<RecordedPerson[]> {
  return db
    .selectFrom('person')
    .select(['id', 'name', 'public_key', 'erased_at'])
    .where('organisation_id', '=', organisationId)
    .execute();
}

/** Where the desk of alerts, weekends and CRM writes a name; none of it is kept for the tax office. */
const nameColumns = [
  ['alert', 'owner_name'],
  ['alert_delivery', 'destination_name'],
  ['alert_recovery', 'done_by'],
  ['silence', 'author'],
  ['silence', 'reason'],
  ['handover_note', 'author'],
  ['handover_note', 'text'],
  ['preflight_run', 'by_person'],
  ['preflight_run', 'checks'],
  ['wedding_mode_switch', 'by_person'],
  ['vendor_crm', 'confirmed_by'],
  ['crm_push', 'approved_by'],
  ['crm_push_history', 'who'],
] as const;

/** Finance records: a name stands there for the legal term. */
const financeColumns = [
  ['export_batch', 'prepared_by'],
  ['export_batch', 'approved_by'],
  ['export_reversal', 'asked_by'],
  ['export_reversal', 'approved_by'],
  ['line_change', 'actor'],
  ['line_comment', 'actor'],
  ['line_evidence', 'actor'],
  ['line_duplicate', 'actor'],
  ['period_lock', 'actor'],
  ['category_rule', 'actor'],
  ['sales_month', 'actor'],
  ['ledger_duplicate', 'actor'],
] as const;

export interface PersonTraces {
  /** Texts of the record that lie aside. */
  readonly texts: number;
  /** Those of them that no key ever closed. */
  readonly readable: number;
  /** Entries written before texts lay aside, which name the person or an id made of the name. */
  readonly oldEntries: number;
  /** Names in finance records. */
  readonly finance: number;
  /** Schedules that work in the person's name. */
  readonly schedules: number;
}

/** What there is of one person. */
export async function tracesOf(db: Reader, organisationId: string, id: string, name: string): Promise<PersonTraces> {
  const texts = await db
    .selectFrom('audit_personal')
    .select((eb) => [
      eb.fn.countAll<number>().as('all'),
      sql<number>`coalesce(sum(substr(sealed, 1, 1) = x'00'), 0)`.as('readable'),
    ])
    .where('organisation_id', '=', organisationId)
    .where('person_id', '=', id)
    .executeTakeFirstOrThrow();
  const old = await db
    .selectFrom('audit_entry')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organisation_id', '=', organisationId)
    .where('version', '=', 1)
    .where((eb) => eb.or([eb('actor', 'in', [name, `person:${id}`]), eb('object', '=', `person:${id}`)]))
    .executeTakeFirstOrThrow();
  let finance = 0;
  for (const [table, column] of financeColumns) {
    const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM ${sql.table(table)}
      WHERE organisation_id = ${organisationId} AND ${sql.ref(column)} = ${name}`.execute(db);
    finance += rows[0]?.count ?? 0;
  }
  const schedules = await db
    .selectFrom('schedule')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organisation_id', '=', organisationId)
    .where('person_id', '=', id)
    .executeTakeFirstOrThrow();
  return {
    texts: texts.all,
    readable: texts.readable,
    oldEntries: old.count,
    finance,
    schedules: schedules.count,
  };
}

/**
 * Takes the person's texts, name, roles and PIN away and puts `instead` where the desk wrote one of the names, and
 * asks for the space it frees to be overwritten. The row stays, so that ids lead somewhere; `public_key` stays until the other half is forgotten.
 */
export async function emptyPerson(
  tx: Tx,
  organisationId: string,
  { id, names }: { readonly id: string; readonly names: readonly string[] },
  instead: string,
  at: number,
): Promise<void> {
  await tx
    .deleteFrom('audit_personal')
    .where('organisation_id', '=', organisationId)
    .where('person_id', '=', id)
    .execute();
  // The longest first: one name may be the beginning of another.
  for (const name of names.toSorted((a, b) => b.length - a.length)) await rename(tx, organisationId, name, instead);
  await tx
    .updateTable('person')
    .set({ name: '', roles: '[]', pin_hash: null, pin_failures: 0, pin_locked_until: null, pin_first_by: null })
    .set({ pin_own_at: null, current: 0, erased_at: at })
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute();
  await putOpsSetting(tx, organisationId, FREED_SPACE, 'true', at);
}

async function rename(tx: Tx, organisationId: string, name: string, instead: string): Promise<void> {
  // A name of one word may be a word of the text: only where it stands alone.
  const held = (column: string, text = name) =>
    name.includes(' ') ? sql`instr(${sql.ref(column)}, ${text}) > 0` : sql`${sql.ref(column)} = ${text}`;
  for (const [table, column] of nameColumns) {
    await sql`UPDATE ${sql.table(table)} SET ${sql.ref(column)} = replace(${sql.ref(column)}, ${name}, ${instead})
      WHERE organisation_id = ${organisationId} AND ${held(column)}`.execute(tx);
  }
  // Of messages that are out, so that one sent again by hand does not name them either.
  await sql`UPDATE outbox_job SET payload = replace(payload, ${inJson(name)}, ${instead})
    WHERE organisation_id = ${organisationId} AND system IN (${sql.join(Channel.options)}) AND action = ${SEND_ALERT}
      AND settled_at IS NOT NULL AND ${held('payload', inJson(name))}`.execute(tx);
  // The timeline takes no change; the same lines stand there anew.
  const lines = await tx
    .selectFrom('alert_timeline')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where((eb) => eb.or([eb('actor', '=', name), sql<boolean>`${held('text')}`]))
    .execute();
  for (const line of lines) {
    await tx.deleteFrom('alert_timeline').where('seq', '=', line.seq).execute();
    const [actor, text] = [line.actor, line.text].map((each) => each.replaceAll(name, instead));
    await tx
      .insertInto('alert_timeline')
      .values({ ...line, actor: actor ?? '', text: text ?? '' })
      .execute();
  }
}

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
