import type { Selectable } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

/** Units of `currency` for one pound in `month` (`YYYY-MM`), decimal text as published. The newest `recorded_at` counts. */
interface FxRateTable {
  organisation_id: string;
  currency: string;
  month: string;
  /** `hand` for a rate typed in. */
  import_id: string;
  units_per_gbp: string;
  source: 'hmrc' | 'hand';
  recorded_at: number;
}

export interface RateTables {
  fx_rate: FxRateTable;
}

export type FxRateRow = Selectable<FxRateTable>;

/** The rates that count: for each currency and month the one recorded last. */
export async function listRates(db: Reader, organisationId: string): Promise<FxRateRow[]> {
  const rows = await db
    .selectFrom('fx_rate')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('recorded_at')
    .orderBy('import_id')
    .execute();
  return [...new Map(rows.map((row) => [`${row.currency} ${row.month}`, row])).values()];
}

/** Records a rate; the one before it stays, and comes back when this one's import is undone. */
export async function putRates(tx: Tx, rows: readonly FxRateRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 500) {
    await tx
      .insertInto('fx_rate')
      .values(rows.slice(from, from + 500))
      .onConflict((conflict) =>
        conflict.columns(['organisation_id', 'currency', 'month', 'import_id']).doUpdateSet((eb) => ({
          units_per_gbp: eb.ref('excluded.units_per_gbp'),
          recorded_at: eb.ref('excluded.recorded_at'),
        })),
      )
      .execute();
  }
}

export async function removeRatesOf(tx: Tx, organisationId: string, importId: string): Promise<void> {
  await tx
    .deleteFrom('fx_rate')
    .where('organisation_id', '=', organisationId)
    .where('import_id', '=', importId)
    .execute();
}
