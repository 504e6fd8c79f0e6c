import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createRequire } from 'node:module';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { HttpReply, HttpRequest } from '../ports/http.ts';
import { makeCertificates } from '../sandbox/certificate.ts';
import { testClock } from '../testing/runtime.ts';
import { testTls, weakTls } from '../testing/tls.ts';
import { createHttp, undici } from './http.ts';
import { systemClock } from './runtime.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function web(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  open.push({
    close: () => {
      server.closeAllConnections();
      return server.close();
    },
  });
  return `http://127.0.0.1:${await listening(server)}`;
}

/** A server below http: sees sockets and bytes. */
async function raw(accept: (socket: Socket) => void): Promise<{ url: string; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    accept(socket);
  });
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      return server.close();
    },
  });
  return { url: `http://127.0.0.1:${await listening(server)}`, sockets };
}

function client(options: Partial<Parameters<typeof createHttp>[0]> = {}) {
  const http = createHttp({ clock: systemClock, redactor: { redact: (text) => text }, ...options });
  open.push(http);
  return http;
}

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({ method: 'GET', url, ...more });
const post = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url,
  json: { a: 1 },
  ...more,
});
/** What became of it: the reply's status or the failure's code. */
const outcome = (sending: Promise<HttpReply>) =>
  sending.then(
    (reply) => reply.status,
    (thrown) => thrown.code,
  );

test('every status is a reply, with lower-case header names and a parsed body', async () => {
  const url = await web((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(418, { 'Content-Type': 'application/problem+json', 'X-One': 'yes' });
      response.end(JSON.stringify({ got: Buffer.concat(chunks).toString(), type: request.headers['content-type'] }));
    });
  });
  const reply = await client().send(post(url));
  expect(reply).toMatchObject({ status: 418, headers: { 'x-one': 'yes' } });
  expect(reply.json).toEqual({ got: '{"a":1}', type: 'application/json' });
  const form = await client().send({ method: 'POST', url, form: { 'a b': 'c&d' } });
  expect(form.json).toEqual({ got: 'a+b=c%26d', type: 'application/x-www-form-urlencoded' });
});

test.each([301, 302, 303, 307, 308])('a redirect is an answer, not a journey: %i', async (status) => {
  const calls: (string | undefined)[] = [];
  const url = await web((request, response) => {
    calls.push(request.url);
    response.writeHead(status, { location: request.url === '/here' ? '/elsewhere' : 'http://127.0.0.1:1/' }).end();
  });
  const http = client();
  expect((await http.send(get(`${url}/here`))).status).toBe(status);
  expect((await http.send(post(`${url}/there`))).status).toBe(status);
  expect(calls).toEqual(['/here', '/there']);
});

test('a refused port was not sent', async () => {
  const server = createTcpServer();
  const port = await listening(server);
  server.close();
  expect(await outcome(client().send(post(`http://127.0.0.1:${port}`)))).toBe('network');
});

test('a name that does not exist was not sent', async () => {
  expect(await outcome(client().send(post('https://no-such-host.invalid/')))).toBe('network');
});

test('plain http leaves for loopback only', async () => {
  expect(await outcome(client().send(get('http://192.0.2.1/')))).toBe('misconfigured');
});

test('reset after any byte of the request arrived: sent, outcome unknown', async () => {
  // What arrived is read a byte at a time, so that the reset comes between any two of them.
  for (let after = 1; after <= 110; after++) {
    const { url } = await raw((socket) => {
      let seen = 0;
      socket.on('readable', () => {
        while (seen < after && socket.read(1) !== null) seen++;
        if (seen === after) socket.resetAndDestroy();
      });
    });
    expect(await outcome(client().send(post(url))), `after ${after}`).toBe('timeout');
  }
});

test('closed in the middle of the answer, at any byte: sent, outcome unknown', async () => {
  // Half a page reads as well as a whole one; half a JSON does not.
  for (const type of ['application/json', 'text/html']) {
    const answer = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: 8\r\n\r\n{"ok":1}`;
    for (let at = 0; at < answer.length; at++) {
      const { url } = await raw((socket) => socket.once('data', () => socket.end(answer.slice(0, at))));
      expect(await outcome(client().send(post(url))), `${type} cut at ${at}`).toBe('timeout');
    }
    const { url } = await raw((socket) => socket.once('data', () => socket.end(answer)));
    expect(await outcome(client().send(post(url)))).toBe(200);
  }
});

test('a server that accepts and hangs: timeout at the first-byte limit, and the connection is dropped', async () => {
  const clock = testClock();
  const { url, sockets } = await raw((socket) => socket.resume());
  const http = client({ clock });
  const result = outcome(http.send(post(url, { firstByteMs: 4_000 })));
  while (sockets.length === 0 || sockets[0]?.bytesRead === 0) await new Promise((wait) => setImmediate(wait));
  let settled = false;
  void result.then(() => {
    settled = true;
  });
  await clock.advance(3_900);
  expect(settled).toBe(false);
  const [socket] = sockets;
  const closed = socket && once(socket, 'close');
  await clock.advance(200);
  expect(await result).toBe('timeout');
  await closed;
});

test('a server that never finishes connecting: not sent, after three seconds', async () => {
  const clock = testClock();
  // A TLS handshake that is never answered is a connection that is not there yet.
  const { url, sockets } = await raw((socket) => socket.resume());
  const result = outcome(client({ clock }).send(post(url.replace('http:', 'https:'))));
  while (sockets.length === 0) await new Promise((wait) => setImmediate(wait));
  await clock.advance(3_100);
  expect(await result).toBe('network');
});

test('a dripping answer ends at the limit for the whole', async () => {
  const clock = testClock();
  const { url, sockets } = await raw((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nx'));
  });
  const result = outcome(client({ clock }).send(get(url, { wholeMs: 10_000 })));
  while (sockets.length === 0 || sockets[0]?.bytesWritten === 0) await new Promise((wait) => setImmediate(wait));
  for (let second = 0; second < 11; second++) {
    sockets[0]?.write('x');
    await clock.advance(1_000);
  }
  expect(await result).toBe('timeout');
});

test('an answer above one MiB is cut off, declared or not', async () => {
  const big = Buffer.alloc(1024 * 1024 + 1, 'x');
  const declared = await web(
    (_request, response) => void response.writeHead(200, { 'content-length': big.length }).end(big),
  );
  const chunked = await web((_request, response) => void response.writeHead(200).end(big));
  expect(await outcome(client().send(post(declared)))).toBe('timeout');
  expect(await outcome(client().send(post(chunked)))).toBe('timeout');
});

test.each([
  ['{"a":', 200, 'timeout'],
  [`${'['.repeat(65)}${']'.repeat(65)}`, 200, 'timeout'],
  ['{"__proto__":{"admin":true}}', 200, 'timeout'],
  ['{"a":', 500, 500],
  [`{"text":"${'['.repeat(100)}"}`, 200, 200],
])('JSON %s with status %i becomes %s', async (body, status, expected) => {
  const url = await web((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  expect(await outcome(client().send(post(url)))).toBe(expected);
});

test('a kept connection that dies on reuse counts as sent, and a GET is not quietly repeated', async () => {
  let requests = 0;
  const { url } = await raw((socket) => {
    let first = true;
    socket.on('data', () => {
      requests++;
      if (first) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      else socket.destroy();
      first = false;
    });
  });
  const http = client();
  const outcomes: unknown[] = [];
  // The pool may open a second connection before it comes back to the first.
  while (!outcomes.includes('timeout') && outcomes.length < 10) outcomes.push(await outcome(http.send(get(url))));
  expect(outcomes.at(-1)).toBe('timeout');
  expect(requests).toBe(outcomes.length);
});

test('a kept connection the peer closed before reuse is replaced, and nothing arrives twice', async () => {
  const arrived: string[] = [];
  const url = await web((request, response) => {
    arrived.push(request.url ?? '');
    response.end('ok');
    setImmediate(() => request.socket.destroy());
  });
  const http = client();
  const outcomes: unknown[] = [];
  // FT-42 asks for 10,000, which its recording takes: here they would be half of what this file takes.
  const reuses = Number(process.env.HTTP_REUSES ?? 200);
  for (let count = 0; count < reuses; count++) {
    outcomes.push(await outcome(http.send(post(`${url}/${count}`))));
    if (count % 3 === 0) await new Promise((wait) => setImmediate(wait));
  }
  expect(new Set(arrived).size).toBe(arrived.length);
  // Whatever is called "not sent" really did not arrive.
  outcomes.forEach((code, count) => {
    if (code === 'network') expect(arrived).not.toContain(`/${count}`);
  });
}, 120_000);

test('connections are kept: a hundred calls in a row use two sockets at most', async () => {
  const ports = new Set<number | undefined>();
  const url = await web((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('ok');
  });
  const http = client();
  for (let count = 0; count < 100; count++) await http.send(get(url));
  expect(ports.size).toBeLessThanOrEqual(2);
});

test.each([
  ['7', 7_000],
  ['0', 0],
  ['999999', 24 * 3_600_000],
  ['Sat, 18 Jul 2026 12:00:30 GMT', 30_000],
  ['Sat, 18 Jul 2026 11:00:00 GMT', 0],
  ['soon', undefined],
  ['-5', undefined],
  ['1.5', undefined],
])('Retry-After "%s" waits %s ms', async (value, expected) => {
  const url = await web((_request, response) => void response.writeHead(429, { 'retry-after': value }).end());
  expect((await client({ clock: testClock() }).send(get(url))).retryAfterMs).toBe(expected);
});

test('cancelling before the start sends nothing; cancelling later leaves the outcome unknown', async () => {
  let arrived = 0;
  const { url, sockets } = await raw((socket) => socket.on('data', () => arrived++));
  const http = client();
  expect(await outcome(http.send(post(url, { signal: AbortSignal.abort() })))).toBe('network');
  const control = new AbortController();
  const result = outcome(http.send(post(url, { signal: control.signal })));
  while (arrived === 0) await new Promise((wait) => setImmediate(wait));
  control.abort();
  expect(await result).toBe('timeout');
  expect(arrived).toBe(1);
  expect(sockets.length).toBeLessThanOrEqual(2);
});

test('the excerpt is cleaned before it is cut to 300 characters', async () => {
  const url = await web((_request, response) => void response.end(`${'a'.repeat(295)}SECRETSECRET${'b'.repeat(5000)}`));
  const http = client({ redactor: { redact: (text) => text.replaceAll('SECRETSECRET', '#') } });
  const { excerpt } = await http.send(get(url));
  expect(excerpt).toHaveLength(300);
  expect(excerpt).not.toContain('SEC');
});

async function secure(options: { maxVersion?: 'TLSv1.1' } = {}): Promise<number> {
  const server = createTlsServer(
    { ...testTls, ...options, ...(options.maxVersion ? { minVersion: 'TLSv1' } : {}) },
    (request, response) => {
      response.end(request.headers.host);
    },
  );
  open.push({
    close: () => {
      server.closeAllConnections();
      return server.close();
    },
  });
  return listening(server);
}

test('an unknown certificate is refused before a byte of the request leaves, and there is no switch for it', async () => {
  const port = await secure();
  expect(await outcome(client().send(post(`https://localhost:${port}/`)))).toBe('network');
  expect(await outcome(client({ ca: testTls.cert }).send(post(`https://localhost:${port}/`)))).toBe(200);
});

const yearMs = 365 * 24 * 3_600_000;
const leafOf = (names: readonly string[], at: number) => {
  const { ca, leaf } = makeCertificates(names, at);
  return { ca, ...leaf };
};
test.each([
  ['that has run out', () => leafOf(['localhost'], Date.now() - 20 * yearMs), 'it has run out'],
  ['that is not valid yet', () => leafOf(['localhost'], Date.now() + yearMs), 'it is not valid yet'],
  ['for another name', () => leafOf(['api.xero.com'], Date.now()), 'it is for another name'],
  ['of a key too short to be safe', () => weakTls, 'it is too weak to be safe'],
  [
    'of an authority nobody trusts',
    () => ({ ...leafOf(['localhost'], Date.now()), ca: testTls.cert }),
    'it is signed by an authority this computer does not trust',
  ],
] as const)(
  'a certificate %s is refused before a byte leaves, and the reason is said (FT-43)',
  async (_what, made, reason) => {
    const { ca, key, cert } = made();
    let asked = 0;
    const server = createTlsServer({ key, cert, ciphers: 'DEFAULT@SECLEVEL=0' }, (_request, response) => {
      asked++;
      response.end();
    });
    open.push({ close: () => server.close() });
    const port = await listening(server);
    const sending = client({ ca }).send(post(`https://localhost:${port}/`));
    await expect(sending).rejects.toMatchObject({ code: 'network', message: expect.stringContaining(reason) });
    expect(asked).toBe(0);
  },
);

test('a server older than TLS 1.2 is refused', async () => {
  const port = await secure({ maxVersion: 'TLSv1.1' });
  expect(await outcome(client({ ca: testTls.cert }).send(post(`https://localhost:${port}/`)))).toBe('network');
});

test('a user-supplied address is checked at every attempt', async () => {
  let asked = 0;
  const http = client({
    resolve: async () => {
      asked++;
      return [{ address: '10.0.0.1', family: 4 }];
    },
  });
  const sending = () => outcome(http.send(post('https://hooks.example.com/x', { untrustedHost: true })));
  expect([await sending(), await sending()]).toEqual(['misconfigured', 'misconfigured']);
  expect(asked).toBe(2);
});

test('an internal host goes through once an administrator allowed it', async () => {
  const port = await secure();
  const request = post(`https://localhost:${port}/`, { untrustedHost: true });
  expect(await outcome(client({ ca: testTls.cert }).send(request))).toBe('misconfigured');
  const allowed = client({ ca: testTls.cert, allowInternal: (host) => host === 'localhost' });
  expect(await outcome(allowed.send(request))).toBe(200);
});

test('the parts read of undici are those of the package, and the rest of it stays unread', async () => {
  const parts = undici();
  const cached = Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('/undici/'));
  expect(cached.filter((path) => /\/undici\/(index\.js|lib\/(web|mock|cache|api)\/)/.test(path))).toEqual([]);
  const { Client, Pool, buildConnector } = await import('undici');
  expect(parts).toEqual({ Client, Pool, buildConnector });
});
