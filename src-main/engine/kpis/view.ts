import type { KpiTile, KpiView } from '../../../src-shared/contract/kpis.ts';
import { kpis } from '../../../src-shared/domain/kpi/catalogue.ts';
import { parityCheckedOn, parityProducts, parityTable } from '../../../src-shared/domain/kpi/feature-parity.ts';
import { type InputName, inputLabels, type KpiDefinition } from '../../../src-shared/domain/kpi/kpi.ts';
import { Big, decimal } from '../../../src-shared/domain/money/index.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { seasonOf } from '../../../src-shared/domain/wedding-time/weekend-at.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import * as rows from '../../store/repositories/kpis.ts';
import { hourMs, type LocalCalendar, localCalendar, monthsBetween, shiftMonth } from './local-calendar.ts';

const shownMonths = 13;
/** Every system is told several times a day. */
const syncStaleMs = 26 * hourMs;
/** Systems in the order of the sync line, with the names people know. */
const systemNames: Readonly<Record<string, string>> = {
  datadog: 'Datadog',
  newrelic: 'New Relic',
  grafana: 'Grafana',
  powerbi: 'Power BI',
  tableau: 'Tableau',
  looker: 'Looker',
  warehouse: 'Warehouse',
};

/** `contract/kpis.ts`: everything the KPI screen shows of one month. */
export async function kpiView(
  { store, runtime, zoneOf }: { store: Store; runtime: Runtime; zoneOf: (id: string) => Promise<string> },
  organisationId: string,
  wanted: string | undefined,
): Promise<KpiView> {
  const calendar = localCalendar(await zoneOf(organisationId));
  const now = runtime.clock.now();
  const starts = await rows.monthStarts(store.read, organisationId);
  const months = starts.map(calendar.monthOf).sort();
  const all = await rows.listPoints(store.read, organisationId, {
    grain: 'month',
    from: starts.length === 0 ? now : Math.min(...starts),
    to: now + 1,
    totals: true,
  });
  const byMonth = new Map(all.map((row) => [`${row.kpi} ${calendar.monthOf(row.at)}`, row]));
  const thisMonth = calendar.monthOf(now);
  const period = wanted ?? usualPeriod(months, byMonth, thisMonth);
  const comparedWith = byMonth.has(`ai_roi ${shiftMonth(period, -12)}`)
    ? shiftMonth(period, -12)
    : shiftMonth(period, -1);
  const latency = await newestLatency(store, organisationId, calendar, period);
  const [syncs, gates] = await Promise.all([
    rows.listSyncs(store.read, organisationId),
    rows.listGates(store.read, organisationId),
  ]);
  return {
    period,
    periods: months.toReversed(),
    comparedWith,
    season: seasonOf(Number(period.slice(5))),
    empty: !all.some((row) => row.value !== null && ['ai_cost_gbp', 'ai_requests_total'].includes(row.kpi)),
    tiles: kpis.map((kpi) => {
      const own = kpi.grains.includes('month') ? (byMonth.get(`${kpi.id} ${period}`) ?? null) : latency;
      return tileOf(kpi, own, period, comparedWith, byMonth, calendar, now);
    }),
    heat: await heatOf(store, organisationId, calendar, period),
    seasons: seasonsOf(all, calendar, period),
    parity: {
      checkedOn: parityCheckedOn,
      products: [...parityProducts],
      rows: parityTable.map(({ feature, ours, others }) => ({
        feature,
        ours,
        others: parityProducts.map((product) => others[product] ?? { has: 'unknown', source: 'not looked up' }),
      })),
    },
    sync: Object.entries(systemNames).map(([system, name]) => {
      const row = syncs.find((one) => one.system === system);
      return {
        system,
        name,
        ok: row === undefined ? null : row.ok === 1,
        at: row === undefined ? null : isoOf(Instant.parse(row.at)),
        ms: row?.ms ?? null,
        points: row?.points ?? 0,
        detail: row?.detail ?? '',
        succeededAt: row?.succeeded_at == null ? null : isoOf(Instant.parse(row.succeeded_at)),
        stale: row?.ok === 1 && now - row.at > syncStaleMs,
        lostPoints: row?.lost_points ?? 0,
      };
    }),
    gates: gates.map((row) => ({
      dataset: row.dataset,
      checkedAt: isoOf(Instant.parse(row.checked_at)),
      passed: row.passed === 1,
      ...(JSON.parse(row.findings) as { total: number; findings: KpiView['gates'][number]['findings'] }),
    })),
  };
}

/** The newest month whose return is known; else the newest with anything; else the present one. */
function usualPeriod(
  months: readonly string[],
  byMonth: ReadonlyMap<string, rows.KpiPointRow>,
  thisMonth: string,
): string {
  const has = (kpi: string) => months.findLast((month) => byMonth.get(`${kpi} ${month}`)?.value != null);
  return has('ai_roi') ?? has('ai_cost_gbp') ?? has('ai_requests_total') ?? thisMonth;
}

async function newestLatency(store: Store, organisationId: string, calendar: LocalCalendar, period: string) {
  const [from, to] = [calendar.startOfMonth(period), calendar.endOfMonth(period)];
  const points = await rows.listPoints(store.read, organisationId, {
    grain: 'hour',
    from,
    to,
    kpis: ['ai_request_latency_ms'],
    totals: true,
  });
  return points.findLast(({ value }) => value !== null) ?? null;
}

function tileOf(
  kpi: KpiDefinition,
  row: rows.KpiPointRow | null,
  period: string,
  comparedWith: string,
  byMonth: ReadonlyMap<string, rows.KpiPointRow>,
  calendar: LocalCalendar,
  now: number,
): KpiTile {
  const value = row?.value ?? null;
  const inputs = JSON.parse(row?.inputs ?? '{}') as Readonly<Record<string, string>>;
  const { quality } = kpi;
  const ended = calendar.endOfMonth(period);
  return {
    id: kpi.id,
    name: kpi.name,
    description: kpi.description,
    unit: kpi.unit,
    places: kpi.places,
    value,
    reason: value !== null ? null : (row?.reason ?? 'Nothing is known for this month yet.'),
    estimate: kpi.estimate,
    better: kpi.better,
    target: kpi.target,
    met: metBy(kpi, value),
    before: byMonth.get(`${kpi.id} ${comparedWith}`)?.value ?? null,
    trend: monthsBetween(shiftMonth(period, 1 - shownMonths), period).map((month) => ({
      month,
      value: byMonth.get(`${kpi.id} ${month}`)?.value ?? null,
    })),
    asOf: row === null ? null : isoOf(Instant.parse(row.computed_at)),
    // A month of the past is what it was; only the newest one known can be out of date.
    stale: value !== null && now - ended > quality.freshHours * hourMs && !knownAfter(kpi.id, period, byMonth),
    benchmark: kpi.benchmark,
    formula: kpi.formula,
    inputs: kpi.inputs.map((name: InputName) => ({ name: inputLabels[name], value: inputs[name] ?? 'not known' })),
    quality: [
      `between ${quality.min ?? 'any'} and ${quality.max ?? 'any'}`,
      `no older than ${Math.round(quality.freshHours / 24)} days`,
      ...(quality.reconciles ? ['equal to the cost lines to the penny'] : []),
    ],
    owner: kpi.owner,
  };
}

function knownAfter(kpi: string, period: string, byMonth: ReadonlyMap<string, rows.KpiPointRow>): boolean {
  for (const [key, row] of byMonth) if (row.kpi === kpi && row.value !== null && key > `${kpi} ${period}`) return true;
  return false;
}

function metBy({ better, target }: KpiDefinition, value: string | null): boolean | null {
  if (value === null || target === null || better === 'neither') return null;
  return better === 'higher' ? decimal(value).gte(decimal(target)) : decimal(value).lte(decimal(target));
}

/** Mean requests of each local hour of the week. Hours without a request count as none once there is any usage. */
async function heatOf(
  store: Store,
  organisationId: string,
  calendar: LocalCalendar,
  period: string,
): Promise<KpiView['heat']> {
  const [from, to] = [calendar.startOfMonth(period), calendar.endOfMonth(period)];
  const points = await rows.listPoints(store.read, organisationId, {
    grain: 'hour',
    from,
    to,
    kpis: ['ai_requests_total'],
    totals: true,
  });
  const known = points.filter(({ value }) => value !== null);
  const sums = new Map<string, number>();
  const hours = new Map<string, number>();
  const keyOf = (at: number) => {
    const { weekday, hour } = localAt(Instant.parse(at), calendar.zone);
    return `${weekday} ${hour}`;
  };
  for (const { at, number } of known) sums.set(keyOf(at), (sums.get(keyOf(at)) ?? 0) + (number ?? 0));
  if (known.length > 0)
    for (let at = from; at < to; at += hourMs) hours.set(keyOf(at), (hours.get(keyOf(at)) ?? 0) + 1);
  return Array.from({ length: 7 * 24 }, (_, i) => {
    const [weekday, hour] = [Math.floor(i / 24) + 1, i % 24];
    const count = hours.get(`${weekday} ${hour}`);
    const sum = sums.get(`${weekday} ${hour}`) ?? 0;
    return {
      weekday,
      hour,
      mean: count === undefined ? null : Math.round((sum / count) * 10) / 10,
      // T6: Friday 18:00 to Sunday 23:00.
      preparation: (weekday === 5 && hour >= 18) || weekday === 6 || (weekday === 7 && hour < 23),
    };
  });
}

/** The twelve months that end with `period`, by season: what AI cost and what its time was worth. */
function seasonsOf(all: readonly rows.KpiPointRow[], calendar: LocalCalendar, period: string): KpiView['seasons'] {
  const [from, to] = [calendar.startOfMonth(shiftMonth(period, -11)), calendar.endOfMonth(period)];
  return (['peak', 'shoulder', 'off_season'] as const).map((season) => {
    const own = all.filter((row) => row.at >= from && row.at < to && calendar.seasonAt(row.at) === season);
    const returns = own.filter(({ kpi }) => kpi === 'ai_roi');
    const inputs = returns.map((row) => JSON.parse(row.inputs) as Readonly<Record<string, string>>);
    const sum = (values: readonly (string | undefined)[]) => {
      const there = values.filter((value) => value !== undefined);
      return there.length === 0 ? null : there.reduce((total, value) => total.plus(decimal(value)), new Big(0));
    };
    // Only months that know both sides may be set against each other.
    const both = inputs.filter((one) => one.ai_cost_gbp !== undefined && one.time_value_gbp !== undefined);
    const cost = sum(inputs.map((one) => one.ai_cost_gbp));
    const worth = sum(inputs.map((one) => one.time_value_gbp));
    const pairedCost = sum(both.map((one) => one.ai_cost_gbp));
    const pairedWorth = sum(both.map((one) => one.time_value_gbp));
    const perWedding = own
      .filter(({ kpi, value }) => kpi === 'cost_per_wedding_gbp' && value !== null)
      .map((row) => JSON.parse(row.inputs) as Readonly<Record<string, string>>);
    const weddings = sum(perWedding.map((one) => one.assisted_weddings));
    const weddingCost = sum(perWedding.map((one) => one.ai_cost_gbp));
    const held = own
      .filter(({ kpi }) => kpi === 'weddings_today')
      .reduce((total, { number }) => total + (number ?? 0), 0);
    return {
      season,
      months: inputs.filter((one) => one.ai_cost_gbp !== undefined).length,
      costGbp: cost?.toFixed(2) ?? null,
      timeValueGbp: worth?.toFixed(2) ?? null,
      weddings: held,
      costPerWeddingGbp: weddings && weddingCost && weddings.gt(0) ? weddingCost.div(weddings).toFixed(2) : null,
      returned: pairedCost && pairedWorth && pairedCost.gt(0) ? pairedWorth.div(pairedCost).toFixed(1) : null,
    };
  });
}
