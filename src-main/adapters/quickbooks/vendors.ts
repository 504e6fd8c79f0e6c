import { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { LedgerDocument } from '../kit/ledger.ts';
import { hashed, type QuickBooks, quoted } from './client.ts';
import { home } from './documents.ts';
import { NameTaken } from './quirks.ts';

const Vendor = z.object({
  Id: z.string(),
  DisplayName: z.string(),
  CompanyName: z.string().default(''),
  Active: z.boolean().default(true),
  CurrencyRef: z.object({ value: z.string() }).default({ value: home }),
});
type Vendor = z.output<typeof Vendor>;
const Answer = z.object({ Vendor });

type Supplier = LedgerDocument['supplier'];

/** CONTACT-AMBIG: only a person knows which record is meant. */
function ambiguous(why: string): NeedsAttentionError {
  return new NeedsAttentionError('misconfigured', `Which supplier record in QuickBooks? ${why}`, {
    scope: 'job',
    hint: 'Pick the supplier’s record, or tidy the suppliers in QuickBooks, then try again.',
  });
}

/** Names may hold neither a colon nor control signs, and at most 500 characters. */
const tidy = (name: string) =>
  name
    .replace(/[:\p{Cc}]/gu, ' ')
    .slice(0, 480)
    .trim();
const inCurrency = (name: string, currency: string) => `${tidy(name)} (${currency})`;

async function search(qb: QuickBooks, names: readonly string[]): Promise<Vendor[]> {
  const list = names.map(quoted).join(', ');
  return qb.rows('Vendor', `select * from Vendor where DisplayName in (${list}) and Active in (true, false)`, Vendor);
}

/**
 * The supplier's record of that currency: a record is made with one currency and keeps it, so a supplier who bills in two
 * has two, the second named after its currency.
 */
async function byName(qb: QuickBooks, supplier: Supplier, currency: string) {
  const names = [inCurrency(supplier.name, currency), tidy(supplier.name)];
  const named = await search(qb, names);
  const found = named.filter((vendor) => vendor.CurrencyRef.value === currency);
  const active = found.filter((vendor) => vendor.Active);
  if (active.length === 0 && found[0]) throw ambiguous(`${found[0].DisplayName} is inactive there.`);
  const preferred = names.map((name) => active.find((one) => one.DisplayName.toLowerCase() === name.toLowerCase()));
  return { id: preferred.find((one) => one !== undefined)?.Id ?? null, plainNameTaken: named.length > 0 };
}

/** The record a person picked, else the one of that name and currency, else a new one, made exactly once. */
export async function vendorFor(
  qb: QuickBooks,
  supplier: Supplier,
  currency: string,
  realmId: string,
): Promise<string> {
  if (supplier.contactId !== undefined) {
    const { Vendor: picked } = await qb.read(`/vendor/${encodeURIComponent(supplier.contactId)}`, Answer);
    if (picked.CurrencyRef.value === currency) return picked.Id;
    throw ambiguous(`${picked.DisplayName} is kept in ${picked.CurrencyRef.value}, the document is in ${currency}.`);
  }
  const known = await byName(qb, supplier, currency);
  if (known.id !== null) return known.id;
  const json = {
    DisplayName: currency === home && !known.plainNameTaken ? tidy(supplier.name) : inCurrency(supplier.name, currency),
    CompanyName: supplier.name,
    CurrencyRef: { value: currency },
    BillAddr: { Country: supplier.country },
  };
  try {
    // By supplier, not by bill: two bills of a new supplier at the same moment make one record.
    const key = hashed(`vendor|${realmId}|${JSON.stringify(json)}`);
    return (await qb.write('/vendor', Answer, { json, key })).Vendor.Id;
  } catch (error) {
    if (!(error instanceof NameTaken)) throw error;
    // Somebody was quicker; or the name is a customer's or an employee's, who share one list with suppliers.
    const now = await byName(qb, supplier, currency);
    if (now.id !== null) return now.id;
    throw ambiguous(`The name ${json.DisplayName} belongs to a customer or an employee.`);
  }
}

/** The supplier's own name: the record's, without the currency our rule put behind it. */
export async function supplierName(qb: QuickBooks, vendorId: string, currency: string): Promise<string> {
  const { Vendor: vendor } = await qb.read(`/vendor/${encodeURIComponent(vendorId)}`, Answer);
  const { DisplayName: shown, CompanyName: company } = vendor;
  if (company !== '' && [tidy(company), inCurrency(company, currency)].includes(shown)) return company;
  const suffix = ` (${currency})`;
  return shown.endsWith(suffix) ? shown.slice(0, -suffix.length) : shown;
}
