import { z } from 'zod';
import { PermanentError } from '../../../src-shared/domain/failure.ts';
import type { CrmPush } from '../kit/crm.ts';
import type { Tave } from './client.ts';
import type { TaveContext } from './kit.ts';
import { type OwnField, ownFields, referenceField } from './quirks.ts';

const FieldDefinition = z.object({
  id: z.string(),
  name: z.string().nullable().default(null),
  kind: z.string(),
  canApplyTo: z.string(),
  clientAccess: z.string().default('None'),
});
type FieldDefinition = z.infer<typeof FieldDefinition>;
const Fields = z.object({
  items: z.array(FieldDefinition),
  meta: z.object({ totalPages: z.number(), totalItems: z.number() }).nullish(),
});

const FieldValue = z.looseObject({
  id: z.string().optional(),
  fieldId: z.string(),
  value: z.string().nullable().optional(),
});
const Note = z.looseObject({ contentHtml: z.string().nullable().default('') });
/** The whole document as Táve holds it: a PUT replaces everything, so nothing of it may be lost on the way. */
export const Contact = z.looseObject({
  id: z.string(),
  kind: z.string(),
  customFields: z
    .array(FieldValue)
    .nullish()
    .transform((all) => all ?? []),
  notes: z
    .array(Note)
    .nullish()
    .transform((all) => all ?? []),
});
export type Contact = z.infer<typeof Contact>;
const Contacts = z.object({ items: z.array(Contact) });

/** Theirs alone; a write that carries them is refused or ignored. */
const readOnly = new Set([
  'links',
  'id',
  'created',
  'modified',
  'hidden',
  'accountBalance',
  'creditBalance',
  'totalCost',
  'totalRevenue',
  'customNumber',
  'notes',
]);

/** Our field's key → its id in this studio; keys of fields that are not there yet are missing. */
export type FieldIds = Readonly<Record<string, string>>;

/** How the names of all of ours begin, as far as it matters for their place in a list. */
const ownPrefix = 'wedsync';

const rename = 'Rename or remove that field in Táve, Settings, Custom Fields; then send again.';

/**
 * Finds our custom fields by exact name. Remembered ids tell a renamed field from a missing one: the same id under another
 * name is somebody's decision, and making a second field beside it would not be.
 * @throws PermanentError for a field of ours that is renamed, of another kind, or visible to clients, and where the list is
 * cut before ours could be in it
 */
export async function findFields(tave: Tave, target: Readonly<Record<string, string>>): Promise<FieldIds> {
  // This list has no pages to ask for, and the server ends it somewhere: ours, with their W, stand near its beginning.
  const { items, meta } = await tave.get('/custom-field', Fields, { canApplyTo: 'contact', sortBy: 'name desc' });
  const found: Record<string, string> = {};
  for (const [key, own] of [...Object.entries(ownFields), ['reference', referenceField] as const]) {
    const remembered = items.find(({ id }) => id === target[`field.${key}`]);
    if (remembered && remembered.name !== own.name) {
      throw new PermanentError('rejected', `The field "${own.name}" is called "${remembered.name}" in Táve now`, {
        hint: `Give it its old name back in Táve, Settings, Custom Fields; then send again.`,
      });
    }
    const named = items.filter(({ name }) => name === own.name);
    const fits = remembered ?? named.find((one) => one.kind === own.kind && one.canApplyTo === 'Contact') ?? named[0];
    if (!fits) continue;
    checkKind(fits, own);
    found[key] = fits.id;
  }
  const isCut = (meta?.totalPages ?? 1) > 1;
  const last = items.at(-1)?.name?.toLowerCase() ?? '';
  if (isCut && last >= ownPrefix && Object.keys(found).length <= Object.keys(ownFields).length) {
    throw new PermanentError(
      'rejected',
      `Táve lists ${items.length} of ${meta?.totalItems} custom fields of contacts, and ours may be among the others`,
      { hint: 'Remove custom fields nobody uses in Táve, Settings, Custom Fields; a second set of ours is not made.' },
    );
  }
  return found;
}

function checkKind(field: FieldDefinition, own: OwnField): void {
  if (field.kind !== own.kind || field.canApplyTo !== 'Contact') {
    throw new PermanentError('rejected', `The field "${own.name}" in Táve is of kind ${field.kind}, not ${own.kind}`, {
      hint: rename,
    });
  }
  if (field.clientAccess !== 'None') {
    throw new PermanentError('rejected', `The field "${own.name}" in Táve can be seen by clients`, {
      hint: 'Set its client access to "None" in Táve; these figures are not for couples.',
    });
  }
}

/** Makes those of the wanted fields that are missing. */
export async function makeFields(tave: Tave, known: FieldIds, keys: readonly string[]): Promise<FieldIds> {
  const all: Record<string, string> = { ...known };
  for (const key of keys) {
    const own = key === 'reference' ? referenceField : ownFields[key];
    if (!own || all[key] !== undefined) continue;
    const body = { name: own.name, kind: own.kind, canApplyTo: 'Contact', clientAccess: 'None' };
    all[key] = (await tave.write('POST', '/custom-field', body, FieldDefinition)).id;
  }
  return all;
}

/** The contact that holds a vendor's figures: by remembered id, else by its e-mail. null: not made yet. */
export async function findContact(
  tave: Tave,
  ctx: TaveContext,
  push: Pick<CrmPush, 'target'>,
): Promise<Contact | null> {
  const { contactId } = push.target;
  const remembered = contactId ? await tave.look(`/address-book/${encodeURIComponent(contactId)}`, Contact) : null;
  if (remembered) return remembered;
  const { items } = await tave.get('/address-book', Contacts, { email: ctx.settings.contactEmail });
  const found = items.find(({ kind, name }) => kind === 'company' && name === ctx.settings.contactName);
  // Notes come with the single record only.
  return found ? tave.look(`/address-book/${encodeURIComponent(found.id)}`, Contact) : null;
}

/** The contact with our values in place of the old ones and everybody else's untouched, ready to be put. */
export function withValues(contact: Contact, values: ReadonlyMap<string, string>): Record<string, unknown> {
  const document: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(contact)) if (!readOnly.has(name)) document[name] = value;
  const kept = contact.customFields.map(({ id, fieldId, value }) => ({
    ...(id === undefined ? {} : { id }),
    fieldId,
    value: values.get(fieldId) ?? (values.has(fieldId) ? null : (value ?? null)),
  }));
  const there = new Set(kept.map(({ fieldId }) => fieldId));
  const added = [...values].filter(([fieldId]) => !there.has(fieldId)).map(([fieldId, value]) => ({ fieldId, value }));
  return { ...document, customFields: [...kept, ...added] };
}

/** What the contact holds in our fields, by key. */
export function valuesIn(contact: Contact | null, ids: FieldIds): Record<string, string | null> {
  return Object.fromEntries(
    Object.keys(ownFields).map((key) => {
      const id = ids[key];
      const found = id === undefined ? undefined : contact?.customFields.find(({ fieldId }) => fieldId === id);
      return [key, found?.value ?? null];
    }),
  );
}

/** Values of everybody else's fields, to see after a write that none was lost. */
export function foreignValues(contact: Contact, ids: FieldIds): string {
  const own = new Set(Object.values(ids));
  const foreign = contact.customFields
    .filter(({ fieldId, value }) => !own.has(fieldId) && (value ?? null) !== null)
    .map(({ fieldId, value }) => [fieldId, value] as const)
    .sort();
  return JSON.stringify(foreign);
}
