import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RPCHandler } from '@orpc/server/fastify';
import Fastify from 'fastify';
import {
  FILES_PATH,
  KeptView,
  MESSAGE_LIMIT,
  RPC_PREFIX,
  VIEW_LIMIT,
  VIEW_PATH,
} from '../../../src-shared/contract/host-bridge.ts';
import type { CallContext } from '../../engine/handlers/base.ts';
import type { ConsoleRouter } from '../../engine/handlers/index.ts';
import type { ReceiverDoor } from '../../engine/receiver/index.ts';
import { writeFileAtomically } from '../../platform/files.ts';
import type { FileHandles } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';
import { FolderUnavailable } from '../owner.ts';
import { contentSecurityPolicy, type Pages } from '../pages.ts';
import { guard, ownHosts } from './guard.ts';
import { receiverRoutes, WEBHOOKS_PREFIX } from './receiver-routes.ts';

export const METRICS_PATH = '/metrics';
/** Prometheus 3 refuses a page without exactly this. */
const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/** 2 GiB: far above any cost export seen, far below filling a disk by accident. */
const UPLOAD_LIMIT = 2 * 1024 ** 3;

const noSchema = () => {
  throw new Error('routes are checked by the contract, not by JSON schemas');
};

export interface ServerOptions {
  readonly runtime: Runtime;
  readonly router: ConsoleRouter;
  readonly files: FileHandles;
  /** Null: an API without pages (the desktop app opens one for the command line). */
  readonly pages: Pages | null;
  readonly uploadFolder: string;
  /** Where the pages' view is kept from start to start; left out: it is not. */
  readonly viewFile?: string;
  /** Webhooks in, under a prefix of their own. */
  readonly webhooks?: ReceiverDoor;
  /** The metrics page; left out: there is none (SEC-26). */
  readonly metrics?: MetricsPage;
  /** A browser asked for a page. */
  readonly onPage?: () => void;
  /** Default 127.0.0.1 and a free port. */
  readonly host?: string;
  /** Of a start before in the same process; otherwise a new one. */
  readonly token?: string;
  readonly port?: number;
}

export interface MetricsPage {
  text(): Promise<string>;
  /** Addresses that may read it; loopback when empty. */
  readonly from: readonly string[];
}

export interface ConsoleServer {
  readonly url: string;
  readonly token: string;
  /** Refuses new calls, ends streams, closes. */
  close(): Promise<void>;
}

/** The loopback listener of an owner: pages, contract, uploads and downloads (SEC-19 to SEC-24). */
export async function serveConsole(options: ServerOptions): Promise<ConsoleServer> {
  const { runtime, files } = options;
  const host = options.host ?? '127.0.0.1';
  // 256 bits, new at every start, never stored but in the owner record.
  const token = options.token ?? randomBytes(32).toString('base64url');
  const server = Fastify({
    bodyLimit: MESSAGE_LIMIT,
    keepAliveTimeout: 5_000,
    // Whole-request limit of the listener; the guard holds everything but uploads to 10 s.
    requestTimeout: 300_000,
    forceCloseConnections: true,
    http: {
      maxHeaderSize: 8 * 1024,
      headersTimeout: 5_000,
      insecureHTTPParser: false,
      connectionsCheckingInterval: 1_000,
    },
    routerOptions: { ignoreTrailingSlash: false },
    // No route has a JSON schema (the contract checks what comes in), so neither compiler is loaded.
    schemaController: { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } },
  });
  const isOurs = (url: string, prefix: string) =>
    url === prefix || url.startsWith(`${prefix}/`) || url.startsWith(`${prefix}?`);
  const names = {
    port: () => (server.server.address() as AddressInfo).port,
    hostNames: host === '127.0.0.1' || host === '::1' ? [] : [host],
  };
  guard(server, {
    ...names,
    token,
    clock: runtime.clock,
    apart: ({ url }) => options.webhooks !== undefined && isOurs(url, WEBHOOKS_PREFIX),
    open: ({ url, method }) => method === 'GET' && ![RPC_PREFIX, FILES_PATH, VIEW_PATH].some((own) => isOurs(url, own)),
    slowBody: ({ url, method }) => method === 'PUT' && isOurs(url, FILES_PATH),
  });

  if (options.webhooks) receiverRoutes(server, { door: options.webhooks, ownHosts: () => ownHosts(names) });

  const rpc = new RPCHandler<CallContext>(options.router);
  server.all(`${RPC_PREFIX}/*`, async (request, reply) => {
    const correlationId = runtime.ids.next();
    reply.header('x-correlation-id', correlationId).header('content-security-policy', contentSecurityPolicy('none'));
    const { matched } = await rpc.handle(request, reply, {
      prefix: RPC_PREFIX,
      context: {
        caller: { via: request.headers['x-wedops-via'] === 'cli' ? 'cli' : 'http', access: 'admin', personId: null },
        correlationId,
        log: runtime.log,
      },
    });
    if (!matched) return reply.code(404).send({ error: 'unknown-procedure' });
    return reply;
  });

  server.addContentTypeParser('*', { bodyLimit: UPLOAD_LIMIT }, (_request, payload, done) => done(null, payload));
  server.put<{ Querystring: { name?: string } }>(FILES_PATH, { bodyLimit: UPLOAD_LIMIT }, async (request, reply) => {
    const name = basename((request.query.name ?? '').replaceAll('\\', '/')).slice(0, 200);
    if (name === '') return reply.code(400).send({ error: 'name-missing' });
    await mkdir(options.uploadFolder, { recursive: true, mode: 0o700 });
    const path = join(options.uploadFolder, `${runtime.ids.next()}.upload`);
    let bytes = 0;
    try {
      await pipeline(
        request.body as Readable,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            bytes += chunk.length;
            if (bytes > UPLOAD_LIMIT) throw new Error('upload-too-large');
            yield chunk;
          }
        },
        createWriteStream(path, { mode: 0o600, flags: 'wx' }),
      );
    } catch {
      await rm(path, { force: true });
      return reply.code(bytes > UPLOAD_LIMIT ? 413 : 400).send({ error: 'upload-broken' });
    }
    return { handle: await files.offer(path, name, { temporary: true }), name, bytes };
  });

  server.get<{ Params: { handle: string } }>(`${FILES_PATH}/:handle`, async (request, reply) => {
    const file = await files.take(request.params.handle);
    if (!file) return reply.code(404).send({ error: 'unknown-handle' });
    reply.raw.once('close', () => void file.dispose());
    return reply
      .header('content-type', 'application/octet-stream')
      .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`)
      .header('content-length', file.bytes)
      .send(createReadStream(file.path));
  });

  const { viewFile } = options;
  if (viewFile !== undefined) {
    server.get(VIEW_PATH, async () => {
      const kept = await readFile(viewFile, 'utf8')
        .then(JSON.parse)
        .catch(() => ({}));
      return KeptView.catch({}).parse(kept);
    });
    server.put(VIEW_PATH, { bodyLimit: VIEW_LIMIT }, async (request, reply) => {
      const view = KeptView.safeParse(request.body);
      if (!view.success) return reply.code(400).send({ error: 'no-view' });
      await writeFileAtomically(viewFile, Buffer.from(JSON.stringify(view.data)));
      return {};
    });
  }

  const { metrics } = options;
  if (metrics) {
    const allowed = new Set(metrics.from.length === 0 ? ['127.0.0.1', '::1'] : metrics.from);
    server.get(METRICS_PATH, async (request, reply) => {
      const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
      if (!allowed.has(address)) return reply.code(403).send({ error: 'not-allowed' });
      return reply
        .header('content-type', expositionType)
        .header('cache-control', 'no-store')
        .send(await metrics.text());
    });
  }

  server.get('/*', async (request, reply) => {
    const page = await options.pages?.get(new URL(request.url, 'http://localhost').pathname);
    if (!page) return reply.code(404).send({ error: 'not-found' });
    options.onPage?.();
    return reply.headers(page.headers).send(page.body);
  });
  server.setErrorHandler((error: { statusCode?: number; message: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500)
      runtime.log.error('http.failed', { path: request.url.split('?')[0] ?? '', error: error.message });
    return reply.code(status).send({ error: status >= 500 ? 'internal' : 'refused' });
  });

  await server.listen({ host, port: options.port ?? 0 }).catch((thrown: NodeJS.ErrnoException) => {
    const { code = '' } = thrown;
    if (!['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'].includes(code)) throw thrown;
    const what = code === 'EADDRINUSE' ? 'is taken by another program' : 'cannot be opened here';
    // Another port would be found by nobody: senders and bookmarks know this one.
    throw new FolderUnavailable(
      `Port ${options.port ?? 0} on ${host} ${what} (${code}). No other one was taken in its place: free it, or name another with --port.`,
    );
  });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    token,
    close: () => server.close(),
  };
}
