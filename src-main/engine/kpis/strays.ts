import { kpis } from '../../../src-shared/domain/kpi/catalogue.ts';
import { addDays } from '../../../src-shared/domain/wedding-time/local-time.ts';
import type { Store } from '../../ports/store.ts';
import * as rows from '../../store/repositories/kpis.ts';
import { addToCounters } from './counters.ts';
import type { LocalCalendar } from './local-calendar.ts';

/** Of what begins at so many moments the points are taken away at once: the writer is held for a moment only. */
const atOnce = 30;

/**
 * Takes days and months away that begin at no midnight of the organisation's zone, since it was another one when they were computed,
 * and marks all days from the first of them on: beside the new ones they would count everything twice. Months go last, by which
 * it is known that there are any: a run that dies is gone on with.
 */
export async function dropStrays(
  store: Store,
  organisationId: string,
  calendar: LocalCalendar,
  now: number,
): Promise<void> {
  const startOf = {
    day: (at: number) => calendar.startOfDay(calendar.dayOf(at)),
    month: (at: number) => calendar.startOfMonth(calendar.monthOf(at)),
  };
  // Asked before every computation: every month has a point of this one, found by its index.
  const known = await rows.monthStarts(store.read, organisationId);
  if (known.every((at) => startOf.month(at) === at)) return;
  const strays = async (grain: 'day' | 'month') =>
    (await rows.startsOf(store.read, organisationId, grain)).filter((at) => startOf[grain](at) !== at);
  const months = await strays('month');
  const first = calendar.dayOf(Math.min(...months));
  const today = calendar.dayOf(now);
  const days: string[] = [];
  for (let day = first; day <= today; day = addDays(day, 1)) days.push(day);
  await store.transaction((tx) => rows.markDirty(tx, organisationId, 'wedding', days));
  for (const [grain, ats] of [['day', await strays('day')] as const, ['month', months] as const]) {
    const own = kpis.filter(({ grains }) => grains.includes(grain)).map(({ id }) => id);
    for (let from = 0; from < ats.length; from += atOnce) {
      const some = ats.slice(from, from + atOnce);
      await store.transaction(async (tx) => {
        const before = new Map<rows.KpiPointRow, string | null>();
        for (const row of await rows.pointsAt(tx, organisationId, grain, some, own))
          before.set({ ...row, value: null }, row.value);
        await addToCounters(tx, organisationId, grain, [...before.keys()], (row) => before.get(row) ?? null);
        await rows.dropPoints(tx, organisationId, grain, some);
      });
    }
  }
}
