import { readAmount } from './amounts.ts';
import { columnKey, isCurrency, isNull, type RowResult, refuse } from './columns.ts';
import { lastDayBefore, readDate } from './dates.ts';
import { looksLikeInvoiceDetail } from './invoice-detail.ts';

/** A span of time, milliseconds UTC; `to` is the first instant after it. */
export interface Used {
  readonly from: number;
  readonly to: number;
}

/** One charge of a FOCUS file, read as far as an invoice needs it. Days are `YYYY-MM-DD`, the amount exact decimal text. */
export interface FocusCharge {
  readonly issuer: string;
  readonly account: string;
  readonly accountName: string;
  readonly currency: string;
  readonly periodStart: string;
  /** Last day of the billing period; FOCUS itself writes the first instant after it. */
  readonly periodEnd: string;
  /** Empty when the charge names no invoice. */
  readonly invoiceId: string;
  readonly amount: string;
  /** A row of tax on the invoice, as against something bought. */
  readonly isTax: boolean;
  readonly service: string;
  /** The billing period where the row does not say; null: of what a vendor's API gave nobody knows. */
  readonly used: Used | null;
  /** What makes two rows the same charge; see {@link focusIdentity}. */
  readonly identity: string;
}

/** What a refused charge says of where it belongs; null: it does not, or it cannot be read. */
export type RefusedCharge = {
  readonly [Field in
    | 'issuer'
    | 'account'
    | 'currency'
    | 'periodStart'
    | 'periodEnd'
    /** Empty: it names no invoice. */
    | 'invoiceId']: FocusCharge[Field] | null;
};

/** A charge of which nothing can be read. */
export const unreadCharge: RefusedCharge = {
  ...{ issuer: null, account: null, currency: null },
  ...{ periodStart: null, periodEnd: null, invoiceId: null },
};

/** Present in every version from 1.0 to 1.4; without one of them no invoice can be made. */
const required = [
  'BilledCost',
  'BillingAccountId',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'InvoiceIssuerName',
] as const;

/**
 * Columns that state a fact about the charge. Tags, display names and `x_` columns are left out: vendors change them in a
 * later export of the same charge, which must not count as a new one.
 */
const identityColumns = [
  'AvailabilityZone',
  'BilledCost',
  'BillingAccountId',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'CapacityReservationId',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'CommitmentDiscountId',
  'CommitmentDiscountStatus',
  'ConsumedQuantity',
  'ConsumedUnit',
  'EffectiveCost',
  'InvoiceDetailId',
  'InvoiceId',
  'InvoiceIssuerName',
  'ListCost',
  'PricingCategory',
  'PricingQuantity',
  'PricingUnit',
  'RegionId',
  'ResourceId',
  'ServiceName',
  'SkuId',
  'SkuPriceId',
  'SubAccountId',
] as const;

/** Allowed values of ChargeCategory in all versions. */
const categories: ReadonlySet<string> = new Set(['usage', 'purchase', 'tax', 'credit', 'adjustment']);

export interface FocusLayout {
  /** As far as the columns tell; 1.2 and later are told apart by what they added or dropped. */
  readonly version: '1.0' | '1.1' | '1.2' | '1.3' | '1.4';
  /** Reads one row of cells in the order of the headers. */
  read(cells: readonly string[]): RowResult<FocusCharge>;
  /** Whose a row is that is refused, as far as it can be read. */
  named(cells: readonly string[]): RefusedCharge;
}

/** Whether the headers are those of a FOCUS export at all. */
export function looksLikeFocus(headers: readonly string[]): boolean {
  const keys = new Set(headers.map(columnKey));
  return (
    looksLikeInvoiceDetail(headers) ||
    keys.has('billedcost') ||
    (keys.has('chargecategory') && keys.has('billingperiodstart'))
  );
}

/**
 * Finds the columns by name, in whatever order and spelling (`BilledCost`, `billed_cost`). Versions differ in columns this
 * reading does not need: 1.1 added capacity reservations, 1.2 InvoiceId and pricing currencies, 1.3 ServiceProviderName
 * and HostProviderName beside the deprecated ProviderName and PublisherName, which 1.4 dropped.
 * @returns the layout, or the names of the required columns that are missing
 */
export function focusLayout(headers: readonly string[]): FocusLayout | { readonly missing: readonly string[] } {
  const at = new Map<string, number>();
  headers.forEach((header, index) => {
    const key = columnKey(header);
    if (!at.has(key)) at.set(key, index);
  });
  const find = (name: string) => at.get(name.toLowerCase());
  const missing = required.filter((name) => find(name) === undefined);
  if (missing.length > 0) return { missing };

  const place = (name: string) => find(name) ?? -1;
  const cost = place('BilledCost');
  const account = place('BillingAccountId');
  const accountName = place('BillingAccountName');
  const currency = place('BillingCurrency');
  const start = place('BillingPeriodStart');
  const end = place('BillingPeriodEnd');
  const category = place('ChargeCategory');
  const chargeStart = place('ChargePeriodStart');
  const chargeEnd = place('ChargePeriodEnd');
  const issuer = place('InvoiceIssuerName');
  const invoice = place('InvoiceId');
  const service = place('ServiceName');
  const description = place('ChargeDescription');
  const identity = identityColumns.flatMap((name) => {
    const index = find(name);
    return index === undefined ? [] : [{ name, index }];
  });
  const days = new Map<string, string | null>();
  const dayOf = (cell: string) => {
    const known = days.get(cell);
    if (known !== undefined) return known;
    const read = readDate(cell, 'iso');
    const day = read.ok ? read.day : null;
    if (days.size < 10_000) days.set(cell, day);
    return day;
  };

  const instants = new Map<string, number>();
  /** NaN where the cell is no time. FOCUS writes UTC. */
  const instantOf = (cell: string): number => {
    let known = instants.get(cell);
    if (known === undefined) {
      const isBare = !/(Z|UTC|[+-]\d\d:?\d\d)$/i.test(cell);
      known = Date.parse(isBare ? `${cell}${cell.includes(':') ? 'Z' : ''}` : cell);
      if (instants.size < 10_000) instants.set(cell, known);
    }
    return known;
  };
  const usedBetween = (charged: readonly string[], firstDay: string, lastDay: string): Used => {
    const [from = Number.NaN, to = Number.NaN] = charged.map(instantOf);
    if (to >= from) return { from, to: Math.max(to, from + 1) };
    return { from: instantOf(firstDay), to: instantOf(lastDay) + 86_400_000 };
  };

  const textIn = (cells: readonly string[]) => (index: number) => {
    const cell = cells[index] ?? '';
    return isNull(cell) ? '' : cell.trim();
  };

  return {
    version: versionOf(at),
    named(cells) {
      const text = textIn(cells);
      const code = text(currency).toUpperCase();
      const lastDay = dayOf(text(end));
      return {
        issuer: text(issuer) || null,
        account: text(account) || null,
        currency: isCurrency(code) ? code : null,
        periodStart: dayOf(text(start)),
        periodEnd: lastDay && lastDayBefore(text(end), lastDay),
        invoiceId: text(invoice),
      };
    },
    read(cells) {
      const text = textIn(cells);
      const issuerName = text(issuer);
      if (!issuerName) return refuse('InvoiceIssuerName', 'Names no issuer; ask the vendor for a complete export.');
      const code = text(currency).toUpperCase();
      if (!isCurrency(code)) {
        return refuse('BillingCurrency', `"${text(currency)}" is no currency; correct it in the export.`);
      }
      const amount = readAmount(text(cost));
      if (!amount.ok) return refuse('BilledCost', `The cost ${amount.reason}; correct it and import the file again.`);
      const accountId = text(account);
      if (!accountId)
        return refuse('BillingAccountId', 'Names no billing account; ask the vendor for a complete export.');
      const periodStart = dayOf(text(start));
      if (!periodStart)
        return refuse('BillingPeriodStart', `"${text(start)}" is not a date; FOCUS wants 2026-09-01T00:00:00Z.`);
      const endDay = dayOf(text(end));
      if (!endDay) return refuse('BillingPeriodEnd', `"${text(end)}" is not a date; FOCUS wants 2026-10-01T00:00:00Z.`);
      const periodEnd = lastDayBefore(text(end), endDay);
      if (periodEnd < periodStart)
        return refuse('BillingPeriodEnd', 'The billing period ends before it starts; correct one of the two.');
      const kind = text(category).toLowerCase();
      if (!categories.has(kind)) {
        return refuse(
          'ChargeCategory',
          `"${text(category)}" is not a charge category of FOCUS; expected Usage, Purchase, Tax, Credit or Adjustment.`,
        );
      }
      return {
        ok: true,
        value: {
          issuer: issuerName,
          account: accountId,
          accountName: text(accountName),
          currency: code,
          periodStart,
          periodEnd,
          invoiceId: text(invoice),
          amount: amount.text,
          isTax: kind === 'tax',
          used: usedBetween([text(chargeStart), text(chargeEnd)], periodStart, periodEnd),
          service: text(service) || text(description).slice(0, 80) || text(category),
          identity: focusIdentity(identity, cells),
        },
      };
    },
  };
}

/**
 * The text a charge is known by. Equal rows do occur in honest exports (two equal charges in one hour, split by a column
 * the vendor does not show), and the sum must equal the invoice; so equal rows *within* a file are different charges and
 * are counted (first, second, …), while the same count found again in a later file is the same charge.
 */
function focusIdentity(
  columns: readonly { readonly name: string; readonly index: number }[],
  cells: readonly string[],
): string {
  let identity = '';
  for (const { name, index } of columns) {
    const cell = cells[index] ?? '';
    if (!isNull(cell)) identity += `${name}=${cell}\u0001`;
  }
  return identity;
}

function versionOf(at: ReadonlyMap<string, number>): FocusLayout['version'] {
  if (at.has('serviceprovidername') || at.has('hostprovidername')) return at.has('providername') ? '1.3' : '1.4';
  if (at.has('invoiceid') || at.has('pricingcurrency') || at.has('billingaccounttype')) return '1.2';
  return at.has('capacityreservationid') || at.has('skumeter') || at.has('servicesubcategory') ? '1.1' : '1.0';
}
