import { z } from 'zod';
import { command, DecimalText, InOrganisation, page, query } from './base.ts';
import { CheckView, LedgerTarget, LedgerTwin } from './shapes.ts';

export { CheckView, LedgerTarget, LedgerTwin };

export const LineState = z.enum(['review', 'ready', 'excluded', 'batched', 'posted']);

export const CostLine = z.object({
  id: z.string(),
  version: z.number().int(),
  importId: z.string().nullable(),
  date: z.string(),
  periodStart: z.string().nullable(),
  periodEnd: z.string().nullable(),
  supplierId: z.string().nullable(),
  supplier: z.string(),
  supplierCountry: z.string(),
  supplierVatNumber: z.string(),
  invoiceNumber: z.string(),
  documentType: z.enum(['invoice', 'credit_note', 'receipt', 'proforma', 'statement', 'order']),
  description: z.string(),
  category: z.string(),
  currency: z.string(),
  net: DecimalText,
  vat: DecimalText,
  gross: DecimalText,
  fxRateToGbp: DecimalText.nullable(),
  /** VAT in pounds as printed on a UK invoice in another currency. */
  printedVatGbp: DecimalText.nullable(),
  taxPoint: z.string().nullable(),
  paidOn: z.string().nullable(),
  dueOn: z.string().nullable(),
  /** The invoice a credit note credits. */
  originalInvoice: z.string().nullable(),
  /** Lines on the printed document: each may be rounded on its own. */
  documentLines: z.number().int(),
  netGbp: DecimalText.nullable(),
  vatGbp: DecimalText,
  treatment: z.string(),
  treatmentHint: z.string(),
  deductible: z.boolean(),
  state: LineState,
  excludedReason: z.string().nullable(),
  batchId: z.string().nullable(),
  checks: z.array(CheckView),
  /** The one reason shown in the list; the rest is in the detail. */
  reason: z.string().nullable(),
  /** How many source rows were summed into this line. */
  sourceRows: z.number().int(),
});
export type CostLine = z.infer<typeof CostLine>;

/** The fields a person may correct. */
export const LinePatch = z
  .strictObject({
    date: z.iso.date(),
    periodStart: z.iso.date().nullable(),
    periodEnd: z.iso.date().nullable(),
    supplier: z.string().min(1),
    /** Two letters or an English name; UK is GB. */
    supplierCountry: z.string().trim().min(2).max(60),
    supplierVatNumber: z.string(),
    ukEstablishment: z.boolean(),
    invoiceNumber: z.string(),
    documentType: CostLine.shape.documentType,
    description: z.string(),
    category: z.string(),
    net: DecimalText,
    vat: DecimalText,
    gross: DecimalText,
    currency: z.string().regex(/^[A-Z]{3}$/),
    fxRateToGbp: DecimalText.nullable(),
    printedVatGbp: DecimalText.nullable(),
    taxPoint: z.iso.date().nullable(),
    /** Under cash accounting also on a line that is in the ledger already: its VAT counts on that day. */
    paidOn: z.iso.date().nullable(),
    dueOn: z.iso.date().nullable(),
    originalInvoice: z.string().nullable(),
    documentLines: z.number().int().min(1).max(100_000),
    treatmentHint: z.string(),
    deductible: z.boolean(),
  })
  .partial();
export type LinePatch = z.infer<typeof LinePatch>;

export const Totals = z.object({ net: DecimalText, vat: DecimalText, gross: DecimalText });

export const BatchState = z.enum([
  'draft',
  'checked',
  'approved',
  'sending',
  'posted',
  'verified',
  'closed',
  'blocked',
  'in_doubt',
  'partly_posted',
  'reversed',
]);

/** The document that takes a posted one back (F10). */
export const ReversalView = z.object({
  state: z.enum(['waiting', 'posted', 'verified', 'in_doubt', 'refused', 'mismatch', 'held']),
  /** As it stands in the ledger. */
  number: z.string(),
  date: z.string(),
  vendorId: z.string().nullable(),
  jobId: z.string().nullable(),
  reason: z.string(),
  askedBy: z.string(),
  approvedBy: z.string(),
  at: z.string(),
  /** Where the lines go once it is verified: free for a new batch, or left out. */
  lines: z.enum(['free', 'exclude']),
  problem: z.string().nullable(),
  readBack: Totals.nullable(),
});
export type ReversalView = z.infer<typeof ReversalView>;

export const DocumentView = z.object({
  id: z.string(),
  supplier: z.string(),
  invoiceNumber: z.string(),
  date: z.string(),
  currency: z.string(),
  net: DecimalText,
  vat: DecimalText,
  gross: DecimalText,
  lines: z.number().int(),
  state: z.enum(['waiting', 'sending', 'posted', 'verified', 'in_doubt', 'refused', 'mismatch', 'held']),
  vendorId: z.string().nullable(),
  jobId: z.string().nullable(),
  /** Ledger's words and our reading, when refused or different. */
  problem: z.string().nullable(),
  readBack: Totals.nullable(),
  /** Not posted by us: it stood in the ledger already and was linked (TGT-DUP). */
  linked: z.boolean(),
  /** Its lines went back, after a reversal or a refusal; it holds them no longer. */
  released: z.boolean(),
  /** When somebody changed it in the ledger after we posted it; null: nobody has, as far as we were told. */
  changedAfterPosting: z.string().nullable(),
  /** null: nobody asked for one. */
  reversal: ReversalView.nullable(),
});
export type DocumentView = z.infer<typeof DocumentView>;

/** In one currency, and what the ledger showed of it; null until something was read back. */
const CurrencyTotals = Totals.extend({ currency: z.string(), readBack: Totals.nullable() });

export const BatchView = z.object({
  batchId: z.string(),
  period: z.string(),
  target: LedgerTarget,
  state: BatchState,
  preparedBy: z.string(),
  preparedAt: z.string(),
  approvedBy: z.string().nullable(),
  /** What somebody who checks four eyes should know of the two. */
  approverNote: z.string().nullable(),
  approvedAt: z.string().nullable(),
  hash: z.string().nullable(),
  lines: z.number().int(),
  documents: z.number().int(),
  controlTotals: Totals,
  /** In the currencies of the documents. */
  byCurrency: z.array(CurrencyTotals),
  /** `vat` is what suppliers charge; `notionalVat` what the buyer accounts for itself (reverse charge), never paid to them. */
  byTreatment: z.array(
    Totals.extend({ treatment: z.string(), lines: z.number().int(), notionalVat: DecimalText.default('0.00') }),
  ),
  /** Supplier and number are those of the line when the batch was prepared; batches of before have none. */
  blocked: z.array(
    z.object({
      lineId: z.string(),
      check: z.string(),
      reason: z.string(),
      supplier: z.string().default(''),
      invoiceNumber: z.string().default(''),
    }),
  ),
  posted: z.number().int(),
  failed: z.number().int(),
  inDoubt: z.number().int(),
  readBack: z.object({
    matches: z.number().int(),
    mismatches: z.array(z.object({ document: z.string(), field: z.string(), expected: z.string(), found: z.string() })),
    /** In sterling; null where a document is in another currency: `byCurrency` compares those. */
    totals: Totals.nullable(),
  }),
  /** Why work on it stands still: the ledger's limit until an instant, or what a person must do. null: it does not. */
  waits: z.object({ until: z.string().nullable(), why: z.string() }).nullable(),
  /** Documents refused by the ledger whose lines still wait in this batch (`release` gives them back). */
  refused: z.number().int(),
  /** Taken back so far; null: nothing. Sums count the other way round, so that with the batch's they make zero. */
  reversal: z
    .object({
      asked: z.number().int(),
      verified: z.number().int(),
      failed: z.number().int(),
      inDoubt: z.number().int(),
      byCurrency: z.array(CurrencyTotals),
    })
    .nullable(),
});
export type BatchView = z.infer<typeof BatchView>;

export const Supplier = z.object({
  id: z.string(),
  name: z.string(),
  country: z.string(),
  vatNumber: z.string(),
  ukEstablishment: z.boolean(),
  /** Issuer names in files that mean this supplier. */
  aliases: z.array(z.string()),
  /** false: seen in a file, not yet confirmed by a person. */
  confirmed: z.boolean(),
});
export type Supplier = z.infer<typeof Supplier>;

const LineFilter = z.strictObject({
  states: z.array(LineState).optional(),
  period: z.string().optional(),
  importId: z.string().optional(),
  batchId: z.string().optional(),
  check: z.string().optional(),
  text: z.string().optional(),
});

export const exports = {
  /** The answer line and the tab counts. */
  summary: query.input(InOrganisation.extend({ period: z.string().optional() })).output(
    z.object({
      review: z.number().int(),
      ready: z.number().int(),
      excluded: z.number().int(),
      batched: z.number().int(),
      posted: z.number().int(),
      vatInQuestion: DecimalText,
      periods: z.array(z.string()),
      latestBatch: BatchView.nullable(),
      totals: z.object({ file: Totals, ready: Totals }),
    }),
  ),
  lines: query
    .input(
      InOrganisation.extend({
        filter: LineFilter.default({}),
        sort: z.enum(['reason', 'date', 'supplier', 'net']).default('reason'),
        offset: z.number().int().nonnegative().default(0),
        limit: z.number().int().min(1).max(1000).default(200),
      }),
    )
    .output(z.object({ rows: z.array(CostLine), total: z.number().int() })),
  line: query.input(InOrganisation.extend({ lineId: z.string() })).output(
    z.object({
      line: CostLine,
      /** Old and new value, who, when, why: newest first. */
      history: z.array(
        z.object({
          at: z.string(),
          who: z.string(),
          what: z.string(),
          before: z.string(),
          after: z.string(),
          why: z.string(),
          /** The step `undo` takes back; null for one that was taken back, and for the taking back. */
          undoId: z.string().nullable(),
        }),
      ),
      /** What it is the whole or a part of; `undo` of that step takes the parts together again. */
      split: z.object({ undoId: z.string(), whole: CostLine, parts: z.array(CostLine) }).nullable(),
      /** The rule steps that led to the treatment. */
      derivation: z.array(z.string()),
      /** Exact source sums by service, before rounding. */
      breakdown: z.array(z.object({ label: z.string(), rows: z.number().int(), amount: DecimalText })),
      source: z.object({ fileName: z.string(), firstRow: z.number().int(), lastRow: z.number().int() }).nullable(),
    }),
  ),
  edit: command
    .input(
      InOrganisation.extend({
        lines: z.array(z.strictObject({ id: z.string(), version: z.number().int() })).min(1),
        patch: LinePatch,
        why: z.string().default(''),
      }),
    )
    .output(z.object({ undoId: z.string(), changed: z.number().int() })),
  exclude: command
    .input(InOrganisation.extend({ lineIds: z.array(z.string()).min(1), reason: z.string().min(1) }))
    .output(z.object({ undoId: z.string(), changed: z.number().int() })),
  include: command
    .input(InOrganisation.extend({ lineIds: z.array(z.string()).min(1) }))
    .output(z.object({ undoId: z.string(), changed: z.number().int() })),
  /** Confirms warnings by name; blocking checks cannot be waived. */
  acknowledge: command
    .input(
      InOrganisation.extend({
        lineIds: z.array(z.string()).min(1),
        checks: z.array(z.string()).optional(),
        note: z.string().min(1),
      }),
    )
    .output(z.object({ undoId: z.string(), changed: z.number().int() })),
  undo: command.input(InOrganisation.extend({ undoId: z.string() })).output(z.object({ changed: z.number().int() })),

  suppliers: query.input(InOrganisation).output(z.array(Supplier)),
  saveSupplier: command
    .input(
      InOrganisation.extend({
        supplier: Supplier.omit({ id: true, confirmed: true }).extend({ id: z.string().optional() }),
      }),
    )
    .output(Supplier),

  prepare: command.input(InOrganisation.extend({ period: z.string(), target: LedgerTarget })).output(BatchView),
  /** What stood in a ledger already when batches were prepared; a batch is prepared without those to decide. */
  twins: query.input(InOrganisation).output(z.object({ open: z.array(LedgerTwin), decided: z.array(LedgerTwin) })),
  /**
   * `link`: the ledger's document stands for ours. `post`: they are two. `leave-out`: our lines go nowhere, and `undoId` takes
   * that back. `open`: the answer is taken back.
   */
  decideTwin: command
    .input(
      InOrganisation.extend({
        id: z.string(),
        decision: z.enum(['link', 'post', 'leave-out', 'open']),
        reason: z.string().trim().min(1).max(300),
      }),
    )
    .output(z.object({ undoId: z.string().nullable() })),
  batches: query.input(InOrganisation).output(z.array(BatchView)),
  batch: query.input(InOrganisation.extend({ batchId: z.string() })).output(BatchView),
  documents: query
    .input(InOrganisation.extend({ batchId: z.string(), after: z.string().nullable().default(null) }))
    .output(page(DocumentView)),
  /** The approver proves who they are with their PIN; four eyes is decided by the engine (F5). */
  approve: command
    .input(InOrganisation.extend({ batchId: z.string(), approver: z.string(), pin: z.string() }))
    .output(BatchView),
  /** Takes an unsent batch apart again; its lines go back to where they were. */
  discard: command.input(InOrganisation.extend({ batchId: z.string() })).output(z.object({ lines: z.number().int() })),
  send: command.input(InOrganisation.extend({ batchId: z.string() })).output(BatchView),
  /**
   * Takes posted documents back by linked documents of the other kind, never by deleting (F10); all of the batch without
   * `documentIds`. Approved by a second person's PIN like the batch. Once verified, the lines are free for a new batch, or
   * left out.
   */
  reverse: command
    .input(
      InOrganisation.extend({
        batchId: z.string(),
        documentIds: z.array(z.string()).min(1).optional(),
        reason: z.string().trim().min(1).max(300),
        /** A day in an open period; today when left out. */
        date: z.iso.date().optional(),
        lines: z.enum(['free', 'exclude']).default('free'),
        approver: z.string(),
        pin: z.string(),
      }),
    )
    .output(BatchView),
  /** Gives the lines of documents the ledger refused back to the review; all of them without `documentIds`. */
  release: command
    .input(InOrganisation.extend({ batchId: z.string(), documentIds: z.array(z.string()).min(1).optional() }))
    .output(z.object({ lines: z.number().int() })),
  /** A document the ledger holds already (TGT-DUP) stands for ours; it is read back and compared like a posted one. */
  link: command
    .input(
      InOrganisation.extend({ batchId: z.string(), documentId: z.string(), vendorId: z.string().min(1).optional() }),
    )
    .output(DocumentView),
  /** Look an in-doubt document up now, instead of at its next scheduled look-up. */
  check: command.input(InOrganisation.extend({ batchId: z.string(), documentId: z.string() })).output(DocumentView),
  /** Writes CSV, PDF, JSON and a manifest with hashes as one ZIP; `download` is its one-use handle. */
  pack: command.input(InOrganisation.extend({ batchId: z.string() })).output(
    z.object({
      files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
      download: z.string().nullable(),
    }),
  ),
};
