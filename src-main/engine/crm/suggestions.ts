import type { Vendor } from '../../../src-shared/contract/crm.ts';
import type { VendorRow } from '../../store/repositories/usage.ts';

const bare = (name: string) =>
  name
    .toLowerCase()
    .replace(/&/g, ' and ')
    .replace(/\b(ltd|limited|llp|the|and|co|company|uk)\b/g, ' ')
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
const everybody = new Set(['gmail.com', 'outlook.com', 'hotmail.com', 'icloud.com', 'yahoo.co.uk', 'btinternet.com']);
const domainOf = (email: string) => email.toLowerCase().split('@')[1] ?? '';

/** Whom an unknown vendor may be: the same e-mail, the same domain of their own, or nearly the same name; best first. */
export function suggestionsFor(
  vendor: Pick<VendorRow, 'id' | 'name' | 'email'>,
  known: readonly Pick<VendorRow, 'id' | 'name' | 'email'>[],
): Vendor['suggestions'] {
  const email = vendor.email.toLowerCase();
  const domain = domainOf(email);
  const name = bare(vendor.name);
  const found: { rank: number; vendorId: string; name: string; why: string }[] = [];
  for (const one of known) {
    if (one.id === vendor.id) continue;
    const other = bare(one.name);
    const base = { vendorId: one.id, name: one.name };
    if (email !== '' && email === one.email.toLowerCase()) found.push({ ...base, rank: 0, why: 'the same e-mail' });
    else if (domain !== '' && !everybody.has(domain) && domain === domainOf(one.email))
      found.push({ ...base, rank: 1, why: `the same domain, ${domain}` });
    else if (name !== '' && name === other) found.push({ ...base, rank: 2, why: 'the same name' });
    else if (name.length > 3 && other.length > 3 && (name.startsWith(other) || other.startsWith(name)))
      found.push({ ...base, rank: 3, why: 'a name that begins alike' });
  }
  return found
    .sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name))
    .slice(0, 5)
    .map(({ vendorId, name: called, why }) => ({ vendorId, name: called, why }));
}
