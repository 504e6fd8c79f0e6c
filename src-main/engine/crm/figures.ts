import { type Period, parsePeriod } from '../../../src-shared/domain/period.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { deriveValue, type UsageTotals, type VendorValue } from '../../../src-shared/domain/value/derive.ts';
import { ValueSettings } from '../../../src-shared/domain/value/settings.ts';
import { localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import type { Reader } from '../../ports/store.ts';
import { crmSetting } from '../../store/repositories/crm.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import { usageClients, usageSums } from '../../store/repositories/usage.ts';
import { refused } from '../problem.ts';

/** The multipliers in force for an organisation. */
export async function valueSettings(db: Reader, organisationId: string): Promise<ValueSettings> {
  return ValueSettings.parse((await crmSetting(db, organisationId, 'value')) ?? {});
}

/** @throws ProblemError for a text that is no period */
export function periodOf(text: string): Period {
  const period = parsePeriod(text);
  if (period) return period;
  throw refused({
    happened: `"${text}" is not a period.`,
    remedy: 'Write a month as 2026-10 or a quarter as 2026-Q4.',
  });
}

/** The month it is by the organisation's own clock (T1), `YYYY-MM`. */
export async function presentMonth(db: Reader, organisationId: string, now: Instant): Promise<string> {
  const organisation = await getOrganisation(db, organisationId);
  return localAt(now, organisation?.time_zone ?? 'Europe/London').date.slice(0, 7);
}

export function monthsOf({ from, to }: Period): string[] {
  const months: string[] = [];
  for (let month = from.slice(0, 7); month <= to.slice(0, 7); ) {
    months.push(month);
    const [year = 0, number = 0] = month.split('-').map(Number);
    month = number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
  }
  return months;
}

/** Usage of every vendor (or one) in a period, summed from the months kept beside every import. */
export async function usageOf(
  db: Reader,
  organisationId: string,
  period: Period,
  settings: ValueSettings,
  vendorId: string | null,
): Promise<ReadonlyMap<string, UsageTotals>> {
  const months = monthsOf(period);
  const [sums, clients] = await Promise.all([
    usageSums(db, organisationId, months, vendorId),
    usageClients(db, organisationId, months, settings.communicationFeatures, vendorId),
  ]);
  const days = daysOf(period);
  const totals = new Map<
    string,
    { -readonly [K in keyof UsageTotals]: UsageTotals[K] } & { byFeature: Record<string, number> }
  >();
  for (const sum of sums) {
    const total = totals.get(sum.vendor_id) ?? {
      requests: 0,
      successful: 0,
      inPreparationWindow: 0,
      assistedClients: clients.get(sum.vendor_id) ?? 0,
      days,
      byFeature: {},
      latestDay: null,
    };
    total.requests += sum.requests;
    total.successful += sum.successful;
    total.inPreparationWindow += sum.in_window;
    total.byFeature[sum.feature] = (total.byFeature[sum.feature] ?? 0) + sum.successful;
    if (total.latestDay === null || sum.latest_day > total.latestDay) total.latestDay = sum.latest_day;
    totals.set(sum.vendor_id, total);
  }
  return totals;
}

/** Figures of a vendor without any usage in a period. */
export async function valueOfNone(db: Reader, organisationId: string, period: Period): Promise<VendorValue> {
  const none = {
    requests: 0,
    successful: 0,
    inPreparationWindow: 0,
    assistedClients: 0,
    byFeature: {},
    latestDay: null,
  };
  return deriveValue({ ...none, days: daysOf(period) }, await valueSettings(db, organisationId), period.to);
}

const daysOf = ({ from, to }: Period) => (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;

/** Figures of every vendor with usage in a period. */
export async function valuesOf(
  db: Reader,
  organisationId: string,
  period: Period,
  vendorId: string | null = null,
): Promise<ReadonlyMap<string, VendorValue>> {
  const settings = await valueSettings(db, organisationId);
  const totals = await usageOf(db, organisationId, period, settings, vendorId);
  return new Map([...totals].map(([id, total]) => [id, deriveValue(total, settings, period.to)]));
}
