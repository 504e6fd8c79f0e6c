import { z } from 'zod';
import { bodyOf, type SandboxReply, type SandboxRequest, type SandboxWorld } from '../../../sandbox/kit.ts';
import { type Books, knownCurrencies, type RefDoc } from './books.ts';
import { fault, flaws, ok } from './replies.ts';

export interface VendorDoc {
  Id: string;
  SyncToken: string;
  DisplayName: string;
  CompanyName?: string;
  Active: boolean;
  CurrencyRef: RefDoc;
  BillAddr?: { Country?: string };
}

const Input = z.object({
  Id: z.string().optional(),
  SyncToken: z.string().optional(),
  DisplayName: z.string().optional(),
  CompanyName: z.string().optional(),
  Active: z.boolean().optional(),
  CurrencyRef: z.object({ value: z.string() }).optional(),
  BillAddr: z.object({ Country: z.string().optional() }).optional(),
});

export const vendors = (world: SandboxWorld, books: Books) => world.documents<VendorDoc>(`Vendor ${books.realmId}`);

export const vendorReply = (doc: VendorDoc, now: number) => ok(now, { Vendor: doc });

export function saveVendor(request: SandboxRequest, books: Books, world: SandboxWorld): SandboxReply {
  const now = world.now();
  const input = bodyOf(request, Input);
  if (!input) return fault(now, [flaws.bad('', 'Property Name:Can not parse the body')]);
  const store = vendors(world, books);
  const before = input.Id === undefined ? null : store.get(input.Id);
  if (input.Id !== undefined && !before) return fault(now, [flaws.gone()]);
  if (before && input.SyncToken !== before.SyncToken) return fault(now, [flaws.stale()]);
  const name = input.DisplayName ?? before?.DisplayName ?? '';
  const currency = input.CurrencyRef?.value ?? before?.CurrencyRef.value ?? books.homeCurrency;
  if (name === '') return fault(now, [flaws.missing('DisplayName')]);
  if (name.length > 500) return fault(now, [flaws.tooLong('DisplayName', 500)]);
  if (/[:\t\n]/.test(name)) return fault(now, [flaws.bad('DisplayName', 'Invalid character in DisplayName')]);
  if (!knownCurrencies.has(currency)) return fault(now, [flaws.bad('CurrencyRef', `Invalid currency ${currency}`)]);
  if (currency !== books.homeCurrency && !books.multiCurrency) {
    return fault(now, [flaws.currency('Multi currency is not enabled for this company.')]);
  }
  if (before && currency !== before.CurrencyRef.value) {
    return fault(now, [flaws.currency("You can't change the currency of a supplier.")]);
  }
  const same = (other: string) => other.toLowerCase() === name.toLowerCase();
  const taken = store.all().find((one) => one.Id !== before?.Id && same(one.DisplayName));
  if (taken) return fault(now, [flaws.duplicateName(taken.Id)]);
  if (books.otherNames.some(same)) return fault(now, [flaws.duplicateName('12')]);
  const counter = world.documents<{ next: number }>('counters');
  const next = counter.get('vendor')?.next ?? 56;
  if (!before) counter.put('vendor', { next: next + 1 });
  const doc: VendorDoc = {
    Id: before?.Id ?? String(next),
    SyncToken: before ? String(Number(before.SyncToken) + 1) : '0',
    DisplayName: name,
    ...((input.CompanyName ?? before?.CompanyName) === undefined
      ? {}
      : { CompanyName: input.CompanyName ?? before?.CompanyName ?? '' }),
    Active: input.Active ?? before?.Active ?? true,
    CurrencyRef: { value: currency },
    ...(input.BillAddr === undefined ? {} : { BillAddr: input.BillAddr as { Country?: string } }),
  };
  store.put(doc.Id, doc);
  return vendorReply(doc, now);
}
