import { z } from 'zod';
import { adminCommand, command, DecimalText, InOrganisation, query } from './base.ts';

export const Boxes = z.object({
  box1: DecimalText,
  box4: DecimalText,
  /** 1 less 4; negative is reclaimed. */
  box5: DecimalText,
  box6: DecimalText,
  box7: DecimalText,
});

/** Purchases of a period in the boxes of the VAT return; sales are not the console's. */
export const VatReturn = z.object({
  period: z.string(),
  lines: z.number().int(),
  /** Of these, the ones a check blocks (a copy, a pro-forma, VAT without a number…): they count in no box until they are mended. */
  blocked: Boxes.extend({ lines: z.number().int() }),
  all: Boxes,
  /** In documents whose copy in the ledger was read back equal to the penny. */
  verified: Boxes,
  /** How many lines these are: without VAT, no box would tell. */
  verifiedLines: z.number().int(),
  /** Sent, and different or not read back yet. */
  open: Boxes,
  /** Not in the ledger. */
  missing: Boxes,
  /** What the ledger gave back, document by document, where it differs. */
  differences: z.array(z.object({ document: z.string(), field: z.string(), expected: z.string(), found: z.string() })),
  /** Documents read back from each ledger: our boxes, its boxes, and its less ours; `why` says where its come from. */
  ledgers: z.array(
    z.object({
      system: z.string(),
      documents: z.number().int(),
      ours: Boxes,
      ledger: Boxes,
      difference: Boxes,
      why: z.string(),
    }),
  ),
  locked: z.boolean(),
});
export type VatReturn = z.infer<typeof VatReturn>;

const MonthSum = z.object({ month: z.string(), sales: DecimalText, reverseCharge: DecimalText, rolling: DecimalText });

export const Threshold = z.object({
  registered: z.boolean(),
  /** Pounds, as it stands on the last day looked at. */
  register: DecimalText,
  rolling: DecimalText,
  share: z.number(),
  state: z.enum(['registered', 'below', 'near', 'above']),
  /** The month end on which it was first passed, and the day from which registration counts. */
  passed: z.object({ monthEnd: z.string(), notifyBy: z.string(), registeredFrom: z.string() }).nullable(),
  months: z.array(MonthSum),
});
export type Threshold = z.infer<typeof Threshold>;

const Group = z.object({ label: z.string(), lines: z.number().int(), net: DecimalText, vat: DecimalText });

export const CostInsight = z.object({
  period: z.string(),
  net: DecimalText,
  /** The same period a year before; null when nothing is known of it. */
  yearBefore: DecimalText.nullable(),
  weddings: z.number().int(),
  perWedding: DecimalText.nullable(),
  months: z.array(
    z.object({
      month: z.string(),
      season: z.enum(['peak', 'shoulder', 'off_season']),
      net: DecimalText,
      yearBefore: DecimalText.nullable(),
      weddings: z.number().int(),
      perWedding: DecimalText.nullable(),
    }),
  ),
  bySupplier: z.array(Group),
  byCategory: z.array(Group),
  byTreatment: z.array(Group),
  bySeason: z.array(Group),
  byVendor: z.array(Group),
  /** Months with usage: their cost spread over the features by requests. An estimate; no file says it. */
  byFeature: z.array(z.object({ label: z.string(), requests: z.number().int(), net: DecimalText })),
  /** From what the files say to what goes to the ledger; each step adds to the one before. */
  bridge: z.array(z.object({ step: z.string(), lines: z.number().int(), net: DecimalText })),
});
export type CostInsight = z.infer<typeof CostInsight>;

const OfPeriod = InOrganisation.extend({ period: z.string() });

export const insight = {
  costs: query.input(OfPeriod).output(CostInsight),
  /** Costs and VAT return of a period as PDF; `download` is a one-use handle. */
  sheet: query.input(OfPeriod).output(z.object({ name: z.string(), bytes: z.number().int(), download: z.string() })),
  vatReturn: query.input(OfPeriod).output(VatReturn),
  threshold: query.input(InOrganisation).output(Threshold),
  /** Own taxable sales of a month, typed in. */
  setSales: command
    .input(InOrganisation.extend({ month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/), net: DecimalText }))
    .output(Threshold),
  locks: query
    .input(InOrganisation)
    .output(z.array(z.object({ month: z.string(), by: z.string(), at: z.string(), reason: z.string() }))),
  /** Closes or opens the months of a period. Opening needs an approver. */
  lock: adminCommand
    .input(OfPeriod.extend({ locked: z.boolean(), reason: z.string().trim().min(1) }))
    .output(z.object({})),
};
