import { toMinor } from '../../../src-shared/domain/money/index.ts';
import { parsePeriod } from '../../../src-shared/domain/period.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { listLocks, putSales } from '../../store/repositories/desk.ts';
import { monthsWithLines } from '../../store/repositories/review.ts';
import { refused } from '../problem.ts';
import { setLock } from '../review/locks.ts';
import type { Reviewer, ReviewParts } from '../review/step.ts';
import { costInsight } from './costs.ts';
import { createMonthSums } from './month-sums.ts';
import { watchThreshold } from './threshold.ts';
import { vatReturn } from './vat-return.ts';

export type Insight = ReturnType<typeof createInsight>;

/** What the costs of a period mean: by whom and for whom, for the VAT return, and against the registration threshold. */
export function createInsight(parts: ReviewParts) {
  const { store, runtime, audit, publish } = parts;
  const sums = createMonthSums(parts);

  function periodOf(text: string) {
    const period = parsePeriod(text);
    if (period) return period;
    throw refused({ happened: `"${text}" is not a period.`, remedy: 'Write 2026-09, 2026-Q3 or 2026.' });
  }
  const threshold = (organisationId: string) => watchThreshold(store.read, organisationId, runtime.clock.now());

  return {
    costs: (organisationId: string, period: string) => costInsight(store.read, sums, organisationId, periodOf(period)),
    /** After an import: sums of large months are made before somebody asks for them. */
    async prepare(organisationId: string): Promise<void> {
      const months = (await monthsWithLines(store.read, organisationId)).slice(0, 24);
      await sums.of(organisationId, months.sort());
    },
    /** Resolves when no sums are being made any more. */
    settled: (organisationId: string) => sums.settled(organisationId),
    vatReturn: (organisationId: string, period: string) => vatReturn(store.read, organisationId, periodOf(period)),
    threshold,
    async setSales(organisationId: string, { month, net }: { month: string; net: string }, who: Reviewer) {
      await store.transaction(async (tx) => {
        await putSales(tx, {
          organisation_id: organisationId,
          month,
          net_minor: toMinor(net, 'GBP'),
          actor: who.name,
          at: runtime.clock.now(),
        });
        await audit(tx, {
          organisationId,
          actor: who.name,
          channel: who.channel,
          action: 'sales.typed-in',
          object: `month:${month}`,
          after: { net },
          correlationId: who.correlationId,
        });
      });
      publish({ topic: 'lines', organisationId, ids: [] });
      return threshold(organisationId);
    },
    async locks(organisationId: string) {
      return (await listLocks(store.read, organisationId)).map(({ month, actor, at, reason }) => ({
        month,
        by: actor,
        at: isoOf(at as Parameters<typeof isoOf>[0]),
        reason,
      }));
    },
    lock: (organisationId: string, request: Parameters<typeof setLock>[2], who: Reviewer) =>
      setLock(parts, organisationId, request, who),
  };
}
