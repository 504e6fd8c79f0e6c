import { kpiOf } from '../../../src-shared/domain/kpi/catalogue.ts';
import { type GatePoint, type GateResult, qualityGate } from '../../../src-shared/domain/kpi/quality.ts';
import { Big, fromMinor } from '../../../src-shared/domain/money/index.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { costsByDay } from '../../store/repositories/kpi-sources.ts';
import * as rows from '../../store/repositories/kpis.ts';
import { localCalendar, monthsBetween } from './local-calendar.ts';

/** The points a warehouse holds: each KPI at its own grain, one level under one name. */
export async function exportPoints(
  store: Store,
  organisationId: string,
  from: number,
  to: number,
): Promise<rows.KpiPointRow[]> {
  const all = await Promise.all(
    (['hour', 'day', 'month'] as const).map((grain) =>
      rows.listPoints(store.read, organisationId, { grain, from, to }),
    ),
  );
  return all.flat().filter((row) => kpiOf(row.kpi)?.grains[0] === row.grain);
}

/** Judges the points of one data set before they leave (K3), and keeps the verdict for the screen. */
export async function checkGate(
  { store, runtime, zoneOf }: { store: Store; runtime: Runtime; zoneOf: (id: string) => Promise<string> },
  organisationId: string,
  dataset: string,
  points?: readonly GatePoint[],
): Promise<GateResult> {
  const now = runtime.clock.now();
  const calendar = localCalendar(await zoneOf(organisationId));
  const judged: readonly GatePoint[] = points ?? (await exportPoints(store, organisationId, 0, now + 1));
  const costs = await costsByDay(store.read, organisationId, '0000-00-00', calendar.dayOf(now));
  const ledger = new Map<string, number>();
  for (const { day, net } of costs) ledger.set(day.slice(0, 7), (ledger.get(day.slice(0, 7)) ?? 0) + Number(net));

  const monthly = judged.filter(({ grain, venue, region }) => grain === 'month' && venue === '' && region === '');
  const first = monthly.reduce<number>((least, { at }) => Math.min(least, at), now);
  const expected =
    monthly.length === 0
      ? []
      : monthsBetween(calendar.monthOf(first), calendar.monthOf(now)).map(calendar.startOfMonth);
  const result = qualityGate({
    points: judged,
    now,
    ledger: new Map([...ledger].map(([month, pence]) => [month, new Big(fromMinor(pence, 'GBP')).toFixed(2)])),
    expected: { month: expected },
    monthOf: calendar.monthOf,
  });
  await store.transaction((tx) =>
    rows.putGate(tx, {
      organisation_id: organisationId,
      dataset,
      checked_at: now,
      passed: result.passed ? 1 : 0,
      findings: JSON.stringify({ findings: result.findings, total: result.total, unknown: result.unknown }),
    }),
  );
  return result;
}
