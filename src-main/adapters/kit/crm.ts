import { z } from 'zod';

/** One field of a vendor's business value as it goes to a CRM. */
export const CrmField = z.object({
  key: z.string(),
  /** What it is called in the CRM. */
  label: z.string(),
  kind: z.enum(['whole', 'decimal', 'text']),
  /** As written; empty: there is nothing to say. */
  value: z.string(),
  /** What the CRM held when a person approved; null: nothing. */
  before: z.string().nullable(),
});
export type CrmField = z.infer<typeof CrmField>;

/** An approved push: one vendor, one CRM, one period. Carries no couple's name (X13). */
export const CrmPush = z.object({
  /** Row of the push in the console. */
  pushId: z.string(),
  /** Our reference inside the CRM, `psh_…`: the same on every retry, another for a changed push. */
  reference: z.string(),
  vendor: z.object({ id: z.string(), name: z.string() }),
  period: z.object({ label: z.string(), title: z.string(), from: z.string(), to: z.string() }),
  /** Only these are written. */
  fields: z.array(CrmField),
  note: z.string(),
  /** What the adapter needs to find the vendor's record there. */
  target: z.record(z.string(), z.string()),
});
export type CrmPush = z.infer<typeof CrmPush>;

/** What a push left behind, kept as the receipt's document. */
export const CrmReceipt = z.object({
  /** false: the CRM took it and lets nobody look. */
  readBack: z.boolean(),
  /** By field key; present when read back. */
  fields: z.record(z.string(), z.string().nullable()),
  /** Found while delivering, to be remembered with the mapping. */
  target: z.record(z.string(), z.string()).optional(),
  /** Pictures of driven pages, secrets masked. */
  pictures: z.array(z.string()).optional(),
});
export type CrmReceipt = z.infer<typeof CrmReceipt>;

/** Name of the secret that holds a vendor's own key for one CRM. */
export const vendorKeyName = (vendorId: string) => `vendor.${vendorId}`;

/** CRMs re-format numbers; text must be equal. Nothing and an empty text are the same. */
export function sameValue(kind: CrmField['kind'], a: string | null, b: string | null): boolean {
  const left = (a ?? '').trim();
  const right = (b ?? '').trim();
  if (left === right) return true;
  if (kind === 'text' || left === '' || right === '') return false;
  const number = /^-?\d+(\.\d+)?$/;
  return number.test(left) && number.test(right) && Number(left) === Number(right);
}

export type Standing = 'to-write' | 'written' | 'edited';

/** Where each field stands: still as approved, already ours, or edited by somebody since (FT-59). */
export function standingOf(fields: readonly CrmField[], now: Readonly<Record<string, string | null>>) {
  const edited: CrmField[] = [];
  const left: CrmField[] = [];
  for (const field of fields) {
    const found = now[field.key] ?? null;
    if (sameValue(field.kind, found, field.value)) continue;
    if (sameValue(field.kind, found, field.before)) left.push(field);
    else edited.push(field);
  }
  const standing: Standing = edited.length > 0 ? 'edited' : left.length > 0 ? 'to-write' : 'written';
  return { standing, edited, left };
}
