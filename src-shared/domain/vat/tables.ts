import { type Day, dayOf } from './calendar.ts';

/**
 * Everything in UK VAT that a Budget or an agreement may change, with the dates it held (VAT Act 1994; HMRC Notices 700,
 * 700/1; Spring Budget 2024). Position of 22 November 2026: look again after the Budget of 2026. The rules are elsewhere.
 */
export interface Dated<T> {
  readonly from: string;
  readonly to: string | null;
  readonly value: T;
}

/** The standard rate as a fraction of the net. */
export const standardRates: readonly Dated<string>[] = [
  { from: '2011-01-04', to: null, value: '0.20' },
  { from: '2010-01-01', to: '2011-01-03', value: '0.175' },
  { from: '2008-12-01', to: '2009-12-31', value: '0.15' },
  { from: '1991-04-01', to: '2008-11-30', value: '0.175' },
  { from: '1979-06-18', to: '1991-03-31', value: '0.15' },
  { from: '1974-07-29', to: '1979-06-17', value: '0.08' },
  { from: '1973-04-01', to: '1974-07-28', value: '0.10' },
];

export const reducedRates: readonly Dated<string>[] = [
  { from: '1997-09-01', to: null, value: '0.05' },
  { from: '1994-04-01', to: '1997-08-31', value: '0.08' },
];

/** Pounds of taxable turnover over twelve months: above `register` one must, at or below `deregister` one may leave. */
export interface Threshold {
  readonly register: number;
  readonly deregister: number;
}

export const registrationThresholds: readonly Dated<Threshold>[] = [
  { from: '2024-04-01', to: null, value: { register: 90_000, deregister: 88_000 } },
  { from: '2017-04-01', to: '2024-03-31', value: { register: 85_000, deregister: 83_000 } },
  { from: '2016-04-01', to: '2017-03-31', value: { register: 83_000, deregister: 81_000 } },
  { from: '2015-04-01', to: '2016-03-31', value: { register: 82_000, deregister: 80_000 } },
  { from: '2014-04-01', to: '2015-03-31', value: { register: 81_000, deregister: 79_000 } },
  { from: '2013-04-01', to: '2014-03-31', value: { register: 79_000, deregister: 77_000 } },
  { from: '2012-04-01', to: '2013-03-31', value: { register: 77_000, deregister: 75_000 } },
  { from: '2011-04-01', to: '2012-03-31', value: { register: 73_000, deregister: 71_000 } },
  { from: '2010-04-01', to: '2011-03-31', value: { register: 70_000, deregister: 68_000 } },
  { from: '2009-05-01', to: '2010-03-31', value: { register: 68_000, deregister: 66_000 } },
  { from: '2008-04-01', to: '2009-04-30', value: { register: 67_000, deregister: 65_000 } },
  { from: '2007-04-01', to: '2008-03-31', value: { register: 64_000, deregister: 62_000 } },
];

/**
 * A look-up of the entry that held on a day; null before the first one.
 * Dates are read once, so that a hundred thousand look-ups cost nothing. @throws RangeError on a table with a bad date
 */
export function onDay<T>(table: readonly Dated<T>[]): (day: Day) => T | null {
  const read = (text: string): Day => {
    const day = dayOf(text);
    if (day === null) throw new RangeError(`"${text}" in a dated table is no day`);
    return day;
  };
  const entries = table.map(({ from, to, value }) => ({
    from: read(from),
    to: to === null ? Number.POSITIVE_INFINITY : read(to),
    value,
  }));
  return (day) => entries.find((entry) => day >= entry.from && day <= entry.to)?.value ?? null;
}

/** Where UK VAT applies: Great Britain, Northern Ireland (services follow UK rules) and the Isle of Man. */
export const ukVatArea: ReadonlySet<string> = new Set(['GB', 'XI', 'IM']);

/** Member states of the European Union since 2020-02-01, by ISO code. */
export const euMembers: ReadonlySet<string> = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '),
);

/** Pounds per unit of currency that are believable; outside, the rate is probably upside down. */
export const fxBands: Readonly<Record<string, readonly [low: string, high: string]>> = {
  USD: ['0.60', '0.95'],
  EUR: ['0.75', '0.98'],
  CAD: ['0.45', '0.68'],
  AUD: ['0.42', '0.65'],
  CHF: ['0.70', '0.98'],
  SEK: ['0.065', '0.090'],
  JPY: ['0.0040', '0.0080'],
  INR: ['0.0075', '0.0115'],
};

/** Currencies invoiced without decimals; every other invoice amount has two at most. */
export const wholeUnitCurrencies: ReadonlySet<string> = new Set(['JPY', 'KRW', 'ISK']);

/** In pence, months and days; each with the rule it comes from. */
export const limits = {
  /** A simplified invoice serves up to and including this gross (VAT Regulations 1995 reg 16A). */
  simplifiedInvoicePence: 250_00n,
  /** From this net on a second approver signs; house rule. */
  secondApproverPence: 10_000_00n,
  /** A round amount for metered usage looks like an estimate from this net on; house rule, in the invoice currency. */
  roundSumHundredths: 500_00n,
  /** Amounts of a ledger have at most twelve digits before the decimal point, in any currency. */
  largestAmount: 1_000_000_000_000n,
  inputTaxClaimMonths: 48,
  unpaidSupplierMonths: 6,
  preRegistrationServicesMonths: 6,
  prepaymentDays: 92,
  invoiceBeforePeriodDays: 31,
  invoiceAfterPeriodDays: 45,
  nearDuplicateDays: 7,
} as const;
