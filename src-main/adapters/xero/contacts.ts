import { createHash } from 'node:crypto';
import { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { LedgerDocument } from '../kit/ledger.ts';
import type { Xero } from './client.ts';
import type { WireContact } from './documents.ts';
import { refusal } from './quirks.ts';

const Contact = z.object({
  ContactID: z.string(),
  Name: z.string(),
  TaxNumber: z.string().optional(),
  ContactStatus: z.string().default('ACTIVE'),
});
const Contacts = z.object({ Contacts: z.array(Contact) });
const Created = z.object({
  Contacts: z
    .array(
      Contact.extend({
        HasValidationErrors: z.boolean().default(false),
        ValidationErrors: z.array(z.object({ Message: z.string() })).default([]),
      }),
    )
    .min(1),
});

type Supplier = LedgerDocument['supplier'];

/** Text inside a `where`: quotes and backslashes are escaped (1.8). */
export const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`;

/** CONTACT-AMBIG: only a person knows which record is meant. */
function ambiguous(why: string): NeedsAttentionError {
  return new NeedsAttentionError('misconfigured', `Which supplier record in Xero? ${why}`, {
    scope: 'job',
    hint: 'Pick the supplier’s record, or tidy the contacts in Xero, then try again.',
  });
}

async function search(xero: Xero, where: string) {
  const { Contacts: found } = await xero.read('/Contacts', Contacts, {
    where,
    includeArchived: true,
    page: 1,
    pageSize: 100,
  });
  return found;
}

/** The one active contact of that name; null when there is none at all. */
async function byName(xero: Xero, supplier: Supplier): Promise<string | null> {
  const found = await search(xero, `Name==${quoted(supplier.name)}`);
  const active = found.filter((contact) => contact.ContactStatus === 'ACTIVE');
  if (active.length > 1) throw ambiguous(`${active.length} are called ${supplier.name}.`);
  if (active.length === 0 && found.length > 0) throw ambiguous(`${supplier.name} is archived there.`);
  return active[0]?.ContactID ?? null;
}

/**
 * The supplier's record: the one a person picked, else the one of that name, else a new one, made exactly once. A record
 * of another name with the same VAT number stops the work, because Xero would silently hold the supplier twice.
 */
export async function contactFor(xero: Xero, supplier: Supplier, tenantId: string): Promise<string> {
  if (supplier.contactId !== undefined) return supplier.contactId;
  const known = await byName(xero, supplier);
  if (known !== null) return known;
  if (supplier.vatNumber !== '') {
    const same = await search(xero, `TaxNumber==${quoted(supplier.vatNumber)}`);
    if (same.length > 0) {
      throw ambiguous(`${same.map((contact) => contact.Name).join(', ')} has the VAT number of ${supplier.name}.`);
    }
  }
  const contact: WireContact = {
    Name: supplier.name,
    ...(supplier.vatNumber === '' ? {} : { TaxNumber: supplier.vatNumber }),
    Addresses: [{ AddressType: 'POBOX', Country: supplier.country }],
  };
  const body = { Contacts: [contact] };
  const { Contacts: made } = await xero.write('PUT', '/Contacts', Created, {
    query: { summarizeErrors: false },
    json: body,
    // By supplier, not by bill: two bills of a new supplier at the same moment make one record.
    key: createHash('sha256')
      .update(`contact|${tenantId}|${JSON.stringify(body)}`)
      .digest('hex'),
  });
  const [first] = made;
  if (first && !first.HasValidationErrors) return first.ContactID;
  const words = first?.ValidationErrors.map((error) => error.Message).join(' ') ?? '';
  // Somebody was quicker.
  if (/already assigned/i.test(words)) {
    const now = await byName(xero, supplier);
    if (now !== null) return now;
  }
  throw refusal(words);
}
