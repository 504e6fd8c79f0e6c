import { z } from 'zod';
import { Organisation, Person, Role } from '../../../src-shared/contract/settings.ts';
import type { OrganisationRow, PersonRow } from '../../store/repositories/organisations.ts';
import { refused } from '../problem.ts';

export const OrganisationPatch = Organisation.omit({ id: true, practice: true }).partial();
export type OrganisationPatch = z.infer<typeof OrganisationPatch>;

export const noPin = { pin_hash: null, pin_locked_until: null, pin_first_by: null, pin_own_at: null };

export function organisationOf(row: OrganisationRow): Organisation {
  return Organisation.parse({
    id: row.id,
    name: row.name,
    practice: row.practice === 1,
    timeZone: row.time_zone,
    currency: row.currency,
    country: row.country,
    vatRegistered: row.vat_registered === 1,
    vatNumber: row.vat_number ?? '',
    vatScheme: row.vat_scheme,
    registeredFrom: row.registered_from,
    partlyExempt: row.partly_exempt === 1,
    fourEyes: row.four_eyes === 1,
  });
}

export function columnsOf(organisation: Organisation) {
  return {
    name: organisation.name,
    practice: Number(organisation.practice),
    time_zone: organisation.timeZone,
    currency: organisation.currency,
    country: organisation.country,
    vat_registered: Number(organisation.vatRegistered),
    vat_number: organisation.vatNumber === '' ? null : organisation.vatNumber,
    vat_scheme: organisation.vatScheme,
    registered_from: organisation.registeredFrom,
    partly_exempt: Number(organisation.partlyExempt),
    four_eyes: Number(organisation.fourEyes),
  };
}

export function personOf(row: PersonRow): Person {
  return Person.parse({
    id: row.id,
    name: row.name,
    roles: z.array(Role).parse(JSON.parse(row.roles)),
    hasPin: row.pin_hash !== null,
    ownPin: row.pin_hash !== null && row.pin_own_at !== null,
    firstPinBy: row.pin_first_by,
    current: row.current === 1,
  });
}

export function checkedOrganisation(next: Organisation): Organisation {
  const trimmed = { ...next, name: next.name.trim(), vatNumber: next.vatNumber.replaceAll(/\s/g, '').toUpperCase() };
  if (trimmed.name === '') throw refused({ happened: 'An organisation needs a name.' });
  if (!isZone(next.timeZone)) {
    throw refused({ happened: `"${next.timeZone}" is not a time zone.`, remedy: 'For example Europe/London.' });
  }
  if (!/^[A-Z]{3}$/.test(next.currency)) throw refused({ happened: `"${next.currency}" is not a currency code.` });
  if (trimmed.vatNumber !== '' && !/^(GB|XI)?(\d{9}|\d{12}|GD\d{3}|HA\d{3})$/.test(trimmed.vatNumber)) {
    throw refused({
      happened: 'That is not the form of a UK VAT number.',
      remedy: 'Nine or twelve digits, with GB or XI in front.',
    });
  }
  if (trimmed.vatRegistered && trimmed.vatNumber === '') {
    throw refused({
      happened: 'A VAT-registered organisation has a VAT number.',
      remedy: 'Enter it beside the switch.',
    });
  }
  if (next.registeredFrom !== null && !z.iso.date().safeParse(next.registeredFrom).success) {
    throw refused({ happened: `"${next.registeredFrom}" is not a date.`, remedy: 'Write it as 2024-04-01.' });
  }
  return trimmed;
}

function isZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** `Priya Shah` -> `priya-shah`; a number is added when somebody has that already. */
export function freeId(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  const stem = plain.slice(0, 40) || 'organisation';
  let id = stem;
  for (let count = 2; taken.has(id); count++) id = `${stem}-${count}`;
  return id;
}

export function withoutUndefined<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
