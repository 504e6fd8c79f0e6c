import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { decimal } from '../../../src-shared/domain/money/index.ts';
import { MetricBatch, MetricOutcome, type MetricPoint } from '../../adapters/kit/metrics.ts';
import type { Tx } from '../../ports/store.ts';
import * as counted from '../../store/repositories/kpi-counters.ts';

type Cell = { readonly kpi: string; readonly venue: string; readonly region: string };
export const cellKey = ({ kpi, venue, region }: Cell) => `${kpi} ${venue} ${region}`;

/** The points of a push, as it stands in the outbox. */
export function pointsIn(job: OutboxJob): readonly MetricPoint[] {
  const batch = MetricBatch.safeParse(job.payload);
  return batch.success ? batch.data.points : [];
}

/** Moves what counts as on its way, there or back. */
export async function shift(
  tx: Tx,
  organisationId: string,
  system: string,
  points: readonly MetricPoint[],
  sign: 1 | -1,
  loaded?: Map<string, counted.KpiCounterSentRow>,
): Promise<void> {
  const counters = points.filter(
    (point) => point.type === 'counter' && point.delta !== undefined && point.delta !== '0',
  );
  if (counters.length === 0) return;
  const known =
    loaded ?? new Map((await counted.listCountersSent(tx, organisationId, system)).map((row) => [cellKey(row), row]));
  const next = counters.map((point) => {
    const cell = { kpi: point.metric, venue: point.venue, region: point.region };
    const was = known.get(cellKey(cell));
    const queued = decimal(was?.queued ?? '0').plus(decimal(point.delta ?? '0').times(sign));
    return { organisation_id: organisationId, system, ...cell, queued: queued.toFixed(), acked: was?.acked ?? '0' };
  });
  await counted.putCountersSent(tx, next);
}

/** What a destination took for certain. */
export async function acknowledge(tx: Tx, job: OutboxJob, points: readonly MetricPoint[]): Promise<void> {
  const counters = points.filter(
    (point) => point.type === 'counter' && point.delta !== undefined && point.delta !== '0',
  );
  if (counters.length === 0) return;
  const known = new Map(
    (await counted.listCountersSent(tx, job.organisationId, job.system)).map((row) => [cellKey(row), row]),
  );
  await counted.putCountersSent(
    tx,
    counters.flatMap((point) => {
      const was = known.get(cellKey({ kpi: point.metric, venue: point.venue, region: point.region }));
      return was === undefined
        ? []
        : [
            {
              ...was,
              acked: decimal(was.acked)
                .plus(decimal(point.delta ?? '0'))
                .toFixed(),
            },
          ];
    }),
  );
}

/**
 * What came too late to be taken is told with the next push. Never below what was taken for certain: a push sent once more by
 * hand, long after, may name as late what had arrived the first time.
 */
export async function giveBack(
  tx: Tx,
  { organisationId, system }: OutboxJob,
  late: readonly MetricPoint[],
): Promise<void> {
  if (late.length === 0) return;
  const known = new Map((await counted.listCountersSent(tx, organisationId, system)).map((row) => [cellKey(row), row]));
  await counted.putCountersSent(
    tx,
    late.flatMap(({ metric: kpi, venue, region, delta = '0' }) => {
      const was = known.get(cellKey({ kpi, venue, region }));
      if (was === undefined) return [];
      const [queued, acked] = [decimal(was.queued), decimal(was.acked)];
      const without = queued.minus(decimal(delta));
      const next = without.gt(acked) ? without : acked;
      return [{ ...was, queued: (next.lt(queued) ? next : queued).toFixed() }];
    }),
  );
}

/** Those of a push that came too late to be taken. */
export function returnedBy(job: OutboxJob, points: readonly MetricPoint[]): readonly MetricPoint[] {
  const late = new Set(
    outcomeOf(job)?.returned?.map(({ metric, venue, region }) => cellKey({ kpi: metric, venue, region })),
  );
  return points.filter(
    ({ type, metric, venue, region }) => type === 'counter' && late.has(cellKey({ kpi: metric, venue, region })),
  );
}

function outcomeOf(job: OutboxJob): MetricOutcome | null {
  const outcome = MetricOutcome.safeParse(job.receipt?.document);
  return outcome.success ? outcome.data : null;
}
export const droppedBy = (job: OutboxJob) => outcomeOf(job)?.dropped.reduce((sum, one) => sum + one.points, 0) ?? 0;
export const whyDropped = (jobs: readonly OutboxJob[]) =>
  [...new Set(jobs.flatMap((job) => outcomeOf(job)?.dropped.map(({ reason }) => reason) ?? []))].join('; ');
