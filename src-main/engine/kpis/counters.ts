import { kpiOf } from '../../../src-shared/domain/kpi/catalogue.ts';
import type { Grain } from '../../../src-shared/domain/kpi/kpi.ts';
import { Big, decimal } from '../../../src-shared/domain/money/index.ts';
import type { Tx } from '../../ports/store.ts';
import * as counted from '../../store/repositories/kpi-counters.ts';
import type * as rows from '../../store/repositories/kpis.ts';

/**
 * Keeps the running totals of counters beside their points. `sum` follows every correction; `total`, what monitoring is
 * told, never goes down, because a counter that does reads as a restart: a correction shows once it is overtaken.
 */
export async function addToCounters(
  tx: Tx,
  organisationId: string,
  grain: Grain,
  changed: readonly rows.KpiPointRow[],
  before: (row: rows.KpiPointRow) => string | null,
): Promise<void> {
  const deltas = new Map<string, { kpi: string; venue: string; region: string; delta: Big }>();
  for (const row of changed) {
    const kpi = kpiOf(row.kpi);
    if (kpi?.type !== 'counter' || kpi.grains[0] !== grain) continue;
    const delta = decimal(row.value ?? '0').minus(decimal(before(row) ?? '0'));
    if (delta.eq(0)) continue;
    const key = `${row.kpi} ${row.venue} ${row.region}`;
    const known = deltas.get(key) ?? { kpi: row.kpi, venue: row.venue, region: row.region, delta: new Big(0) };
    deltas.set(key, { ...known, delta: known.delta.plus(delta) });
  }
  if (deltas.size === 0) return;
  const known = new Map(
    (await counted.listCounters(tx, organisationId)).map((row) => [`${row.kpi} ${row.venue} ${row.region}`, row]),
  );
  await counted.putCounters(
    tx,
    [...deltas].map(([key, { delta, ...cell }]) => {
      const was = known.get(key);
      const sum = decimal(was?.sum ?? '0').plus(delta);
      const total = decimal(was?.total ?? '0');
      return {
        organisation_id: organisationId,
        ...cell,
        sum: sum.toFixed(),
        total: (sum.gt(total) ? sum : total).toFixed(),
      };
    }),
  );
}
