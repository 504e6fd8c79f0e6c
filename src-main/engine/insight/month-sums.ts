import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { announceSums, keepSums, keptSums, type MonthSum, sumsOfLines } from '../../store/repositories/month-sums.ts';

/** Months with fewer lines are quickly summed whenever they are asked for. */
const largeMonth = 5_000;
/** More groups than this are not worth keeping: nearly every line would be one. */
const mostGroups = 4_000;

export type MonthSums = ReturnType<typeof createMonthSums>;

/** Sums by month, supplier, category, treatment and state; those of large months are kept until a line of them changes. */
export function createMonthSums({ store, runtime }: { readonly store: Store; readonly runtime: Runtime }) {
  const underway = new Map<string, Promise<void>>();

  async function keep(organisationId: string, month: string): Promise<void> {
    const token = runtime.ids.next();
    await store.transaction((tx) => announceSums(tx, organisationId, month, token));
    const sums = await sumsOfLines(store.read, organisationId, [month]);
    await store.transaction((tx) => keepSums(tx, organisationId, month, token, sums));
  }

  /** One after the other, beside whatever else happens; a failure only means that they are summed again. */
  function keepLater(organisationId: string, months: readonly string[]): void {
    if (months.length === 0 || underway.has(organisationId)) return;
    const work = (async () => {
      for (const month of months) await keep(organisationId, month);
    })()
      .catch((thrown: unknown) => runtime.log.warn('insight.sums-not-kept', { error: String(thrown) }))
      .finally(() => underway.delete(organisationId));
    underway.set(organisationId, work);
  }

  return {
    async of(organisationId: string, months: readonly string[]): Promise<readonly MonthSum[]> {
      const kept = await keptSums(store.read, organisationId, months);
      const missing = months.filter((month) => !kept.months.has(month));
      const fresh = await sumsOfLines(store.read, organisationId, missing);
      const large = missing.filter((month) => {
        const groups = fresh.filter((sum) => sum.month === month);
        return groups.length <= mostGroups && groups.reduce((all, { lines }) => all + lines, 0) >= largeMonth;
      });
      keepLater(organisationId, large);
      return [...kept.sums, ...fresh];
    },
    /** Resolves when nothing is being kept any more. */
    async settled(organisationId: string): Promise<void> {
      await underway.get(organisationId);
    },
  };
}
