import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kpis } from '../../../src-shared/domain/kpi/catalogue.ts';
import { type ProtoField, readProto } from '../../sandbox/protobuf.ts';
import { samplesOf } from '../grafana/sandbox.ts';
import { aBatch, manyPoints } from '../testing/metric-samples.ts';
import { prometheusName } from './metrics.ts';
import { encodeOtlpJson, encodeOtlpProto } from './otlp.ts';
import { ProtoWriter } from './protobuf.ts';
import { encodeRemoteWrite } from './remote-write.ts';

const now = Date.parse('2026-08-03T09:00:00Z');

test('any varint, double and text survives the way through the writer', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      fc.double({ noNaN: true }),
      fc.string(),
      (int, double, text) => {
        const fields = readProto(new ProtoWriter().integer(1, int).double(2, double).string(3, text).bytes());
        const view = new DataView(new ArrayBuffer(8));
        view.setBigUint64(0, fields[1]?.value as bigint);
        expect(fields[0]?.value).toBe(int);
        expect(view.getFloat64(0)).toBe(double);
        expect(new TextDecoder().decode(fields[2]?.value as Uint8Array)).toBe(Buffer.from(text).toString());
      },
    ),
  );
});

test('remote write decodes to what was put in, compressed', () => {
  const batch = aBatch(now, manyPoints(500, now));
  const bytes = encodeRemoteWrite(batch);
  const samples = samplesOf(bytes);
  expect(samples.map(({ value }) => value)).toEqual(batch.points.map(({ value }) => Number(value)));
  expect(samples.every(({ at }) => at === now - 5_000)).toBe(true);
  expect(bytes.length).toBeLessThan(500 * 60);
});

type Message = ReadonlyMap<number, readonly ProtoField[]>;
function message(bytes: unknown): Message {
  const fields = new Map<number, ProtoField[]>();
  for (const one of readProto(bytes as Uint8Array)) fields.set(one.field, [...(fields.get(one.field) ?? []), one]);
  return fields;
}
const one = (of: Message, field: number) => of.get(field)?.[0]?.value;
const text = (of: Message, field: number) => new TextDecoder().decode(one(of, field) as Uint8Array);

test('OTLP as protobuf says the same as OTLP as JSON', () => {
  const batch = aBatch(now);
  for (const temporality of ['delta', 'cumulative'] as const) {
    const json = encodeOtlpJson(batch, temporality) as {
      resourceMetrics: { scopeMetrics: { metrics: { name: string; sum?: object; gauge?: object }[] }[] }[];
    };
    const scope = message(one(message(one(message(encodeOtlpProto(batch, temporality)), 1)), 2));
    const metrics = (scope.get(2) ?? []).map(({ value }) => {
      const metric = message(value);
      const counter = metric.has(7);
      const data = message(one(metric, counter ? 7 : 5));
      const view = new DataView(new ArrayBuffer(8));
      const point = message(one(data, 1));
      view.setBigUint64(0, one(point, 4) as bigint);
      const attributes = (point.get(7) ?? []).map((attribute) => {
        const pair = message(attribute.value);
        return { key: text(pair, 1), value: { stringValue: text(message(one(pair, 2)), 1) } };
      });
      const dataPoint = {
        asDouble: view.getFloat64(0),
        timeUnixNano: String(one(point, 3)),
        ...(counter ? { startTimeUnixNano: String(one(point, 2)) } : {}),
        attributes,
      };
      return {
        name: text(metric, 1),
        unit: text(metric, 3),
        description: text(metric, 2),
        ...(counter
          ? {
              sum: {
                aggregationTemporality: Number(one(data, 2)),
                isMonotonic: one(data, 3) === 1n,
                dataPoints: [dataPoint],
              },
            }
          : { gauge: { dataPoints: [dataPoint] } }),
      };
    });
    expect(metrics).toEqual(json.resourceMetrics[0]?.scopeMetrics[0]?.metrics);
  }
});

test('in delta form a counter that did not grow is left out, and an empty request is none', () => {
  const [, counter] = aBatch(now).points;
  if (!counter) throw new Error('the sample has a counter');
  const still = aBatch(now, [{ ...counter, delta: '0' }]);
  expect(encodeOtlpJson(still, 'delta')).toBeNull();
  expect(encodeOtlpJson(still, 'cumulative')).not.toBeNull();
});

test('every KPI has a Prometheus name of its own in base units', () => {
  const names = kpis.map(({ id, type }) => prometheusName({ metric: id, type }).name);
  expect(new Set(names).size).toBe(kpis.length);
  expect(names.every((name) => /^wedsync_[a-z0-9_]+$/.test(name) && !name.endsWith('_ms'))).toBe(true);
});

test('milliseconds are seconds at Prometheus to the last digit', () => {
  const [level] = aBatch(now).points;
  if (!level) throw new Error('the sample has a level');
  const points = [9, 13, 1_999].map((ms) => ({ ...level, metric: 'ai_request_latency_ms', value: String(ms) }));
  expect(samplesOf(encodeRemoteWrite(aBatch(now, points))).map(({ value }) => value)).toEqual([0.009, 0.013, 1.999]);
});

test('a hundred thousand points are encoded for every system in well under fifteen per cent of a minute', () => {
  const batch = aBatch(now, manyPoints(500, now));
  const spent = (encode: () => unknown) => {
    const before = process.cpuUsage();
    for (let i = 0; i < 50; i++) encode();
    const { user, system } = process.cpuUsage(before);
    return ((user + system) / 1_000) * 4;
  };
  expect(spent(() => encodeRemoteWrite(batch))).toBeLessThan(9_000);
  expect(spent(() => JSON.stringify(encodeOtlpJson(batch, 'delta')))).toBeLessThan(9_000);
});
