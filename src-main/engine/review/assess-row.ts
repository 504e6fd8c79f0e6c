import type { z } from 'zod';
import type { CheckView } from '../../../src-shared/contract/exports.ts';
import { Big, decimal, toMinor } from '../../../src-shared/domain/money/index.ts';
import { monthOf, nextMonth } from '../../../src-shared/domain/period.ts';
import { type Assessment, assess } from '../../../src-shared/domain/vat/assess.ts';
import { dayOf } from '../../../src-shared/domain/vat/calendar.ts';
import { byUrgency, type Check, checkRules } from '../../../src-shared/domain/vat/checks.ts';
import { taxPointOn } from '../../../src-shared/domain/vat/decide.ts';
import { documentKeyOf } from '../../../src-shared/domain/vat/document.ts';
import type { DocumentHistory } from '../../../src-shared/domain/vat/history.ts';
import type { FxRate, VatLine } from '../../../src-shared/domain/vat/line.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import type { OrganisationRow } from '../../store/repositories/organisations.ts';
import type { LikenessRow } from '../../store/repositories/review.ts';

/** The rules applied to one line, apart from the store and the contract: the import thread loads this. */

/** The check of a stored line, as it is kept in its `checks` column and shown. */
export type StoredCheck = z.infer<typeof CheckView>;

/** HMRC's units per pound, by currency and month (`USD 2026-07`). */
type MonthlyRates = ReadonlyMap<string, string>;

export interface Buyer {
  readonly organisation: OrganisationRow;
  readonly rates: MonthlyRates;
  /** `YYYY-MM-DD` where the organisation is. */
  readonly today: string;
  /** Closed months and when each was closed, milliseconds UTC. */
  readonly closed: ReadonlyMap<string, number>;
}

/** A stored line as the rules see it: its own columns, and the buyer as the settings describe it today. */
function vatLineOf(row: CostLineRow, { organisation, today }: Buyer, fx: FxRate | null): VatLine {
  return {
    id: row.id,
    date: row.line_date,
    supplier: row.supplier,
    supplierCountry: row.supplier_country,
    supplierVatNumber: row.supplier_vat_number,
    customerRegistered: organisation.vat_registered === 1,
    customerCountry: organisation.country,
    text: row.description,
    currency: row.currency,
    net: row.net,
    vat: row.vat,
    gross: row.gross,
    hint: row.treatment_hint,
    fx,
    attributes: {
      inv: row.invoice_number,
      doc: row.document_type,
      lines: row.document_lines,
      period: row.period_start && row.period_end ? { from: row.period_start, to: row.period_end } : null,
      paid: row.paid_on,
      due: row.due_on,
      taxPoint: row.tax_point,
      gbpVat: row.printed_vat_gbp,
      orig: row.original_invoice,
      scheme: organisation.vat_scheme,
      registeredFrom: organisation.registered_from,
      ukEstablishment: row.uk_establishment === 1,
      partlyExempt: organisation.partly_exempt === 1,
      reclaimable: row.deductible === 1,
      openPeriod: null,
      seen: today,
    },
  };
}

/**
 * The first month that was open when the line came in, where that of its tax point was closed before: its return may have been
 * filed, and input tax is claimed later then (VAT Regulations 1995 reg 29). null: its own month. A line that was there when a month was
 * closed belongs to it, posted or not: whoever closed it has seen it.
 */
function lateMonth(taxPoint: string, { created_at }: CostLineRow, { closed }: Buyer): string | null {
  const isShut = (one: string) => (closed.get(one) ?? Number.POSITIVE_INFINITY) < created_at;
  let month = monthOf(taxPoint);
  if (!isShut(month)) return null;
  while (isShut(month)) month = nextMonth(month);
  return month;
}

interface LineRate {
  readonly fx: FxRate | null;
  readonly columns: Pick<CostLineRow, 'fx_rate_to_gbp' | 'fx_units_per_gbp' | 'fx_source'>;
}

/** A rate from the file or a person stays; otherwise HMRC's for the month of the tax point, or none. */
function rateOf(row: CostLineRow, buyer: Buyer): LineRate {
  const { fx_rate_to_gbp, fx_units_per_gbp, fx_source } = row;
  if (row.currency !== 'GBP' && fx_source !== 'file' && fx_source !== 'hand') {
    const taxPoint = taxPointOn(vatLineOf(row, buyer, null)) ?? row.line_date;
    const units = buyer.rates.get(`${row.currency} ${monthOf(taxPoint)}`) ?? null;
    if (units === null) {
      return { fx: null, columns: { fx_rate_to_gbp: null, fx_units_per_gbp: null, fx_source: null } };
    }
    const shown = new Big(1).div(decimal(units)).round(10, Big.roundHalfUp).toString();
    return {
      fx: { unitsPerGbp: units },
      columns: { fx_rate_to_gbp: shown, fx_units_per_gbp: units, fx_source: 'hmrc' },
    };
  }
  const columns = { fx_rate_to_gbp, fx_units_per_gbp, fx_source };
  if (fx_units_per_gbp !== null) return { fx: { unitsPerGbp: fx_units_per_gbp }, columns };
  return { fx: fx_rate_to_gbp === null ? null : { gbpPerUnit: fx_rate_to_gbp }, columns };
}

/** The columns an assessment writes. */
export const assessedColumns = [
  'tax_date',
  'fx_rate_to_gbp',
  'fx_units_per_gbp',
  'fx_source',
  'net_gbp_minor',
  'vat_gbp_minor',
  'charged_vat_gbp_minor',
  'gross_gbp_minor',
  'gross_minor',
  'treatment',
  'box1_minor',
  'box4_minor',
  'box6_minor',
  'box7_minor',
  'checks',
  'check_ids',
  'blocks',
  'open_warns',
  'reason',
  'derivation',
  'state',
] as const;
export type AssessedValues = Readonly<Record<(typeof assessedColumns)[number], string | number | null>>;

/**
 * Applies the rules to a line and gives the columns to write. `earlier`: its checks so far: what a person confirmed stays
 * confirmed as long as the warning says the same. `further`: what the rules, which see the line alone, cannot know. An excluded
 * line stays excluded. `tax_date` is the day that decides the period: the tax point, or of what comes late the first day of the
 * month it is claimed in.
 */
export function assessRow(
  row: CostLineRow,
  buyer: Buyer,
  history: DocumentHistory,
  earlier: readonly StoredCheck[],
  further: readonly Check[] = [],
): AssessedValues {
  const { fx, columns } = rateOf(row, buyer);
  const own = vatLineOf(row, buyer, fx);
  const late = buyer.closed.size === 0 ? null : lateMonth(taxPointOn(own) ?? row.line_date, row, buyer);
  const openPeriod = late === null ? null : { from: `${late}-01`, to: '2199-12-31' };
  const line = openPeriod ? { ...own, attributes: { ...own.attributes, openPeriod } } : own;
  const result = assess(line, {
    history,
    remember: row.state !== 'excluded',
    ownVatNumber: buyer.organisation.vat_number,
    label: historyLabel(row),
    explain: true,
  });
  const before = new Map(earlier.map((old) => [old.id, old]));
  const checks = [...result.checks, ...further].sort(byUrgency).map(({ id, severity, message }): StoredCheck => {
    const old = before.get(id);
    const acknowledged = severity === 'warn' && old?.message === message ? old.acknowledged : null;
    return { id, severity, message, fix: checkRules[id].fix, acknowledged };
  });
  return {
    ...columns,
    tax_date: openPeriod?.from ?? result.taxPoint ?? taxPointOn(line) ?? row.line_date,
    net_gbp_minor: result.netGbp,
    vat_gbp_minor: result.vatGbp,
    charged_vat_gbp_minor: chargedGbp(row, result),
    gross_gbp_minor: result.grossGbp,
    gross_minor: minorOrNull(row.gross, row.currency),
    treatment: result.treatment,
    box1_minor: result.box1,
    box4_minor: result.box4,
    box6_minor: result.box6,
    box7_minor: result.box7,
    derivation: JSON.stringify(result.derivation),
    check_ids: ` ${checks.map(({ id }) => id).join(' ')} `,
    ...standing(row.state, checks),
  };
}

/** What the checks mean for a line: how many block or wait for a person, the one reason, and whether it may leave. */
export function standing(
  state: CostLineRow['state'],
  checks: readonly StoredCheck[],
): Pick<AssessedValues, 'checks' | 'blocks' | 'open_warns' | 'reason' | 'state'> {
  const blocks = checks.filter(({ severity }) => severity === 'block');
  const open = checks.filter(({ severity, acknowledged }) => severity === 'warn' && acknowledged === null);
  const first = blocks[0] ?? open[0];
  return {
    checks: JSON.stringify(checks),
    blocks: blocks.length,
    open_warns: open.length,
    reason: first?.message ?? null,
    state: state === 'review' || state === 'ready' ? (first ? 'review' : 'ready') : state,
  };
}

/** How a duplicate names the earlier document. */
export function historyLabel(row: Pick<CostLineRow, 'invoice_number' | 'line_date' | 'state'>): string {
  const number = row.invoice_number || 'a document without number';
  return row.state === 'batched' || row.state === 'posted'
    ? `${number} of ${formatDay(row.line_date)}, already exported`
    : `${number} of ${formatDay(row.line_date)}`;
}

/** VAT as invoiced, in pence: the difference of what the whole and the net come to. */
function chargedGbp(row: CostLineRow, { netGbp, grossGbp }: Assessment): number | null {
  if (netGbp === null || grossGbp === null) return row.currency === 'GBP' ? minorOrNull(row.vat, 'GBP') : null;
  return grossGbp - netGbp;
}

function minorOrNull(amount: string, currency: string): number | null {
  try {
    return toMinor(amount, currency);
  } catch {
    return null;
  }
}

/** A line that was here before, as something a later one could repeat. */
export function remember(history: DocumentHistory, row: LikenessRow): void {
  if (row.state === 'excluded') return;
  history.add(
    documentKeyOf(row.supplier, row.currency, row.gross, row.invoice_number),
    dayOf(row.line_date),
    historyLabel(row),
  );
}
