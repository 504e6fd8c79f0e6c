import { z } from 'zod';
import { decimal } from '../../../src-shared/domain/money/index.ts';
import type { QuickBooks } from './client.ts';

const Details = z
  .object({ TaxRateDetail: z.array(z.object({ TaxRateRef: z.object({ value: z.string() }) })).default([]) })
  .default({ TaxRateDetail: [] });
const TaxCode = z.object({
  Id: z.string(),
  Name: z.string(),
  Active: z.boolean().default(true),
  Hidden: z.boolean().default(false),
  PurchaseTaxRateList: Details,
});
const TaxRate = z.object({
  Id: z.string(),
  Name: z.string(),
  RateValue: z.number().optional(),
  SpecialTaxType: z.string().default('NONE'),
  EffectiveTaxRate: z
    .array(
      z.object({
        RateValue: z.number(),
        EffectiveDate: z.string().default(''),
        EndDate: z.string().optional(),
      }),
    )
    .default([]),
});
type TaxRate = z.output<typeof TaxRate>;

/** A code with the rates it puts on a purchase of one day. Sales and purchases behind one code are different rates. */
export interface PurchaseCode {
  readonly id: string;
  readonly name: string;
  readonly rates: readonly { readonly id: string; readonly percent: string }[];
  /** VAT the buyer accounts for itself: what is added is taken off again. */
  readonly reverseCharge: boolean;
}

/** The window that covers the day; a rate without windows counts always. */
function percentOn(rate: TaxRate, day: string): string | null {
  const window = rate.EffectiveTaxRate.find(
    ({ EffectiveDate, EndDate }) =>
      EffectiveDate.slice(0, 10) <= day && (EndDate === undefined || day <= EndDate.slice(0, 10)),
  );
  const value = window?.RateValue ?? (rate.EffectiveTaxRate.length === 0 ? rate.RateValue : undefined);
  return value === undefined ? null : decimal(String(value)).toFixed();
}

/** Every code a purchase of that day may carry: active, shown, and with a rate in force. */
export async function purchaseCodes(qb: QuickBooks, day: string): Promise<PurchaseCode[]> {
  const codes = await qb.rows('TaxCode', 'select * from TaxCode where Active = true', TaxCode);
  const rates = new Map((await qb.rows('TaxRate', 'select * from TaxRate', TaxRate)).map((rate) => [rate.Id, rate]));
  return codes.flatMap((code) => {
    if (!code.Active || code.Hidden) return [];
    const own = code.PurchaseTaxRateList.TaxRateDetail.map(({ TaxRateRef }) => rates.get(TaxRateRef.value));
    const inForce = own.map((rate) => ({ rate, percent: rate ? percentOn(rate, day) : null }));
    // A code for sales only, or one whose rate has ended.
    if (inForce.some(({ percent }) => percent === null)) return [];
    if (own.length === 0 && !/^(no vat|exempt)/i.test(code.Name)) return [];
    return [
      {
        id: code.Id,
        name: code.Name,
        rates: inForce.map(({ rate, percent }) => ({ id: rate?.Id ?? '', percent: percent ?? '0' })),
        reverseCharge: /\bRC\b/.test(code.Name) || own.some((rate) => rate?.SpecialTaxType === 'REVERSE_CHARGE'),
      },
    ];
  });
}

/** Percent as shown beside a code: what is charged, before a reverse charge takes it off again. */
export function percentOf(code: PurchaseCode): string {
  const charged = code.rates.map(({ percent }) => decimal(percent)).filter((percent) => percent.gt(0));
  return (charged[0] ?? decimal('0')).toFixed();
}

/** Treatment -> how its code is recognised; names are written with and without a decimal place. */
const wanted: Readonly<Record<string, (code: PurchaseCode, percent: string) => boolean>> = {
  uk_standard: ({ name }, percent) => /^20(\.0)?% S$/.test(name) && percent === '20',
  uk_reduced: ({ name }, percent) => /^5(\.0)?% R$/.test(name) && percent === '5',
  uk_zero: ({ name }, percent) => /^0(\.0)?%( Z)?$/.test(name) && percent === '0',
  exempt: ({ name }, percent) => /^exempt$/i.test(name) && percent === '0',
  // Services from abroad, never the construction or the phones and chips one.
  reverse_charge: ({ name, reverseCharge }, percent) =>
    reverseCharge && /\bSG\b/.test(name) && !/CIS|MPCC/.test(name) && percent === '20',
  flat_rate_no_claim: ({ name }, percent) => /^20(\.0)?% S$/.test(name) && percent === '20',
  no_vat_unregistered_supplier: ({ name }) => /^no vat$/i.test(name),
  outside_scope: ({ name }) => /^no vat$/i.test(name),
  unregistered_cost: ({ name }) => /^no vat$/i.test(name),
};

/** What is proposed to the person who confirms. The domestic reverse charge depends on the trade: theirs to choose. */
export function proposals(codes: readonly PurchaseCode[]): Record<string, string | null> {
  const found = Object.entries(wanted).map(([treatment, fits]) => {
    return [treatment, codes.find((code) => fits(code, percentOf(code)))?.id ?? null] as const;
  });
  return { ...Object.fromEntries(found), domestic_reverse_charge: null };
}
