import { z } from 'zod';
import { DecimalText } from './base.ts';

// What the engine itself reads by. Apart from the contracts of their screens, which are built when a screen first asks.

export const CrmId = z.enum(['tave', 'honeybook', 'lightblue']);
export type CrmId = z.infer<typeof CrmId>;

export const LedgerTarget = z.enum(['xero', 'quickbooks', 'freshbooks', 'file']);
export type LedgerTarget = z.infer<typeof LedgerTarget>;

export const CheckView = z.object({
  id: z.string(),
  severity: z.enum(['block', 'warn', 'info']),
  message: z.string(),
  fix: z.string(),
  /** A warning a named person has confirmed, with the reason given. */
  acknowledged: z.object({ by: z.string(), note: z.string(), at: z.string() }).nullable(),
});

/** A document of ours beside one that stood in the ledger already and looks like it (F11). */
export const LedgerTwin = z.object({
  id: z.string(),
  target: z.enum(['xero', 'quickbooks', 'freshbooks']),
  kind: z.enum(['same', 'likely']),
  ours: z.object({
    supplier: z.string(),
    invoiceNumber: z.string(),
    date: z.string(),
    currency: z.string(),
    gross: DecimalText,
    lineIds: z.array(z.string()),
  }),
  theirs: z.object({
    vendorId: z.string(),
    /** What it is called there: bill, expense. */
    word: z.string(),
    invoiceNumber: z.string(),
    date: z.string(),
    currency: z.string(),
    gross: DecimalText,
    linkable: z.boolean(),
  }),
  decision: z
    .object({ decision: z.enum(['link', 'post', 'leave-out']), reason: z.string(), by: z.string(), at: z.string() })
    .nullable(),
});
export type LedgerTwin = z.infer<typeof LedgerTwin>;
