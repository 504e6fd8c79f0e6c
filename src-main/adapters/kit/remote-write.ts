/// <reference path="./snappyjs.d.ts" />
import snappy from 'snappyjs';
import { labelsOf, type MetricBatch, type MetricPoint, prometheusName, prometheusValue } from './metrics.ts';
import { ProtoWriter } from './protobuf.ts';

export const remoteWriteHeaders = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
  'user-agent': 'wedsync-ops-console',
} as const;

/** Labels of one series in byte order; a receiver takes others without a word and never finds them again. */
export function seriesLabels(
  point: MetricPoint,
  { org, instance }: Pick<MetricBatch, 'org' | 'instance'>,
): readonly (readonly [string, string])[] {
  const labels = {
    __name__: prometheusName(point).name,
    ...labelsOf(point, org),
    instance,
    job: 'wedsync-ops-console',
  };
  return Object.entries(labels)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A `prometheus.WriteRequest` of remote write 1.0, in Snappy's block format. Counters go as running totals. */
export function encodeRemoteWrite(batch: MetricBatch): Uint8Array {
  const request = new ProtoWriter();
  for (const point of batch.points) {
    request.message(1, (series) => {
      for (const [name, value] of seriesLabels(point, batch)) {
        series.message(1, (label) => label.string(1, name).string(2, value));
      }
      series.message(2, (sample) => sample.double(1, prometheusValue(point)).integer(2, point.at));
    });
  }
  return snappy.compress(request.bytes());
}
