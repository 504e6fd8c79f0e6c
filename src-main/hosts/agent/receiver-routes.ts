import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LiveSource, ReceiverDoor, Senders } from '../../engine/receiver/index.ts';
import { readRaw } from './raw-body.ts';

export const WEBHOOKS_PREFIX = '/webhooks';
const BODY_LIMIT = 1024 * 1024;
const BODY_MS = 10_000;
const NOTHING = Buffer.alloc(0);

declare module 'fastify' {
  interface FastifyRequest {
    /** The sender a webhook request is addressed to; set before its body is read. */
    webhookSource: LiveSource | null;
    webhookLate: NodeJS.Timeout | undefined;
  }
}

export interface ReceiverRoutes {
  readonly door: ReceiverDoor;
  /** Loopback names with the bound port, as the rest of the listener takes them. */
  readonly ownHosts: () => ReadonlySet<string>;
}

interface Address {
  readonly organisation: string;
  readonly source: string;
}

/**
 * `POST /webhooks/:organisation/:source`, under a prefix of its own: no token, no parser, no cookie, nothing echoed. What
 * can be refused without the body is refused before it is read (SEC-25); the engine does the rest from the raw bytes.
 */
export function receiverRoutes(server: FastifyInstance, { door, ownHosts }: ReceiverRoutes): void {
  // The port is known once listening, and does not change after that.
  let own: ReadonlySet<string> | null = null;
  server.decorateRequest('webhookSource', null);
  server.decorateRequest('webhookLate', undefined);
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => readRaw(payload, BODY_LIMIT, done));

    /** Plain calls, no promises: this runs for every request, and nearly always everything is known already. */
    scope.addHook('onRequest', (request: FastifyRequest, reply, done) => {
      own ??= ownHosts();
      const ours = own;
      const go = (senders: Senders) => {
        if (admitted(request, reply, door, senders, ours)) done();
      };
      const senders = door.senders();
      if (senders instanceof Promise) senders.then(go, done);
      else go(senders);
    });
    // The body is here.
    scope.addHook('preHandler', (request, _reply, done) => {
      clearTimeout(request.webhookLate);
      done();
    });

    scope.all<{ Params: Address }>(`${WEBHOOKS_PREFIX}/:organisation/:source`, async (request, reply) => {
      const { webhookSource, url, body } = request;
      if (webhookSource === null) return close(reply, 404);
      const answer = await door.receive(webhookSource, {
        headers: request.headers as Record<string, string>,
        url,
        rawBody: Buffer.isBuffer(body) ? body : NOTHING,
      });
      reply.code(answer.status);
      if (answer.headers) reply.headers(answer.headers);
      return reply.send(answer.body);
    });
    scope.all(`${WEBHOOKS_PREFIX}/*`, async (_request, reply) => close(reply, 404));
    scope.all(WEBHOOKS_PREFIX, async (_request, reply) => close(reply, 404));

    scope.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
      const status = error.statusCode ?? 503;
      return close(reply, status >= 500 ? 503 : status);
    });
  });
}

/** No detail, no body; the rest of what was sent is not waited for. */
function close(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).header('connection', 'close').send();
}

/** What can be said before the body is read; false: it was answered. */
function admitted(
  request: FastifyRequest,
  reply: FastifyReply,
  door: ReceiverDoor,
  senders: Senders,
  own: ReadonlySet<string>,
): boolean {
  if (!hostIsOurs(request, senders, own)) return refused(reply, 400);
  const { organisation = '', source = '' } = request.params as Partial<Address>;
  const found = senders.find(organisation, source);
  if (found === null) return refused(reply, 404);
  const { origin } = request.headers;
  if (request.method === 'OPTIONS') {
    preflight(request, reply, found, door);
    return false;
  }
  if (origin !== undefined) {
    if (!found.corsOrigins.includes(origin)) return refused(reply, 403);
    reply.header('access-control-allow-origin', origin).header('vary', 'origin');
  }
  const methods = door.methodsOf(found);
  if (!methods.includes(request.method)) {
    reply.header('allow', methods.join(', '));
    return refused(reply, 405);
  }
  if (!door.takesType(request.headers as Record<string, string>)) return refused(reply, 415);
  request.webhookSource = found;
  request.webhookLate = setTimeout(() => request.raw.destroy(), BODY_MS);
  request.webhookLate.unref();
  return true;
}

function refused(reply: FastifyReply, status: number): false {
  close(reply, status);
  return false;
}

function hostIsOurs(request: FastifyRequest, senders: Senders, own: ReadonlySet<string>): boolean {
  const { rawHeaders } = request.raw;
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  const host = (request.headers.host ?? '').toLowerCase();
  return hosts === 1 && (own.has(host) || senders.hosts.has(host));
}

/** For the origins on the list only, never `*`, never with credentials; the private network is not opened to pages. */
function preflight(request: FastifyRequest, reply: FastifyReply, source: LiveSource, door: ReceiverDoor): FastifyReply {
  const { origin } = request.headers;
  if (origin === undefined || !source.corsOrigins.includes(origin)) return close(reply, 403);
  if (request.headers['access-control-request-private-network'] !== undefined) return close(reply, 403);
  return reply
    .code(204)
    .header('access-control-allow-origin', origin)
    .header('vary', 'origin')
    .header('access-control-allow-methods', door.methodsOf(source).join(', '))
    .header(
      'access-control-allow-headers',
      String(request.headers['access-control-request-headers'] ?? 'content-type').slice(0, 300),
    )
    .send();
}
