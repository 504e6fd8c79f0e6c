import type { Grain } from '../../../src-shared/domain/kpi/kpi.ts';
import type { Store } from '../../ports/store.ts';
import * as rows from '../../store/repositories/kpis.ts';
import { addToCounters } from './counters.ts';
import { type Cell, everywhere, type Given, kpisAt, pointOf } from './points.ts';
import type { Cellular, Run, Values } from './run.ts';

/**
 * Stores the points of some intervals. A venue that had one before and has none now gets its zero, so that whoever was
 * told of the old value is told of the new one.
 */
export async function writePoints(
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
