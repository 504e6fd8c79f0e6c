import { z } from 'zod';
import { ValueSettings } from '../domain/value/settings.ts';
import { adminCommand, command, DecimalText, InOrganisation, query } from './base.ts';
import { CrmId } from './shapes.ts';

export { CrmId };

export const PushState = z.enum([
  'to_approve',
  'approved',
  'held',
  'conflict',
  'sending',
  'sent',
  'verified',
  'refused',
  'in_doubt',
]);
export type PushState = z.infer<typeof PushState>;

/** One field of a push: what is there now beside what will be written, with its derivation (V3, V6). */
export const PushField = z.object({
  key: z.string(),
  name: z.string(),
  /** null: nothing there, or not read yet. */
  now: z.string().nullable(),
  next: z.string(),
  unit: z.string(),
  estimate: z.boolean(),
  formula: z.string(),
  inputs: z.array(z.object({ name: z.string(), value: z.string() })),
  changed: z.boolean(),
  /** Edited in the CRM since our last write. */
  conflict: z.boolean(),
  /** `theirs`: this field is left as it is. */
  take: z.enum(['ours', 'theirs']),
});
export type PushField = z.infer<typeof PushField>;

export const PushRow = z.object({
  id: z.string(),
  vendorId: z.string(),
  vendor: z.string(),
  crm: CrmId,
  period: z.string(),
  state: PushState,
  action: z.enum(['create', 'update', 'none', 'conflict']),
  changes: z.number().int(),
  fieldCount: z.number().int(),
  /** Cost saving shown to the vendor. */
  saving: DecimalText,
  readAt: z.string().nullable(),
  problem: z.string().nullable(),
  automatic: z.boolean(),
  updatedAt: z.string(),
});
export type PushRow = z.infer<typeof PushRow>;

export const PushView = PushRow.extend({
  fields: z.array(PushField),
  note: z.string(),
  /** What a person approves; anything that changes the push changes it. */
  hash: z.string(),
  /** false: this CRM lets nobody look; `now` is what we sent last. */
  canRead: z.boolean(),
  holdReason: z.string().nullable(),
  approvedBy: z.string().nullable(),
  approvedAt: z.string().nullable(),
  jobId: z.string().nullable(),
  sentAt: z.string().nullable(),
  settledAt: z.string().nullable(),
  /** As read back after the push, by field key; null: not read back. */
  readBack: z.record(z.string(), z.string().nullable()).nullable(),
  /** The values before our write can be put back until then. */
  putBackUntil: z.string().nullable(),
  /** A new client's event asked for it; from there the three minutes count. */
  eventAt: z.string().nullable(),
  /** Content ids of pictures of a driven page, secrets masked. */
  pictures: z.array(z.string()),
  history: z.array(z.object({ at: z.string(), who: z.string(), what: z.string(), detail: z.string() })),
});
export type PushView = z.infer<typeof PushView>;

export const VendorMapping = z.object({
  crm: CrmId,
  target: z.record(z.string(), z.string()),
  automatic: z.boolean(),
  ceilingPercent: z.number().int(),
  automaticWhy: z.string(),
  hasKey: z.boolean(),
  /** The CRM was asked to tell of new clients (V7). */
  watchesClients: z.boolean(),
  lastPeriod: z.string().nullable(),
  lastWrittenAt: z.string().nullable(),
});
export const Vendor = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  state: z.enum(['confirmed', 'asked', 'ignored']),
  sameAs: z.string().nullable(),
  mappings: z.array(VendorMapping),
  /** For a vendor that is asked about: who it may be, best first, with the reason. */
  suggestions: z.array(z.object({ vendorId: z.string(), name: z.string(), why: z.string() })),
});
export type Vendor = z.infer<typeof Vendor>;

const FigureView = z.object({
  key: z.string(),
  label: z.string(),
  unit: z.string(),
  value: z.string().nullable(),
  shown: z.string(),
  estimate: z.boolean(),
  formula: z.string(),
  inputs: z.array(z.object({ name: z.string(), value: z.string() })),
});

const Answered = z.object({
  done: z.array(z.string()),
  refused: z.array(z.object({ id: z.string(), reason: z.string() })),
});
const Period = z.string().regex(/^\d{4}(-(0[1-9]|1[0-2]|Q[1-4]))?$/);
const Which = InOrganisation.extend({
  period: Period,
  vendorId: z.string().optional(),
  crm: CrmId.optional(),
});

export const crm = {
  /** The answer line, the periods there are, and the CRMs. */
  summary: query.input(InOrganisation.extend({ period: Period.optional() })).output(
    z.object({
      period: z.string(),
      periods: z.array(z.string()),
      states: z.record(PushState, z.number().int()),
      /** Of those to approve. */
      changing: z.number().int(),
      same: z.number().int(),
      savingToApprove: DecimalText,
      vendorsToApprove: z.number().int(),
      asked: z.number().int(),
      unmapped: z.number().int(),
      crms: z.array(z.object({ id: CrmId, name: z.string(), connected: z.boolean(), canRead: z.boolean() })),
    }),
  ),
  list: query
    .input(
      Which.extend({
        text: z.string().default(''),
        states: z.array(PushState).optional(),
        offset: z.number().int().nonnegative().default(0),
        limit: z.number().int().min(1).max(5000).default(2000),
      }),
    )
    .output(z.object({ rows: z.array(PushRow), total: z.number().int() })),
  push: query.input(InOrganisation.extend({ id: z.string() })).output(PushView),
  /** All pushes of a period, field by field. */
  previews: query.input(Which).output(z.array(PushView)),
  /** Derives the figures anew and reads what the CRMs hold now; writes nothing there. */
  prepare: command.input(Which.extend({ readAgain: z.boolean().default(false) })).output(
    z.object({
      pushes: z.number().int(),
      read: z.number().int(),
      problems: z.array(z.object({ vendorId: z.string(), crm: CrmId, reason: z.string() })),
      /** Vendors with usage whose name nobody has confirmed, and those without a CRM. */
      asked: z.array(z.string()),
      unmapped: z.array(z.string()),
    }),
  ),
  approve: command
    .input(
      InOrganisation.extend({
        ids: z.array(z.string()).min(1).max(5000),
        /** What was looked at; a push that changed since is refused. */
        hashes: z.record(z.string(), z.string()).optional(),
        send: z.boolean().default(false),
      }),
    )
    .output(Answered),
  hold: command
    .input(InOrganisation.extend({ ids: z.array(z.string()).min(1).max(5000), reason: z.string().min(1) }))
    .output(Answered),
  release: command.input(InOrganisation.extend({ ids: z.array(z.string()).min(1).max(5000) })).output(Answered),
  /** Per field: keep theirs or write ours. */
  choose: command
    .input(InOrganisation.extend({ id: z.string(), take: z.record(z.string(), z.enum(['ours', 'theirs'])) }))
    .output(PushView),
  setNote: command.input(InOrganisation.extend({ id: z.string(), note: z.string().max(2000) })).output(PushView),
  /** Everything approved (of a period). */
  send: command
    .input(InOrganisation.extend({ period: Period.optional(), ids: z.array(z.string()).optional() }))
    .output(Answered),
  /** Makes a push of the values that were there before ours; it waits for approval like any other. */
  putBack: command.input(InOrganisation.extend({ id: z.string(), reason: z.string().min(1) })).output(PushView),

  vendors: query.input(InOrganisation).output(z.array(Vendor)),
  saveVendor: command
    .input(
      InOrganisation.extend({
        id: z.string().optional(),
        name: z.string().min(1).max(200),
        email: z.string().max(200).default(''),
        aliases: z.array(z.string().max(200)).default([]),
      }),
    )
    .output(Vendor),
  /** Answers who an unknown vendor is, once. */
  confirmVendor: command
    .input(
      InOrganisation.extend({
        vendorIds: z.array(z.string()).min(1).max(5000),
        as: z.enum(['new', 'ignored', 'same']),
        sameAs: z.string().optional(),
      }),
    )
    .output(z.object({ changed: z.number().int() })),
  map: command
    .input(
      InOrganisation.extend({
        vendorId: z.string(),
        crm: CrmId,
        target: z.record(z.string(), z.string().max(500)).default({}),
        /** The vendor's own key or address for that CRM; kept in the secret store, never shown again. */
        key: z.string().max(200_000).optional(),
      }),
    )
    .output(Vendor),
  /** Asks the CRM to tell of a vendor's new clients (V7), or takes that back. */
  watchClients: command
    .input(InOrganisation.extend({ vendorId: z.string(), crm: CrmId, on: z.boolean() }))
    .output(Vendor),
  /** A window opens in which the vendor signs in to a CRM reached by its pages; waits until they have (10 min). */
  signIn: command.input(InOrganisation.extend({ vendorId: z.string(), crm: CrmId })).output(Vendor),
  /** Every push of one vendor, whatever the period, newest period first. */
  history: query.input(InOrganisation.extend({ vendorId: z.string() })).output(z.array(PushRow)),
  unmap: command.input(InOrganisation.extend({ vendorId: z.string(), crm: CrmId })).output(Vendor),
  automatic: command
    .input(
      InOrganisation.extend({
        vendorId: z.string(),
        crm: CrmId,
        on: z.boolean(),
        ceilingPercent: z.number().int().min(1).max(1000).default(50),
        why: z.string().default(''),
      }),
    )
    .output(Vendor),

  /** The figures of one vendor and period, readiness with its gaps, and the months before. */
  value: query.input(InOrganisation.extend({ vendorId: z.string(), period: Period })).output(
    z.object({
      vendorId: z.string(),
      vendor: z.string(),
      period: z.string(),
      figures: z.array(FigureView),
      readiness: z.object({
        met: z.number().int(),
        of: z.number().int(),
        checks: z.array(z.object({ id: z.string(), label: z.string(), met: z.boolean(), gap: z.string() })),
      }),
      months: z.array(z.object({ month: z.string(), requests: z.string(), saving: DecimalText })),
    }),
  ),
  /** A printable value report, PDF; `download` is its one-use handle. */
  report: command
    .input(InOrganisation.extend({ vendorId: z.string(), period: Period }))
    .output(z.object({ name: z.string(), bytes: z.number().int(), download: z.string() })),
  valueSettings: query.input(InOrganisation).output(ValueSettings),
  saveValueSettings: adminCommand.input(InOrganisation.extend({ settings: ValueSettings })).output(ValueSettings),
  /** What a new client's event does (V7), by hand. */
  newClient: command
    .input(InOrganisation.extend({ vendor: z.string().min(1) }))
    .output(z.object({ vendorId: z.string(), pushes: z.array(z.string()) })),
};
