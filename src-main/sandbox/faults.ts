import { z } from 'zod';
import type { SandboxRequest } from './kit.ts';

/**
 * Faults every system can have:
 * `reset-before` the connection dies before the request had its effect; `reset-after` it dies after the effect;
 * `hang` no effect, no answer; `swallow` the effect, never an answer; `half-body` effect, and the answer breaks off;
 * `slow-body` effect, and the answer stops halfway without ending; `bad-json` effect, and an answer that is no JSON;
 * `html` effect, and a web page for an answer; `redirect` no effect, sent elsewhere.
 * Without a name: `status` (no effect, that answer), or `delayMs` alone (late, else as usual).
 */
export const transportFaults = [
  'reset-before',
  'reset-after',
  'hang',
  'swallow',
  'half-body',
  'slow-body',
  'bad-json',
  'html',
  'redirect',
] as const;
export type TransportFault = (typeof transportFaults)[number];

export const Fault = z.strictObject({
  system: z.string().min(1),
  /** One of {@link transportFaults}, or one the system lists itself. */
  fault: z.string().optional(),
  /** What a fault of a system's own needs: a date, a code, milliseconds. */
  value: z.string().optional(),
  /** Only requests with this method and this text in their path (below the host). */
  method: z.string().optional(),
  path: z.string().optional(),
  /** Only requests with this text in their body: a fault for one document, whatever else is sent when. */
  holding: z.string().min(1).optional(),
  /** How many matching requests go through untouched first. */
  skip: z.int().nonnegative().default(0),
  /** How many requests it hits; 0: until everything is reset. */
  times: z.int().nonnegative().default(1),
  status: z.int().min(100).max(599).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.union([z.string(), z.json()]).optional(),
  /** With `status`: the request has its effect first, the answer lies. */
  effect: z.boolean().default(false),
  delayMs: z.int().nonnegative().max(3_600_000).optional(),
});
export type Fault = z.output<typeof Fault>;
export type FaultInput = z.input<typeof Fault>;

interface Armed {
  readonly fault: Fault;
  skip: number;
  left: number;
}

export type Asked = Pick<SandboxRequest, 'method' | 'path' | 'bytes'>;

/** The faults set now, oldest first; each is used up by the requests it hits. */
export function faultList() {
  let armed: Armed[] = [];

  return {
    add(fault: Fault): void {
      armed.push({ fault, skip: fault.skip, left: fault.times === 0 ? Number.POSITIVE_INFINITY : fault.times });
    },
    clear(): void {
      armed = [];
    },
    /** The first that fits, used up by one; `name` null asks for those without a system's own name. */
    take(system: string, request: Asked, wanted: (name: string | undefined) => boolean): Fault | null {
      const { method, path, bytes } = request;
      for (const one of armed) {
        const { fault } = one;
        if (fault.system !== system || !wanted(fault.fault)) continue;
        if (fault.method !== undefined && fault.method !== method) continue;
        if (fault.path !== undefined && !path.includes(fault.path)) continue;
        if (fault.holding !== undefined && !Buffer.from(bytes).includes(fault.holding)) continue;
        if (one.skip > 0) {
          one.skip -= 1;
          continue;
        }
        one.left -= 1;
        armed = armed.filter((other) => other.left > 0);
        return fault;
      }
      return null;
    },
  };
}
