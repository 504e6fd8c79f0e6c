import { parity } from '../../../src-shared/domain/kpi/feature-parity.ts';
import type { InputName } from '../../../src-shared/domain/kpi/kpi.ts';
import { Big, decimal, fromMinor } from '../../../src-shared/domain/money/index.ts';
import { deriveValue, type UsageTotals } from '../../../src-shared/domain/value/derive.ts';
import type { ValueSettings } from '../../../src-shared/domain/value/settings.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import type { Store } from '../../ports/store.ts';
import * as sources from '../../store/repositories/kpi-sources.ts';
import * as rows from '../../store/repositories/kpis.ts';
import { usageSums } from '../../store/repositories/usage.ts';
import { grouped } from './grouped.ts';
import { hourMs } from './local-calendar.ts';
import { everywhere } from './points.ts';
import { type Cellular, counted, latestInput, noWeddings, type Run, type Values, weddingCells } from './run.ts';
import { writePoints } from './write-points.ts';

/** The points of one month, from its sources and the points of its hours. Answers with how many changed. */
export async function monthPoints(store: Store, run: Run, month: string): Promise<number> {
  const { organisationId, calendar, settings } = run;
  const [from, to] = [calendar.startOfMonth(month), calendar.endOfMonth(month)];
  const [first, last] = [calendar.firstOf(month), calendar.lastOf(month)];
  const [weddings, costs, sums, before, kept, busiest, byPlace] = await Promise.all([
    sources.weddingsHeld(store.read, organisationId, first, last),
    sources.costsByDay(store.read, organisationId, [{ from: first, to: last }]),
    usageSums(store.read, organisationId, [month], null),
    sources.activeVendors(store.read, organisationId, calendar.monthAfter(month, -1)),
    sources.activeVendors(store.read, organisationId, month),
    sources.busiestHour(store.read, organisationId, from, to),
    requestsByPlace(store, run, from, to),
  ]);
  const why: Partial<Record<InputName, string>> = {};
  const unpriced = costs.reduce((sum, day) => sum + day.unpriced, 0);
  const lines = costs.reduce((sum, day) => sum + day.lines, 0);
  const net = costs.reduce((sum, day) => sum + day.net, 0);
  if (lines === 0) why.ai_cost_gbp = 'No cost lines are known for this month yet.';
  if (unpriced > 0)
    why.ai_cost_gbp = `${formatCounted(unpriced, 'cost line', 'cost lines')} of this month without an exchange rate.`;

  const covered = counted(run, from, to);
  if (!covered) {
    for (const name of [
      'requests',
      'successful_requests',
      'minutes_saved',
      'time_value_gbp',
      'vendors_kept',
    ] as const) {
      why[name] = 'No AI usage is known for this month yet.';
    }
  }
  const usage = usageInputs(sums, settings, last, daysOf(first, last), covered);
  const hours = Math.max(1, Math.round((Math.min(to, run.now) - from) / hourMs));
  const totals: Values = {
    hours: String(hours),
    ...usage,
    ...(lines > 0 && unpriced === 0 ? { ai_cost_gbp: fromMinor(net, 'GBP') } : {}),
    ...(busiest === null ? {} : { busiest_hour_requests: String(busiest) }),
    ...latestInput(run, 'capacity_per_hour', 0, to),
    ...(covered
      ? { vendors_before: String(before.size), vendors_kept: String([...before].filter((id) => kept.has(id)).length) }
      : {}),
    ...surveyInputs(run, from, to),
    features_ours: String(parity.ours),
    features_market: String(parity.market),
  };
  const cells = new Map<string, Cellular>();
  for (const one of [...weddingCells(run, weddings), ...byPlace]) {
    const key = `${one.cell.venue} ${one.cell.region}`;
    const values = { ...cells.get(key)?.values, ...one.values };
    cells.set(key, { cell: one.cell, values: one.cell === everywhere ? { ...values, ...totals } : values });
  }
  const silent = { requests: '0', successful_requests: '0', hours: String(hours) };
  const filled = [...cells.values()].map(({ cell, values }) => ({
    cell,
    values: cell === everywhere ? values : { ...silent, ...values },
  }));
  return writePoints(store, run, 'month', [{ at: from, cells: filled }], { ...noWeddings, ...silent }, why);
}

const daysOf = (first: string, last: string) => Math.round((Date.parse(last) - Date.parse(first)) / 86_400_000) + 1;

/** Requests of the hours between two instants, by venue and region. */
async function requestsByPlace(store: Store, run: Run, from: number, to: number): Promise<readonly Cellular[]> {
  const sums = await rows.sumHours(store.read, run.organisationId, from, to);
  return sums.map(({ venue, region, requests, failed }) => ({
    cell: { venue, region },
    values: { requests: String(requests), successful_requests: String(requests - failed) },
  }));
}

function usageInputs(
  sums: Awaited<ReturnType<typeof usageSums>>,
  settings: ValueSettings,
  lastDay: string,
  days: number,
  covered: boolean,
): Values {
  if (!covered) return {};
  let [requests, successful] = [0, 0];
  let minutes = new Big(0);
  let worth = new Big(0);
  let [met, of] = [0, 0];
  const vendors = grouped(sums, ({ vendor_id }) => vendor_id);
  for (const ofVendor of vendors.values()) {
    const usage = totalsOf(ofVendor, days);
    requests += usage.requests;
    successful += usage.successful;
    const value = deriveValue(usage, settings, lastDay);
    const figure = (key: string) => decimal(value.figures.find((one) => one.key === key)?.value ?? '0');
    minutes = minutes.plus(figure('minutes_saved'));
    worth = worth.plus(figure('cost_savings_gbp'));
    met += value.readiness.met;
    of += value.readiness.of;
  }
  const working = decimal(settings.workingHoursPerWeek).times(60).times(days).div(7).times(vendors.size);
  return {
    requests: String(requests),
    successful_requests: String(successful),
    minutes_saved: minutes.toFixed(),
    time_value_gbp: worth.toFixed(),
    working_minutes: working.round(12).toFixed(),
    readiness_met: String(met),
    readiness_of: String(of),
  };
}

/** One vendor's usage as the value formulas take it. */
export function totalsOf(sums: Awaited<ReturnType<typeof usageSums>>, days: number): UsageTotals {
  const add = (pick: (sum: (typeof sums)[number]) => number) => sums.reduce((all, sum) => all + Number(pick(sum)), 0);
  return {
    requests: add((sum) => sum.requests),
    successful: add((sum) => sum.successful),
    inPreparationWindow: add((sum) => sum.in_window),
    assistedClients: 0,
    days,
    byFeature: Object.fromEntries(sums.map((sum) => [sum.feature, Number(sum.successful)])),
    latestDay: sums.reduce<string | null>(
      (latest, sum) => (latest === null || sum.latest_day > latest ? sum.latest_day : latest),
      null,
    ),
  };
}

function surveyInputs({ given }: Run, from: number, to: number): Values {
  const sum = (name: InputName) =>
    given
      .filter((row) => row.name === name && row.at >= from && row.at < to)
      .reduce((all, row) => all.plus(decimal(row.value)), new Big(0));
  const answers = sum('satisfaction_answers');
  return { satisfaction_points: sum('satisfaction_points').toFixed(), satisfaction_answers: answers.toFixed() };
}
