import { fromMinor } from '../../../src-shared/domain/money/index.ts';
import type { Store } from '../../ports/store.ts';
import * as sources from '../../store/repositories/kpi-sources.ts';
import { grouped } from './grouped.ts';
import { hourMs } from './local-calendar.ts';
import { type Cell, everywhere } from './points.ts';
import { type Cellular, cellsOf, counted, latestInput, noWeddings, type Run, weddingCells } from './run.ts';
import { writePoints } from './write-points.ts';

/** The points of some hours, from the usage in them. Answers with how many changed. */
export async function hourPoints(store: Store, run: Run, hours: readonly number[]): Promise<number> {
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
  return writePoints(store, run, 'hour', values, { requests: '0', successful_requests: '0', hours: '1' });
}

/** The points of some days, from the weddings and costs of each and the points of its hours, which are there by then. */
export async function dayPoints(store: Store, run: Run, days: readonly string[]): Promise<number> {
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
    if (values.length >= 200) points += await writePoints(store, run, 'day', values.splice(0), noWeddings);
  }
  return points + (await writePoints(store, run, 'day', values, noWeddings));
}
