import { sql } from 'kysely';
import type { Threshold } from '../../../src-shared/contract/insight.ts';
import { fromMinor } from '../../../src-shared/domain/money/index.ts';
import type { Instant, IsoDate } from '../../../src-shared/domain/time-and-ids.ts';
import { dayOf } from '../../../src-shared/domain/vat/calendar.ts';
import { onDay, registrationThresholds } from '../../../src-shared/domain/vat/tables.ts';
import { addDays, localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import type { Reader } from '../../ports/store.ts';
import { salesBetween } from '../../store/repositories/desk.ts';
import { noCosts } from '../../store/repositories/month-sums.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import { notFound } from '../problem.ts';

const thresholdOn = onDay(registrationThresholds);
/** Looked back on: twelve months before each of the last twelve month ends. */
const lookedAt = 24;
/** From this share on somebody should look. */
const nearShare = 0.9;

const monthAfter = (month: string, by: number) =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)) - 1 + by, 1)).toISOString().slice(0, 7);
const lastDay = (month: string) => addDays(`${monthAfter(month, 1)}-01` as IsoDate, -1);

/**
 * Taxable turnover of twelve months ended on every month end against the threshold of that day. Services bought from abroad
 * count as the buyer's own turnover; own sales are what was typed in.
 */
export async function watchThreshold(db: Reader, organisationId: string, now: Instant): Promise<Threshold> {
  const organisation = await getOrganisation(db, organisationId);
  if (!organisation) throw notFound({ happened: `There is no organisation "${organisationId}".` });
  const current = localAt(now, organisation.time_zone).date.slice(0, 7);
  const months = Array.from({ length: lookedAt }, (_, i) => monthAfter(current, i - lookedAt + 1));
  const from = months[0] ?? current;
  const bought = await sql<{ month: string; net: number }>`
    SELECT substr(tax_date, 1, 7) AS month, sum(net_gbp_minor) AS net FROM cost_line_seen
    WHERE organisation_id = ${organisationId} AND tax_date >= ${`${from}-01`} AND state <> 'excluded'
      AND document_type NOT IN ${noCosts}
      AND (treatment = 'reverse_charge' OR (treatment = 'unregistered_cost' AND instr(check_ids, ' UNREG-RC ') > 0))
    GROUP BY 1`.execute(db);
  const sold = await salesBetween(db, organisationId, from, current);
  const netOf = new Map(bought.rows.map(({ month, net }) => [month, net]));
  const salesOf = new Map(sold.map(({ month, net_minor }) => [month, net_minor]));
  const turnover = months.map((month) => (netOf.get(month) ?? 0) + (salesOf.get(month) ?? 0));
  const text = (minor: number) => fromMinor(minor, 'GBP');
  const rows = months.slice(12).map((month, i) => ({
    month,
    sales: text(salesOf.get(month) ?? 0),
    reverseCharge: text(netOf.get(month) ?? 0),
    rolling: turnover.slice(i + 1, i + 13).reduce((sum, one) => sum + one, 0),
  }));
  const limitOf = (month: string) => (thresholdOn(dayOf(lastDay(month)) ?? 0)?.register ?? 0) * 100;
  const registered = organisation.vat_registered === 1;
  const last = rows.at(-1);
  const rolling = last?.rolling ?? 0;
  const limit = limitOf(current);
  // The month that is not over yet passes nothing; it only warns.
  const over = registered ? undefined : rows.slice(0, -1).find((row) => row.rolling > limitOf(row.month));
  const monthEnd = over ? lastDay(over.month) : null;
  return {
    registered,
    register: text(limit),
    rolling: text(rolling),
    share: limit === 0 ? 0 : Math.round((rolling / limit) * 1_000) / 1_000,
    state: registered
      ? 'registered'
      : over || rolling > limit
        ? 'above'
        : rolling >= limit * nearShare
          ? 'near'
          : 'below',
    // Told within 30 days of the month end, registered from the first of the second month after it.
    passed:
      over && monthEnd
        ? {
            monthEnd,
            notifyBy: addDays(monthEnd, 30),
            registeredFrom: `${monthAfter(over.month, 2)}-01`,
          }
        : null,
    months: rows.map((row) => ({ ...row, rolling: text(row.rolling) })),
  };
}
