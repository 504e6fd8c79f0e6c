import { sql } from 'kysely';
import type { Reader, Tx } from '../../ports/store.ts';

/** Sums of the lines of a month that have all this in common; `net` and `vat` in pence. */
export interface MonthSum {
  readonly month: string;
  readonly supplier: string;
  readonly category: string;
  readonly treatment: string;
  /** Of a line; `no_cost`: none is excluded, and its paper asks for no money. */
  readonly state: string;
  readonly lines: number;
  readonly net: number;
  readonly vat: number;
}

export interface MonthSumTables {
  /** Months whose sums are kept (`ready` 1) or being made; gone with any change of their lines. */
  cost_month: { organisation_id: string; month: string; token: string; ready: number };
  cost_month_sum: MonthSum & { organisation_id: string };
}

/** Paper that asks for no money: an invoice tells of the same again. */
export const noCosts = sql`('proforma', 'statement', 'order')`;

/** From the lines themselves: these months' parts of an index, and nothing between them. */
export async function sumsOfLines(db: Reader, organisationId: string, months: readonly string[]): Promise<MonthSum[]> {
  if (months.length === 0) return [];
  const result = await sql<MonthSum>`
    SELECT wanted.value AS month, supplier, category, treatment,
      iif(state <> 'excluded' AND document_type IN ${noCosts}, 'no_cost', state) AS state, count(*) AS lines,
      coalesce(sum(net_gbp_minor), 0) AS net, coalesce(sum(vat_gbp_minor), 0) AS vat
    FROM json_each(${JSON.stringify(months)}) AS wanted CROSS JOIN cost_line_seen
    WHERE organisation_id = ${organisationId}
      AND tax_date BETWEEN wanted.value || '-01' AND wanted.value || '-31'
    GROUP BY 1, 2, 3, 4, 5`.execute(db);
  return result.rows;
}

/** Those of the months that are kept, and their sums, as of one moment. */
export async function keptSums(db: Reader, organisationId: string, months: readonly string[]) {
  const result = await sql<MonthSum & { readonly kept: string }>`
    SELECT kept.month AS kept, sums.month, supplier, category, treatment, state, lines, net, vat
    FROM cost_month AS kept LEFT JOIN cost_month_sum AS sums
      ON sums.organisation_id = kept.organisation_id AND sums.month = kept.month
    WHERE kept.organisation_id = ${organisationId} AND kept.ready = 1
      AND kept.month IN (SELECT value FROM json_each(${JSON.stringify(months)}))`.execute(db);
  return {
    months: new Set(result.rows.map(({ kept }) => kept)),
    sums: result.rows.filter(({ month }) => month !== null),
  };
}

/** Before the sums of a month are made: a change of its lines from now on takes the token away. */
export async function announceSums(tx: Tx, organisationId: string, month: string, token: string): Promise<void> {
  await tx
    .insertInto('cost_month')
    .values({ organisation_id: organisationId, month, token, ready: 0 })
    .onConflict((of) => of.columns(['organisation_id', 'month']).doUpdateSet({ token, ready: 0 }))
    .execute();
}

/** Keeps the sums of a month unless a line of it changed since `token` was announced. */
export async function keepSums(
  tx: Tx,
  organisationId: string,
  month: string,
  token: string,
  sums: readonly MonthSum[],
): Promise<boolean> {
  const kept = await tx
    .updateTable('cost_month')
    .set({ ready: 1 })
    .where('organisation_id', '=', organisationId)
    .where('month', '=', month)
    .where('token', '=', token)
    .executeTakeFirst();
  if (kept.numUpdatedRows !== 1n) return false;
  await tx
    .deleteFrom('cost_month_sum')
    .where('organisation_id', '=', organisationId)
    .where('month', '=', month)
    .execute();
  for (let from = 0; from < sums.length; from += 500) {
    await tx
      .insertInto('cost_month_sum')
      .values(sums.slice(from, from + 500).map((sum) => ({ organisation_id: organisationId, ...sum })))
      .execute();
  }
  return true;
}
