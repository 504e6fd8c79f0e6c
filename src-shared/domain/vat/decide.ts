import { formatDay } from '../../format/time.ts';
import { magnitude, roundedQuotient } from '../money/fixed.ts';
import { addMonths, type Day, dayOf, isoDay } from './calendar.ts';
import { type Check, check } from './checks.ts';
import { type Facts, money, type Ratio, type Times, timesOf, toPence } from './facts.ts';
import type { VatLine } from './line.ts';
import { euMembers, limits, onDay, registrationThresholds, standardRates } from './tables.ts';
import type { Treatment } from './tax-codes.ts';

/** `0.175` as thousandths of the net: 175. */
const readRate = (fraction: string): bigint => BigInt(fraction.slice(2).padEnd(3, '0'));
const standardRateOn = onDay(standardRates.map(({ from, to, value }) => ({ from, to, value: readRate(value) })));
const thresholdOn = onDay(registrationThresholds);
const STANDARD_SINCE_2008 = ['0.20', '0.175', '0.15'].map(readRate);
const REDUCED = readRate('0.05');
const NO_RATE = 0n;

/** `17.5%` of a rate in thousandths. */
function percent(thousandths: bigint): string {
  return `${Number(thousandths) / 10}%`;
}

/** VAT in hundredths at a rate, half away from zero. */
export function vatAt(hundredths: bigint, thousandths: bigint): bigint {
  return roundedQuotient(hundredths * thousandths, 1000n);
}

/** The sound amounts of a line past step S: hundredths in its currency, and its rate to pounds. */
export interface Amounts {
  readonly net: bigint;
  readonly vat: bigint;
  readonly gross: bigint;
  readonly fx: Ratio;
}

export interface Decision {
  readonly taxPoint: Day;
  /** The buyer counts as registered for this line. */
  readonly registered: boolean;
  readonly rateThousandths: bigint;
  readonly treatment: Treatment;
  readonly checks: Check[];
}

type Explain = ((step: string) => void) | null;

/** The day that decides rate and period. Foreign services: end of the service period, or payment if earlier (reg 82). */
function taxPointOf(f: Times, day: Day, explain: Explain): Day {
  if (f.ukSupplier) {
    const printed = f.line.attributes.taxPoint === null ? null : dayOf(f.line.attributes.taxPoint);
    explain?.(
      printed === null
        ? `Tax point: the invoice date, ${formatDay(isoDay(day))}`
        : `Tax point: as printed, ${formatDay(isoDay(printed))}`,
    );
    return printed ?? day;
  }
  const supplied = f.period?.to ?? day;
  const taxPoint = f.paid !== null && f.paid < supplied ? f.paid : supplied;
  explain?.(
    `Tax point of a service from abroad: ${taxPoint === supplied ? (f.period ? 'the end of its period' : 'the invoice date') : 'the payment, which came first'}, ${formatDay(isoDay(taxPoint))}`,
  );
  return taxPoint;
}

/** `YYYY-MM-DD`: the day whose month gives the exchange rate. null when the line has no real date. */
export function taxPointOn(line: VatLine): string | null {
  const times = timesOf(line);
  return times.day === null ? null : isoDay(taxPointOf(times, times.day, null));
}

/** Steps 1 to 6 of the decision procedure, for a line past step S. Rule letters are those of its table. */
export function decide(f: Facts, day: Day, amounts: Amounts, explain: Explain): Decision {
  const { line, number, ukSupplier } = f;
  const checks: Check[] = [];
  explain?.(
    ukSupplier
      ? `Supplied from the UK VAT area (${line.supplierCountry}${line.attributes.ukEstablishment ? ', UK establishment confirmed' : ''})`
      : `Supplied from outside the UK VAT area (${line.supplierCountry})`,
  );
  const taxPoint = taxPointOf(f, day, explain);
  const registered = registeredOn(f, taxPoint, amounts, checks, explain);
  checks.push(...vatNumberChecks(f, registered, amounts.vat !== 0n));

  const rate = standardRateOn(taxPoint) ?? NO_RATE;
  explain?.(`Standard rate on that day: ${percent(rate)}`);
  const base = ukSupplier
    ? domestic(f, taxPoint, registered, amounts, rate, checks, explain)
    : foreign(f, taxPoint, registered, amounts, rate, checks, explain);
  const treatment = registered ? underScheme(f, base, checks, explain) : base;
  if (number.text === '' && explain && ukSupplier) explain('The document shows no VAT number');
  return { taxPoint, registered, rateThousandths: rate, treatment, checks };
}

/** Step 2: purchases before the buyer's registration. */
function registeredOn(f: Facts, taxPoint: Day, amounts: Amounts, checks: Check[], explain: Explain): boolean {
  const flag = f.line.customerRegistered === true;
  const since = f.line.attributes.registeredFrom === null ? null : dayOf(f.line.attributes.registeredFrom);
  if (since !== null && taxPoint < since) {
    const reach = addMonths(since, -limits.preRegistrationServicesMonths);
    if (f.ukSupplier && amounts.vat !== 0n && taxPoint >= reach) {
      checks.push(check('PRE-REG'));
      explain?.('Bought within six months before registration');
      return flag;
    }
    checks.push(check('PRE-REG-LATE'));
    explain?.('Bought before registration and not reclaimable');
    return false;
  }
  explain?.(flag ? 'The buyer is registered for VAT' : 'The buyer is not registered for VAT');
  return flag;
}

/** Step 3. */
function vatNumberChecks(f: Facts, registered: boolean, charged: boolean): Check[] {
  const { line, number, ukSupplier } = f;
  const found: Check[] = [];
  if (number.text === '') {
    if (ukSupplier && registered && charged) found.push(check('VATNO-MISSING'));
    return found;
  }
  const meantAsUk = number.ukPrefix || (number.country === null && ukSupplier);
  if (meantAsUk && !number.ukValid) {
    found.push(check('VATNO-BAD', { number: line.supplierVatNumber }, charged ? 'block' : 'warn'));
  }
  const home = line.supplierCountry === 'XI' || line.supplierCountry === 'IM' ? 'GB' : line.supplierCountry;
  if (number.country !== null && number.country !== home && !line.attributes.ukEstablishment) {
    found.push(check('VATNO-COUNTRY', { prefix: number.text.slice(0, 2), country: line.supplierCountry }));
  }
  return found;
}

/** Rules a to f: the supplier belongs outside the UK. */
function foreign(
  f: Facts,
  taxPoint: Day,
  registered: boolean,
  { net, vat, fx }: Amounts,
  rate: bigint,
  checks: Check[],
  explain: Explain,
): Treatment {
  const { hint, supplierCountry } = f.line;
  if (hint === 'supply_abroad') {
    checks.push(check('SUPPLY-ABROAD'));
    explain?.('Rule a: supplied where it takes place, abroad');
    return 'outside_scope';
  }
  const ukVat =
    vat !== 0n && (f.number.ukPrefix || (!euMembers.has(supplierCountry) && magnitude(vat - vatAt(net, rate)) <= 1n));
  if (vat !== 0n && !ukVat) {
    checks.push(check('FOREIGN-VAT'));
    explain?.('Rule b: the tax charged is not UK VAT');
    return 'needs_supplier_correction';
  }
  if (!registered) {
    if (vat === 0n) {
      const threshold = (thresholdOn(taxPoint)?.register ?? 0).toLocaleString('en-GB');
      checks.push(check('UNREG-RC', { net: money(toPence(net, fx), 'GBP'), threshold }));
    } else checks.push(check('UNREG-UKVAT'));
    explain?.('Rule c: the buyer is not registered, everything is cost');
    return 'unregistered_cost';
  }
  if (vat !== 0n) {
    checks.push(check('FOREIGN-UKVAT'));
    explain?.('Rule d: UK VAT charged from abroad');
    return 'needs_supplier_correction';
  }
  if (hint === 'exempt') {
    explain?.('Rule e: exempt, as the file says');
    return 'exempt';
  }
  explain?.('Rule f: a service from abroad without VAT: reverse charge');
  return 'reverse_charge';
}

/** Rules c and g to p: the supplier belongs to the UK VAT area. */
function domestic(
  f: Facts,
  taxPoint: Day,
  registered: boolean,
  amounts: Amounts,
  rate: bigint,
  checks: Check[],
  explain: Explain,
): Treatment {
  const { hint } = f.line;
  if (!registered) {
    explain?.('Rule c: the buyer is not registered, everything is cost');
    return 'unregistered_cost';
  }
  if (amounts.vat !== 0n) return charged(f, taxPoint, amounts, rate, checks, explain);
  if (hint === 'domestic_reverse_charge') {
    checks.push(check('DRC-REVIEW'));
    explain?.('Rule g: domestic reverse charge, as the file says');
    return 'domestic_reverse_charge';
  }
  if (hint === 'exempt') {
    explain?.('Rule l: exempt, as the file says');
    return 'exempt';
  }
  const numbered = f.number.text !== '';
  if (hint === 'zero' && numbered) {
    explain?.('Rule m: zero-rated, as the file says');
    return 'uk_zero';
  }
  if (hint === 'outside_scope' || (hint === 'no_vat' && numbered)) {
    explain?.('Rule n: outside the scope, as the file says');
    return 'outside_scope';
  }
  if (!numbered) {
    checks.push(check('SUPPLIER-UNREG'));
    explain?.('Rule o: no VAT and no VAT number: an unregistered supplier');
    return 'no_vat_unregistered_supplier';
  }
  checks.push(check('VAT-NOTCHARGED'));
  explain?.('Rule p: a registered supplier without VAT and without a reason');
  return 'unclassified';
}

/** Rules h to k: a UK supplier charged VAT; which rate was it? The tolerance is a penny a line of the document. */
function charged(
  f: Facts,
  taxPoint: Day,
  { net, vat }: Amounts,
  rate: bigint,
  checks: Check[],
  explain: Explain,
): Treatment {
  const tolerance = BigInt(f.line.attributes.lines);
  const off = (r: bigint) => magnitude(vat - vatAt(net, r));
  for (const treatment of ['uk_standard', 'uk_reduced'] as const) {
    const candidate = treatment === 'uk_standard' ? rate : REDUCED;
    const difference = off(candidate);
    if (difference > tolerance) continue;
    if (treatment === 'uk_reduced') checks.push(check('RATE-UNUSUAL'));
    if (difference !== 0n) checks.push(check('VAT-ROUNDING', { pence: String(difference) }));
    explain?.(`Rule h: the VAT fits ${percent(candidate)} of the net`);
    return treatment;
  }
  const expected = vatAt(net, rate);
  const other = STANDARD_SINCE_2008.find((r) => r !== rate && off(r) <= tolerance);
  if (other !== undefined) {
    checks.push(
      check('RATE-DATE', {
        found: percent(other),
        taxPoint: formatDay(isoDay(taxPoint)),
        rate: percent(rate),
      }),
    );
    explain?.(`Rule i: the VAT fits ${percent(other)}, a rate of another time`);
  } else if (magnitude(vat) * 100n <= 19n * magnitude(net)) {
    checks.push(check('MIXED-RATE'));
    explain?.('Rule j: the VAT is too low for one rate');
  } else {
    checks.push(check('VAT-CALC', { expected: money(expected, f.line.currency), vat: money(vat, f.line.currency) }));
    explain?.('Rule k: the VAT fits no rate');
  }
  return 'unclassified';
}

/** Step 6. */
function underScheme(f: Facts, treatment: Treatment, checks: Check[], explain: Explain): Treatment {
  const { scheme } = f.line.attributes;
  const inputVat = treatment === 'uk_standard' || treatment === 'uk_reduced';
  if (scheme === 'flat_rate' && inputVat) {
    checks.push(check('FRS-NOCLAIM'));
    explain?.('Flat rate scheme: nothing is claimed');
    return 'flat_rate_no_claim';
  }
  if (scheme === 'flat_rate' && treatment === 'reverse_charge') checks.push(check('FRS-RC'));
  if (scheme === 'cash' && inputVat && f.paid === null) {
    checks.push(check('CASH-UNPAID'));
    explain?.('Cash accounting: the boxes stay empty until it is paid');
  }
  return treatment;
}
