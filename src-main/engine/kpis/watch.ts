import { kpiOf } from '../../../src-shared/domain/kpi/catalogue.ts';
import { crossing, fewestRequests, thresholds } from '../../../src-shared/domain/kpi/thresholds.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { listPoints } from '../../store/repositories/kpis.ts';
import type { Actor } from '../weekend/weekend.ts';
import { hourMs, localCalendar } from './local-calendar.ts';

export interface AlertPort {
  raise(organisationId: string, report: unknown, actor: Actor): Promise<unknown>;
  resolveKey(organisationId: string, key: string, actor: Actor): Promise<void>;
}

const actor: Actor = { personId: null, name: 'KPIs', channel: 'engine', correlationId: '' };

/** An hour brought in later than this is history, and nobody is woken for it. */
const recentHours = 3;

/**
 * Holds the newest known hour against the thresholds of its season (T5): crossing one raises one alert a KPI, coming back
 * resolves it.
 */
export async function watchThresholds(
  {
    store,
    runtime,
    alerts,
    zoneOf,
  }: { store: Store; runtime: Runtime; alerts: AlertPort; zoneOf: (id: string) => Promise<string> },
  organisationId: string,
): Promise<void> {
  const now = runtime.clock.now();
  const calendar = localCalendar(await zoneOf(organisationId));
  const thisHour = now - (now % hourMs);
  const points = await listPoints(store.read, organisationId, {
    grain: 'hour',
    from: thisHour - recentHours * hourMs,
    to: thisHour + hourMs,
    kpis: [...new Set(Object.values(thresholds).flatMap((list) => list.map(({ kpi }) => kpi)))],
    totals: true,
  });
  const newest = new Map(points.filter(({ value }) => value !== null).map((point) => [point.kpi, point]));
  for (const [id, point] of newest) {
    const kpi = kpiOf(id);
    if (!kpi || point.value === null) continue;
    const season = calendar.seasonAt(point.at);
    const inputs = JSON.parse(point.inputs) as Readonly<Record<string, string>>;
    const tooFew = inputs.requests !== undefined && kpi.unit === 'ratio' && Number(inputs.requests) < fewestRequests;
    const crossed = tooFew ? null : crossing(id, point.value, season);
    const key = `kpi:${id}`;
    if (!crossed) {
      await alerts.resolveKey(organisationId, key, actor);
      continue;
    }
    await alerts.raise(
      organisationId,
      {
        source: 'KPIs',
        key,
        severity: crossed.severity,
        title: `${kpi.name} above the ${season.replace('_', ' ')} limit`,
        detail: `${Number(point.value).toFixed(kpi.places)} ${kpi.unit}; from ${crossed.limit} on this counts as ${crossed.severity} in the ${season.replace('_', ' ')} season. Hour from ${new Date(point.at).toISOString()}.`,
      },
      actor,
    );
  }
}
