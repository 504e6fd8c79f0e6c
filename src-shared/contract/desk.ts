import { z } from 'zod';
import { command, DecimalText, InOrganisation, query } from './base.ts';
import { CostLine } from './exports.ts';

const Step = z.object({ undoId: z.string(), changed: z.number().int() });
const OfLine = InOrganisation.extend({ lineId: z.string() });
const Pair = OfLine.extend({ earlierId: z.string() });
const WithReason = Pair.extend({ reason: z.string().trim().min(1) });

const DuplicatePair = z.object({
  kind: z.enum(['same', 'likely', 'different']),
  line: CostLine,
  earlier: CostLine,
  /** One file brought both as lines of one invoice, so both may stand. */
  onOneInvoice: z.boolean(),
  decision: z.object({ decision: z.enum(['merged', 'kept']), reason: z.string(), by: z.string() }).nullable(),
});
export type DuplicatePair = z.infer<typeof DuplicatePair>;

const Share = z.strictObject({
  target: z.enum(['wedding', 'vendor', 'general']),
  targetId: z.string().default(''),
  /** How much of the whole, in any unit. */
  weight: z.number().int().positive(),
});
const ShareView = z.object({
  target: Share.shape.target,
  targetId: z.string(),
  weight: z.number().int(),
  net: DecimalText,
});

const Rule = z.strictObject({
  supplier: z.string().min(1),
  contains: z.string().default(''),
  category: z.string().min(1),
});
const RulePreview = z.object({
  rule: z.object({ supplier: z.string(), contains: z.string(), category: z.string() }),
  /** Open lines it would change now; the first of them in `lines`. */
  changes: z.number().int(),
  lines: z.array(CostLine),
});

const EvidenceView = z.object({
  id: z.string(),
  fileName: z.string(),
  contentType: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  by: z.string(),
  at: z.string(),
});

/** An invoice typed in; the gross is the sum. */
export const HandLine = z.strictObject({
  date: z.iso.date(),
  supplier: z.string().trim().min(1),
  /** Two letters or an English name; UK is GB. */
  supplierCountry: z.string().trim().min(2).max(60),
  supplierVatNumber: z.string().default(''),
  invoiceNumber: z.string().trim().min(1),
  documentType: CostLine.shape.documentType.default('invoice'),
  description: z.string().trim().min(1),
  category: z.string().default(''),
  currency: z.string().regex(/^[A-Z]{3}$/),
  net: DecimalText,
  vat: DecimalText,
  periodStart: z.iso.date().nullable().default(null),
  periodEnd: z.iso.date().nullable().default(null),
});
export type HandLine = z.infer<typeof HandLine>;

/** The review desk beside the lines themselves: duplicates, shares, rules, words and documents. */
export const desk = {
  /** What lines wait for, by the check that fired; most lines first. A line with two checks counts for both. */
  reasons: query
    .input(InOrganisation.extend({ period: z.string().optional() }))
    .output(z.array(z.object({ check: z.string(), lines: z.number().int() }))),
  duplicates: query
    .input(InOrganisation)
    .output(z.object({ open: z.array(DuplicatePair), decided: z.array(DuplicatePair) })),
  merge: command.input(WithReason).output(Step),
  keepBoth: command.input(WithReason).output(Step),
  unmerge: command.input(Pair).output(Step),

  shares: query.input(OfLine).output(z.array(ShareView)),
  /** Whom a line may be for: the weddings of its service period, and every confirmed vendor. */
  shareTargets: query.input(OfLine).output(
    z.object({
      weddings: z.array(z.object({ id: z.string(), name: z.string(), confirmed: z.boolean() })),
      vendors: z.array(z.object({ id: z.string(), name: z.string() })),
    }),
  ),
  /** `weddings`: all confirmed weddings of the line's service period alike. An empty list takes the shares away. */
  allocate: command
    .input(OfLine.extend({ shares: z.union([z.array(Share).max(500), z.literal('weddings')]) }))
    .output(z.array(ShareView)),

  /**
   * Splits a line into lines of their own to the penny, by weights; they leave as lines of one document. The step is undone
   * as a whole.
   */
  split: command
    .input(
      OfLine.extend({
        version: z.number().int(),
        parts: z
          .array(
            z.strictObject({
              weight: z.number().int().positive(),
              description: z.string().trim().max(1000).optional(),
              category: z.string().trim().optional(),
              treatmentHint: z.string().optional(),
              shares: z.array(Share).max(500).optional(),
            }),
          )
          .min(2)
          .max(100),
        why: z.string().trim().max(300).default(''),
      }),
    )
    .output(Step.extend({ partIds: z.array(z.string()) })),

  rules: query.input(InOrganisation).output(z.array(Rule.extend({ id: z.string(), by: z.string() }))),
  suggestRule: query.input(OfLine).output(RulePreview),
  previewRule: query.input(InOrganisation.extend({ rule: Rule })).output(RulePreview),
  saveRule: command
    .input(InOrganisation.extend({ rule: Rule, apply: z.boolean().default(false) }))
    .output(z.object({ ruleId: z.string(), undoId: z.string().nullable(), changed: z.number().int() })),
  forgetRule: command.input(InOrganisation.extend({ ruleId: z.string() })).output(z.object({})),

  notes: query.input(OfLine).output(
    z.object({
      comments: z.array(z.object({ id: z.string(), by: z.string(), at: z.string(), text: z.string() })),
      evidence: z.array(EvidenceView),
    }),
  ),
  comment: command.input(OfLine.extend({ text: z.string().trim().min(1).max(4000) })).output(z.object({})),
  /** `file`: the one-use handle of an upload or a dialog. */
  attach: command.input(OfLine.extend({ file: z.string() })).output(EvidenceView),
  detach: command.input(InOrganisation.extend({ evidenceId: z.string() })).output(z.object({})),
  /** The document itself, for the viewer; its content is compared with its hash on the way. */
  viewEvidence: query
    .input(OfLine.extend({ evidenceId: z.string() }))
    .output(z.object({ contentType: z.string(), base64: z.string() })),
  /** A one-use handle to download the document by. */
  openEvidence: query.input(OfLine.extend({ evidenceId: z.string() })).output(z.object({ download: z.string() })),
  /** `file`: the one-use handle of the invoice itself; line and evidence come in together or not at all. */
  add: command
    .input(InOrganisation.extend({ invoice: HandLine, file: z.string().nullable().default(null) }))
    .output(z.object({ lineId: z.string() })),
};
