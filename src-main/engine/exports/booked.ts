import { fixedText } from '../../../src-shared/domain/money/fixed.ts';
import { Big, decimal, r2 } from '../../../src-shared/domain/money/index.ts';
import { readOptional } from '../../../src-shared/domain/vat/facts.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';

/** Treatments whose VAT the buyer accounts for itself: the document carries none. */
export const REVERSE: ReadonlySet<string> = new Set(['reverse_charge', 'domestic_reverse_charge']);
/** Treatments whose VAT, if any, is part of the cost: the ledger gets the gross under its no-VAT code. */
const GROSS_COST = new Set(['no_vat_unregistered_supplier', 'outside_scope', 'unregistered_cost']);

/** Treatments whose VAT is claimed, unless a person said of a line that it may not be. */
const CLAIMED = new Set(['uk_standard', 'uk_reduced', 'flat_rate_no_claim']);

/** The treatment whose ledger code a line takes: VAT that may not be reclaimed is cost, and goes under no VAT. */
export function codedAs(line: CostLineRow): string {
  return line.deductible === 0 && CLAIMED.has(line.treatment) ? 'outside_scope' : line.treatment;
}

/** What a line puts on the document, in the document's currency and in pence. */
export interface Booked {
  readonly net: Big;
  readonly vat: Big;
  readonly netGbpMinor: number;
  readonly vatGbpMinor: number;
}

/** `grossCost`: treatments whose VAT this ledger would claim if it were shown it. */
export function booked(line: CostLineRow, grossCost: readonly string[] = []): Booked {
  const net = decimal(line.net);
  const vat = decimal(line.vat);
  const netGbp = line.net_gbp_minor ?? 0;
  const vatGbp = pence(vat.eq(0) ? vat : sterling(vat, line));
  const code = codedAs(line);
  if (GROSS_COST.has(code) || grossCost.includes(code)) {
    return { net: net.plus(vat), vat: new Big(0), netGbpMinor: netGbp + vatGbp, vatGbpMinor: 0 };
  }
  if (REVERSE.has(line.treatment)) return { net, vat: new Big(0), netGbpMinor: netGbp, vatGbpMinor: 0 };
  return {
    net,
    vat,
    netGbpMinor: netGbp,
    vatGbpMinor: printedVat(line) ?? vatGbp,
  };
}

/** As the rules take it (see `assess`): of VAT in another currency only, where it can be read, and a credit mirrors its invoice. */
function printedVat({ currency, vat, printed_vat_gbp }: CostLineRow): number | null {
  const printed = currency === 'GBP' || decimal(vat).eq(0) ? null : readOptional(printed_vat_gbp);
  if (printed === null) return null;
  const found = pence(decimal(fixedText(printed.digits, printed.scale)));
  return found < 0 === decimal(vat).lt(0) ? found : 0 - found;
}

/** Divides by the official units per pound where there are any, else multiplies with the rate typed in. */
function sterling(amount: Big, line: CostLineRow): Big {
  if (line.currency === 'GBP') return amount;
  if (line.fx_units_per_gbp !== null) return r2(amount.div(decimal(line.fx_units_per_gbp)));
  return r2(amount.times(decimal(line.fx_rate_to_gbp ?? '0')));
}

function pence(amount: Big): number {
  return Number(r2(amount).times(100).toFixed(0));
}
