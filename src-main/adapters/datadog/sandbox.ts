import { gunzipSync, inflateSync } from 'node:zlib';
import { z } from 'zod';
import type { SandboxReply, SandboxRequest, SandboxSystem, SandboxWorld } from '../../sandbox/kit.ts';
import { otlpReply } from '../../sandbox/otlp.ts';
import { sites } from './settings.ts';

/**
 * Plays Datadog's intake from its own description: the key check, sizes, encodings, time window and types of
 * `POST /api/v2/series`, last write wins for one series and second, and the OTLP intake, which takes deltas only. The
 * fault `drop` (value: how many) answers 202 and reports that many points inside.
 */
const Series = z.object({
  series: z.array(
    z.object({
      metric: z
        .string()
        .regex(/^[A-Za-z]/)
        .max(200),
      type: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).default(0),
      interval: z.number().int().optional(),
      points: z.array(z.object({ timestamp: z.number().int(), value: z.number() })).min(1),
      tags: z.array(z.string().max(200)).default([]),
      unit: z.string().optional(),
      resources: z.array(z.object({ name: z.string(), type: z.string() })).optional(),
    }),
  ),
});

export interface StoredPoint {
  readonly metric: string;
  readonly type: number;
  readonly tags: readonly string[];
  readonly timestamp: number;
  readonly value: number;
  readonly interval: number | null;
}

const problem = (status: number, message: string): SandboxReply => ({ status, json: { errors: [message] } });

function series(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
    return problem(400, 'Unsupported content type');
  if (request.bytes.length > 512_000) return problem(413, 'Payload too large');
  const raw = unpacked(request);
  if (raw === null) return problem(400, 'Unable to decode the payload');
  if (raw.length > 5_242_880) return problem(413, 'Payload too large');
  const parsed = Series.safeParse(jsonFrom(raw));
  if (!parsed.success) return problem(400, 'Payload is not in the expected format: [unmarshal error]');
  const stored = world.documents<StoredPoint>('points');
  const now = world.now() / 1_000;
  for (const one of parsed.data.series) {
    for (const { timestamp, value } of one.points) {
      // Outside the window: taken, and never seen again.
      if (timestamp < now - 3_600 || timestamp > now + 600) continue;
      const tags = one.tags.map((tag) => tag.toLowerCase()).sort();
      stored.put(`${one.metric} ${tags.join(',')} ${timestamp}`, {
        metric: one.metric,
        type: one.type,
        tags,
        timestamp,
        value,
        interval: one.interval ?? null,
      });
    }
  }
  const drop = world.fault('drop');
  const errors = drop ? Array.from({ length: Number(drop.value ?? 1) }, () => 'point discarded') : [];
  return { status: 202, json: { errors } };
}

function unpacked(request: SandboxRequest): Uint8Array | null {
  try {
    const encoding = request.headers['content-encoding'] ?? '';
    if (encoding === 'gzip') return gunzipSync(request.bytes);
    if (encoding === 'deflate') return inflateSync(request.bytes);
    return encoding === '' ? request.bytes : null;
  } catch {
    return null;
  }
}

function jsonFrom(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

export const datadogSandbox: SandboxSystem = {
  id: 'datadog',
  hosts: sites.flatMap((site) => [`api.${site}`, `otlp.${site}`]),
  faults: ['drop'],
  handle(request, world) {
    const otlp = request.host.startsWith('otlp.');
    const key = request.headers['dd-api-key'] ?? '';
    // Keys of the practice book belong to the EU site; a key that says another site is refused here.
    if (!/^[0-9A-Za-z_-]{20,80}$/.test(key) || (key.startsWith('us1') && request.host.endsWith('datadoghq.eu'))) {
      return { status: 403, json: { errors: ['Forbidden'] } };
    }
    if (otlp && request.path === '/v1/metrics' && request.method === 'POST') {
      return otlpReply(request, world, { temporality: 1 });
    }
    if (request.path === '/api/v1/validate' && request.method === 'GET') return { status: 200, json: { valid: true } };
    if (request.path === '/api/v2/series' && request.method === 'POST') return series(request, world);
    return problem(404, 'Not found');
  },
};
