import { parsePeriod } from '../../../src-shared/domain/period.ts';
import { periodBefore } from '../../../src-shared/domain/schedule/schedule.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import type { Exports } from '../exports/index.ts';
import type { Insight } from '../insight/index.ts';
import { refused } from '../problem.ts';
import type { Review } from '../review/index.ts';
import type { DoWork } from './index.ts';

/** What schedules can do, over the same capabilities persons use. */
export function scheduledWork({
  exports,
  review,
  insight,
}: {
  readonly exports: Pick<Exports, 'prepare'>;
  readonly review: Pick<Review, 'summary'>;
  readonly insight: Pick<Insight, 'threshold' | 'locks'>;
}): DoWork {
  return async (organisationId, work, { date, dry }, actor) => {
    if (work.do === 'threshold') {
      const { state, rolling, register, passed } = await insight.threshold(organisationId);
      if (state === 'registered') return 'The organisation is registered for VAT; there is nothing to watch.';
      const stand = `Twelve months come to £${rolling} of £${register}`;
      return passed
        ? `${stand}. The threshold was passed on ${passed.monthEnd}: tell HMRC by ${passed.notifyBy}.`
        : `${stand}.`;
    }
    const period = periodBefore(date, work.period);
    if (dry) {
      const locks = await insight.locks(organisationId);
      const days = parsePeriod(period);
      const closed = locks.find(({ month }) => days && month >= days.from.slice(0, 7) && month <= days.to.slice(0, 7));
      if (closed)
        throw refused({ happened: `${formatPeriod(closed.month)} is closed.`, remedy: 'Nothing would be prepared.' });
      const { ready, review: waiting, totals } = await review.summary(organisationId, period);
      return `${formatPeriod(period)} to ${work.target}: ${ready} lines of £${totals.ready.net} net would go into a batch, ${waiting} still need work.`;
    }
    const batch = await exports.prepare(organisationId, { period, target: work.target }, actor);
    const left = batch.blocked.length === 0 ? '' : ` ${batch.blocked.length} lines stay behind.`;
    return `Batch ${batch.batchId} for ${period}: ${batch.lines} lines, £${batch.controlTotals.gross} gross. It waits for an approver.${left}`;
  };
}
