import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { HttpRequest } from '../ports/http.ts';
import type { NetworkPlan } from '../ports/network.ts';
import { startProxy } from '../testing/proxy.ts';
import { testTls } from '../testing/tls.ts';
import { createHttp } from './http.ts';
import { createNetwork } from './network.ts';
import { isBypassed, proxyOf } from './proxy.ts';
import { systemClock } from './runtime.ts';
import { createSockets } from './socket.ts';

const byProxy = (port: number, more: Partial<NetworkPlan> = {}): NetworkPlan => ({
  proxy: 'address',
  address: `http://127.0.0.1:${port}`,
  user: null,
  bypass: [],
  certificates: '',
  ...more,
});
const order: HttpRequest = { method: 'POST', url: 'https://hooks.example.com/x', json: { a: 1 } };
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'worked',
    (thrown) => thrown.code,
  );

/** A vendor that answers by https on loopback, and counts its connections. */
async function vendor() {
  const seen = { connections: 0, requests: 0, port: 0 };
  const server = createServer(testTls, (_request, response) => {
    seen.requests++;
    response.setHeader('content-type', 'application/json').end('{"ok":true}');
  });
  server.on('secureConnection', () => seen.connections++);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  seen.port = (server.address() as AddressInfo).port;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, server };
}

function console(options: {
  readonly environment?: Record<string, string | undefined>;
  readonly systemProxy?: (url: string) => Promise<string>;
  readonly resolve?: NonNullable<Parameters<typeof createHttp>[0]['resolve']>;
}) {
  const folder = mkdtempSync(join(tmpdir(), 'network-'));
  let kept: string | null = null;
  const known: string[] = [];
  const network = createNetwork({
    clock: systemClock,
    redactor: { know: (value) => known.push(value) },
    planFile: join(folder, 'network.json'),
    environment: options.environment ?? {},
    password: {
      read: async () => kept,
      async write(value) {
        kept = value;
      },
    },
    ...(options.systemProxy === undefined ? {} : { systemProxy: options.systemProxy }),
  });
  const http = createHttp({
    clock: systemClock,
    redactor: { redact: (text) => text },
    ca: testTls.cert,
    lines: network,
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
  });
  onTestFinished(async () => {
    await http.close();
    rmSync(folder, { recursive: true });
  });
  return { network, http, folder, known };
}

async function proxyBefore(port: number, signIn?: string) {
  const proxy = await startProxy({
    places: { 'hooks.example.com:443': port },
    ...(signIn === undefined ? {} : { signIn }),
  });
  onTestFinished(() => proxy.close());
  return proxy;
}

test('requests go through the proxy, a hundred of them on few tunnels, and never to this computer (FT-45)', async () => {
  const { seen } = await vendor();
  const proxy = await proxyBefore(seen.port, 'ops:p%w');
  const { network, http, folder, known } = console({});
  await network.change(byProxy(proxy.port, { user: 'ops' }), 'p%w');
  for (let turn = 0; turn < 100; turn++) expect((await http.send(order)).json).toEqual({ ok: true });
  expect(seen.requests).toBe(100);
  expect(seen.connections).toBeLessThanOrEqual(2);
  expect(proxy.asked).toHaveLength(seen.connections);
  // This computer itself is reached without it, whatever the plan says.
  expect((await http.send({ ...order, url: `https://localhost:${seen.port}/x` })).status).toBe(200);
  expect(proxy.asked).toHaveLength(seen.connections - 1);
  expect(await network.through('hooks.example.com')).toBe(`127.0.0.1:${proxy.port}`);
  expect(await network.through('127.0.0.1')).toBeNull();
  expect(known).toContain('p%w');
  expect(readFileSync(join(folder, 'network.json'), 'utf8')).not.toContain('p%w');
});

test('a wrong password is named as the proxy’s, with a remedy, and is not tried until the account is locked (FT-45)', async () => {
  const { seen } = await vendor();
  const proxy = await proxyBefore(seen.port, 'ops:right');
  const { network, http } = console({});
  await network.change(byProxy(proxy.port, { user: 'ops' }), 'wrong');
  const refused = await http.send(order).catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({
    kind: 'retryable',
    code: 'proxy',
    message: expect.stringMatching(/^Proxy: .*password/),
  });
  expect(refused).toMatchObject({ detail: { hint: expect.stringContaining('Settings, Network') } });
  for (let turn = 0; turn < 20; turn++) expect(await codeOf(http.send(order))).toBe('proxy');
  expect(proxy.asked).toHaveLength(1);
  await network.change(byProxy(proxy.port, { user: 'ops' }), 'right');
  expect(await codeOf(http.send(order))).toBe('worked');
  expect(seen.requests).toBe(1);
});

test.each([
  [
    'asks for a sign-in there is none for',
    'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"',
    'proxy',
    /asks for a name/,
  ],
  ['asks for a sign-in of another kind', 'HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM', 'proxy', /NTLM/],
  ['refuses the host', 'HTTP/1.1 403 Forbidden', 'proxy', /refuses to connect to hooks.example.com:443/],
  ['cannot reach the host', 'HTTP/1.1 502 Bad Gateway', 'network', /could not reach it \(502\)/],
  ['is something else', 'SSH-2.0-OpenSSH_9.2', 'proxy', /does not speak CONNECT/],
])('a proxy that %s is told in words, and nothing was sent', async (_what, answer, code, words) => {
  const { seen } = await vendor();
  const proxy = await proxyBefore(seen.port);
  proxy.answer = answer;
  const { network, http } = console({});
  await network.change(byProxy(proxy.port));
  await expect(http.send(order)).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
  expect(seen.requests).toBe(0);
});

test('a proxy that is down, or hangs, is named within three seconds', async () => {
  const silent = createTcpServer((socket) => void socket.on('error', () => undefined));
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const { network, http } = console({});
  await network.change(byProxy(port));
  const began = performance.now();
  await expect(http.send(order)).rejects.toMatchObject({ code: 'proxy', message: expect.stringContaining('in time') });
  expect(performance.now() - began).toBeLessThan(3_400);
  await network.change(byProxy(1));
  await expect(http.send(order)).rejects.toMatchObject({
    code: 'proxy',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('through a proxy private literals and names are still refused here, and others are not pinned (SEC-37)', async () => {
  const { seen } = await vendor();
  const proxy = await proxyBefore(seen.port);
  const known: Record<string, string> = { 'inside.example.com': '10.1.2.3', 'hooks.example.com': '8.8.8.8' };
  const { network, http } = console({
    resolve: async (host) => {
      const address = known[host];
      if (address === undefined) throw new Error('ENOTFOUND');
      return [{ address, family: 4 }];
    },
  });
  await network.change(byProxy(proxy.port));
  const user = { ...order, untrustedHost: true };
  for (const url of [
    'https://10.0.0.8/',
    'https://[fd00::1]/',
    'https://inside.example.com/',
    'https://printer.local/',
  ])
    expect(await codeOf(http.send({ ...user, url }))).toBe('misconfigured');
  expect(proxy.asked).toEqual([]);
  expect(await codeOf(http.send(user))).toBe('worked');
  expect(proxy.asked).toEqual(['hooks.example.com:443']);
});

test('sockets go through the proxy as well', async () => {
  const { seen, server } = await vendor();
  const wss = new WebSocketServer({ server });
  wss.on('connection', (line) => line.send('hello'));
  onTestFinished(() => wss.close());
  const proxy = await proxyBefore(seen.port);
  const { network } = console({});
  await network.change(byProxy(proxy.port));
  const talk = (lines = network) => {
    const stop = new AbortController();
    let heard = '';
    const message = (text: string) => {
      heard = text;
      stop.abort();
    };
    return createSockets({ clock: systemClock, lines, ca: testTls.cert })
      .talk('wss://hooks.example.com/line', { message }, stop.signal)
      .then(() => heard);
  };
  expect(await talk()).toBe('hello');
  proxy.answer = 'HTTP/1.1 403 Forbidden';
  expect(await codeOf(talk())).toBe('proxy');
});

test('the environment’s proxy is read once, and its password is left in no environment', async () => {
  const environment: Record<string, string | undefined> = {
    HTTPS_PROXY: 'http://ops:s3cret@proxy.example:3128',
    https_proxy: 'http://ops:s3cret@proxy.example:3128',
    NO_PROXY: 'inside.example, 10.0.0.0/8',
  };
  const { network, known } = console({ environment });
  expect(await network.through('api.xero.com')).toBe('proxy.example:3128');
  expect(await network.through('erp.inside.example')).toBeNull();
  expect(await network.through('10.9.8.7')).toBeNull();
  expect(JSON.stringify(environment)).not.toContain('s3cret');
  expect(known).toEqual(['s3cret']);
  await network.change({ ...network.plan(), proxy: 'none' });
  expect(await network.through('api.xero.com')).toBeNull();
  const other = console({ environment: { ALL_PROXY: 'socks5://127.0.0.1:1080' } });
  expect(await codeOf(other.http.send(order))).toBe('proxy');
});

test('what the computer itself answers is taken, a PAC file included', async () => {
  const asked: string[] = [];
  const { network, http } = console({
    systemProxy: async (url) => {
      asked.push(url);
      return url.includes('xero')
        ? 'PROXY proxy.example:8080; DIRECT'
        : url.includes('socks')
          ? 'SOCKS5 a:1'
          : 'DIRECT';
    },
  });
  expect(await network.through('api.xero.com')).toBe('proxy.example:8080');
  expect(await network.through('slack.com')).toBeNull();
  expect(asked).toEqual(['https://api.xero.com:443/', 'https://slack.com:443/']);
  expect(await codeOf(http.send({ ...order, url: 'https://socks.example.com/' }))).toBe('proxy');
});

test('a plan outlives the process, and with one nobody can read nothing is sent until it is set anew', async () => {
  const { network, folder } = console({});
  await network.change(byProxy(3128, { bypass: ['a.example'] }));
  const again = () =>
    createNetwork({
      clock: systemClock,
      redactor: { know: () => undefined },
      planFile: join(folder, 'network.json'),
      environment: {},
      password: { read: async () => null, write: async () => undefined },
    });
  expect(again().plan()).toEqual(byProxy(3128, { bypass: ['a.example'] }));
  writeFileSync(join(folder, 'network.json'), '{');
  const lost = again();
  await expect(lost.tunnel('api.xero.com', 443)).rejects.toMatchObject({ code: 'proxy' });
  expect(await lost.through('127.0.0.1')).toBeNull();
  await lost.change({ ...lost.plan(), proxy: 'none' });
  expect(await lost.tunnel('api.xero.com', 443)).toBeNull();
});

test.each([
  ['example.com', 'example.com', true],
  ['example.com', 'api.example.com', true],
  ['.example.com', 'api.example.com', true],
  ['*.example.com', 'api.example.com', true],
  ['example.com', 'notexample.com', false],
  ['example.com:443', 'example.com', true],
  ['example.com:8443', 'example.com', false],
  ['*', 'anything.example', true],
  ['10.0.0.0/8', '10.1.2.3', true],
  ['10.0.0.0/8', '11.1.2.3', false],
  ['10.0.0.0/99', '10.1.2.3', false],
  ['2001:db8::/32', '[2001:db8::7]', true],
  ['', 'localhost', true],
  ['', '127.8.9.1', true],
  ['', '[::1]', true],
])('the rule "%s" for %s: %s', (rule, host, straight) => {
  expect(isBypassed(host, 443, [rule])).toBe(straight);
});

test.each([
  ['proxy:3128', { host: 'proxy', port: 3128, tls: false }],
  ['https://proxy.example', { host: 'proxy.example', port: 443, tls: true }],
  ['http://a%40b:c%25@[::1]:8080/', { host: '::1', port: 8080, user: 'a@b', password: 'c%' }],
  ['socks5://proxy:1080', null],
  ['http://proxy/with/path', null],
  ['http://', null],
])('"%s" is read as a proxy’s address', (text, wanted) => {
  if (wanted === null) expect(proxyOf(text)).toBeNull();
  else expect(proxyOf(text)).toMatchObject(wanted);
});
