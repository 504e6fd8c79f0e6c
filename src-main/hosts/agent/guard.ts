import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TOKEN_HEADER } from '../../../src-shared/contract/host-bridge.ts';
import type { Clock } from '../../ports/runtime.ts';
import { answerHeaders } from '../pages.ts';
import { limitConnections } from './connections.ts';

const WRONG_TOKENS_PER_MINUTE = 10;
const SLOW_MS = 2_000;
const BODY_MS = 10_000;

export interface GuardOptions {
  readonly token: string;
  readonly clock: Clock;
  /** The bound port, known once listening. */
  readonly port: () => number;
  /** Names besides the loopback literals, only by setting (SEC-20). */
  readonly hostNames: readonly string[];
  /** Paths that need no token: the pages themselves, which hold no data. */
  readonly open: (request: FastifyRequest) => boolean;
  /** Paths with a door of their own: webhooks, which bring no token but a signature. */
  readonly apart: (request: FastifyRequest) => boolean;
  /** Paths whose body may take its time: uploads. */
  readonly slowBody: (request: FastifyRequest) => boolean;
}

/** Loopback literals and the explicit names, each with the bound port: the only Host and Origin values that are ours. */
export function ownHosts(options: Pick<GuardOptions, 'port' | 'hostNames'>): Set<string> {
  const port = options.port();
  return new Set(['127.0.0.1', '[::1]', 'localhost', ...options.hostNames].map((name) => `${name}:${port}`));
}

/** Host first, then Origin, content type and token, before any route sees a request (SEC-20 to SEC-24). */
export function guard(server: FastifyInstance, options: GuardOptions): void {
  const expected = Buffer.from(options.token);
  let wrong: number[] = [];

  const endWaiting = limitConnections(server.server);
  server.addHook('preClose', (done) => {
    endWaiting();
    done();
  });

  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(answerHeaders);
    // A proxy's form of request: nobody here is one.
    if (!request.url.startsWith('/')) {
      reply.code(400).header('connection', 'close').send({ error: 'bad-address' });
      return;
    }
    if (options.apart(request)) return done();
    const hosts = request.raw.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
    if (hosts.length !== 1 || !ownHosts(options).has((request.headers.host ?? '').toLowerCase())) {
      reply.code(400).header('connection', 'close').send({ error: 'bad-host' });
      return;
    }
    const { origin } = request.headers;
    if (origin !== undefined && !(origin.startsWith('http://') && ownHosts(options).has(origin.slice(7)))) {
      reply.code(403).send({ error: 'bad-origin' });
      return;
    }
    if (options.open(request)) return done();

    const given = Buffer.from(String(request.headers[TOKEN_HEADER] ?? ''));
    const right = given.length === expected.length && timingSafeEqual(given, expected);
    if (!right) {
      const now = options.clock.monotonicMs();
      wrong = [...wrong.filter((at) => now - at < 60_000), now];
      const refuse = () => void reply.code(401).send({ error: 'wrong-token' });
      if (wrong.length > WRONG_TOKENS_PER_MINUTE) options.clock.sleep(SLOW_MS).then(refuse, refuse);
      else refuse();
      return;
    }
    if (!options.slowBody(request)) {
      if (request.method === 'POST' && !(request.headers['content-type'] ?? '').startsWith('application/json')) {
        reply.code(415).send({ error: 'json-only' });
        return;
      }
      const late = setTimeout(() => request.raw.destroy(), BODY_MS);
      late.unref();
      request.raw.once('end', () => clearTimeout(late)).once('close', () => clearTimeout(late));
    }
    done();
  });
}
