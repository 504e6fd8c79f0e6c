import { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { LedgerDocument } from '../kit/ledger.ts';
import type { FreshBooks } from './client.ts';

const Vendor = z.object({
  vendorid: z.union([z.string(), z.number()]).transform(String),
  vendor_name: z.string(),
  currency_code: z.string().nullish(),
  vis_state: z.number().default(0),
});
const path = '/bill_vendors/bill_vendors';

/** CONTACT-AMBIG: only a person knows which record is meant. */
function ambiguous(why: string): NeedsAttentionError {
  return new NeedsAttentionError('misconfigured', `Which vendor in FreshBooks? ${why}`, {
    scope: 'job',
    hint: 'Pick the supplier’s record, or tidy the vendors in FreshBooks, then try again.',
  });
}

const alike = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();

/** The record a person picked, else the one of that name and currency, else a new one. One bill at a time asks (3.7). */
export async function vendorFor(
  fb: FreshBooks,
  supplier: LedgerDocument['supplier'],
  currency: string,
): Promise<string> {
  if (supplier.contactId !== undefined) return supplier.contactId;
  // The filter finds parts of names as well.
  const found = (await fb.all(path, 'bill_vendors', Vendor, { 'search[vendor_name]': supplier.name })).filter(
    (vendor) => alike(vendor.vendor_name, supplier.name) && (vendor.currency_code ?? currency) === currency,
  );
  const there = found.filter((vendor) => vendor.vis_state === 0);
  if (there.length > 1) throw ambiguous(`${there.length} are called ${supplier.name}.`);
  if (there[0]) return there[0].vendorid;
  if (found[0]) throw ambiguous(`${supplier.name} is deleted or archived there.`);
  const vendor = { vendor_name: supplier.name, currency_code: currency, country: supplier.country, language: 'en' };
  return (await fb.write('POST', path, 'bill_vendor', Vendor, vendor)).vendorid;
}

export async function vendorName(fb: FreshBooks, vendorId: string): Promise<string> {
  return (await fb.one(`${path}/${encodeURIComponent(vendorId)}`, 'bill_vendor', Vendor)).vendor_name;
}

/** Every vendor's name by id: one listing instead of a question a bill. */
export async function vendorNames(fb: FreshBooks): Promise<Map<string, string>> {
  const all = await fb.all(path, 'bill_vendors', Vendor);
  return new Map(all.map(({ vendorid, vendor_name }) => [vendorid, vendor_name]));
}
