import { z } from 'zod';
import { labelsOf, type MetricBatch, type MetricPoint } from './metrics.ts';
import { ProtoWriter } from './protobuf.ts';

/** Cumulative for Prometheus and Grafana, delta for Datadog and New Relic: each refuses or misreads the other. */
export type Temporality = 'delta' | 'cumulative';
const temporalityCode = { delta: 1, cumulative: 2 } as const;

const nanos = (ms: number) => `${ms}000000`;
const units: Readonly<Record<string, string>> = {
  'requests/h': '{request}/h',
  count: '1',
  ratio: '1',
  multiple: '1',
  'of 5': '1',
  GBP: 'GBP',
  ms: 'ms',
};
/** Names carry no `_total`: receivers that want it add it. */
const nameOf = (point: MetricPoint) => `wedsync.${point.metric.replace(/_total$/, '')}`;

interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly counter: boolean;
  readonly points: readonly MetricPoint[];
}

/** Points of one batch by metric. In delta form a counter that did not grow says nothing and is left out. */
function metricsOf(batch: MetricBatch, temporality: Temporality): OtlpMetric[] {
  const groups = new Map<string, MetricPoint[]>();
  for (const point of batch.points) {
    if (point.type === 'counter' && temporality === 'delta' && Number(point.delta ?? 0) === 0) continue;
    const known = groups.get(nameOf(point));
    if (known) known.push(point);
    else groups.set(nameOf(point), [point]);
  }
  return [...groups].map(([name, points]) => ({
    name,
    unit: units[points[0]?.unit ?? ''] ?? '1',
    description: points[0]?.description ?? '',
    counter: points[0]?.type === 'counter',
    points,
  }));
}

const amountOf = (point: MetricPoint, temporality: Temporality) =>
  Number(point.type === 'counter' && temporality === 'delta' ? point.delta : point.value);
/** A running total has counted since the epoch, as far as anybody needs to know. */
const startOf = (point: MetricPoint, temporality: Temporality) =>
  temporality === 'delta' ? (point.from ?? point.at - 60_000) : 1_000;

/** `ExportMetricsServiceRequest` as JSON: enums as numbers, 64-bit integers as text. null: nothing to say. */
export function encodeOtlpJson(batch: MetricBatch, temporality: Temporality): z.core.util.JSONType | null {
  const metrics = metricsOf(batch, temporality);
  if (metrics.length === 0) return null;
  const attributes = (labels: Readonly<Record<string, string>>) =>
    Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  return {
    resourceMetrics: [
      {
        resource: {
          attributes: attributes({ 'service.name': 'wedsync-ops-console', 'service.instance.id': batch.instance }),
        },
        scopeMetrics: [
          {
            scope: { name: 'wedsync.metrics', version: '1.0.0' },
            metrics: metrics.map(({ name, unit, description, counter, points }) => {
              const dataPoints = points.map((point) => ({
                asDouble: amountOf(point, temporality),
                timeUnixNano: nanos(point.at),
                ...(counter ? { startTimeUnixNano: nanos(startOf(point, temporality)) } : {}),
                attributes: attributes(labelsOf(point, batch.org)),
              }));
              return {
                name,
                unit,
                description,
                ...(counter
                  ? { sum: { aggregationTemporality: temporalityCode[temporality], isMonotonic: true, dataPoints } }
                  : { gauge: { dataPoints } }),
              };
            }),
          },
        ],
      },
    ],
  };
}

/** The same request as protobuf (opentelemetry-proto v1). null: nothing to say. */
export function encodeOtlpProto(batch: MetricBatch, temporality: Temporality): Uint8Array | null {
  const metrics = metricsOf(batch, temporality);
  if (metrics.length === 0) return null;
  const attribute = (key: string, text: string) => (keyValue: ProtoWriter) =>
    void keyValue.string(1, key).message(2, (any) => void any.string(1, text));
  const request = new ProtoWriter();
  request.message(1, (resourceMetrics) => {
    resourceMetrics.message(1, (resource) => {
      resource.message(1, attribute('service.name', 'wedsync-ops-console'));
      resource.message(1, attribute('service.instance.id', batch.instance));
    });
    resourceMetrics.message(2, (scopeMetrics) => {
      scopeMetrics.message(1, (scope) => void scope.string(1, 'wedsync.metrics').string(2, '1.0.0'));
      for (const { name, unit, description, counter, points } of metrics) {
        scopeMetrics.message(2, (metric) => {
          metric.string(1, name).string(2, description).string(3, unit);
          metric.message(counter ? 7 : 5, (data) => {
            for (const point of points) {
              data.message(1, (dataPoint) => {
                if (counter) dataPoint.fixed64(2, BigInt(nanos(startOf(point, temporality))));
                dataPoint.fixed64(3, BigInt(nanos(point.at))).double(4, amountOf(point, temporality));
                for (const [key, text] of Object.entries(labelsOf(point, batch.org))) {
                  dataPoint.message(7, attribute(key, text));
                }
              });
            }
            if (counter) data.integer(2, temporalityCode[temporality]).integer(3, 1);
          });
        });
      }
    });
  });
  return request.bytes();
}

/** What a 200 may still have refused; Prometheus answers nothing at all. */
export const OtlpReply = z.looseObject({
  partialSuccess: z
    .looseObject({
      rejectedDataPoints: z.union([z.string().regex(/^\d+$/), z.number().int()]).optional(),
      errorMessage: z.string().optional(),
    })
    .optional(),
});
