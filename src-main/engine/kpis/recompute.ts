import { parity } from '../../../src-shared/domain/kpi/feature-parity.ts';
import type { Grain, InputName } from '../../../src-shared/domain/kpi/kpi.ts';
import { Big, decimal, fromMinor } from '../../../src-shared/domain/money/index.ts';
import { deriveValue, type UsageTotals } from '../../../src-shared/domain/value/derive.ts';
import type { ValueSettings } from '../../../src-shared/domain/value/settings.ts';
import { formatCounted } from '../../../src-shared/format/number.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import * as sources from '../../store/repositories/kpi-sources.ts';
import * as rows from '../../store/repositories/kpis.ts';
import { usageSums } from '../../store/repositories/usage.ts';
import { addToCounters } from './counters.ts';
import { hourMs, type LocalCalendar, localCalendar, monthsBetween } from './local-calendar.ts';
import { type Cell, everywhere, type Given, kpisAt, pointOf } from './points.ts';
import { type SlugBook, slugBook } from './slugs.ts';

export interface RecomputeParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly zoneOf: (organisationId: string) => Promise<string>;
  readonly valueSettings: (organisationId: string) => Promise<ValueSettings>;
}

export interface Recomputed {
  /** `deferred`: a file is on its way in; what it brings is computed when it is done. */
  readonly outcome: 'done' | 'nothing' | 'deferred';
  readonly points: number;
  readonly ms: number;
  /** Names of venues and regions that were counted as `other`. */
  readonly folded: number;
}

type Values = Partial<Record<InputName, string>>;
interface Cellular {
  readonly cell: Cell;
  readonly values: Values;
}

/** Hours are computed this many at a time, so that a year brought in at once never holds the writer for long. */
const hoursAtOnce = 400;

/**
 * Computes what changed at the sources since the last run, and the present hour, day and month: hours first, then days
 * and months, which read them. A run that dies is done again whole; the same sources give the same points.
 */
export async function recompute(parts: RecomputeParts, organisationId: string): Promise<Recomputed> {
  const { store, runtime } = parts;
  const startedMs = runtime.clock.monotonicMs();
  const now = runtime.clock.now();
  if (await sources.importRuns(store.read, organisationId)) return { outcome: 'deferred', points: 0, ms: 0, folded: 0 };
  const [zone, settings, dimensions, given, span] = await Promise.all([
    parts.zoneOf(organisationId),
    parts.valueSettings(organisationId),
    rows.listDimensions(store.read, organisationId),
    rows.listInputs(store.read, organisationId, now + 1),
    sources.usageSpan(store.read, organisationId),
  ]);
  const claimed = await store.transaction((tx) => rows.claimDirty(tx, organisationId));
  const calendar = localCalendar(zone);
  const slugs = slugBook(organisationId, dimensions);
  const batchId = runtime.ids.next();
  const run = { organisationId, batchId, now, calendar, slugs, settings, given, span };

  const scope = scopeOf(claimed, now, calendar);
  let points = 0;
  for (let from = 0; from < scope.hours.length; from += hoursAtOnce) {
    points += await hourPoints(parts, run, scope.hours.slice(from, from + hoursAtOnce));
  }
  points += await dayPoints(parts, run, scope.days);
  const known = (await rows.monthStarts(store.read, organisationId)).map(calendar.monthOf);
  const first = [...scope.months, ...known].sort()[0] ?? calendar.monthOf(now);
  // A month nothing happened in has its points as well: a gap would read as a fault.
  const gaps = monthsBetween(first, calendar.monthOf(now)).filter((month) => !known.includes(month));
  for (const month of [...new Set([...scope.months, ...gaps])].sort()) points += await monthPoints(parts, run, month);

  const ms = Math.round(runtime.clock.monotonicMs() - startedMs);
  await store.transaction(async (tx) => {
    await rows.putDimensions(tx, slugs.added);
    if (points > 0) {
      await rows.insertBatch(tx, { organisation_id: organisationId, id: batchId, started_at: now, ms, points });
    }
    await rows.clearClaimed(tx, organisationId);
  });
  return { outcome: points > 0 ? 'done' : 'nothing', points, ms, folded: slugs.folded };
}

interface Run {
  readonly organisationId: string;
  readonly batchId: string;
  readonly now: number;
  readonly calendar: LocalCalendar;
  readonly slugs: SlugBook;
  readonly settings: ValueSettings;
  readonly given: readonly rows.KpiInputRow[];
  readonly span: { readonly from: number; readonly to: number } | null;
}

/** What is claimed, and every longer interval it lies in; a month's retention also counts in the month after. */
function scopeOf(claimed: readonly rows.KpiDirtyRow[], now: number, calendar: LocalCalendar) {
  const thisHour = now - (now % hourMs);
  const hours = new Set<number>([thisHour]);
  const days = new Set<string>([calendar.dayOf(now)]);
  const months = new Set<string>([calendar.monthOf(now)]);
  for (const { kind, at } of claimed) {
    if (kind === 'usage' || kind === 'input') {
      hours.add(Number(at));
      days.add(calendar.dayOf(Number(at)));
      const month = calendar.monthOf(Number(at));
      months.add(month);
      if (kind === 'usage') months.add(calendar.monthAfter(month));
    } else {
      days.add(at);
      months.add(at.slice(0, 7));
    }
  }
  const thisMonth = calendar.monthOf(now);
  return {
    hours: [...hours].filter((hour) => hour <= now).sort((a, b) => a - b),
    // Weddings of the future are in the calendar; their days are no facts yet.
    days: [...days].filter((day) => day <= calendar.dayOf(now)).sort(),
    months: [...months].filter((month) => month <= thisMonth).sort(),
  };
}

async function hourPoints({ store }: RecomputeParts, run: Run, hours: readonly number[]): Promise<number> {
  if (hours.length === 0) return 0;
  const { organisationId } = run;
  const usage = await sources.usageOfHours(store.read, organisationId, hours);
  const places = await sources.placesOf(store.read, organisationId, [...new Set(usage.map(({ wedding }) => wedding))]);
  const cells = new Map<number, Map<string, { cell: Cell; requests: number; successful: number }>>();
  const add = (hour: number, cell: Cell, requests: number, successful: number) => {
    const ofHour = cells.get(hour) ?? new Map();
    cells.set(hour, ofHour);
    const key = `${cell.venue} ${cell.region}`;
    const known = ofHour.get(key) ?? { cell, requests: 0, successful: 0 };
    ofHour.set(key, { cell, requests: known.requests + requests, successful: known.successful + successful });
  };
  for (const hour of hours) if (counted(run, hour, hour + hourMs)) add(hour, everywhere, 0, 0);
  for (const { hour, wedding, requests, successful } of usage) {
    add(hour, everywhere, requests, successful);
    for (const cell of cellsOf(run, places.get(wedding))) add(hour, cell, requests, successful);
  }
  const values = hours.map((hour) => ({
    at: hour,
    cells: [
      ...(cells.get(hour) ?? new Map([['', { cell: everywhere, requests: null, successful: null }]])).values(),
    ].map(
      ({ cell, requests, successful }): Cellular => ({
        cell,
        values: {
          hours: '1',
          ...(requests === null ? {} : { requests: String(requests), successful_requests: String(successful) }),
          ...(cell === everywhere ? latestInput(run, 'latency_ms', hour, hour + hourMs) : {}),
        },
      }),
    ),
  }));
  return write(store, run, 'hour', values, { requests: '0', successful_requests: '0', hours: '1' });
}

async function dayPoints({ store }: RecomputeParts, run: Run, days: readonly string[]): Promise<number> {
  const first = days[0];
  const last = days.at(-1);
  if (first === undefined || last === undefined) return 0;
  const { organisationId, calendar } = run;
  const wanted = new Set(days);
  const [weddings, costs] = await Promise.all([
    sources.weddingsHeld(store.read, organisationId, first, last),
    sources.costsByDay(
      store.read,
      organisationId,
      days.map((day) => ({ from: day, to: day })),
    ),
  ]);
  const heldOn = grouped(weddings, ({ date }) => date);
  const costOn = new Map(costs.map((cost) => [cost.day, cost]));
  let points = 0;
  const values: { at: number; cells: readonly Cellular[] }[] = [];
  for (const day of wanted) {
    const at = calendar.startOfDay(day);
    const busiest = await sources.busiestHour(store.read, organisationId, at, calendar.endOfDay(day));
    const cost = costOn.get(day);
    values.push({
      at,
      cells: weddingCells(run, heldOn.get(day) ?? []).map(({ cell, values: held }) => ({
        cell,
        values:
          cell !== everywhere
            ? held
            : {
                ...held,
                ...(busiest === null ? {} : { busiest_hour_requests: String(busiest) }),
                ...latestInput(run, 'capacity_per_hour', 0, calendar.endOfDay(day)),
                ...(cost === undefined || cost.unpriced > 0 ? {} : { ai_cost_gbp: fromMinor(cost.net, 'GBP') }),
              },
      })),
    });
    if (values.length >= 200) points += await write(store, run, 'day', values.splice(0), noWeddings);
  }
  return points + (await write(store, run, 'day', values, noWeddings));
}

const noWeddings: Values = { weddings: '0', assisted_weddings: '0' };

async function monthPoints({ store }: RecomputeParts, run: Run, month: string): Promise<number> {
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
  return write(store, run, 'month', [{ at: from, cells: filled }], { ...noWeddings, ...silent }, why);
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
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
    working_minutes: working.round(6).toFixed(),
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

/** Usage of an interval is known when it lies between the first and the last record: before and after, silence says nothing. */
function counted({ span }: Run, from: number, to: number): boolean {
  return span !== null && to > span.from && from <= span.to;
}

function cellsOf({ slugs }: Run, place: { readonly venue: string; readonly region: string } | undefined): Cell[] {
  if (!place) return [];
  const region = slugs.slug('region', place.region);
  const venue = slugs.slug('venue', place.venue);
  // Venues counted together lie in no one region.
  const own = { venue, region: venue === 'other' ? '' : region };
  return [...(venue === '' ? [] : [own]), ...(region === '' ? [] : [{ venue: '', region }])];
}

function weddingCells(run: Run, weddings: readonly sources.HeldWedding[]): Cellular[] {
  const counts = new Map<string, { cell: Cell; held: number; assisted: number }>([
    [' ', { cell: everywhere, held: 0, assisted: 0 }],
  ]);
  for (const wedding of weddings) {
    for (const cell of [everywhere, ...cellsOf(run, wedding)]) {
      const key = `${cell.venue} ${cell.region}`;
      const known = counts.get(key) ?? { cell, held: 0, assisted: 0 };
      known.held += 1;
      known.assisted += Number(wedding.assisted);
      counts.set(key, known);
    }
  }
  return [...counts.values()].map(({ cell, held, assisted }) => ({
    cell,
    values: { weddings: String(held), assisted_weddings: String(assisted) },
  }));
}

/** The newest figure of that name between two instants. */
function latestInput({ given }: Run, name: InputName, from: number, to: number): Values {
  const found = given.findLast((row) => row.name === name && row.at >= from && row.at < to);
  return found === undefined ? {} : { [name]: found.value };
}

function surveyInputs({ given }: Run, from: number, to: number): Values {
  const sum = (name: InputName) =>
    given
      .filter((row) => row.name === name && row.at >= from && row.at < to)
      .reduce((all, row) => all.plus(decimal(row.value)), new Big(0));
  const answers = sum('satisfaction_answers');
  return { satisfaction_points: sum('satisfaction_points').toFixed(), satisfaction_answers: answers.toFixed() };
}

/**
 * Stores the points of some intervals. A venue that had one before and has none now gets its zero, so that whoever was
 * told of the old value is told of the new one.
 */
async function write(
  store: Store,
  run: Run,
  grain: Grain,
  intervals: readonly { readonly at: number; readonly cells: readonly Cellular[] }[],
  zero: Values,
  why?: Given['why'],
): Promise<number> {
  if (intervals.length === 0) return 0;
  const { organisationId } = run;
  const made: rows.KpiPointRow[] = [];
  const present = new Set<string>();
  const keyOf = (at: number, { venue, region }: Cell) => `${at} ${venue} ${region}`;
  for (const { at, cells } of intervals) {
    for (const { cell, values } of cells) {
      present.add(keyOf(at, cell));
      for (const kpi of kpisAt(grain, cell)) {
        made.push(
          pointOf(organisationId, kpi, grain, at, cell, { inputs: values, ...(why === undefined ? {} : { why }) }, run),
        );
      }
    }
  }
  return store.transaction(async (tx) => {
    const before = await rows.pointsAt(
      tx,
      organisationId,
      grain,
      intervals.map(({ at }) => at),
      kpisAt(grain, everywhere).map(({ id }) => id),
    );
    const gone = new Map(
      before
        .filter((row) => !present.has(keyOf(row.at, row)))
        .map((row) => [keyOf(row.at, row), { at: row.at, venue: row.venue, region: row.region }]),
    );
    for (const { at, ...cell } of gone.values()) {
      for (const kpi of kpisAt(grain, cell))
        made.push(pointOf(organisationId, kpi, grain, at, cell, { inputs: zero }, run));
    }
    const old = new Map(before.map((row) => [`${row.kpi} ${keyOf(row.at, row)}`, row]));
    // A point nobody could compute before and cannot now is no news: it is left out unless it takes a value away.
    const news = made.filter((row) => {
      const was = old.get(`${row.kpi} ${keyOf(row.at, row)}`);
      if (was === undefined) return row.value !== null || grain === 'month';
      return was.value !== row.value || was.reason !== row.reason || was.inputs !== row.inputs;
    });
    await addToCounters(
      tx,
      organisationId,
      grain,
      news,
      (row) => old.get(`${row.kpi} ${keyOf(row.at, row)}`)?.value ?? null,
    );
    await rows.putPoints(tx, news);
    return news.length;
  });
}
