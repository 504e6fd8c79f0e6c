import { createRequire } from 'node:module';
import type { buildConnector, Client, Dispatcher, Pool } from 'undici';
import { NeedsAttentionError, RetryableError } from '../../src-shared/domain/failure.ts';
import type { HttpClient, HttpReply, HttpRequest } from '../ports/http.ts';
import type { Clock } from '../ports/runtime.ts';
import type { Redactor } from '../ports/secrets.ts';
import { type Answer, Exchange } from './http-exchange.ts';
import { systemNames } from './names.ts';
import { type Lines, straight } from './network.ts';
import {
  checkedAddress,
  isLoopbackHost,
  pinnedLookup,
  type Resolve,
  type ResolvedAddress,
  systemResolve,
} from './public-address.ts';

/** R18, in ms and bytes. */
const limits = {
  connectMs: 3_000,
  firstByteMs: 30_000,
  wholeMs: 60_000,
  tickMs: 100,
  answerBytes: 1024 * 1024,
  untrustedAnswerBytes: 64 * 1024,
  excerptChars: 300,
  excerptWindow: 64 * 1024,
  jsonDepth: 64,
  retryAfterMs: 24 * 3_600_000,
} as const;

const load = createRequire(import.meta.url);

/**
 * Loaded at the first request: a console is ready before it has anything to send. Part by part, since undici's index reads
 * fetch, WebSockets, caches and mocks as well: 3 MB of memory for nothing.
 */
export const undici = () => ({
  Client: load('undici/lib/dispatcher/client.js') as typeof Client,
  Pool: load('undici/lib/dispatcher/pool.js') as typeof Pool,
  buildConnector: load('undici/lib/core/connect.js') as typeof buildConnector,
});
type Undici = ReturnType<typeof undici>;

/**
 * The HttpClient of the console: one keep-alive pool an origin, no redirects, TLS 1.2 or newer and always verified.
 * It dispatches below undici's `request`, because only there can the written bytes of one request be known (R15).
 */
export function createHttp(options: {
  readonly clock: Clock;
  readonly redactor: Pick<Redactor, 'redact'>;
  readonly resolve?: Resolve;
  /** Hosts an administrator allowed although they are internal (SEC-36). */
  readonly allowInternal?: (hostname: string) => boolean;
  /** Extra certificate authority, PEM; tests. Verification itself cannot be switched off. */
  readonly ca?: string;
  /** The way out of this computer; left out: straight. */
  readonly lines?: Lines;
}): HttpClient & { close(): Promise<void> } {
  const { clock, redactor, resolve = systemResolve, allowInternal = () => false, ca, lines = straight } = options;
  const pools = new Map<string, Pool>();
  const inFlight = new Set<Exchange>();
  let sweeping = false;
  let library: Undici | null = null;
  lines.onChange(() => {
    // What is under way ends where it began; nothing new goes the old way.
    for (const pool of pools.values()) void pool.close().catch(() => undefined);
    pools.clear();
  });

  function watch(exchange: Exchange): void {
    inFlight.add(exchange);
    if (sweeping) return;
    sweeping = true;
    void sweep();
  }

  /** One timer for every request in flight: a timer each would cost more than the request. */
  async function sweep(): Promise<void> {
    while (inFlight.size > 0) {
      await clock.sleep(limits.tickMs);
      const at = clock.monotonicMs();
      for (const exchange of inFlight) exchange.checkTime(at);
    }
    sweeping = false;
  }

  function poolOf(library: Undici, origin: string): Pool {
    let pool = pools.get(origin);
    if (!pool) {
      pool = new library.Pool(origin, dispatcherOptions(library, ca, lines));
      pools.set(origin, pool);
    }
    return pool;
  }

  async function send(request: HttpRequest): Promise<HttpReply> {
    const url = parsed(request.url);
    const untrusted = request.untrustedHost === true && !allowInternal(url.hostname);
    if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
      throw new NeedsAttentionError('misconfigured', `${url.host} must be reached by https`);
    }
    library ??= undici();
    if (!untrusted) return exchange(poolOf(library, url.origin), request, url, limits.answerBytes);

    // Through a proxy no address can be pinned (SEC-37): what this machine resolves is judged, the proxy resolves anew.
    const byProxy = (await lines.through(url.hostname, portOf(url))) !== null;
    const pinned = await checkedAddress(url, resolve, { byProxy });
    const client = new library.Client(url.origin, dispatcherOptions(library, ca, lines, byProxy ? null : pinned));
    try {
      return await exchange(client, request, url, limits.untrustedAnswerBytes);
    } finally {
      void client.destroy();
    }
  }

  function exchange(dispatcher: Dispatcher, request: HttpRequest, url: URL, maxBytes: number): Promise<HttpReply> {
    const { body, headers } = encoded(request);
    return new Promise<HttpReply>((resolveReply, reject) => {
      const work: Exchange = new Exchange({
        host: url.host,
        bodyBytes: body?.length ?? 0,
        maxBytes,
        connectMs: limits.connectMs,
        startedAt: clock.monotonicMs(),
        firstByteMs: request.firstByteMs ?? limits.firstByteMs,
        wholeMs: request.wholeMs ?? limits.wholeMs,
        settled(outcome) {
          inFlight.delete(work);
          request.signal?.removeEventListener('abort', aborted);
          if (outcome instanceof Error) return reject(outcome);
          try {
            resolveReply(replyOf(outcome, clock, redactor));
          } catch (unreadable) {
            reject(unreadable);
          }
        },
      });
      const aborted = () => work.fail('the request was cancelled');
      watch(work);
      if (request.signal?.aborted) return aborted();
      request.signal?.addEventListener('abort', aborted, { once: true });
      dispatcher.dispatch(
        { method: request.method, path: `${url.pathname}${url.search}`, headers, body: body ?? null },
        work,
      );
    });
  }

  return {
    send,
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}

/** `pinned`: the only addresses to go to, straight; null or left out: whatever the name leads to, by proxy where one is set. */
function dispatcherOptions(
  { buildConnector }: Undici,
  ca: string | undefined,
  lines: Lines,
  pinned: readonly ResolvedAddress[] | null = null,
): Client.Options {
  const connect = buildConnector({
    timeout: limits.connectMs,
    allowH2: false,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
    lookup: pinned === null ? systemNames.lookup : pinnedLookup(pinned),
  });
  return {
    // undici's own clocks are off: every time-out is ours, on the injected clock.
    headersTimeout: 0,
    bodyTimeout: 0,
    // One request at a time on one connection; with HTTP/2 the socket's bytes would belong to many.
    pipelining: 1,
    allowH2: false,
    connect(target, done) {
      // Plain http leaves for loopback only, which no proxy stands before.
      if (target.protocol !== 'https:') return connect(target, done);
      lines.trust();
      if (pinned !== null) return connect(target, done);
      lines.tunnel(target.hostname, Number(target.port) || 443).then(
        (httpSocket) => connect(httpSocket === null ? target : { ...target, httpSocket }, done),
        (thrown: Error) => done(thrown, null),
      );
    },
  };
}

const portOf = ({ port }: URL) => (port === '' ? 443 : Number(port));

/** Throws `misconfigured`: an address we cannot read was typed by somebody. */
function parsed(address: string): URL {
  if (!URL.canParse(address)) throw new NeedsAttentionError('misconfigured', 'The address is not a URL');
  return new URL(address);
}

function encoded(request: HttpRequest): { body: Buffer | undefined; headers: Record<string, string> } {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  if (request.json !== undefined) {
    headers['content-type'] ??= 'application/json';
    return { body: Buffer.from(JSON.stringify(request.json)), headers };
  }
  if (request.form !== undefined) {
    headers['content-type'] ??= 'application/x-www-form-urlencoded';
    return { body: Buffer.from(new URLSearchParams(request.form).toString()), headers };
  }
  return { body: request.bytes && Buffer.from(request.bytes), headers };
}

function replyOf(answer: Answer, clock: Clock, redactor: Pick<Redactor, 'redact'>): HttpReply {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const [only] = answer.chunks;
  const text = (only && answer.chunks.length === 1 ? only : Buffer.concat(answer.chunks)).toString('utf8');
  const retryAfterMs = retryAfterOf(headers['retry-after'], clock);
  return {
    status: answer.status,
    headers,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    json: jsonOf(text, headers['content-type'] ?? '', answer.status),
    text,
    // Read only when something went wrong, so the happy path does not pay for it.
    get excerpt() {
      // Cleaned before it is cut: half a secret would no longer be recognised. The window is so wide that its own end
      // cannot come to light, however much of it is cleaned away.
      return redactor.redact(text.slice(0, limits.excerptWindow)).slice(0, limits.excerptChars);
    },
  };
}

/**
 * Undefined unless the answer calls itself JSON. A success that calls itself JSON and is not cannot be trusted to mean
 * anything: the work was sent and its outcome is unknown (R15). In a refusal the status already says enough.
 */
function jsonOf(text: string, contentType: string, status: number): unknown {
  if (text === '' || !/[/+]json\b/i.test(contentType)) return undefined;
  try {
    if (text.includes('"__proto__"') || tooDeep(text)) throw new SyntaxError('refused keys or depth');
    return JSON.parse(text);
  } catch (cause) {
    if (status >= 400) return undefined;
    throw new RetryableError('timeout', `Answered ${status} with JSON that cannot be read`, { cause });
  }
}

/** SEC-46. Counts brackets outside texts; linear. */
function tooDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inText) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inText = false;
    } else if (code === 0x22) inText = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > limits.jsonDepth) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

/** Seconds or a date, at most 24 h (R16); undefined when it says neither. */
function retryAfterOf(value: string | undefined, clock: Clock): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1_000, limits.retryAfterMs);
  // Only the date forms of HTTP: Date.parse alone would take "5 apples" for a month.
  const date = /^[A-Za-z]{3,9},? .*\d{2}:\d{2}:\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - clock.now()), limits.retryAfterMs);
}
