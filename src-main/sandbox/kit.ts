import type { z } from 'zod';
import type { Clock } from '../ports/runtime.ts';
import type { Fault } from './faults.ts';

/**
 * What a sandbox system is made of. Nothing here knows the adapters: a sandbox is written from the vendor's own
 * description, so that it can disagree with us.
 */

export interface SandboxRequest {
  readonly method: string;
  /** The vendor's host, e.g. `api.xero.com`. */
  readonly host: string;
  /** Path below the host, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** Requests of this system under way now, this one included. */
  readonly inFlight: number;
}

export interface SandboxReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** One of these; none is an empty body. */
  readonly json?: unknown;
  readonly text?: string;
  readonly bytes?: Uint8Array;
}

/** JSON documents of one kind, in order of creation. Every change is on disk before the answer leaves. */
export interface Documents<T> {
  get(id: string): T | null;
  put(id: string, document: T): void;
  remove(id: string): void;
  all(): readonly T[];
  entries(): readonly (readonly [string, T])[];
}

export interface SandboxWorld {
  /** The sandbox's clock, ms since the epoch. */
  now(): number;
  documents<T>(collection: string): Documents<T>;
  /** A new UUID, and unguessable-looking text; both repeatable, never used twice. */
  uuid(): string;
  text(): string;
  /** The next fault of this name for this request, used up by asking; null when none is set. */
  fault(name: string): Fault | null;
  /** Where this sandbox plays that host, e.g. `http://127.0.0.1:4100/login.xero.com`. */
  urlOf(host: string): string;
}

export interface SandboxSystem {
  /** As in the adapter's folder name. */
  readonly id: string;
  readonly hosts: readonly string[];
  /** Names of faults only this system knows; see {@link Fault}. */
  readonly faults?: readonly string[];
  /** One request, one atomic step. Must not wait for anything. */
  handle(request: SandboxRequest, world: SandboxWorld): SandboxReply;
  /** Faults that change the state once (a revoked token, a moved lock date). True when it took the fault. */
  misbehave?(fault: Fault, world: SandboxWorld): boolean;
  /** WebSockets of this system; without it an upgrade is refused. */
  readonly socket?: SandboxSocket;
  /** A person on the other side acts (`POST /_press?system=NAME` with any JSON): presses a button, resolves an incident. */
  press?(input: unknown, world: SandboxWorld, lines: SandboxLines): SandboxReply;
  /** Opens what speaks no http (SMTP), on loopback, together with the sandbox. */
  listen?(hub: SandboxHub): Promise<SandboxListening>;
}

/** The open WebSockets of one system. */
export interface SandboxLines {
  readonly count: number;
  /** To one of them, as the vendor picks; false when nobody listens. */
  send(text: string): boolean;
  /** Ends every line. */
  hangUp(): void;
}

export interface SandboxSocket {
  /** False refuses the upgrade (a used ticket). */
  accept(request: SandboxRequest, world: SandboxWorld): boolean;
  /** What is said first; null: nothing. */
  greeting(world: SandboxWorld, lines: SandboxLines): string | null;
  message(text: string, world: SandboxWorld): void;
}

/** What a listener of its own gets from the sandbox. */
export interface SandboxHub {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** One atomic step on the state. */
  step<T>(work: (world: SandboxWorld) => T): T;
  /** Shows up in `/_received`. */
  note(received: { method: string; path: string; headers: Readonly<Record<string, string>>; body: unknown }): void;
}

export interface SandboxListening {
  /** What `GET /_listeners` tells of it: ports, certificates. */
  readonly facts: Readonly<Record<string, string | number>>;
  close(): Promise<void>;
}

export type Params = Readonly<Record<string, string>>;
export interface Route<C> {
  readonly method: string;
  /** Segments; `:name` takes one segment, decoded. */
  readonly path: string;
  readonly handle: (request: SandboxRequest, params: Params, context: C) => SandboxReply;
}

export interface Match<C> {
  readonly route: Route<C>;
  readonly params: Params;
}

/** First match wins. `other`: the path exists, the method does not. */
export function matchRoute<C>(
  routes: readonly Route<C>[],
  request: Pick<SandboxRequest, 'method' | 'path'>,
): Match<C> | 'no-path' | 'no-method' {
  const given = request.path.split('/');
  let known = false;
  for (const route of routes) {
    const params = paramsOf(route.path.split('/'), given);
    if (!params) continue;
    known = true;
    if (route.method === request.method) return { route, params };
  }
  return known ? 'no-method' : 'no-path';
}

function paramsOf(wanted: readonly string[], given: readonly string[]): Params | null {
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [i, segment] of wanted.entries()) {
    const value = given[i] ?? '';
    if (segment.startsWith(':')) {
      if (value === '') return null;
      params[segment.slice(1)] = decode(value);
    } else if (segment !== value) return null;
  }
  return params;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const utf8 = new TextDecoder();

function textOf(request: SandboxRequest): string {
  return utf8.decode(request.bytes);
}

/** undefined when the body is no JSON. */
export function jsonOf(request: SandboxRequest): unknown {
  try {
    return JSON.parse(textOf(request));
  } catch {
    return undefined;
  }
}

/** The body as the schema reads it; null when it is no JSON or has another shape. */
export function bodyOf<S extends z.ZodType>(request: SandboxRequest, schema: S): z.output<S> | null {
  const parsed = schema.safeParse(jsonOf(request));
  return parsed.success ? parsed.data : null;
}

export function formOf(request: SandboxRequest): URLSearchParams {
  return new URLSearchParams(textOf(request));
}
