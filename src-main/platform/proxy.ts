import { BlockList, connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { RetryableError } from '../../src-shared/domain/failure.ts';
import { isLoopbackHost } from './public-address.ts';

/** Larger than any honest answer to CONNECT. */
const longestAnswer = 16 * 1024;
const remedy = 'Open Settings, Network, and check the proxy’s address, name and password.';

/** One proxy that speaks CONNECT. */
export interface WebProxy {
  readonly host: string;
  readonly port: number;
  /** The line to the proxy itself is TLS. */
  readonly tls: boolean;
  readonly user: string | null;
  readonly password: string | null;
}

/** A connection that could not be made because of the proxy: nothing was sent to anybody behind it. */
export function proxyTrouble(message: string, cause?: unknown): RetryableError {
  return new RetryableError('proxy', `Proxy: ${message}`, { hint: remedy, cause });
}

/** The proxy refused our name and password: asking again with the same would lock the account. */
export class ProxySignInRefused extends RetryableError {}

export const nameOf = ({ host, port }: Pick<WebProxy, 'host' | 'port'>) =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * `http://[user:password@]host[:port]`, `https://…` or `host:port`, as a person or HTTPS_PROXY writes it.
 * Null when it is no such address; other kinds of proxy (SOCKS) are not spoken.
 */
export function proxyOf(text: string): WebProxy | null {
  const address = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  const tls = url.protocol === 'https:';
  if ((!tls && url.protocol !== 'http:') || url.hostname === '' || url.search !== '' || url.hash !== '') return null;
  if (url.pathname !== '/' && url.pathname !== '') return null;
  return {
    host: bare(url.hostname),
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    tls,
    user: url.username === '' ? null : decoded(url.username),
    password: url.password === '' ? null : decoded(url.password),
  };
}

/** A percent sign in a password is often not an escape. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '').toLowerCase();

/** Whether a host is reached without the proxy; this computer itself always is (FT-45). Rules as NO_PROXY has them. */
export function isBypassed(hostname: string, port: number, rules: readonly string[]): boolean {
  const host = bare(hostname);
  return isLoopbackHost(host) || rules.some((rule) => matches(rule.trim().toLowerCase(), host, port));
}

function matches(rule: string, host: string, port: number): boolean {
  if (rule === '') return false;
  if (rule === '*') return true;
  const family = isIP(host);
  const block = /^(.+)\/(\d{1,3})$/.exec(rule);
  if (block) {
    const [, net = '', bits = ''] = block;
    if (family === 0 || isIP(net) !== family || Number(bits) > (family === 4 ? 32 : 128)) return false;
    const list = new BlockList();
    list.addSubnet(net, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
    return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
  }
  const withPort = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(rule);
  if (withPort && Number(withPort[2]) !== port) return false;
  const name = bare(withPort?.[1] ?? rule).replace(/^\*?\./, '');
  return host === name || (family === 0 && host.endsWith(`.${name}`));
}

/**
 * A line to `host:port` through the proxy, with nothing sent on it yet. Rejects with RetryableError: `proxy` when the
 * proxy is down, slow or refuses, `network` when it could not reach the host.
 */
export function openTunnel(proxy: WebProxy, host: string, port: number, givenUp: AbortSignal): Promise<Socket> {
  const target = nameOf({ host: bare(host), port });
  const its = nameOf(proxy);
  return new Promise<Socket>((resolve, reject) => {
    const place = { host: proxy.host, port: proxy.port };
    const socket = proxy.tls
      ? connectTls({ ...place, minVersion: 'TLSv1.2', ...(isIP(proxy.host) ? {} : { servername: proxy.host }) })
      : connectTcp(place);
    let head = Buffer.alloc(0);

    const settle = () => {
      givenUp.removeEventListener('abort', slow);
      for (const name of ['connect', 'secureConnect', 'data', 'error', 'end']) socket.removeAllListeners(name);
    };
    const fail = (thrown: RetryableError) => {
      settle();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(thrown);
    };
    const slow = () => fail(proxyTrouble(`${its} did not answer in time`));
    givenUp.addEventListener('abort', slow, { once: true });
    if (givenUp.aborted) return slow();

    socket.once(proxy.tls ? 'secureConnect' : 'connect', () => {
      const signIn =
        proxy.user === null
          ? ''
          : `Proxy-Authorization: Basic ${Buffer.from(`${proxy.user}:${proxy.password ?? ''}`).toString('base64')}\r\n`;
      socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${signIn}\r\n`);
    });
    socket.once('error', (cause: NodeJS.ErrnoException) =>
      fail(proxyTrouble(`${its} cannot be reached (${cause.code ?? cause.message})`, cause)),
    );
    socket.once('end', () => fail(proxyTrouble(`${its} hung up without an answer`)));
    socket.on('data', (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) {
        if (head.length > longestAnswer)
          fail(proxyTrouble(`${its} answered with something that is no answer to CONNECT`));
        return;
      }
      const answer = head.subarray(0, end).toString('latin1');
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0);
      if (status < 200 || status > 299) return fail(refusalOf(status, answer, proxy, target));
      // Behind the tunnel we speak first: whatever comes before belongs to nobody.
      if (head.length > end + 4) return fail(proxyTrouble(`${its} spoke out of turn`));
      socket.pause();
      settle();
      resolve(socket);
    });
  });
}

function refusalOf(status: number, answer: string, proxy: WebProxy, target: string): RetryableError {
  const its = nameOf(proxy);
  if (status === 407) {
    const offered = [...answer.matchAll(/^proxy-authenticate:\s*([a-z0-9-]+)/gim)].map(([, kind = '']) => kind);
    const basic = offered.length === 0 || offered.some((kind) => kind.toLowerCase() === 'basic');
    const why = !basic
      ? `${its} asks for a sign-in of the kind ${offered.join(' or ')}; the console speaks Basic alone`
      : proxy.user === null
        ? `${its} asks for a name and password`
        : `${its} does not accept the name and password`;
    return new ProxySignInRefused('proxy', `Proxy: ${why}`, { hint: remedy });
  }
  if (status === 502 || status === 503 || status === 504) {
    return new RetryableError(
      'network',
      `${target}: the proxy ${its} could not reach it (${status}); nothing was sent`,
    );
  }
  return proxyTrouble(
    status === 0 ? `${its} does not speak CONNECT` : `${its} refuses to connect to ${target} (${status})`,
  );
}
