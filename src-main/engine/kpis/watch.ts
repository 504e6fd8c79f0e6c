import { kpiOf } from '../../../src-shared/domain/kpi/catalogue.ts';
import type { KpiDefinition } from '../../../src-shared/domain/kpi/kpi.ts';
import { type Crossing, crossing, fewestRequests, thresholds } from '../../../src-shared/domain/kpi/thresholds.ts';
import type { Season } from '../../../src-shared/domain/wedding-time/weekend-at.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { type KpiPointRow, listPoints } from '../../store/repositories/kpis.ts';
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
  const zone = await zoneOf(organisationId);
  const calendar = localCalendar(zone);
  const thisHour = now - (now % hourMs);
  const points = await listPoints(store.read, organisationId, {
    grain: 'hour',
    from: thisHour - recentHours * hourMs,
    to: thisHour + hourMs,
    kpis: [...new Set(Object.values(thresholds).flatMap((list) => list.map(({ kpi }) => kpi)))],
    totals: true,
  });
  const known = new Map<string, typeof points>();
  for (const point of points) {
    if (point.value !== null) known.set(point.kpi, [...(known.get(point.kpi) ?? []), point]);
  }
  for (const [id, hours] of known) {
    const kpi = kpiOf(id);
    const point = hours.at(-1);
    if (!kpi || !point || point.value === null) continue;
    const judged = hours.map((one) => judgedHour(kpi, one, calendar.seasonAt(one.at), one.at + hourMs <= now));
    const key = `kpi:${id}`;
    const crossed = judged.at(-1);
    if (crossed === null || (crossed === 'unsure' && judged.at(-2) === null)) {
      await alerts.resolveKey(organisationId, key, actor);
      continue;
    }
    if (crossed === undefined || crossed === 'unsure') continue;
    const season = calendar.seasonAt(point.at);
    await alerts.raise(
      organisationId,
      {
        source: 'KPIs',
        key,
        severity: crossed.severity,
        title: `${kpi.name} above the ${season.replace('_', ' ')} limit`,
        detail: `${Number(point.value).toFixed(kpi.places)} ${kpi.unit}; from ${crossed.limit} on this counts as ${crossed.severity} in the ${season.replace('_', ' ')} season. Hour from ${formatInstant(new Date(point.at).toISOString(), zone)}.`,
      },
      actor,
    );
  }
}

/**
 * The line an hour crossed; null: none. An hour that has only begun may cross one, but as long as it has few requests, or
 * counts requests that are still coming, it says nothing of an end: an alert would end and begin anew every full hour.
 */
function judgedHour(
  kpi: KpiDefinition,
  { value, inputs }: Pick<KpiPointRow, 'value' | 'inputs'>,
  season: Season,
  whole: boolean,
): Crossing | 'unsure' | null {
  const { requests } = JSON.parse(inputs) as Readonly<Record<string, string>>;
  const tooFew = requests !== undefined && kpi.unit === 'ratio' && Number(requests) < fewestRequests;
  const crossed = tooFew ? null : crossing(kpi.id, value ?? '0', season);
  if (crossed !== null || whole) return crossed;
  return tooFew || kpi.inputs.includes('hours') ? 'unsure' : null;
}
