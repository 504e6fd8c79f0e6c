import { newOrganisation, type Organisation, type Person, type Role } from '../../../src-shared/contract/settings.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Entropy } from '../../ports/secrets.ts';
import type { Reader, Store, Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/organisations.ts';
import type { AppendAudit, AuditInput } from '../audit/audit.ts';
import type { Events } from '../events.ts';
import { notAllowed, notFound, refused } from '../problem.ts';
import { hashPin, pinMatches, waitAfter } from './pin.ts';
import {
  checkedOrganisation,
  columnsOf,
  freeId,
  noPin,
  type OrganisationPatch,
  organisationOf,
  personOf,
  withoutUndefined,
} from './shapes.ts';

/** Who asks, for the audit entry and the role check. `personId` null: whoever is current on this machine. */
export interface Asker {
  readonly personId: string | null;
  readonly channel: string;
  readonly correlationId: string;
}

export interface OrganisationsDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly entropy: Entropy;
  readonly audit: AppendAudit;
  readonly events: Pick<Events, 'publish'>;
  /** Makes a person's key; gives its public half, or null while the secret store keeps nothing. */
  readonly personKey: (organisationId: string) => Promise<string | null>;
  /** Judges the lines under review again when what the VAT rules know of the buyer changed. */
  readonly buyerChanged: (tx: Tx, organisationId: string) => Promise<void>;
  /** In the transaction that makes one. */
  readonly created?: (tx: Tx, organisationId: string) => Promise<void>;
}

export type Organisations = ReturnType<typeof createOrganisations>;

const anyAdmin: readonly Role[] = ['admin'];
/** What the VAT rules read of an organisation. */
const buyerFields = ['country', 'vatRegistered', 'vatNumber', 'vatScheme', 'registeredFrom', 'partlyExempt'] as const;

/** Organisations (tenants), the people in them, their roles and PINs. Every change is one transaction with its audit entry. */
export function createOrganisations(deps: OrganisationsDeps) {
  const { store, runtime, entropy, audit, events, personKey, buyerChanged, created } = deps;

  async function rowOf(organisationId: string, db: Reader = store.read): Promise<rows.OrganisationRow> {
    const row = await rows.getOrganisation(db, organisationId);
    if (!row) throw notFound({ happened: 'There is no such organisation.' });
    return row;
  }

  async function personRow(organisationId: string, personId: string, db: Reader = store.read): Promise<rows.PersonRow> {
    const row = await rows.getPerson(db, organisationId, personId);
    if (!row) throw notFound({ happened: 'There is nobody of that name in this organisation.' });
    return row;
  }

  /** The person meant by `personId`, else whoever is current; null when nobody is. */
  async function acting(organisationId: string, personId: string | null): Promise<Person | null> {
    const people = await rows.listPeople(store.read, organisationId);
    const row = personId === null ? people.find((one) => one.current === 1) : people.find((one) => one.id === personId);
    return row ? personOf(row) : null;
  }

  /** Throws NOT_ALLOWED unless the acting person holds one of the roles; returns that person. */
  async function requireRole(organisationId: string, personId: string | null, roles: readonly Role[]): Promise<Person> {
    await rowOf(organisationId);
    const person = await acting(organisationId, personId);
    if (person && roles.some((role) => person.roles.includes(role))) return person;
    throw notAllowed({
      happened: person ? `${person.name} may not do that.` : 'Nobody is signed in at this machine.',
      means: `It needs the role ${roles.map((role) => role.replace('_', ' ')).join(' or ')}.`,
      remedy: 'Act as somebody who has it, or ask an administrator for it.',
    });
  }

  async function changed(
    organisationId: string,
    by: Asker,
    entry: Pick<AuditInput, 'action' | 'object' | 'before' | 'after' | 'aside'>,
    work: (tx: Tx) => Promise<void>,
  ): Promise<void> {
    const person = await acting(organisationId, by.personId);
    await store.transaction(async (tx, after) => {
      await work(tx);
      await audit(tx, {
        organisationId,
        actor: person ? `person:${person.id}` : 'system',
        channel: by.channel,
        correlationId: by.correlationId,
        ...entry,
      });
      const topic = entry.object.startsWith('person:') ? 'people' : 'organisations';
      after(() => events.publish({ topic, organisationId, ids: [] }));
    });
  }

  async function get(organisationId: string): Promise<Organisation> {
    return organisationOf(await rowOf(organisationId));
  }

  async function person(organisationId: string, personId: string): Promise<Person> {
    return personOf(await personRow(organisationId, personId));
  }

  /**
   * True when the PIN is right. A try is counted before it is judged, so tries made at once do not share one count.
   * Throws REFUSED while further tries must wait, or when the person has no PIN.
   */
  async function verifyPin(organisationId: string, personId: string, pin: string): Promise<boolean> {
    const at = runtime.clock.now();
    const hash = await store.transaction(async (tx) => {
      const row = await personRow(organisationId, personId, tx);
      if (row.pin_hash === null) {
        throw refused({ happened: `${row.name} has no PIN yet.`, remedy: 'Set one in Settings, People.' });
      }
      if (row.pin_locked_until !== null && row.pin_locked_until > at) {
        const seconds = Math.ceil((row.pin_locked_until - at) / 1_000);
        throw refused({
          happened: 'Too many wrong PINs.',
          doing: `The next try is taken in ${seconds} seconds.`,
          remedy: 'Wait, then try again.',
        });
      }
      const failures = row.pin_failures + 1;
      const wait = waitAfter(failures);
      await rows.updatePerson(tx, organisationId, personId, {
        pin_failures: failures,
        pin_locked_until: wait === 0 ? null : at + wait,
      });
      return row.pin_hash;
    });
    if (!(await pinMatches(pin, hash))) return false;
    await store.transaction((tx) =>
      rows.updatePerson(tx, organisationId, personId, { pin_failures: 0, pin_locked_until: null }),
    );
    return true;
  }

  return {
    get,
    person,
    acting,
    requireRole,
    verifyPin,

    async list(): Promise<Organisation[]> {
      return (await rows.listOrganisations(store.read)).map(organisationOf);
    },

    async save(organisationId: string, patch: OrganisationPatch, by: Asker): Promise<Organisation> {
      await requireRole(organisationId, by.personId, anyAdmin);
      const before = await get(organisationId);
      const next = checkedOrganisation({ ...before, ...withoutUndefined(patch) });
      await changed(
        organisationId,
        by,
        { action: 'organisation.changed', object: `organisation:${organisationId}`, before, after: next },
        async (tx) => {
          await rows.updateOrganisation(tx, organisationId, columnsOf(next));
          if (buyerFields.some((field) => before[field] !== next[field])) await buyerChanged(tx, organisationId);
        },
      );
      return next;
    },

    /**
     * A new, real organisation with its creator's copy as first administrator. Asked for by an administrator of `from`,
     * since an administrator of any one may back up and restore what all of them have; the very first by whoever is here.
     */
    async create(
      from: string | undefined,
      wish: { readonly name: string; readonly timeZone: string },
      by: Asker,
    ): Promise<Organisation> {
      const taken = new Set((await rows.listOrganisations(store.read)).map((row) => row.id));
      if (taken.size > 0) await requireRole(from ?? '', by.personId, anyAdmin);
      const next = checkedOrganisation({ ...newOrganisation, ...wish, id: freeId(wish.name, taken) });
      await changed(
        next.id,
        by,
        { action: 'organisation.created', object: `organisation:${next.id}`, after: next },
        async (tx) => {
          await rows.insertOrganisation(tx, { ...columnsOf(next), id: next.id, created_at: runtime.clock.now() });
          await rows.insertPerson(tx, {
            ...noPin,
            id: 'admin',
            organisation_id: next.id,
            name: 'Administrator',
            roles: JSON.stringify(['admin', 'ops', 'finance_preparer'] satisfies Role[]),
            current: 1,
          });
          await created?.(tx, next.id);
        },
      );
      return next;
    },

    async people(organisationId: string): Promise<Person[]> {
      await rowOf(organisationId);
      return (await rows.listPeople(store.read, organisationId)).map(personOf);
    },

    async savePerson(
      organisationId: string,
      wish: { readonly id?: string | undefined; readonly name: string; readonly roles: readonly Role[] },
      by: Asker,
    ): Promise<Person> {
      await requireRole(organisationId, by.personId, anyAdmin);
      const everyone = (await rows.listPeople(store.read, organisationId)).map(personOf);
      const before = wish.id === undefined ? null : await person(organisationId, wish.id);
      // It says nothing once the person is erased.
      const id = before?.id ?? runtime.ids.next();
      const others = everyone.filter((one) => one.id !== id);
      if (!wish.roles.includes('admin') && !others.some((one) => one.roles.includes('admin'))) {
        throw refused({ happened: 'Nobody would be an administrator any more.', remedy: 'Name another one first.' });
      }
      const named = (name: string) => name.trim().replace(/\s+/g, ' ').toLowerCase();
      const namesake = others.find((one) => named(one.name) === named(wish.name));
      if (namesake) {
        throw refused({
          happened: `${namesake.name} is here already.`,
          means: 'Approvals and the record name people; under one name nobody could tell two apart.',
          remedy: 'Change the roles of the one who is here, or add what tells the two apart to the name.',
        });
      }
      const key = before ? null : await personKey(organisationId);
      const text = { ...(before && { before: { name: before.name } }), after: { name: wish.name } };
      const change = { name: wish.name, roles: JSON.stringify([...new Set(wish.roles)]) };
      await changed(
        organisationId,
        by,
        {
          action: before ? 'person.changed' : 'person.added',
          object: `person:${id}`,
          before: before && { roles: before.roles },
          after: { roles: wish.roles },
          aside: { personId: id, text },
        },
        (tx) =>
          before
            ? rows.updatePerson(tx, organisationId, id, change)
            : rows.insertPerson(tx, { ...noPin, ...change, id, organisation_id: organisationId, public_key: key }),
      );
      return person(organisationId, id);
    },

    /**
     * A first PIN is set by its person or an administrator; a later one only with the present PIN, or else an
     * administrator could approve in somebody's name. It is the holder's own once they, acting here, chose another.
     */
    async setPin(
      organisationId: string,
      wish: { readonly personId: string; readonly pin: string; readonly currentPin?: string | undefined },
      by: Asker,
    ): Promise<Person> {
      const row = await personRow(organisationId, wish.personId);
      const self = await acting(organisationId, by.personId);
      const isSelf = self?.id === wish.personId;
      if (row.pin_hash === null) {
        if (!isSelf) await requireRole(organisationId, by.personId, anyAdmin);
      } else if (!(await verifyPin(organisationId, wish.personId, wish.currentPin ?? ''))) {
        throw refused({ happened: 'The present PIN is not right.', means: 'The PIN was not changed.' });
      }
      if (row.pin_hash !== null && wish.pin === wish.currentPin)
        throw refused({ happened: 'That is the present PIN.', remedy: 'Choose another one.' });
      const hash = await hashPin(wish.pin, entropy.text(16));
      // Who acts as somebody without a PIN proved nothing: a first PIN is nobody's own.
      const isOwn = row.pin_hash !== null && (isSelf || row.pin_own_at !== null);
      const standing =
        row.pin_hash === null
          ? { pin_first_by: self?.id ?? null, pin_own_at: null }
          : { pin_own_at: row.pin_own_at ?? (isOwn ? runtime.clock.now() : null) };
      const entry = { action: 'person.pin_set', object: `person:${wish.personId}`, after: { own: isOwn } };
      await changed(organisationId, by, entry, (tx) =>
        rows.updatePerson(tx, organisationId, wish.personId, {
          ...{ pin_hash: hash, pin_failures: 0, pin_locked_until: null },
          ...standing,
        }),
      );
      return person(organisationId, wish.personId);
    },

    /** Makes somebody the one who works at this machine. Who has a PIN must give it. */
    async actAs(organisationId: string, personId: string, pin: string, by: Asker): Promise<Person> {
      const row = await personRow(organisationId, personId);
      if (row.pin_hash !== null && !(await verifyPin(organisationId, personId, pin))) {
        throw refused({ happened: 'The PIN is not right.', means: `You are still not ${row.name} here.` });
      }
      await changed(organisationId, by, { action: 'person.acts', object: `person:${personId}` }, (tx) =>
        rows.setCurrentPerson(tx, organisationId, personId),
      );
      return person(organisationId, personId);
    },
  };
}
