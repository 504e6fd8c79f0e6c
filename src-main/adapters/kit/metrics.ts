import { z } from 'zod';
import { context } from '../../../src-shared/domain/kpi/dimensions.ts';
import { Season } from '../../../src-shared/domain/wedding-time/weekend-at.ts';

const slug = z.string().regex(/^[a-z0-9_-]{0,64}$/);
const amount = z.string().regex(/^-?\d+(\.\d+)?$/);

/** One value of one metric, with the labels of K5; `venue` and `region` are '' where it is about all of them. */
export const MetricPoint = z.object({
  /** Canonical name, e.g. `ai_requests_total`. */
  metric: z.string().regex(/^[a-z][a-z0-9_]{0,79}$/),
  type: z.enum(['gauge', 'counter']),
  unit: z.string(),
  description: z.string(),
  /** Gauges: the level. Counters: the running total. */
  value: amount,
  /** Counters: what the total grew by since `from`. */
  delta: amount.optional(),
  from: z.number().int().nonnegative().optional(),
  /** ms UTC, a whole second. */
  at: z.number().int().nonnegative(),
  season: Season,
  venue: slug,
  region: slug,
});
export type MetricPoint = z.infer<typeof MetricPoint>;

/** At most this many points a job, so that a job is one request at every destination. */
export const pointsPerJob = 500;

/** What every monitoring system is handed; each makes its own wire of it. */
export const MetricBatch = z.object({
  org: slug,
  /** Keeps two consoles of one organisation from writing the same series. */
  instance: slug,
  points: z.array(MetricPoint).min(1).max(pointsPerJob),
});
export type MetricBatch = z.infer<typeof MetricBatch>;

export const PUSH_METRICS = 'push-metrics';

/** What a destination did with the points of one job: a reply of 2xx is not yet a stored point. */
export const MetricOutcome = z.object({
  accepted: z.number().int().nonnegative(),
  dropped: z.array(z.object({ reason: z.string(), points: z.number().int().positive() })),
  /** Counters that came too late to be taken: what they grew by is told with the next push. */
  returned: z.array(MetricPoint.pick({ metric: true, venue: true, region: true })).optional(),
});
export type MetricOutcome = z.infer<typeof MetricOutcome>;

/** Labels of a point, empty ones left out: an empty value means no label everywhere. */
export function labelsOf(point: MetricPoint, org: string): Record<string, string> {
  return {
    context,
    org,
    ...(point.region === '' ? {} : { region: point.region }),
    season: point.season,
    ...(point.venue === '' ? {} : { venue: point.venue }),
  };
}

/** Lines of a preview: what is sent, in people's words, not more than fit a screen; counters as the system is told them. */
export function previewOf(
  batch: MetricBatch,
  counters: 'growth' | 'totals' = 'growth',
): { readonly name: string; readonly next: string }[] {
  const shown = batch.points.slice(0, 12).map((point) => ({
    name: [point.metric, point.venue || point.region].filter((part) => part !== '').join(' '),
    next: `${point.type === 'counter' && counters === 'growth' ? `+${point.delta ?? point.value}` : point.value} ${point.unit}`,
  }));
  const rest = batch.points.length - shown.length;
  return rest > 0 ? [...shown, { name: 'and', next: `${rest} more points` }] : shown;
}

export function summaryOf(batch: MetricBatch): string {
  const newest = Math.max(...batch.points.map(({ at }) => at));
  return `${batch.points.length} points of ${new Date(newest).toISOString()}`;
}

/** The receipt every metrics action gives, read again by the engine when the job is settled. */
export function receiptOf(vendorId: string | null, { accepted, dropped, returned = [] }: MetricOutcome) {
  const lost = dropped.map(({ reason, points }) => `${points} dropped: ${reason}`);
  const late = returned.length === 0 ? [] : [`${returned.length} counts too late, told with the next push`];
  return {
    vendorId,
    note: [`${accepted} points taken`, ...lost, ...late].join('; '),
    document: { accepted, dropped: [...dropped], ...(returned.length === 0 ? {} : { returned: [...returned] }) },
  };
}

/** A metric's name in Prometheus' own terms, base units and `_total` on counters; its value is divided by `divisor`. */
export function prometheusName(point: Pick<MetricPoint, 'metric' | 'type'>): {
  readonly name: string;
  readonly divisor: number;
} {
  const seconds = point.metric.endsWith('_ms');
  const base = `wedsync_${seconds ? `${point.metric.slice(0, -3)}_seconds` : point.metric}`;
  return {
    name: point.type === 'counter' && !base.endsWith('_total') ? `${base}_total` : base,
    divisor: seconds ? 1_000 : 1,
  };
}

/** The value that goes with that name; divided, since a thousandth is no binary number and would show in the last digit. */
export const prometheusValue = (point: Pick<MetricPoint, 'metric' | 'type' | 'value'>): number =>
  Number(point.value) / prometheusName(point).divisor;

/** What a plan of metrics holds: the batch, and how this connection sends it. */
export const asBody = (batch: MetricBatch, protocol: string): z.core.util.JSONType =>
  z.json().parse(JSON.parse(JSON.stringify({ batch, protocol })));
