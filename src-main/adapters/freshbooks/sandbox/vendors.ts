import { z } from 'zod';
import { bodyOf, type SandboxReply, type SandboxRequest, type SandboxWorld } from '../../../sandbox/kit.ts';
import type { Books } from './books.ts';
import { missing, notFound, paged, refusedNewly, result } from './replies.ts';

export interface VendorDoc {
  vendorid: number;
  vendor_name: string;
  currency_code: string;
  country: string;
  language: string;
  vis_state: number;
}

const Input = z.object({
  bill_vendor: z.object({
    vendor_name: z.string().optional(),
    currency_code: z.string().optional(),
    country: z.string().optional(),
    language: z.string().optional(),
    vis_state: z.number().optional(),
  }),
});

export const vendors = (world: SandboxWorld, books: Books) => world.documents<VendorDoc>(`vendors ${books.accountId}`);

/** The filter finds parts of names, whatever their case. */
export function listVendors(request: SandboxRequest, books: Books, world: SandboxWorld): SandboxReply {
  const part = (request.query.get('search[vendor_name]') ?? '').toLowerCase();
  const state = request.query.get('search[vis_state]');
  const found = vendors(world, books)
    .all()
    .filter((one) => one.vendor_name.toLowerCase().includes(part))
    .filter((one) => state === null || String(one.vis_state) === state);
  return paged('bill_vendors', found, request);
}

export function getVendor(id: string, books: Books, world: SandboxWorld): SandboxReply {
  const found = vendors(world, books).get(id);
  return found ? result({ bill_vendor: found }) : notFound('Bill Vendor');
}

/** Names may be there twice: nothing keeps them apart. */
export function saveVendor(
  request: SandboxRequest,
  id: string | null,
  books: Books,
  world: SandboxWorld,
): SandboxReply {
  const input = bodyOf(request, Input)?.bill_vendor;
  const before = id === null ? null : vendors(world, books).get(id);
  if (id !== null && !before) return notFound('Bill Vendor');
  const name = input?.vendor_name ?? before?.vendor_name ?? '';
  if (!input || name === '') return refusedNewly([missing('vendor_name')]);
  const counter = world.documents<{ next: number }>('counters');
  const next = counter.get('vendor')?.next ?? 5;
  if (!before) counter.put('vendor', { next: next + 1 });
  const doc: VendorDoc = {
    vendorid: before?.vendorid ?? next,
    vendor_name: name,
    currency_code: input.currency_code ?? before?.currency_code ?? 'GBP',
    country: input.country ?? before?.country ?? '',
    language: input.language ?? before?.language ?? 'en',
    vis_state: input.vis_state ?? before?.vis_state ?? 0,
  };
  vendors(world, books).put(String(doc.vendorid), doc);
  return result({ bill_vendor: doc });
}
