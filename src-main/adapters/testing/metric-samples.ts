import { MetricBatch, type MetricPoint } from '../kit/metrics.ts';

/** One level and one counter, at the moment a bench's clock shows unless another is given. */
export function aBatch(now = Date.parse('2026-08-03T09:00:00Z'), points?: readonly MetricPoint[]): MetricBatch {
  const common = { at: now - 5_000, season: 'peak', venue: 'cotswold-barn', region: 'south-west' } as const;
  return MetricBatch.parse({
    org: 'bluebell',
    instance: 'console-bluebell',
    points: points ?? [
      {
        ...common,
        metric: 'wedding_requests_per_hour',
        type: 'gauge',
        unit: 'requests/h',
        description: 'AI requests in the hour.',
        value: '42.5',
      },
      {
        ...common,
        metric: 'ai_requests_total',
        type: 'counter',
        unit: 'count',
        description: 'AI requests counted.',
        value: '91827',
        delta: '128',
        from: now - 65_000,
      },
    ],
  });
}

/** As many levels as wanted, each a series of its own. */
export function manyPoints(count: number, now: number): MetricPoint[] {
  return Array.from({ length: count }, (_, i) => ({
    metric: 'weddings_today',
    type: 'gauge',
    unit: 'count',
    description: 'Confirmed weddings on the day.',
    value: String(i),
    at: now - 5_000,
    season: 'peak',
    venue: `venue-${i}`,
    region: 'kent',
  }));
}
