import type { z } from 'zod';
import type {
  BatchState,
  CostLine,
  DocumentView,
  LedgerTarget,
  LineState,
} from '../../../src-shared/contract/exports.ts';
import { checkRules } from '../../../src-shared/domain/vat/checks.ts';
import { formatGbp } from '../../../src-shared/format/money.ts';
import { formatCount, formatCounted } from '../../../src-shared/format/number.ts';
import type { ShapeName, Tone } from '../../ui/status.tsx';

type State = z.infer<typeof BatchState>;

export const treatments: Record<string, string> = {
  uk_standard: 'Standard rate',
  uk_reduced: 'Reduced rate',
  uk_zero: 'Zero rate',
  exempt: 'Exempt',
  reverse_charge: 'Reverse charge',
  domestic_reverse_charge: 'Domestic reverse charge',
  outside_scope: 'Outside the scope',
  no_vat_unregistered_supplier: 'Unregistered supplier',
  unregistered_cost: 'Cost, no VAT claim',
  flat_rate_no_claim: 'Flat rate, no claim',
  needs_supplier_correction: 'Supplier must correct',
  unclassified: 'Unknown',
};

/** The word for a treatment; one this screen does not know is shown as it is. */
export const treatmentWord = (treatment: string) => treatments[treatment] ?? treatment;

/** The check's own sentence without the figures of one line. */
export function reasonWord(check: string): string {
  const rule = (checkRules as Record<string, { message: string } | undefined>)[check];
  return rule ? rule.message.replaceAll(/"?\{\w+\}"?/g, '…').replace(/\.$/, '') : check;
}

/** What a person may say about a line's VAT when the file does not. */
export const hints: readonly { value: string; label: string }[] = [
  { value: '', label: 'Decide by the rules' },
  { value: 'standard', label: 'Standard rate' },
  { value: 'reduced', label: 'Reduced rate' },
  { value: 'zero', label: 'Zero rate' },
  { value: 'exempt', label: 'Exempt' },
  { value: 'reverse_charge', label: 'Reverse charge' },
  { value: 'no_vat', label: 'No VAT charged' },
  { value: 'outside_scope', label: 'Outside the scope' },
  { value: 'supply_abroad', label: 'Supplied abroad' },
  { value: 'domestic_reverse_charge', label: 'Domestic reverse charge' },
];

export const documentTypes: readonly { value: CostLine['documentType']; label: string }[] = [
  { value: 'invoice', label: 'Invoice' },
  { value: 'credit_note', label: 'Credit note' },
  { value: 'receipt', label: 'Receipt' },
  { value: 'proforma', label: 'Pro forma' },
  { value: 'statement', label: 'Statement' },
  { value: 'order', label: 'Order' },
];

export const ledgers: Record<LedgerTarget, string> = {
  xero: 'Xero',
  quickbooks: 'QuickBooks',
  freshbooks: 'FreshBooks',
  file: 'file pack',
};

interface Look {
  readonly word: string;
  readonly shape: ShapeName;
  readonly tone: Tone;
}

export const severities: Record<'block' | 'warn' | 'info', Look> = {
  block: { word: 'Blocks', shape: 'square', tone: 'emergency' },
  warn: { word: 'Needs a look', shape: 'triangle', tone: 'warning' },
  info: { word: 'For information', shape: 'info', tone: 'info' },
};

export const lineStates: Record<z.infer<typeof LineState>, Look> = {
  review: { word: 'To review', shape: 'diamond', tone: 'warning' },
  ready: { word: 'Ready', shape: 'tick', tone: 'ok' },
  excluded: { word: 'Excluded', shape: 'dash', tone: 'muted' },
  batched: { word: 'In a batch', shape: 'lock', tone: 'info' },
  posted: { word: 'Posted', shape: 'tick', tone: 'ok' },
};

export const batchStates: Record<State, Look> = {
  draft: { word: 'Draft', shape: 'pencil', tone: 'muted' },
  checked: { word: 'Checked', shape: 'circle', tone: 'focus' },
  approved: { word: 'Approved', shape: 'tick', tone: 'focus' },
  sending: { word: 'Sending', shape: 'half', tone: 'focus' },
  posted: { word: 'Posted', shape: 'tick', tone: 'ok' },
  verified: { word: 'Verified', shape: 'doubleTick', tone: 'ok' },
  closed: { word: 'Closed', shape: 'lock', tone: 'ok' },
  blocked: { word: 'Blocked', shape: 'square', tone: 'emergency' },
  in_doubt: { word: 'In doubt', shape: 'question', tone: 'doubt' },
  partly_posted: { word: 'Partly posted', shape: 'triangle', tone: 'critical' },
  reversed: { word: 'Reversed', shape: 'dash', tone: 'muted' },
};

export const documentStates: Record<DocumentView['state'], Look> = {
  waiting: { word: 'Waiting', shape: 'circle', tone: 'muted' },
  sending: { word: 'Sending', shape: 'half', tone: 'focus' },
  posted: { word: 'Posted', shape: 'tick', tone: 'ok' },
  verified: { word: 'Verified', shape: 'doubleTick', tone: 'ok' },
  in_doubt: { word: 'In doubt', shape: 'question', tone: 'doubt' },
  refused: { word: 'Refused', shape: 'crossSquare', tone: 'critical' },
  mismatch: { word: 'Differs', shape: 'triangle', tone: 'critical' },
  held: { word: 'Held', shape: 'pause', tone: 'warning' },
};

/** The document that takes one back. */
export const reversalStates: Record<NonNullable<DocumentView['reversal']>['state'], Look> = {
  waiting: { word: 'Reversal waits', shape: 'circle', tone: 'muted' },
  posted: { word: 'Reversal posted', shape: 'tick', tone: 'ok' },
  verified: { word: 'Reversed', shape: 'doubleTick', tone: 'ok' },
  in_doubt: { word: 'Reversal in doubt', shape: 'question', tone: 'doubt' },
  refused: { word: 'Reversal refused', shape: 'crossSquare', tone: 'critical' },
  mismatch: { word: 'Reversal differs', shape: 'triangle', tone: 'critical' },
  held: { word: 'Reversal held', shape: 'pause', tone: 'warning' },
};

export const changedAfterPosting: Look = { word: 'Changed in the ledger', shape: 'triangle', tone: 'critical' };
export const released: Look = { word: 'Given back', shape: 'dash', tone: 'muted' };

const lines = (count: number) => formatCounted(count, 'line', 'lines');
const documents = (count: number) => formatCounted(count, 'document', 'documents');
const rows = (count: number) => formatCounted(count, 'row', 'rows');

export const words = {
  countryHint: 'Two letters, e.g. GB',
  lines,
  documents,
  rows,
  answer: {
    loading: 'Reading the cost lines.',
    empty: 'No cost lines yet. Import a file to begin.',
    work: (review: number, ready: number, question: string, posted: number) =>
      `${formatCount(ready)} of ${lines(ready + review)} ready. ${formatCount(review)} need${review === 1 ? 's' : ''} work${
        /[1-9]/.test(question) ? ` (${formatGbp(question)} VAT in question)` : ''
      }.${posted === 0 ? ' Nothing posted yet.' : ''}`,
    ready: (ready: number) => `All ${lines(ready)} are ready. Check and prepare the batch.`,
    done: (posted: number) => `Nothing to review. ${lines(posted)} are in a batch or posted.`,
  },
  steps: ['Import', 'Review', 'Approve', 'Post', 'Verify'] as const,
  edited: (count: number) => `${lines(count)} changed.`,
  excluded: (count: number) => `${lines(count)} excluded.`,
  included: (count: number) => `${lines(count)} back in review.`,
  confirmed: (count: number) => `${lines(count)} confirmed.`,
  paidOn: (day: string) => `Paid on ${day}: under cash accounting its VAT counts on that day.`,
  notPaid: 'Not noted as paid. Under cash accounting its VAT counts once it is.',
  filteredEmpty: 'No lines match this filter.',
  tabEmpty: {
    review: 'Nothing needs work.',
    ready: 'No lines are ready yet.',
    excluded: 'Nothing is excluded.',
    batched: 'No lines are in a batch.',
    posted: 'Nothing is posted yet.',
    all: 'No cost lines yet.',
  },
  newSuppliers: (count: number) =>
    `${formatCounted(count, 'supplier is', 'suppliers are')} new. Say once where each is established; it is remembered.`,
  blocked: 'A blocking check cannot be waived. Fix the line, or exclude it with a reason.',
  fourEyes: 'Whoever prepares a batch may not approve it.',
  samplePin: (name: string, pin: string) => `Practice: ${name} has the PIN ${pin}, unless you set another.`,
  noApprover:
    'Nobody here can approve this. Add a person with the role “finance approver” and a PIN in Settings, People.',
  practicePost: (ledger: string) => `Practice: this goes to the built-in sandbox, not to ${ledger}.`,
  post: (amount: string, ledger: string) => `Post ${formatGbp(amount)} to ${ledger}`,
  postQuestion: (amount: string, ledger: string, organisation: string, count: number) =>
    `${documents(count)} with ${formatGbp(amount)} gross go to ${ledger} for ${organisation}. Sending cannot be taken back; it can be reversed afterwards by a linked document.`,
  batchAnswer: (state: State, count: number, amount: string, ledger: string, posted: number): string => {
    const what = `${documents(count)}, ${formatGbp(amount)} gross`;
    switch (state) {
      case 'draft':
      case 'checked':
        return `Checked: ${what} for ${ledger}. Nothing is posted yet; a second person approves.`;
      case 'approved':
        return `Approved and frozen: ${what}. Post it to ${ledger} when you are ready.`;
      case 'sending':
        return `Sending to ${ledger}: ${formatCount(posted)} of ${documents(count)} posted.`;
      case 'posted':
        return `Posted: ${what}. ${ledger} is being read back, document by document.`;
      case 'verified':
      case 'closed':
        return `Verified: ${ledger} holds ${what}, equal to the penny.`;
      case 'blocked':
        return `Blocked: some lines may not leave. ${what} wait in this batch.`;
      case 'in_doubt':
        return `In doubt: ${ledger} did not answer for at least one document. Nothing more is sent for it until it is checked.`;
      case 'partly_posted':
        return `Partly posted: ${formatCount(posted)} of ${documents(count)} are in ${ledger}. The others need a person.`;
      case 'reversed':
        return `Reversed: ${ledger} holds linked documents that take this batch back.`;
    }
  },
} as const;
