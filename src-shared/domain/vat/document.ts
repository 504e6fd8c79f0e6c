import { formatMoney } from '../../format/money.ts';
import { formatDay } from '../../format/time.ts';
import { type Fixed, fixedText, magnitude, readFixed, tenTo } from '../money/fixed.ts';
import { type Check, check } from './checks.ts';
import type { Facts } from './facts.ts';
import type { DocumentHistory, DocumentKey } from './history.ts';
import { limits } from './tables.ts';

const ESTIMATE = /\b(estimate|estimated|accrual|forecast|budget|provision)\b/i;
const PRIVATE = /\b(personal|private|gift|entertain\w*)\b/i;
const METERED = /\b(usage|metered|tokens?|consumption|on-demand|pay-as-you-go)\b/i;
const NO_VAT_INVOICE: ReadonlySet<string> = new Set(['proforma', 'statement', 'order']);

/** Step D: is this document one that may be booked, and booked only once? Looks at earlier documents, adds none. */
export function documentChecks(f: Facts, history: DocumentHistory, key: DocumentKey): Check[] {
  const { line, day, period } = f;
  const { attributes, text } = line;
  const found: Check[] = [];
  if (attributes.inv.trim() === '') found.push(check('INV-NO'));
  if (line.supplier.trim() === '') found.push(check('SUPPLIER'));
  if (text.trim() === '') found.push(check('DESC'));
  if (day !== null && day > f.seen) found.push(check('INV-FUTURE', { date: formatDay(line.date) }));
  if (NO_VAT_INVOICE.has(attributes.doc)) found.push(check('DOC-NOTVAT', { document: attributes.doc }));

  const estimate = ESTIMATE.exec(text);
  if (estimate) found.push(check('ESTIMATE', { word: estimate[0] }));
  const personal = PRIVATE.exec(text);
  if (personal) found.push(check('PRIVATE-USE', { word: personal[0] }));
  if (isRoundSum(f) && METERED.test(text))
    found.push(check('ROUND-SUM', { net: formatMoney(fixedText(f.net.digits, f.net.scale), line.currency) }));
  if (f.gross.digits === 0n) found.push(check('ZERO-AMT'));
  if (attributes.doc === 'credit_note' && attributes.orig === null) found.push(check('CN-ORIG'));

  if (period !== null) {
    const days = period.to - period.from + 1;
    if (days > limits.prepaymentDays) found.push(check('PREPAY', { days }));
    if (
      day !== null &&
      (period.from - day > limits.invoiceBeforePeriodDays || day - period.to > limits.invoiceAfterPeriodDays)
    ) {
      found.push(
        check('PERIOD-MISMATCH', {
          period: `${formatDay(attributes.period?.from ?? null)} to ${formatDay(attributes.period?.to ?? null)}`,
        }),
      );
    }
  }

  const duplicate = history.find(key, day);
  if (duplicate) found.push(check(duplicate.kind === 'same' ? 'DUP' : 'DUP-NEAR', { earlier: duplicate.earlier }));
  return found;
}

/** A multiple of a hundred, five hundred or more. */
function isRoundSum({ net }: Facts): boolean {
  const unit = tenTo(net.scale);
  const size = magnitude(net.digits);
  return size * 100n >= limits.roundSumHundredths * unit && size % (100n * unit) === 0n;
}

/** What tells this document from others. */
export function documentKey({ line, gross }: Facts): DocumentKey {
  return keyOf(line.supplier, line.currency, gross, line.attributes.inv);
}

/** The same amount has the same key however many zeros it is written with. @throws RangeError on an unreadable amount */
export function documentKeyOf(supplier: string, currency: string, gross: string, inv: string): DocumentKey {
  return keyOf(supplier, currency, readFixed(gross), inv);
}

function keyOf(supplier: string, currency: string, { digits, scale }: Fixed, inv: string): DocumentKey {
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale -= 1;
  }
  return { supplier, currency, gross: fixedText(digits, scale), inv };
}
