import { z } from 'zod';
import { adminCommand, command, DecimalText, InOrganisation, query } from './base.ts';

/** Vendors whose organisation cost API is read as a source of cost lines. */
export const CostSource = z.enum(['openai', 'anthropic']);
export type CostSource = z.infer<typeof CostSource>;

const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/);

const FetchedMonth = z.object({
  month: Month,
  /** `provisional`: the month, or the vendor's reckoning of it, was not over; it is blocked from export and fetched again. */
  state: z.enum(['final', 'provisional']),
  fetchedAt: z.string(),
  /** When the console fetches it again by itself; null: it does not (final, closed, taken back, not connected). */
  againAt: z.string().nullable(),
  /** Why the last time it tried that did not work. */
  problem: z.string().nullable(),
  importId: z.string(),
  /** Lines it stands in (one a project or workspace). */
  lines: z.number().int(),
  currency: z.string(),
  net: DecimalText,
});

export const SourceView = z.object({
  source: CostSource,
  name: z.string(),
  /** What the vendor calls the key, and where a person makes one. */
  keyHelp: z.string(),
  connected: z.boolean(),
  months: z.array(FetchedMonth),
});
export type SourceView = z.infer<typeof SourceView>;

/** An issued invoice (FOCUS Invoice Detail) beside what the imported usage says of it; exact decimals. */
export const InvoiceTotal = z.object({
  issuer: z.string(),
  invoiceId: z.string(),
  currency: z.string(),
  issuedOn: z.string().nullable(),
  /** As the issuer writes it; empty when there is usage and no invoice. */
  status: z.string(),
  net: DecimalText,
  vat: DecimalText,
  usageNet: DecimalText,
  usageVat: DecimalText,
  /** Invoice minus usage, VAT included. */
  difference: DecimalText,
  state: z.enum(['agrees', 'differs', 'no_usage', 'no_invoice']),
});
export type InvoiceTotal = z.infer<typeof InvoiceTotal>;

/** AI usage over the wire, as `resources/wedsync-usage-api.json` describes it. */
export const UsageSourceView = z.object({
  address: z.string().nullable(),
  connected: z.boolean(),
  /** Some of it was fetched; the next fetch goes on behind that. */
  begun: z.boolean(),
  fetchedAt: z.string().nullable(),
});
export type UsageSourceView = z.infer<typeof UsageSourceView>;

const OfSource = InOrganisation.extend({ source: CostSource });

/** Cost lines and exchange rates brought in over the wire. A fetch is an import: `imports` follows and undoes it. */
export const sources = {
  list: query.input(InOrganisation).output(z.array(SourceView)),
  /** Tries the admin key with one small question, then keeps it in the keychain. */
  connect: adminCommand.input(OfSource.extend({ key: z.string().trim().min(8).max(500) })).output(SourceView),
  disconnect: adminCommand.input(OfSource).output(SourceView),
  /** One month of costs. Fetched again it replaces what that month had before; unchanged, it adds nothing. */
  fetch: command.input(OfSource.extend({ month: Month })).output(z.object({ importId: z.string() })),
  /** Issued invoices against usage, once a file of invoice details was imported. */
  invoices: query.input(InOrganisation).output(z.array(InvoiceTotal)),
  /** HMRC's monthly exchange rates. */
  fetchRates: command.input(InOrganisation.extend({ month: Month })).output(z.object({ importId: z.string() })),

  usage: query.input(InOrganisation).output(UsageSourceView),
  /** Reads one record with the key, then keeps address and key (keychain). */
  connectUsage: adminCommand
    .input(
      InOrganisation.extend({ address: z.string().trim().min(9).max(500), key: z.string().trim().min(8).max(500) }),
    )
    .output(UsageSourceView),
  disconnectUsage: adminCommand.input(InOrganisation).output(UsageSourceView),
  /** Reads on where the last import ended. `importId` null: nothing new; `more`: ask again once that import is done. */
  fetchUsage: command
    .input(InOrganisation.extend({ again: z.boolean().default(false) }))
    .output(z.object({ importId: z.string().nullable(), more: z.boolean() })),
};
