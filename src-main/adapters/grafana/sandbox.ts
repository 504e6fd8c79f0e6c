/// <reference path="../kit/snappyjs.d.ts" />
import snappy from 'snappyjs';
import { z } from 'zod';
import {
  bodyOf,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';
import { readProto } from '../../sandbox/protobuf.ts';

/**
 * Plays Prometheus' remote-write receiver as Grafana Cloud runs it, and the part of Grafana's API the console uses. As
 * there: a sample older than the newest of its series, or another value for the same moment, refuses the whole request;
 * unsorted or empty labels are dropped with a 204. The fault `drop` drops everything with a 204.
 */
const writeHost = 'prometheus-prod-24-prod-eu-west-2.grafana.net';
const apiHost = 'wedsync.grafana.net';

export interface StoredSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly { readonly at: number; readonly value: number }[];
}
interface Annotation {
  readonly id: number;
  readonly time: number;
  readonly timeEnd: number;
  readonly text: string;
  readonly tags: readonly string[];
}

const text = (status: number, said: string): SandboxReply => ({ status, text: said });

interface Sample {
  readonly labels: readonly (readonly [string, string])[];
  readonly at: number;
  readonly value: number;
}

/** The samples of a WriteRequest; throws on anything else. */
export function samplesOf(bytes: Uint8Array): Sample[] {
  const utf8 = new TextDecoder();
  const words = (field: Uint8Array) => utf8.decode(field);
  return readProto(snappy.uncompress(bytes))
    .filter((one) => one.field === 1 && one.wire === 'block')
    .flatMap((series) => {
      const parts = readProto(series.value as Uint8Array);
      const labels = parts
        .filter(({ field }) => field === 1)
        .map(({ value }) => {
          const pair = readProto(value as Uint8Array);
          const of = (wanted: number) =>
            words((pair.find(({ field }) => field === wanted)?.value ?? new Uint8Array()) as Uint8Array);
          return [of(1), of(2)] as const;
        });
      return parts
        .filter(({ field }) => field === 2)
        .map(({ value }) => {
          const sample = readProto(value as Uint8Array);
          const bits = (sample.find(({ field }) => field === 1)?.value ?? 0n) as bigint;
          const at = (sample.find(({ field }) => field === 2)?.value ?? 0n) as bigint;
          const view = new DataView(new ArrayBuffer(8));
          view.setBigUint64(0, bits);
          return { labels, value: view.getFloat64(0), at: Number(BigInt.asIntN(64, at)) };
        });
    });
}

function write(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  if (!(request.headers['content-type'] ?? '').startsWith('application/x-protobuf'))
    return text(415, 'unsupported media type');
  if (request.headers['content-encoding'] !== 'snappy') return text(415, 'unsupported encoding');
  if (request.headers['x-prometheus-remote-write-version'] !== '0.1.0') return text(400, 'unsupported version');
  let samples: Sample[];
  try {
    samples = samplesOf(request.bytes);
  } catch {
    return text(400, 'snappy: corrupt input');
  }
  if (world.fault('drop')) return { status: 204 };
  const stored = world.documents<StoredSeries>('series');
  const good = samples.filter(
    ({ labels }) =>
      labels.every(([name, value]) => /^[a-zA-Z_]\w*$/.test(name) && value !== '') &&
      labels.some(([name]) => name === '__name__') &&
      labels.every(([name], i) => i === 0 || String(labels[i - 1]?.[0]) < name),
  );
  const keyOf = (sample: Sample) => sample.labels.map(([name, value]) => `${name}=${value}`).join(',');
  for (const sample of good) {
    const last = stored.get(keyOf(sample))?.samples.at(-1);
    if (sample.at > world.now() + 600_000) return text(400, 'out of bounds: too far in the future');
    if (last && sample.at < last.at) return text(400, 'out of order sample');
    if (last && sample.at === last.at && sample.value !== last.value) {
      return text(400, 'duplicate sample for timestamp');
    }
  }
  for (const sample of good) {
    const known = stored.get(keyOf(sample));
    if (known?.samples.at(-1)?.at === sample.at) continue;
    stored.put(keyOf(sample), {
      labels: Object.fromEntries(sample.labels),
      samples: [...(known?.samples ?? []), { at: sample.at, value: sample.value }],
    });
  }
  return { status: 204 };
}

const NewAnnotation = z.object({
  time: z.number().int().optional(),
  timeEnd: z.number().int().optional(),
  text: z.string().min(1),
  tags: z.array(z.string()).default([]),
});
const NewDashboard = z.object({
  dashboard: z.looseObject({
    uid: z.string().max(40).optional(),
    title: z.string().min(1),
    panels: z.array(z.unknown()).default([]),
  }),
  overwrite: z.boolean().default(false),
});

function api(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const call = `${request.method} ${request.path}`;
  if (call === 'GET /api/health')
    return { status: 200, json: { database: 'ok', version: '13.0.0', commit: 'sandbox' } };
  if (!/^Bearer glsa_\w{20,80}$/.test(request.headers.authorization ?? ''))
    return { status: 401, json: { message: 'Unauthorized' } };
  const annotations = world.documents<Annotation>('annotations');
  const dashboards = world.documents<{ dashboard: object; version: number }>('dashboards');
  if (call === 'GET /api/org') return { status: 200, json: { id: 1, name: 'Main Org.' } };
  if (call === 'GET /api/annotations') {
    const tags = request.query.getAll('tags');
    const found = annotations.all().filter((one) => tags.every((tag) => one.tags.includes(tag)));
    return { status: 200, json: found.slice(0, Number(request.query.get('limit') ?? 100)) };
  }
  if (call === 'POST /api/annotations') {
    const body = bodyOf(request, NewAnnotation);
    if (!body) return { status: 400, json: { message: 'Failed to save annotation' } };
    const id = annotations.all().length + 1;
    const time = body.time ?? world.now();
    annotations.put(String(id), { id, time, timeEnd: body.timeEnd ?? time, text: body.text, tags: body.tags });
    return { status: 200, json: { message: 'Annotation added', id } };
  }
  if (call === 'POST /api/dashboards/db') {
    const body = bodyOf(request, NewDashboard);
    if (!body) return { status: 400, json: { message: 'bad request data' } };
    const uid = body.dashboard.uid ?? world.uuid().slice(0, 8);
    const known = dashboards.get(uid);
    if (known && !body.overwrite)
      return { status: 412, json: { message: 'version-mismatch', status: 'version-mismatch' } };
    const version = (known?.version ?? 0) + 1;
    dashboards.put(uid, { dashboard: body.dashboard, version });
    return {
      status: 200,
      json: {
        id: 1,
        uid,
        url: `/d/${uid}`,
        status: 'success',
        version,
        slug: 'wedsync-kpis',
        title: body.dashboard.title,
      },
    };
  }
  return { status: 404, json: { message: 'Not found' } };
}

/** OTLP by protobuf: only its outermost shape is looked at. */
function otlp(request: SandboxRequest): SandboxReply {
  const headers = { 'content-type': 'application/x-protobuf' };
  try {
    const [first] = readProto(request.bytes);
    if (first?.field !== 1 || first.wire !== 'block') return { status: 400, headers, bytes: new Uint8Array() };
    readProto(first.value);
    return { status: 200, headers, bytes: new Uint8Array() };
  } catch {
    return { status: 400, headers, bytes: new Uint8Array() };
  }
}

export const grafanaSandbox: SandboxSystem = {
  id: 'grafana',
  hosts: [writeHost, apiHost, 'otlp-gateway-prod-eu-west-2.grafana.net'],
  faults: ['drop'],
  handle(request, world) {
    if (request.host === apiHost) return api(request, world);
    const [, credentials = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (!/^\d+:.{8,}$/.test(Buffer.from(credentials, 'base64').toString()))
      return text(401, 'authentication error: invalid token');
    if (request.method !== 'POST') return text(405, 'method not allowed');
    if (request.path === '/api/prom/push' && request.host === writeHost) return write(request, world);
    if (request.path === '/otlp/v1/metrics') return otlp(request);
    return text(404, 'not found');
  },
};
