import { formatGbp } from '../../format/money.ts';
import { formatDay } from '../../format/time.ts';
import { atScale, fixedText, magnitude, roundedQuotient } from '../money/fixed.ts';
import { addMonths, type Day, dayOf, isoDay } from './calendar.ts';
import { type Check, check } from './checks.ts';
import { type Amounts, type Decision, decide, vatAt } from './decide.ts';
import { documentChecks, documentKey } from './document.ts';
import { type Facts, factsOf, money, openPeriodOf, readOptional, toPence } from './facts.ts';
import type { DocumentHistory } from './history.ts';
import type { VatLine } from './line.ts';
import { structureChecks } from './structure.ts';
import { limits } from './tables.ts';
import { type Treatment, taxCodes } from './tax-codes.ts';
import { readVatNumber, ukCore } from './vat-number.ts';

export interface VatContext {
  /** Documents met before this line; the line itself is added to it, unless `remember` is false. */
  readonly history: DocumentHistory;
  readonly remember?: boolean;
  /** Our own VAT number, so that it is not taken for a supplier's. */
  readonly ownVatNumber?: string | null;
  /** How a later duplicate names this line; its document number when absent. */
  readonly label?: string;
  /** Collect the steps that led to the treatment; costs time, so only for a line somebody looks at. */
  readonly explain?: boolean;
}

/** Amounts are whole pence. */
export interface Assessment {
  readonly treatment: Treatment;
  readonly taxPoint: string | null;
  /** The standard rate on the tax point in thousandths: 200 is 20%. */
  readonly rateThousandths: number | null;
  /** null: the line cannot be expressed in pounds as it stands. */
  readonly netGbp: number | null;
  readonly grossGbp: number | null;
  readonly vatGbp: number;
  readonly box1: number;
  readonly box4: number;
  readonly box6: number;
  readonly box7: number;
  /** Sorted by id. */
  readonly checks: readonly Check[];
  readonly derivation: readonly string[];
  /** Empty when there is no code for it. */
  readonly xeroTaxType: string;
  readonly qboTaxCode: string;
}

/** Treatments a hint agrees with. Any other hint disagrees with everything. */
const hintAllows: Readonly<Record<string, readonly Treatment[]>> = {
  standard: ['uk_standard', 'flat_rate_no_claim'],
  reduced: ['uk_reduced'],
  zero: ['uk_zero'],
  exempt: ['exempt'],
  reverse_charge: ['reverse_charge'],
  no_vat: ['no_vat_unregistered_supplier', 'outside_scope', 'unregistered_cost'],
  outside_scope: ['outside_scope'],
  supply_abroad: ['outside_scope'],
  domestic_reverse_charge: ['domestic_reverse_charge'],
};

/** The rate of today's tax codes; older documents have no code. */
const CODED_RATE = 200n;

/**
 * Treatment, VAT boxes, checks and tax codes of one cost line (UK rules for bought-in services), and remembers the
 * document in `context.history`. Lines are assessed in the order of their file.
 * @throws RangeError when an amount is no decimal number
 */
export function assess(line: VatLine, context: VatContext): Assessment {
  const f = factsOf(line);
  const derivation: string[] = [];
  const explain = context.explain ? (step: string) => derivation.push(step) : null;
  const found = structureChecks(f);
  const sound = found.length === 0;

  const key = documentKey(f);
  found.push(...documentChecks(f, context.history, key));
  if (context.remember !== false) context.history.add(key, f.day, context.label ?? line.attributes.inv);

  if (!sound || f.day === null || f.fx === null) {
    explain?.('The line is not sound enough to be classified; correct it first');
    return {
      treatment: 'unclassified',
      taxPoint: null,
      rateThousandths: null,
      netGbp: null,
      grossGbp: null,
      vatGbp: 0,
      ...boxes(0n, 0n, 0n, 0n),
      checks: sorted(found),
      derivation,
      xeroTaxType: '',
      qboTaxCode: '',
    };
  }
  const amounts: Amounts = { net: atScale(f.net, 2), vat: atScale(f.vat, 2), gross: atScale(f.gross, 2), fx: f.fx };
  const decision = decide(f, f.day, amounts, explain);
  const netGbp = toPence(amounts.net, f.fx);
  found.push(...decision.checks, ...laterChecks(f, decision, amounts, netGbp, context));

  const figures = figuresOf(f, decision, amounts, netGbp);
  if (!line.attributes.reclaimable) explain?.('Its VAT may not be reclaimed, as a person said: nothing in box 4');
  const coded = decision.rateThousandths === CODED_RATE;
  const codes = taxCodes[decision.treatment];
  if (explain && !coded) explain('The rate of that day has no tax code in today’s ledgers');
  return {
    treatment: decision.treatment,
    taxPoint: taxPointText(f, decision),
    rateThousandths: Number(decision.rateThousandths),
    netGbp: pence(netGbp),
    grossGbp: pence(toPence(amounts.gross, f.fx)),
    ...figures,
    checks: sorted(found),
    derivation,
    xeroTaxType: coded ? codes.xero : '',
    qboTaxCode: coded ? codes.qbo : '',
  };
}

/** As written on the line where it is one of its days: there is one way to write a day. */
function taxPointText({ line, day, period }: Facts, { taxPoint }: Decision): string {
  if (taxPoint === day) return line.date;
  return taxPoint === period?.to ? (line.attributes.period?.to ?? isoDay(taxPoint)) : isoDay(taxPoint);
}

function pence(n: bigint): number {
  const value = Number(n);
  if (!Number.isSafeInteger(value)) throw new RangeError('The amount is too large to be held exactly');
  return value;
}

function sorted(checks: Check[]): Check[] {
  return checks.length < 2 ? checks : checks.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function boxes(box1: bigint, box4: bigint, box6: bigint, box7: bigint) {
  return { box1: pence(box1), box4: pence(box4), box6: pence(box6), box7: pence(box7) };
}

/** VAT and return boxes by treatment. A self-accounted VAT is worked out on the net already rounded to pence. */
function figuresOf(f: Facts, { treatment, rateThousandths }: Decision, { vat, fx }: Amounts, netGbp: bigint) {
  const { reclaimable } = f.line.attributes;
  switch (treatment) {
    case 'uk_standard':
    case 'uk_reduced': {
      if (!reclaimable) return { vatGbp: 0, ...boxes(0n, 0n, 0n, 0n) };
      const v = printedVat(f) ?? toPence(vat, fx);
      const waits = f.line.attributes.scheme === 'cash' && f.paid === null;
      return { vatGbp: pence(v), ...(waits ? boxes(0n, 0n, 0n, 0n) : boxes(0n, v, 0n, netGbp)) };
    }
    case 'uk_zero':
    case 'exempt':
      return { vatGbp: 0, ...boxes(0n, 0n, 0n, netGbp) };
    case 'reverse_charge': {
      const v = vatAt(netGbp, rateThousandths);
      return { vatGbp: pence(v), ...boxes(v, reclaimable ? v : 0n, netGbp, netGbp) };
    }
    case 'domestic_reverse_charge': {
      const v = vatAt(netGbp, rateThousandths);
      return { vatGbp: pence(v), ...boxes(v, reclaimable ? v : 0n, 0n, netGbp) };
    }
    default:
      return { vatGbp: 0, ...boxes(0n, 0n, 0n, 0n) };
  }
}

/**
 * Sterling VAT printed on an invoice in another currency, in pence; a credit mirrors its invoice, however it is printed. On an
 * invoice in pounds the VAT itself is what was printed.
 */
function printedVat(f: Facts): bigint | null {
  const printed = f.line.currency === 'GBP' ? null : readOptional(f.line.attributes.gbpVat);
  if (printed === null) return null;
  const found = roundedQuotient(printed.digits * 100n, 10n ** BigInt(printed.scale));
  return found < 0n === f.vat.digits < 0n ? found : -found;
}

/** Step 7: what can only be said once the treatment is known. */
function laterChecks(f: Facts, d: Decision, amounts: Amounts, netGbp: bigint, context: VatContext): Check[] {
  const { line } = f;
  const { attributes } = line;
  const found: Check[] = [];
  const { treatment } = d;
  const classified = treatment !== 'unclassified' && treatment !== 'needs_supplier_correction';
  const claimed = treatment === 'uk_standard' || treatment === 'uk_reduced';
  const charged = amounts.vat !== 0n;

  if (context.ownVatNumber && isOurs(f, context.ownVatNumber)) found.push(check('VATNO-SELF'));
  if (
    (claimed || treatment === 'reverse_charge') &&
    // Most are recent; no month is shorter than 28 days.
    f.seen - d.taxPoint > limits.inputTaxClaimMonths * 28 &&
    f.seen > addMonths(d.taxPoint, limits.inputTaxClaimMonths)
  ) {
    found.push(check('TIME-4Y', { taxPoint: formatDay(taxPointText(f, d)) }));
  }
  const open = d.registered && classified ? openPeriodOf(line) : null;
  if (open !== null && d.taxPoint < open.from)
    found.push(check('PERIOD-CLOSED', { taxPoint: formatDay(taxPointText(f, d)) }));
  if (open !== null && d.taxPoint > open.to)
    found.push(check('PERIOD-FUTURE', { taxPoint: formatDay(taxPointText(f, d)) }));
  if (
    attributes.doc === 'receipt' &&
    charged &&
    magnitude(toPence(amounts.gross, amounts.fx)) > limits.simplifiedInvoicePence
  ) {
    found.push(check('INV-SIMPLE'));
  }
  if (f.ukSupplier && d.registered && classified) found.push(...sterlingVatChecks(f, amounts, charged));
  if (
    attributes.partlyExempt &&
    (claimed || treatment === 'reverse_charge' || treatment === 'domestic_reverse_charge')
  ) {
    found.push(check('PE-FLAG'));
  }
  if (claimed && attributes.scheme !== 'cash') found.push(...unpaidChecks(f));
  if (magnitude(netGbp) >= limits.secondApproverPence) found.push(check('LARGE-AMT', { net: money(netGbp, 'GBP') }));
  if (line.hint !== '' && classified && !(hintAllows[line.hint] ?? []).includes(treatment)) {
    found.push(check('HINT-MISMATCH', { hint: line.hint, treatment }));
  }
  return found;
}

function isOurs(f: Facts, ownVatNumber: string): boolean {
  const own = ukCore(readVatNumber(ownVatNumber));
  return own !== '' && (f.number.ukPrefix || f.number.country === null) && ukCore(f.number) === own;
}

/** A UK invoice in another currency has to show its VAT in pounds. */
function sterlingVatChecks(f: Facts, amounts: Amounts, charged: boolean): Check[] {
  const printed = readOptional(f.line.attributes.gbpVat);
  if (printed === null) return charged && f.line.currency !== 'GBP' ? [check('FX-VATSTERLING')] : [];
  const converted = magnitude(toPence(amounts.vat, amounts.fx));
  const scale = Math.max(2, printed.scale);
  const unit = 10n ** BigInt(scale - 2);
  // A credit is claimed as the mirror of its invoice, however it is printed.
  const difference = magnitude(magnitude(atScale(printed, scale)) - converted * unit);
  const allowed = 2n * converted > 100n ? 2n * converted : 100n;
  if (difference * 100n <= allowed * unit) return [];
  return [
    check('FX-VATDIFF', {
      printed: formatGbp(fixedText(printed.digits, printed.scale)),
      converted: money(converted, 'GBP'),
    }),
  ];
}

function unpaidChecks(f: Facts): Check[] {
  const due: Day | null = f.line.attributes.due === null ? null : dayOf(f.line.attributes.due);
  if (due === null || f.paid !== null || f.seen <= addMonths(due, limits.unpaidSupplierMonths)) return [];
  return [check('UNPAID-6M', { due: formatDay(f.line.attributes.due) })];
}
