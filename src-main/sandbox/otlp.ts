import { z } from 'zod';
import type { SandboxReply, SandboxRequest, SandboxWorld } from './kit.ts';

/** An OTLP/http intake in JSON, as the specification describes it, for the sandboxes of those who have one. */
const Attribute = z.object({ key: z.string(), value: z.object({ stringValue: z.string() }) });
const dataPoint = z.object({
  asDouble: z.number().optional(),
  asInt: z.string().optional(),
  timeUnixNano: z.string().regex(/^\d+$/),
  startTimeUnixNano: z.string().regex(/^\d+$/).optional(),
  attributes: z.array(Attribute).default([]),
});
const Request = z.object({
  resourceMetrics: z.array(
    z.object({
      resource: z.object({ attributes: z.array(Attribute) }),
      scopeMetrics: z.array(
        z.object({
          metrics: z.array(
            z.object({
              name: z.string().min(1),
              unit: z.string().optional(),
              gauge: z.object({ dataPoints: z.array(dataPoint).min(1) }).optional(),
              sum: z
                .object({
                  aggregationTemporality: z.union([z.literal(1), z.literal(2)]),
                  isMonotonic: z.boolean(),
                  dataPoints: z.array(dataPoint).min(1),
                })
                .optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface OtlpPoint {
  readonly name: string;
  readonly value: number;
  readonly at: string;
}

/** Sums of another temporality than the system takes are refused inside a 200, as is what the fault `drop` says. */
export function otlpReply(
  request: SandboxRequest,
  world: SandboxWorld,
  takes: { readonly temporality: 1 | 2 },
): SandboxReply {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('application/json'))
    return { status: 415, json: { code: 3, message: 'unsupported content type' } };
  const parsed = Request.safeParse(jsonFrom(request.bytes));
  if (!parsed.success) return { status: 400, json: { code: 3, message: 'malformed request' } };
  const stored = world.documents<OtlpPoint>('otlp');
  let refused = 0;
  const metrics = parsed.data.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((one) => one.metrics));
  for (const { name, sum, gauge } of metrics) {
    const points = sum?.dataPoints ?? gauge?.dataPoints ?? [];
    if (sum && sum.aggregationTemporality !== takes.temporality) {
      refused += points.length;
      continue;
    }
    for (const { asDouble, asInt, timeUnixNano, attributes } of points) {
      const labels = attributes.map(({ key, value }) => `${key}=${value.stringValue}`).sort();
      stored.put(`${name} ${labels.join(',')} ${timeUnixNano}`, {
        name,
        value: asDouble ?? Number(asInt),
        at: timeUnixNano,
      });
    }
  }
  const drop = world.fault('drop');
  refused += drop ? Number(drop.value ?? 1) : 0;
  if (refused === 0) return { status: 200, json: {} };
  const errorMessage = drop ? 'points discarded' : 'unsupported temporality';
  return { status: 200, json: { partialSuccess: { rejectedDataPoints: String(refused), errorMessage } } };
}

function jsonFrom(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
