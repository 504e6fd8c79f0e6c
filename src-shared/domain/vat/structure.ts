import { formatMoney } from '../../format/money.ts';
import { atScale, type Fixed, fixedText, magnitude, tenTo } from '../money/fixed.ts';
import { type Check, check } from './checks.ts';
import { type Facts, outsideBand, type Ratio, rateOf } from './facts.ts';
import { limits, ukVatArea, wholeUnitCurrencies } from './tables.ts';

/** Step S: is the line sound enough to be reasoned about at all? */
export function structureChecks(f: Facts): Check[] {
  const { line, net, vat, gross } = f;
  const found: Check[] = [];
  if (f.day === null) found.push(check('INV-DATE', { date: line.date }));

  const decimals = wholeUnitCurrencies.has(line.currency) ? 0 : 2;
  if (net.scale > decimals || vat.scale > decimals || gross.scale > decimals) {
    found.push(check('AMT-PRECISION', { currency: line.currency, decimals }));
  }
  if ([net, vat, gross].some((amount) => isTooLarge(amount, f.fx))) found.push(check('AMT-SIZE'));
  const scale = Math.max(net.scale, vat.scale, gross.scale);
  const sum = atScale(net, scale) + atScale(vat, scale);
  if (sum !== atScale(gross, scale)) {
    found.push(
      check('ARITH-TOTAL', {
        sum: formatMoney(fixedText(sum, scale), line.currency),
        gross: formatMoney(fixedText(gross.digits, gross.scale), line.currency),
      }),
    );
  }
  if ((net.digits > 0n && vat.digits < 0n) || (net.digits < 0n && vat.digits > 0n)) found.push(check('VAT-SIGN'));
  if (line.attributes.doc === 'credit_note' ? gross.digits > 0n : gross.digits < 0n) found.push(check('CN-SIGN'));

  if (!/^[A-Z]{3}$/.test(line.currency)) found.push(check('CCY-CODE', { currency: line.currency }));
  found.push(...rateChecks(f));

  if (!/^[A-Z]{2}$/.test(line.supplierCountry)) found.push(check('SUPPLIER-COUNTRY'));
  if (line.customerRegistered === null) found.push(check('CUST-REG'));
  if (!ukVatArea.has(line.customerCountry)) found.push(check('CUST-NONUK'));
  if (line.hint === 'goods') found.push(check('GOODS'));
  return found;
}

/** Beyond what a ledger takes; far beyond, pence are no exact integer any more. */
function isTooLarge({ digits, scale }: Fixed, fx: Ratio | null): boolean {
  const size = magnitude(digits);
  const most = limits.largestAmount * tenTo(scale);
  return size >= most || (fx !== null && size * fx.over >= most * fx.under);
}

function rateChecks({ line, fx }: Facts): Check[] {
  if (line.currency === 'GBP' && line.fx === null) return [];
  const written = line.fx === null ? '' : 'gbpPerUnit' in line.fx ? line.fx.gbpPerUnit : line.fx.unitsPerGbp;
  if (line.currency === 'GBP') {
    const rate = rateOf(line.fx);
    const isOne = rate !== null && rate.digits === atScale({ digits: 1n, scale: 0 }, rate.scale);
    return written.trim() === '' || isOne ? [] : [check('FX-GBP', { rate: written })];
  }
  if (fx === null) return [check('FX-MISSING', { currency: line.currency })];
  return outsideBand(line.currency, fx) ? [check('FX-RANGE', { rate: written, currency: line.currency })] : [];
}
