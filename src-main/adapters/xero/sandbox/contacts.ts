import { z } from 'zod';
import {
  bodyOf,
  type Params,
  type SandboxReply,
  type SandboxRequest,
  type SandboxWorld,
} from '../../../sandbox/kit.ts';
import { type Books, xeroDate } from './books.ts';
import { badPost, badQuery, type Element, listFilter, notFound, ok, paged, validation, zeroId } from './replies.ts';
import { parseWhere } from './where.ts';

export interface ContactDoc {
  id: string;
  name: string;
  taxNumber: string;
  status: 'ACTIVE' | 'ARCHIVED';
  country: string;
  updatedAt: number;
}

const ContactInput = z.object({
  ContactID: z.string().optional(),
  Name: z.string().optional(),
  TaxNumber: z.string().optional(),
  Addresses: z.array(z.object({ AddressType: z.string().optional(), Country: z.string().optional() })).optional(),
  ContactStatus: z.enum(['ACTIVE', 'ARCHIVED']).optional(),
});
export type ContactInput = z.output<typeof ContactInput>;
const ContactsInput = z.object({ Contacts: z.array(ContactInput).min(1) });

const contacts = (world: SandboxWorld, books: Books) => world.documents<ContactDoc>(`contacts ${books.tenantId}`);

export function contactView(contact: ContactDoc): Record<string, unknown> {
  return {
    ContactID: contact.id,
    ContactStatus: contact.status,
    Name: contact.name,
    EmailAddress: '',
    BankAccountDetails: '',
    ...(contact.taxNumber === '' ? {} : { TaxNumber: contact.taxNumber }),
    Addresses: [{ AddressType: 'POBOX', City: '', Region: '', PostalCode: '', Country: contact.country }],
    Phones: [],
    UpdatedDateUTC: xeroDate(contact.updatedAt),
    ContactGroups: [],
    IsSupplier: true,
    IsCustomer: false,
    ContactPersons: [],
    HasAttachments: false,
    HasValidationErrors: false,
  };
}

function active(world: SandboxWorld, books: Books, name: string): ContactDoc | null {
  const wanted = name.trim().toLowerCase();
  return (
    contacts(world, books)
      .all()
      .find((one) => one.status === 'ACTIVE' && one.name.toLowerCase() === wanted) ?? null
  );
}

/** Creates; a text is what Xero would complain about. */
function create(input: ContactInput, books: Books, world: SandboxWorld): ContactDoc | string {
  const name = (input.Name ?? '').trim();
  if (name === '') return 'The Contact Name must be specified.';
  if (name.length > 255) return 'The Contact Name cannot be more than 255 characters long.';
  if ((input.TaxNumber ?? '').length > 50) return 'The Tax Number cannot be more than 50 characters long.';
  if (active(world, books, name)) {
    return `The contact name ${name} is already assigned to another contact. The contact name must be unique across all active contacts.`;
  }
  const contact: ContactDoc = {
    id: world.uuid(),
    name,
    taxNumber: input.TaxNumber ?? '',
    status: 'ACTIVE',
    country: input.Addresses?.[0]?.Country ?? '',
    updatedAt: world.now(),
  };
  contacts(world, books).put(contact.id, contact);
  return contact;
}

/** What a document's `Contact` names. A bare name that nobody has yet silently becomes a new contact, as in Xero. */
export function contactFor(input: ContactInput | undefined, books: Books, world: SandboxWorld): ContactDoc | string {
  if (input?.ContactID !== undefined) {
    const held = contacts(world, books).get(input.ContactID);
    if (!held) return 'A Contact must be specified for this type of transaction';
    if (held.status === 'ARCHIVED') {
      return 'The contact with the specified contact details has been archived. The contact must be un-archived before creating new invoices or credit notes.';
    }
    return held;
  }
  if ((input?.Name ?? '').trim() === '') return 'A Contact must be specified for this type of transaction';
  return active(world, books, input?.Name ?? '') ?? create(input ?? {}, books, world);
}

export function contactById(id: string, books: Books, world: SandboxWorld): ContactDoc | null {
  return contacts(world, books).get(id);
}

export function archiveContact(name: string, books: Books, world: SandboxWorld): void {
  const held = active(world, books, name);
  if (held) contacts(world, books).put(held.id, { ...held, status: 'ARCHIVED', updatedAt: world.now() });
}

export function listContacts(request: SandboxRequest, books: Books, world: SandboxWorld): SandboxReply {
  const { query } = request;
  const test = query.has('where') ? parseWhere(query.get('where') ?? '') : () => true;
  if (!test) return badQuery();
  const ids = listFilter(query, 'IDs');
  const term = query.get('searchTerm')?.toLowerCase();
  const archived = query.get('includeArchived') === 'true';
  const found = contacts(world, books)
    .all()
    .filter((one) => archived || one.status === 'ACTIVE')
    .filter((one) => ids === null || ids.has(one.id))
    .filter((one) => term === undefined || one.name.toLowerCase().includes(term))
    .map(contactView)
    .filter(test);
  const { items, page } = paged(found, query);
  return ok(books, world.now(), { ...(page ? { pagination: page } : {}), Contacts: items });
}

export function getContact(params: Params, books: Books, world: SandboxWorld): SandboxReply {
  const held = contacts(world, books).get(params.id ?? '');
  return held ? ok(books, world.now(), { Contacts: [contactView(held)] }) : notFound();
}

export function createContacts(request: SandboxRequest, books: Books, world: SandboxWorld): SandboxReply {
  const body = bodyOf(request, z.union([ContactsInput, ContactInput.transform((one) => ({ Contacts: [one] }))]));
  if (!body) return badPost();
  const results = body.Contacts.map((input) => ({ input, made: create(input, books, world) }));
  const views = results.map(({ input, made }) =>
    typeof made === 'string'
      ? {
          ContactID: zeroId,
          Name: input.Name ?? '',
          HasValidationErrors: true,
          StatusAttributeString: 'ERROR',
          ValidationErrors: [{ Message: made }],
        }
      : contactView(made),
  );
  const failed = views.filter((one): one is typeof one & Element => 'ValidationErrors' in one);
  if (failed.length > 0 && request.query.get('summarizeErrors') !== 'false') return validation(failed);
  return ok(books, world.now(), { Contacts: views });
}

export function updateContact(
  request: SandboxRequest,
  params: Params,
  books: Books,
  world: SandboxWorld,
): SandboxReply {
  const held = contacts(world, books).get(params.id ?? '');
  if (!held) return notFound();
  const body = bodyOf(request, ContactsInput);
  const input = body?.Contacts[0];
  if (!input) return badPost();
  const next: ContactDoc = {
    ...held,
    name: input.Name ?? held.name,
    taxNumber: input.TaxNumber ?? held.taxNumber,
    status: input.ContactStatus ?? held.status,
    updatedAt: world.now(),
  };
  contacts(world, books).put(held.id, next);
  return ok(books, world.now(), { Contacts: [contactView(next)] });
}
