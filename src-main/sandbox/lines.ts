import type { IncomingMessage, Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { SandboxLines, SandboxRequest, SandboxSystem, SandboxWorld } from './kit.ts';

/** The WebSockets of the sandbox, by system: `wss://HOST/PATH` is played at `ws://127.0.0.1:<port>/HOST/PATH`. */
export function socketLines(parts: {
  readonly server: Server;
  systemAt(host: string): SandboxSystem | null;
  worldOf(system: SandboxSystem, request: SandboxRequest): SandboxWorld;
  step<T>(work: () => T): T;
  note(system: SandboxSystem, request: SandboxRequest): void;
}) {
  const { server, systemAt, worldOf, step, note } = parts;
  const upgrades = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
  const open = new Map<string, WebSocket[]>();

  function of(system: SandboxSystem): SandboxLines {
    const sockets = open.get(system.id) ?? [];
    return {
      count: sockets.length,
      send(text) {
        // Each payload goes to one of them; which one is the vendor's business.
        const [first] = sockets;
        first?.send(text);
        return first !== undefined;
      },
      hangUp: () => sockets.forEach((socket) => void socket.close(1000)),
    };
  }

  function requestOf(incoming: IncomingMessage): SandboxRequest {
    const target = new URL(incoming.url ?? '/', 'http://sandbox.invalid');
    const [, host = '', ...rest] = target.pathname.split('/');
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    );
    return {
      method: 'GET',
      host: host.toLowerCase(),
      path: `/${rest.join('/')}`,
      query: target.searchParams,
      headers,
      bytes: new Uint8Array(),
      inFlight: 1,
    };
  }

  server.on('upgrade', (incoming, socket, head) => {
    const request = requestOf(incoming);
    const system = systemAt(request.host);
    const { socket: plays } = system ?? {};
    if (!system || !plays) return void socket.destroy();
    const world = worldOf(system, request);
    const accepted = step(() => {
      note(system, request);
      return plays.accept(request, world);
    });
    if (!accepted) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    upgrades.handleUpgrade(incoming, socket, head, (line) => {
      open.set(system.id, [...(open.get(system.id) ?? []), line]);
      line.on('message', (data) => step(() => plays.message(String(data), world)));
      line.on('error', () => line.terminate());
      line.on('close', () => {
        open.set(
          system.id,
          (open.get(system.id) ?? []).filter((other) => other !== line),
        );
      });
      const greeting = step(() => plays.greeting(world, of(system)));
      if (greeting !== null) line.send(greeting);
    });
  });

  return {
    of,
    close(): void {
      for (const sockets of open.values()) for (const line of sockets) line.terminate();
      upgrades.close();
    },
  };
}
