import type { ValueSettings } from '../../../src-shared/domain/value/settings.ts';
import { addDays } from '../../../src-shared/domain/wedding-time/local-time.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import * as sources from '../../store/repositories/kpi-sources.ts';
import * as rows from '../../store/repositories/kpis.ts';
import { hourMs, localCalendar, monthsBetween } from './local-calendar.ts';
import { monthPoints } from './month-points.ts';
import { counted, type Run } from './run.ts';
import { dayPoints, hourPoints } from './short-points.ts';
import { slugBook } from './slugs.ts';
import { dropStrays } from './strays.ts';

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
  const calendar = localCalendar(await parts.zoneOf(organisationId));
  await dropStrays(store, organisationId, calendar, now);
  // Before anything is read: what changes from here on is marked anew, and the next run sees it.
  const claimed = await store.transaction((tx) => rows.claimDirty(tx, organisationId));
  const [settings, dimensions, given, span, last] = await Promise.all([
    parts.valueSettings(organisationId),
    rows.listDimensions(store.read, organisationId),
    // Those of today's noon as well: figures of a month stand on its first day.
    rows.listInputs(store.read, organisationId, calendar.endOfDay(calendar.dayOf(now))),
    sources.usageSpan(store.read, organisationId),
    rows.lastBatchAt(store.read, organisationId),
  ]);
  const slugs = slugBook(organisationId, dimensions);
  const batchId = runtime.ids.next();
  const run: Run = { organisationId, batchId, now, calendar, slugs, settings, given, span };

  const scope = scopeOf(claimed, run, last);
  let points = 0;
  for (let from = 0; from < scope.hours.length; from += hoursAtOnce) {
    points += await hourPoints(store, run, scope.hours.slice(from, from + hoursAtOnce));
  }
  points += await dayPoints(store, run, scope.days);
  const known = await rows.monthsCounted(store.read, organisationId);
  const turned = known.filter(({ at, counts }) => counts !== counted(run, at, calendar.endOf('month', at)));
  const there = new Set(known.map(({ at }) => calendar.monthOf(at)));
  const wanted = [...scope.months, ...turned.map(({ at }) => calendar.monthOf(at))];
  const first = [...wanted, ...there].sort()[0] ?? calendar.monthOf(now);
  // A month nothing happened in has its points as well: a gap would read as a fault.
  const gaps = monthsBetween(first, calendar.monthOf(now)).filter((month) => !there.has(month));
  for (const month of [...new Set([...wanted, ...gaps])].sort()) points += await monthPoints(store, run, month);

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

/**
 * What is claimed, and every longer interval it lies in; a month's retention also counts in the month after. What ended since
 * the last run is in it too: weddings and costs are known of days that were still to come then.
 */
function scopeOf(claimed: readonly rows.KpiDirtyRow[], { now, calendar, given }: Run, last: number | null) {
  const [today, thisMonth] = [calendar.dayOf(now), calendar.monthOf(now)];
  const hours = new Set<number>([now - (now % hourMs)]);
  const days = new Set<string>([today]);
  const months = new Set<string>([thisMonth]);
  const addFrom = (at: number) => {
    for (let day = calendar.dayOf(at); day < today; day = addDays(day, 1)) days.add(day);
    for (const month of monthsBetween(calendar.monthOf(at), thisMonth)) months.add(month);
  };
  addFrom(last ?? now);
  // A capacity holds until there is another one.
  const capacities = new Set(given.flatMap(({ name, at }) => (name === 'capacity_per_hour' ? [String(at)] : [])));
  for (const { kind, at } of claimed) {
    if (kind === 'month') {
      months.add(at).add(calendar.monthAfter(at));
    } else if (kind === 'usage' || kind === 'input') {
      hours.add(Number(at));
      days.add(calendar.dayOf(Number(at)));
      const month = calendar.monthOf(Number(at));
      months.add(month);
      if (kind === 'usage') months.add(calendar.monthAfter(month));
      else if (capacities.has(at)) addFrom(Number(at));
    } else {
      days.add(at);
      months.add(at.slice(0, 7));
    }
  }
  return {
    hours: [...hours].filter((hour) => hour <= now).sort((a, b) => a - b),
    // Weddings of the future are in the calendar; their days are no facts yet.
    days: [...days].filter((day) => day <= today).sort(),
    months: [...months].filter((month) => month <= thisMonth).sort(),
  };
}
