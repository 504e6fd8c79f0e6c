import type { Generated, Insertable, Selectable, Updateable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

export interface OrganisationTable {
  id: string;
  name: string;
  /** 0 or 1. */
  practice: Generated<number>;
  time_zone: Generated<string>;
  currency: Generated<string>;
  country: Generated<string>;
  vat_registered: Generated<number>;
  vat_number: string | null;
  vat_scheme: Generated<string>;
  /** YYYY-MM-DD. */
  registered_from: string | null;
  partly_exempt: Generated<number>;
  four_eyes: Generated<number>;
  /** JSON object. */
  settings: Generated<string>;
  created_at: number;
}

export interface PersonTable {
  id: string;
  organisation_id: string;
  name: string;
  /** JSON array of role names. */
  roles: Generated<string>;
  pin_hash: string | null;
  pin_failures: Generated<number>;
  pin_locked_until: number | null;
  /** Who acted here when the first PIN was set; null: nobody, or it is not known. */
  pin_first_by: string | null;
  /** When its holder, acting here, chose a PIN of their own, ms UTC; 0: not known; null: the first one stands. */
  pin_own_at: number | null;
  /** 1: who works at this machine now. */
  current: Generated<number>;
  /** Seals what the record has of the person; the other half is in the secret store. null: none was at hand. */
  public_key: string | null;
  /** ms UTC; not null: a row without a person, so that its id leads somewhere. */
  erased_at: number | null;
}

export interface OrganisationTables {
  organisation: OrganisationTable;
  person: PersonTable;
}

export type OrganisationRow = Selectable<OrganisationTable>;
export type PersonRow = Selectable<PersonTable>;

export function listOrganisations(db: Reader): Promise<OrganisationRow[]> {
  return db.selectFrom('organisation').selectAll().orderBy('id').execute();
}

/** null: no such organisation. */
export async function getOrganisation(db: Reader, organisationId: string): Promise<OrganisationRow | null> {
  const row = await db.selectFrom('organisation').selectAll().where('id', '=', organisationId).executeTakeFirst();
  return row ?? null;
}

export async function insertOrganisation(tx: Tx, row: Insertable<OrganisationTable>): Promise<void> {
  await tx.insertInto('organisation').values(row).execute();
}

export async function updateOrganisation(
  tx: Tx,
  organisationId: string,
  change: Omit<Updateable<OrganisationTable>, 'id'>,
): Promise<void> {
  await tx.updateTable('organisation').set(change).where('id', '=', organisationId).execute();
}

/** The erased are nobody. */
export function listPeople(db: Reader, organisationId: string): Promise<PersonRow[]> {
  return db
    .selectFrom('person')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('erased_at', 'is', null)
    .orderBy('name')
    .orderBy('id')
    .execute();
}

/** null: nobody of that id in this organisation. */
export async function getPerson(db: Reader, organisationId: string, personId: string): Promise<PersonRow | null> {
  const row = await db
    .selectFrom('person')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', personId)
    .where('erased_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

export async function insertPerson(tx: Tx, row: Insertable<PersonTable>): Promise<void> {
  await tx.insertInto('person').values(row).execute();
}

export async function updatePerson(
  tx: Tx,
  organisationId: string,
  personId: string,
  change: Omit<Updateable<PersonTable>, 'id' | 'organisation_id'>,
): Promise<void> {
  await tx
    .updateTable('person')
    .set(change)
    .where('organisation_id', '=', organisationId)
    .where('id', '=', personId)
    .execute();
}

/** After the secret store forgot the other half. */
export async function forgetPublicKey(tx: Tx, organisationId: string, personId: string): Promise<void> {
  await updatePerson(tx, organisationId, personId, { public_key: null });
}

/** Makes one person the one who works at this machine; nobody else of the organisation stays current. */
export async function setCurrentPerson(tx: Tx, organisationId: string, personId: string): Promise<void> {
  await tx
    .updateTable('person')
    .set((eb) => ({ current: eb.case().when('id', '=', personId).then(1).else(0).end() }))
    .where('organisation_id', '=', organisationId)
    .execute();
}
