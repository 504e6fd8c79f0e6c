import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import {
  bodyOf,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';
import { otlpReply } from '../../sandbox/otlp.ts';
import { hosts } from './kit.ts';

/**
 * Plays New Relic's Metric API and the two questions of NerdGraph the console asks. As there, a 202 says nothing: a count
 * without its interval, a time stamp outside the window and a bad attribute name are taken and end as
 * `NrIntegrationError`. Two copies of a count add up. The fault `drop` loses what it is sent the same way.
 */
const Attributes = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const Metric = z.object({
  name: z.string().min(1).max(254),
  type: z.enum(['gauge', 'count', 'summary']).default('gauge'),
  value: z.union([z.number(), z.looseObject({ count: z.number(), sum: z.number() })]),
  timestamp: z.number().int().optional(),
  'interval.ms': z.number().int().min(1).optional(),
  attributes: Attributes.default({}),
});
const Body = z.array(
  z.object({
    common: z
      .object({
        timestamp: z.number().int().optional(),
        'interval.ms': z.number().int().optional(),
        attributes: Attributes.default({}),
      })
      .optional(),
    metrics: z.array(Metric).min(1),
  }),
);
const Question = z.object({ query: z.string(), variables: z.object({ nrql: z.string().optional() }).optional() });

export interface StoredMetric {
  readonly name: string;
  readonly type: string;
  readonly value: unknown;
  readonly timestamp: number;
  readonly intervalMs: number | null;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const refused = (status: number): SandboxReply => ({ status, json: {} });

function ingest(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  if (!(request.headers['content-type'] ?? '').startsWith('application/json')) return refused(415);
  if (request.bytes.length > 1_000_000) return refused(413);
  let raw: unknown;
  try {
    const encoding = request.headers['content-encoding'] ?? '';
    const bytes = encoding === 'gzip' ? gunzipSync(request.bytes) : request.bytes;
    raw = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return refused(400);
  }
  const parsed = Body.safeParse(raw);
  if (!parsed.success) return refused(400);
  const requestId = world.uuid();
  const stored = world.documents<StoredMetric>('metrics');
  const errors = world.documents<{ category: string; message: string }>('errors');
  const lost = world.fault('drop');
  for (const { common, metrics } of parsed.data) {
    for (const metric of metrics) {
      const timestamp = metric.timestamp ?? common?.timestamp ?? world.now();
      const intervalMs = metric['interval.ms'] ?? common?.['interval.ms'] ?? null;
      const attributes = { ...common?.attributes, ...metric.attributes };
      const problem = lost ? 'Points discarded' : problemOf(metric, timestamp, intervalMs, attributes, world.now());
      if (problem !== null) errors.put(world.uuid(), { category: 'MetricApi', message: problem });
      else
        stored.put(world.uuid(), {
          name: metric.name,
          type: metric.type,
          value: metric.value,
          timestamp,
          intervalMs,
          attributes,
        });
    }
  }
  return { status: 202, json: { requestId } };
}

function problemOf(
  metric: z.output<typeof Metric>,
  timestamp: number,
  intervalMs: number | null,
  attributes: Readonly<Record<string, unknown>>,
  now: number,
): string | null {
  if (metric.type !== 'gauge' && intervalMs === null) return 'interval.ms is required';
  if (metric.type === 'count' && typeof metric.value === 'number' && metric.value < 0)
    return 'count must not be negative';
  if (timestamp < now - 48 * 3_600_000 || timestamp > now + 24 * 3_600_000) return 'timestamp outside the window';
  const bad = Object.keys(attributes).find((name) => !/^[\w:.]{1,255}$/.test(name));
  return bad === undefined ? null : `attribute name ${bad}`;
}

function graph(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const key = request.headers['api-key'] ?? '';
  if (!/^NRAK-[0-9A-Z]{20,40}$/.test(key)) return { status: 401, json: {} };
  const question = bodyOf(request, Question);
  if (!question) return { status: 200, json: { data: null, errors: [{ message: 'Unparseable query' }] } };
  if (question.query.includes('requestContext')) {
    return { status: 200, json: { data: { requestContext: { userId: '1', apiKey: key } } } };
  }
  const results = rowsOf(question.variables?.nrql ?? '', world);
  if (results === null) return { status: 200, json: { data: null, errors: [{ message: 'NRQL Syntax Error' }] } };
  return { status: 200, json: { data: { actor: { account: { nrql: { results } } } } } };
}

function rowsOf(nrql: string, world: SandboxWorld): object[] | null {
  if (nrql.includes('FROM NrIntegrationError')) {
    const counts = new Map<string, { n: number; facet: string[] }>();
    for (const { category, message } of world.documents<{ category: string; message: string }>('errors').all()) {
      const known = counts.get(message) ?? { n: 0, facet: [category, message] };
      counts.set(message, { ...known, n: known.n + 1 });
    }
    return [...counts.values()];
  }
  const asked =
    /FROM Metric WHERE metricName = '([\w.]+)' AND org = '([\w-]+)' AND instance = '([\w-]+)' SINCE (\d+) UNTIL (\d+)/.exec(
      nrql,
    );
  if (!asked) return null;
  const [, name, org, instance, since, until] = asked;
  const n = world
    .documents<StoredMetric>('metrics')
    .all()
    .filter(
      (one) =>
        one.name === name &&
        one.attributes.org === org &&
        one.attributes.instance === instance &&
        one.timestamp >= Number(since) &&
        one.timestamp < Number(until),
    ).length;
  return [{ n }];
}

export const newrelicSandbox: SandboxSystem = {
  id: 'newrelic',
  hosts,
  faults: ['drop'],
  handle(request, world) {
    if (request.path === '/graphql' && request.host.startsWith('api.')) {
      return request.method === 'POST' ? graph(request, world) : refused(405);
    }
    const key = request.headers['api-key'] ?? '';
    const european = /^eu/i.test(key);
    if (!/^[0-9A-Za-z]{32,48}$/.test(key) || european !== /eu/.test(request.host)) return refused(403);
    if (request.host.startsWith('otlp.')) {
      return request.path === '/v1/metrics' ? otlpReply(request, world, { temporality: 1 }) : refused(404);
    }
    if (request.path !== '/metric/v1') return refused(404);
    return request.method === 'POST' ? ingest(request, world) : refused(405);
  },
};
