import type { z } from 'zod';
import type { AuditEntry } from '../../../src-shared/contract/audit.ts';
import type { Store } from '../../ports/store.ts';
import type { AuditRow } from '../../store/repositories/audit.ts';
import { asidesBetween, peopleOfRecord } from '../../store/repositories/personal.ts';
import { withNames } from './names.ts';
import type { PersonKeys } from './person-keys.ts';
import { keyOfText, textOf } from './personal.ts';
import { PersonalText } from './personal-text.ts';

/** What lies aside of one entry. `key`: of this text alone, null where it lies readable; `text` null: not readable here. */
export interface Opened {
  readonly sealed: Uint8Array;
  readonly key: Buffer | null;
  readonly text: PersonalText | null;
}

/** Opens what lies aside of these entries, by sequence; an entry whose person was erased has none. */
export async function openAsides(store: Store, keys: PersonKeys, rows: readonly AuditRow[]) {
  const found = new Map<number, Opened>();
  const wanted = new Set(rows.filter(({ personal }) => personal !== null).map(({ sequence }) => sequence));
  if (wanted.size === 0) return found;
  const all = await asidesBetween(store.read, Math.min(...wanted), Math.max(...wanted));
  const people = new Map<string, Map<string, string | null>>();
  for (const { sequence, organisation_id: organisationId, person_id, sealed } of all) {
    if (!wanted.has(sequence)) continue;
    const known =
      people.get(organisationId) ??
      new Map((await peopleOfRecord(store.read, organisationId)).map(({ id, public_key }) => [id, public_key]));
    people.set(organisationId, known);
    const publicKey = known.get(person_id) ?? null;
    const own = publicKey === null ? null : await keys.open(organisationId, publicKey);
    const key = own === null ? null : keyOfText(sealed, own);
    const text = textOf(sealed, key);
    found.set(sequence, { sealed, key, text: text === null ? null : PersonalText.parse(JSON.parse(text)) });
  }
  return found;
}

type Shown = z.infer<typeof AuditEntry>;
export type ReadEntry = Omit<AuditRow, 'before' | 'after'> & Pick<Shown, 'before' | 'after' | 'aside'>;

/** Entries of one organisation as a person reads them: names in the place of references, what lies aside put back. */
export async function readEntries(
  store: Store,
  keys: PersonKeys,
  organisationId: string,
  rows: readonly AuditRow[],
): Promise<ReadEntry[]> {
  const show = withNames(await peopleOfRecord(store.read, organisationId));
  const asides = await openAsides(store, keys, rows);
  return rows.map((row) => {
    const opened = asides.get(row.sequence);
    const text = opened?.text ?? {};
    const part = (json: string | null, more: PersonalText['before']): Shown['before'] => {
      const plain = json === null ? null : JSON.parse(json);
      return show.value(more === undefined ? plain : { ...plain, ...more });
    };
    return {
      ...row,
      actor: show.text(row.actor),
      object: show.text(row.object),
      before: part(row.before, text.before),
      after: part(row.after, text.after),
      reason: show.text(text.reason ?? row.reason),
      aside: row.personal === null ? 'none' : !opened ? 'erased' : opened.text === null ? 'unreadable' : 'shown',
    };
  });
}
