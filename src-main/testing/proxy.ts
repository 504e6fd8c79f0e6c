import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface TestProxy {
  readonly port: number;
  /** `host:port` of every CONNECT, in order. */
  readonly asked: string[];
  /** The sign-ins that came with them; null: none. */
  readonly signIns: (string | null)[];
  /** What it answers from now on instead of connecting; null: it works. */
  answer: string | null;
  close(): Promise<void>;
}

/** A real CONNECT proxy on loopback. `places` tells on which local port a host:port is played. */
export async function startProxy(options: {
  readonly places: Readonly<Record<string, number>>;
  /** `user:password`; left out: anybody may. */
  readonly signIn?: string;
}): Promise<TestProxy> {
  const lines = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connection', (socket) => {
    lines.add(socket);
    socket.on('error', () => undefined);
  });
  const proxy = { asked: [] as string[], signIns: [] as (string | null)[], answer: null as string | null };
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    const target = request.url ?? '';
    const given = request.headers['proxy-authorization'];
    const signIn = given === undefined ? null : Buffer.from(given.replace('Basic ', ''), 'base64').toString();
    proxy.asked.push(target);
    proxy.signIns.push(signIn);
    if (proxy.answer !== null) return client.end(`${proxy.answer}\r\n\r\n`);
    if (options.signIn !== undefined && signIn !== options.signIn) {
      return client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="web"\r\n\r\n');
    }
    const port = options.places[target];
    if (port === undefined) return client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const line = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      line.pipe(client).pipe(line);
    });
    lines.add(line);
    line.on('error', () => client.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const line of lines) line.destroy();
      await new Promise((closed) => server.close(closed));
    },
  });
}
