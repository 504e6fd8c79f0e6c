import { kpiOf, kpis } from '../../../src-shared/domain/kpi/catalogue.ts';
import type { KpiDefinition } from '../../../src-shared/domain/kpi/kpi.ts';
import { decimal } from '../../../src-shared/domain/money/index.ts';
import type { MetricPoint } from '../../adapters/kit/metrics.ts';
import type { Reader } from '../../ports/store.ts';
import * as counted from '../../store/repositories/kpi-counters.ts';
import * as rows from '../../store/repositories/kpis.ts';
import { hourMs, localCalendar } from './local-calendar.ts';

/** Levels that hold now: of the last whole hour, of today, of this month. A level of any other interval is history. */
async function gauges(db: Reader, organisationId: string, at: number, zone: string): Promise<MetricPoint[]> {
  const calendar = localCalendar(zone);
  const lastHour = at - (at % hourMs) - hourMs;
  const today = calendar.startOfDay(calendar.dayOf(at));
  const month = calendar.startOfMonth(calendar.monthOf(at));
  const found = await Promise.all([
    rows.latestPoints(db, organisationId, 'hour', lastHour, lastHour),
    rows.latestPoints(db, organisationId, 'day', today, today),
    rows.latestPoints(db, organisationId, 'month', month, month),
  ]);
  return found.flat().flatMap((row) => {
    const kpi = kpiOf(row.kpi);
    // A KPI is told at its own grain only: two levels under one name would be one series that jumps.
    if (kpi?.type !== 'gauge' || kpi.grains[0] !== row.grain || row.value === null) return [];
    return [{ ...common(kpi, at, calendar.seasonAt(at)), value: row.value, venue: row.venue, region: row.region }];
  });
}

function common(kpi: KpiDefinition, at: number, season: MetricPoint['season']) {
  return { metric: kpi.id, type: kpi.type, unit: kpi.unit, description: kpi.description, at, season } as const;
}

/**
 * What one destination is told now; counters carry their total and what it grew by since it was last told, at `before` (ms
 * UTC; null: never). Without a destination, only totals.
 */
export async function pointsFor(
  db: Reader,
  organisationId: string,
  destination: { readonly system: string; readonly before: number | null } | null,
  at: number,
  zone: string,
): Promise<MetricPoint[]> {
  const [levels, counters, sent] = await Promise.all([
    gauges(db, organisationId, at, zone),
    counted.listCounters(db, organisationId),
    destination === null ? [] : counted.listCountersSent(db, organisationId, destination.system),
  ]);
  const season = localCalendar(zone).seasonAt(at);
  const queued = new Map(sent.map((row) => [`${row.kpi} ${row.venue} ${row.region}`, row.queued]));
  const last = destination?.before ?? at - 60_000;
  const totals = counters.flatMap((row) => {
    const kpi = kpis.find((one) => one.id === row.kpi);
    if (!kpi) return [];
    const grown = decimal(row.total).minus(decimal(queued.get(`${row.kpi} ${row.venue} ${row.region}`) ?? '0'));
    return [
      {
        ...common(kpi, at, season),
        value: row.total,
        delta: (grown.lt(0) ? decimal('0') : grown).toFixed(),
        from: Math.min(at - 1_000, Math.max(last, at - 86_400_000)),
        venue: row.venue,
        region: row.region,
      },
    ];
  });
  return [...levels, ...totals];
}
