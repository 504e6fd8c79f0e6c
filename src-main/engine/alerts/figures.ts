import type { z } from 'zod';
import type { AlertFigures } from '../../../src-shared/contract/alerts.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, instantOf, localAt, startOfDay } from '../../../src-shared/domain/wedding-time/local-time.ts';
import * as rows from '../../store/repositories/alerts.ts';
import type { Stage } from './stage.ts';

const DAYS = 28;
/** Upper ends of the histogram, minutes; beyond the last is the rest. */
const BUCKETS = [1, 2.5, 5, 10, 30] as const;

/** What four weeks of alerts were like: how many a day, how fast they were told, how fast somebody had them (A9). */
export async function alertFigures(stage: Stage, organisationId: string): Promise<z.infer<typeof AlertFigures>> {
  const { store } = stage.parts;
  const { calendar, moment } = await stage.scene(organisationId);
  const { zone } = calendar;
  const first = addDays(moment.local.date, 1 - DAYS);
  const from = startOfDay(first, zone);
  const [found, taken] = await Promise.all([
    rows.figuresBetween(store.read, organisationId, from, moment.at + 1),
    rows.acknowledgedAfter(store.read, organisationId, from),
  ]);
  const days = Array.from({ length: DAYS }, (_, index) => {
    const date = addDays(first, index);
    return {
      date,
      weddingDay: calendar.at(Instant.parse(instantOf(date, '12:00', zone))).weddingDay.active,
      info: 0,
      warning: 0,
      critical: 0,
      emergency: 0,
      told: [] as number[],
    };
  });
  const byDate = new Map(days.map((day) => [day.date, day]));
  for (const { raised_at, severity, told_ms } of found) {
    const day = byDate.get(localAt(Instant.parse(raised_at), zone).date);
    if (!day) continue;
    day[severity] += 1;
    if (told_ms !== null) day.told.push(told_ms);
  }
  return {
    days: days.map(({ told, ...day }) => ({ ...day, toldP50Ms: part(told, 0.5), toldP95Ms: part(told, 0.95) })),
    acknowledged: {
      count: taken.length,
      medianMs: part(taken, 0.5),
      p90Ms: part(taken, 0.9),
      buckets: [...BUCKETS, null].map((upTo, index) => {
        const above = index === 0 ? 0 : (BUCKETS[index - 1] ?? 0) * 60_000;
        const below = upTo === null ? Number.POSITIVE_INFINITY : upTo * 60_000;
        return { upToMinutes: upTo, count: taken.filter((ms) => ms >= above && ms < below).length };
      }),
    },
  };
}

function part(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
