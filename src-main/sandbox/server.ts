import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Instant, isoOf } from '../../src-shared/domain/time-and-ids.ts';
import type { Clock } from '../ports/runtime.ts';
import { type Asked, Fault, type FaultInput, faultList, type TransportFault, transportFaults } from './faults.ts';
import {
  type Documents,
  jsonOf,
  type SandboxListening,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from './kit.ts';
import { socketLines } from './lines.ts';
import { maskedBody, maskedHeaders, maskedPath } from './received.ts';
import { openState } from './state.ts';

interface Received {
  readonly system: string;
  /** ISO 8601, by the sandbox's clock. */
  readonly at: string;
  readonly method: string;
  /** With the vendor's host in front, secrets masked. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Sandbox {
  /** `http://127.0.0.1:<port>`; a vendor's `https://HOST/PATH` is played at `<url>/HOST/PATH`. */
  readonly url: string;
  readonly port: number;
  readonly systems: readonly SandboxSystem[];
  /** Oldest first. */
  received(system?: string): readonly Received[];
  misbehave(fault: FaultInput): void;
  /** Takes all faults back that were not used up. */
  behave(): void;
  /** Forgets documents, requests and faults, of one system or of all. */
  reset(system?: string): void;
  /** A system's own documents, for tests and for the practice data. */
  documents<T>(system: string, collection: string): Documents<T>;
  close(): Promise<void>;
}

interface Options {
  /** 0: any free port. */
  readonly port?: number;
  /** Keeps the state across restarts and kills; without it the state lives in memory. */
  readonly stateFile?: string;
  readonly systems: readonly SandboxSystem[];
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
}

const maxBody = 32 * 1_024 * 1_024;
const json = (status: number, body: unknown): SandboxReply => ({ status, json: body });
const nothingAsked: Asked = { method: '', path: '', bytes: new Uint8Array() };
const isTransport = (name: string | undefined): name is TransportFault | undefined =>
  name === undefined || (transportFaults as readonly string[]).includes(name);

/**
 * Plays the outside systems on loopback (X9): practice mode, tests and demonstrations use this same one. Besides the
 * vendors' own paths it answers `GET /` (what it plays), `GET /_listeners` (what it opened besides http), `GET` and `DELETE
 * /_received?system=NAME`, `POST /_misbehave` with a {@link Fault}, `POST /_press?system=NAME` (a person there acts), and
 * `POST /_reset?system=NAME`.
 */
export async function startSandbox(options: Options): Promise<Sandbox> {
  const { systems, clock } = options;
  const byHost = new Map<string, SandboxSystem>();
  for (const system of systems) {
    for (const host of system.hosts) {
      if (byHost.has(host)) throw new Error(`Two sandbox systems claim ${host}`);
      byHost.set(host, system);
    }
  }
  const state = openState(options.stateFile);
  const faults = faultList();
  const inFlight = new Map<string, number>();
  const listening = new Map<string, SandboxListening>();
  let url = '';

  function worldOf(system: SandboxSystem, request: Asked = nothingAsked): SandboxWorld {
    const uuid = () => {
      const hex = state.nextHex();
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
    };
    return {
      now: () => clock.now(),
      documents: (collection) => state.documents(system.id, collection),
      uuid,
      text: () => state.nextHex() + state.nextHex(),
      fault: (name) => faults.take(system.id, request, (other) => other === name),
      urlOf: (host) => `${url}/${host}`,
    };
  }

  function misbehave(input: FaultInput): void {
    const fault = Fault.parse(input);
    const system = systems.find((one) => one.id === fault.system);
    if (!system) throw new Error(`The sandbox plays no system called ${fault.system}`);
    if (!isTransport(fault.fault) && !system.faults?.includes(fault.fault ?? '')) {
      throw new Error(`${system.id} has no fault called ${fault.fault}`);
    }
    const taken = state.atomically(() => system.misbehave?.(fault, worldOf(system)) ?? false);
    if (!taken) faults.add(fault);
  }

  function reset(system?: string): void {
    state.reset(system);
    faults.clear();
  }

  const received = (system?: string): Received[] =>
    state.received(system).map((row) => ({ ...row, at: isoOf(row.at as Instant) }));

  function control(request: SandboxRequest, name: string): SandboxReply {
    const system = request.query.get('system') ?? undefined;
    if (name === '' && request.method === 'GET') {
      return json(200, {
        sandbox: true,
        systems: systems.map((one) => ({ id: one.id, hosts: one.hosts, faults: one.faults ?? [] })),
        faults: transportFaults,
      });
    }
    if (name === '_received' && request.method === 'GET') return json(200, received(system));
    if (name === '_received' && request.method === 'DELETE') {
      state.forgetReceived(system);
      return { status: 204 };
    }
    if (name === '_misbehave' && request.method === 'POST') {
      try {
        misbehave(JSON.parse(Buffer.from(request.bytes).toString('utf8')) as FaultInput);
        return { status: 204 };
      } catch (error) {
        return json(400, { error: error instanceof Error ? error.message : 'Unreadable fault' });
      }
    }
    if (name === '_listeners' && request.method === 'GET') {
      return json(200, Object.fromEntries([...listening].map(([id, { facts }]) => [id, facts])));
    }
    if (name === '_press' && request.method === 'POST') return press(system, request);
    if (name === '_reset' && request.method === 'POST') {
      reset(system);
      return { status: 204 };
    }
    return json(404, { error: `The sandbox plays no host called "${name}"` });
  }

  /** Somebody on the vendor's side acts. */
  function press(id: string | undefined, request: SandboxRequest): SandboxReply {
    const system = systems.find((one) => one.id === id);
    if (!system?.press) return json(404, { error: `Nobody can press anything in "${id ?? ''}"` });
    const input = jsonOf(request) ?? {};
    return state.atomically(() => system.press?.(input, worldOf(system), lines.of(system)) ?? { status: 404 });
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = new URL(incoming.url ?? '/', 'http://sandbox.invalid');
    const [, host = '', ...rest] = target.pathname.split('/');
    const system = byHost.get(host.toLowerCase());
    const busy = system ? (inFlight.get(system.id) ?? 0) + 1 : 1;
    if (system) {
      inFlight.set(system.id, busy);
      response.once('close', () => inFlight.set(system.id, (inFlight.get(system.id) ?? 1) - 1));
    }
    const bytes = await readBody(incoming);
    if (!bytes) return finish(response, { status: 413 });
    const request: SandboxRequest = {
      method: incoming.method ?? 'GET',
      host,
      path: `/${rest.join('/')}`,
      query: target.searchParams,
      headers: Object.fromEntries(
        Object.entries(incoming.headers).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(', ') : (value ?? ''),
        ]),
      ),
      bytes,
      inFlight: busy,
    };
    if (!system) return finish(response, control(request, host));
    await play(system, request, response);
  }

  async function play(system: SandboxSystem, request: SandboxRequest, response: ServerResponse): Promise<void> {
    const fault = faults.take(system.id, request, isTransport);
    const perform = () => {
      const world = worldOf(system, request);
      return state.atomically(() => {
        note(system, request);
        return system.handle(request, world);
      });
    };
    const noteOnly = () => note(system, request);
    if (!fault) return finish(response, perform());

    if (fault.delayMs !== undefined) {
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      await clock.sleep(fault.delayMs, gone.signal);
    }
    if (fault.status !== undefined) {
      if (fault.effect) perform();
      else noteOnly();
      const { status, body = '', headers = {} } = fault;
      return finish(
        response,
        typeof body === 'string' ? { status, text: body, headers } : { status, json: body, headers },
      );
    }
    switch (fault.fault as TransportFault | undefined) {
      case undefined:
        return finish(response, perform());
      case 'reset-before':
        noteOnly();
        return void response.destroy();
      case 'reset-after':
        perform();
        return void response.destroy();
      case 'hang':
        return noteOnly();
      case 'swallow':
        return void perform();
      case 'half-body':
        return broken(response, perform(), true);
      case 'slow-body':
        return broken(response, perform(), false);
      case 'bad-json':
        return finish(response, { ...perform(), json: undefined, text: '{"Status": "OK", "Inv' });
      case 'html':
        perform();
        return finish(response, {
          status: 200,
          headers: { 'content-type': 'text/html; charset=utf-8' },
          text: '<html><body>Please wait</body></html>',
        });
      case 'redirect':
        noteOnly();
        return finish(response, { status: 302, headers: { location: 'https://elsewhere.invalid/' } });
    }
  }

  function note(system: SandboxSystem, request: SandboxRequest): void {
    state.noteReceived({
      system: system.id,
      at: clock.now(),
      method: request.method,
      path: maskedPath(`/${request.host}${request.path}`, request.query),
      headers: maskedHeaders(request.headers),
      body: maskedBody(request),
    });
  }

  // Imported, it would bring Node's own fetch with it.
  const server = process.getBuiltinModule('node:http').createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      // A mistake of the sandbox, not of the vendor: said plainly, so that nobody looks for it elsewhere.
      if (response.headersSent) response.destroy();
      else finish(response, json(500, { sandboxDefect: error instanceof Error ? error.message : 'unknown' }));
    });
  });
  const lines = socketLines({
    server,
    systemAt: (host) => byHost.get(host) ?? null,
    worldOf,
    step: (work) => state.atomically(work),
    note,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  for (const system of systems) {
    const opened = await system.listen?.({
      clock,
      step: (work) => state.atomically(() => work(worldOf(system))),
      note: (received) => state.noteReceived({ system: system.id, at: clock.now(), ...received }),
    });
    if (opened) listening.set(system.id, opened);
  }

  return {
    url,
    port,
    systems,
    received,
    misbehave,
    behave: () => faults.clear(),
    reset,
    documents: (system, collection) => state.documents(system, collection),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      lines.close();
      await Promise.all([...listening.values()].map((one) => one.close()));
      server.closeAllConnections();
      await closed;
      state.close();
    },
  };
}

/** null when it is larger than any vendor takes, or broke off. */
async function readBody(incoming: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function bodyOf(reply: SandboxReply): { type: string; bytes: Buffer } {
  if (reply.json !== undefined) {
    return { type: 'application/json; charset=utf-8', bytes: Buffer.from(JSON.stringify(reply.json)) };
  }
  if (reply.bytes !== undefined) return { type: 'application/octet-stream', bytes: Buffer.from(reply.bytes) };
  return { type: 'text/plain; charset=utf-8', bytes: Buffer.from(reply.text ?? '') };
}

function finish(response: ServerResponse, reply: SandboxReply): void {
  const { type, bytes } = bodyOf(reply);
  response.writeHead(reply.status, {
    ...(bytes.length === 0 ? {} : { 'content-type': type }),
    ...(reply.status === 204 || reply.status === 304 ? {} : { 'content-length': bytes.length }),
    ...reply.headers,
  });
  response.end(bytes);
}

/** Half of the answer, then the line goes dead (`cut`) or stays silent. */
function broken(response: ServerResponse, reply: SandboxReply, cut: boolean): void {
  const { type, bytes } = bodyOf(reply);
  response.writeHead(reply.status, {
    'content-type': type,
    'content-length': Math.max(2, bytes.length),
    ...reply.headers,
  });
  response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => {
    if (cut) response.destroy();
  });
}
