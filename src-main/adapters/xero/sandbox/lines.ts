import { z } from 'zod';
import { numberOf, taxOf, times, toPennies, unitsOf } from '../../../sandbox/amounts.ts';
import type { AccountDoc, Books, TaxRateDoc } from './books.ts';

export const LineInput = z.object({
  LineItemID: z.string().optional(),
  Description: z.string().optional(),
  Quantity: z.number().optional(),
  UnitAmount: z.number().optional(),
  LineAmount: z.number().optional(),
  AccountCode: z.string().optional(),
  TaxType: z.string().optional(),
  TaxAmount: z.number().optional(),
  DiscountRate: z.number().optional(),
  DiscountAmount: z.number().optional(),
});
export type LineInput = z.output<typeof LineInput>;

export interface LineDoc {
  LineItemID: string;
  Description: string;
  Quantity: number;
  UnitAmount: number;
  LineAmount: number;
  TaxType: string;
  TaxAmount: number;
  AccountCode?: string;
  Tracking: never[];
}

export type LineAmountTypes = 'Exclusive' | 'Inclusive' | 'NoTax';

/** Self-accounted: the rate is not zero, yet nothing is added to what is owed to the supplier. */
const selfAccounted = (rate: TaxRateDoc) =>
  rate.ReportTaxType === 'REVERSECHARGES' || rate.ReportTaxType.startsWith('DRCHARGE');

const usable: Record<AccountDoc['Class'], (rate: TaxRateDoc) => boolean> = {
  ASSET: (rate) => rate.CanApplyToAssets,
  EQUITY: (rate) => rate.CanApplyToEquity,
  EXPENSE: (rate) => rate.CanApplyToExpenses,
  LIABILITY: (rate) => rate.CanApplyToLiabilities,
  REVENUE: (rate) => rate.CanApplyToRevenue,
};

interface Setting {
  readonly books: Books;
  readonly types: LineAmountTypes;
  /** Two decimals of the unit price are kept, or four with `unitdp=4`. */
  readonly unitDecimals: 2 | 4;
  /** An approved document must be complete; a draft may have gaps. */
  readonly complete: boolean;
  readonly newId: () => string;
}

/** One line as Xero stores it (accounting notes 1.6), or what is wrong with it. */
export function readLine(
  input: LineInput,
  { books, types, unitDecimals, complete, newId }: Setting,
): LineDoc | string[] {
  const errors: string[] = [];
  if ((input.Description ?? '') === '') errors.push('Line Item Description is mandatory.');
  if ((input.Description ?? '').length > 4_000)
    errors.push('Line Item Description cannot be more than 4000 characters long.');
  if (input.DiscountRate !== undefined || input.DiscountAmount !== undefined) {
    errors.push('Discounts are not supported on bills and supplier credits.');
  }
  const account = books.accounts.find((one) => one.Code === input.AccountCode);
  if (input.AccountCode === undefined) {
    if (complete) errors.push('Account code must be specified.');
  } else if (account?.Status !== 'ACTIVE' || account.SystemAccount !== undefined || account.Type === 'BANK') {
    errors.push(`Account code '${input.AccountCode}' is not a valid code for this document.`);
  }
  const taxType = types === 'NoTax' ? 'NONE' : (input.TaxType ?? account?.TaxType ?? 'NONE');
  const rate = books.taxRates.find((one) => one.TaxType === taxType);
  if (rate?.Status !== 'ACTIVE') {
    errors.push(`The TaxType code '${taxType}' does not exist or cannot be used for this type of transaction.`);
  } else if (account && !usable[account.Class](rate)) {
    errors.push(`The TaxType code '${taxType}' cannot be used with account code '${account.Code}'.`);
  }
  const quantity = unitsOf(input.Quantity ?? 1);
  const given = unitsOf(input.UnitAmount ?? 0);
  const unit = unitDecimals === 4 ? given : toPennies(given);
  const lineAmount = times(quantity, unit);
  if (input.LineAmount !== undefined && unitsOf(input.LineAmount) !== lineAmount) {
    errors.push(`The line total ${input.LineAmount} does not match the expected line total ${numberOf(lineAmount)}`);
  }
  if (errors.length > 0 || !rate) return errors;

  let tax = 0n;
  if (types !== 'NoTax' && !selfAccounted(rate)) {
    const percent = rate.EffectiveRate;
    if (input.TaxAmount !== undefined) tax = toPennies(unitsOf(input.TaxAmount));
    else tax = taxOf(lineAmount, percent, types === 'Inclusive');
  } else if (input.TaxAmount !== undefined && input.TaxAmount !== 0) {
    // Stricter than what is known of Xero: a client must not send tax here at all.
    return ['The TaxAmount cannot be set for this TaxType.'];
  }
  return {
    LineItemID: input.LineItemID ?? newId(),
    Description: input.Description ?? '',
    Quantity: numberOf(quantity),
    UnitAmount: numberOf(unit),
    LineAmount: numberOf(lineAmount),
    TaxType: taxType,
    TaxAmount: numberOf(tax),
    ...(input.AccountCode === undefined ? {} : { AccountCode: input.AccountCode }),
    Tracking: [],
  };
}

/** Sums of the rounded lines, never a rounding of the sum. */
export function totalsOf(lines: readonly LineDoc[], types: LineAmountTypes) {
  let amount = 0n;
  let tax = 0n;
  for (const line of lines) {
    amount += unitsOf(line.LineAmount);
    tax += unitsOf(line.TaxAmount);
  }
  const net = types === 'Inclusive' ? amount - tax : amount;
  return { SubTotal: numberOf(net), TotalTax: numberOf(tax), Total: numberOf(net + tax) };
}
