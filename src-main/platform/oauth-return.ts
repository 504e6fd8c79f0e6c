import type { Server } from 'node:http';
import { NeedsAttentionError } from '../../src-shared/domain/failure.ts';
import type { OAuthReturn } from '../ports/oauth-return.ts';
import type { Clock } from '../ports/runtime.ts';

const longestWaitMs = 5 * 60_000;

const page = (title: string, text: string) =>
  `<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>${title}</title><p>${text}</p></html>`;
const donePage = page('Signed in', 'You can close this page and go back to the Ops Console.');
const strangePage = page('Not expected', 'The Ops Console did not expect this answer. Start the sign-in again there.');

/** The loopback listener of a sign-in (SEC-27): made for one answer, gone after it. */
export function createOAuthReturn({ clock }: { readonly clock: Clock }): OAuthReturn {
  return {
    async listen({ ports, path, state, waitMs }) {
      let take: (answer: Readonly<Record<string, string>> | null) => void = () => undefined;
      const answer = new Promise<Readonly<Record<string, string>> | null>((resolve) => {
        take = resolve;
      });
      let taken = false;
      const servers: Server[] = [];
      const over = new AbortController();

      function makeServer(): Server {
        // Imported, it would bring Node's own fetch with it, which nothing here uses.
        const { createServer } = process.getBuiltinModule('node:http');
        const server = createServer({ maxHeaderSize: 8 * 1024, requestTimeout: 5_000 }, (request, response) => {
          const port = boundPort(server);
          const url = new URL(request.url ?? '/', `http://localhost:${port}`);
          const query = Object.fromEntries(url.searchParams);
          // Host first (SEC-20): after DNS rebinding a stranger's page could otherwise speak to us.
          const local = ['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`);
          const expected =
            !taken &&
            local.includes(request.headers.host ?? '') &&
            request.method === 'GET' &&
            url.pathname === path &&
            query.state === state;
          response.writeHead(expected ? 200 : 400, {
            'content-type': 'text/html; charset=utf-8',
            'content-security-policy': "default-src 'none'",
            'cache-control': 'no-store',
            'referrer-policy': 'no-referrer',
            'x-content-type-options': 'nosniff',
            connection: 'close',
          });
          response.end(expected ? donePage : strangePage);
          if (!expected) return;
          taken = true;
          take(query);
          response.once('close', () => void close());
        });
        server.maxConnections = 8;
        return server;
      }

      async function close(): Promise<void> {
        over.abort();
        take(null);
        await Promise.all(
          servers.splice(0).map((server) => {
            server.closeIdleConnections();
            return new Promise<void>((resolve) => server.close(() => resolve()));
          }),
        );
      }

      const port = await bindFirst(ports, makeServer, servers);
      void clock.sleep(Math.min(waitMs, longestWaitMs), over.signal).then(() => close());
      return { redirectUri: `http://localhost:${port}${path}`, answer, close };
    },
  };
}

/** 127.0.0.1 and, where the machine has it, ::1: a browser may take `localhost` for either. */
async function bindFirst(ports: readonly number[], makeServer: () => Server, servers: Server[]): Promise<number> {
  for (const port of ports) {
    const four = makeServer();
    if (!(await bound(four, port, '127.0.0.1'))) continue;
    servers.push(four);
    const six = makeServer();
    if (await bound(six, boundPort(four), '::1')) servers.push(six);
    return boundPort(four);
  }
  throw new NeedsAttentionError('misconfigured', 'No port is free for the answer of the sign-in', {
    hint: `Close what uses the ports ${ports.join(', ')} and try again`,
  });
}

function bound(server: Server, port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host, ipv6Only: host === '::1' }, () => resolve(true));
  });
}

function boundPort(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}
