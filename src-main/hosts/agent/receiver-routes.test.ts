import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConsoleRouter } from '../../engine/handlers/index.ts';
import { organisationId, signed, type TestDesk, testDesk } from '../../testing/receiver-desk.ts';
import { createFileHandles } from '../file-handles.ts';
import { type ConsoleServer, serveConsole } from './server.ts';

let desk: TestDesk;
let server: ConsoleServer;
let port: number;
const path = `/webhooks/${organisationId}/pagerduty`;

beforeAll(async () => {
  desk = await testDesk();
  server = await serveConsole({
    runtime: desk.runtime,
    router: {} as ConsoleRouter,
    files: createFileHandles(desk.runtime.clock),
    pages: null,
    uploadFolder: tmpdir(),
    webhooks: desk.receiver.door,
  });
  port = Number(new URL(server.url).port);
});
afterAll(async () => {
  await server.close();
  await desk.store.close();
});

/** Sends bytes as they are and gives back everything that came until the other side closed, or `waitMs` passed. */
function raw(
  bytes: string | Buffer,
  options: { readonly waitMs?: number } = {},
): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    let closed = false;
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, closed });
    };
    const timer = setTimeout(end, options.waitMs ?? 2_000);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => {
      closed = true;
      end();
    });
    socket.on('error', () => undefined);
    socket.write(bytes);
  });
}
const statusOf = ({ text }: { text: string }) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;
const event = (id: string) => JSON.stringify({ event: { id, event_type: 'pagey.ping' } });
const post = (id: string, headers: Record<string, string> = {}) => {
  const body = event(id);
  return fetch(`${server.url}${path}`, {
    method: 'POST',
    body,
    headers: { ...signed('pagerduty', body, 0), ...headers },
  });
};
const keys = async () => (await desk.receiver.log.list(organisationId, {}, null)).rows.map(({ eventKey }) => eventKey);

test('a signed event is taken without a token, with no cookie, no body and the usual headers', async () => {
  const reply = await post('plain');
  expect(reply.status).toBe(202);
  expect(await reply.text()).toBe('');
  expect(reply.headers.get('set-cookie')).toBeNull();
  expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await keys()).toContain('plain');
});

test('each refusal has its own status (W4)', async () => {
  const send = (where: string, init: RequestInit = {}) =>
    fetch(`${server.url}${where}`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
      ...init,
    });
  expect((await send(path)).status).toBe(401);
  expect((await send('/webhooks/org/nobody')).status).toBe(404);
  expect((await send('/webhooks/other/pagerduty')).status).toBe(404);
  expect((await send('/webhooks')).status).toBe(404);
  expect((await send('/webhooks/a/b/c')).status).toBe(404);
  expect((await send(path, { headers: { 'content-type': 'image/png' } })).status).toBe(415);
  expect(
    (await send(path, { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } })).status,
  ).toBe(415);
  expect((await send(path, { body: 'x'.repeat(1024 * 1024 + 1) })).status).toBe(413);
  const wrong = await fetch(`${server.url}${path}`, { method: 'DELETE' });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
});

test('of several things that are wrong the first one is told: Host, path, method, type, size, signature (SEC-25)', async () => {
  const own = `127.0.0.1:${port}`;
  const ask = (host: string, method: string, where: string, type: string, length: number) =>
    raw(
      head(
        `${method} ${where} HTTP/1.1`,
        `Host: ${host}`,
        `Content-Type: ${type}`,
        `Content-Length: ${length}`,
        'Connection: close',
      ) + (length < 100 ? '{'.repeat(length) : ''),
    ).then(statusOf);
  const huge = 2 * 1024 * 1024;
  expect(await ask('evil.example', 'DELETE', '/webhooks/org/nobody', 'image/png', huge)).toBe(400);
  expect(await ask(own, 'DELETE', '/webhooks/org/nobody', 'image/png', huge)).toBe(404);
  expect(await ask(own, 'DELETE', path, 'image/png', huge)).toBe(405);
  expect(await ask(own, 'POST', path, 'image/png', huge)).toBe(415);
  expect(await ask(own, 'POST', path, 'application/json', huge)).toBe(413);
  expect(await ask(own, 'POST', path, 'application/json', 1)).toBe(401);
});

test('the API stays behind its token: the prefix opens nothing else', async () => {
  for (const where of ['/rpc/app/status', '/webhooksx/org/pagerduty', '/webhooks/../rpc/app/status']) {
    expect((await fetch(`${server.url}${where}`, { method: 'POST', body: '{}' })).status).toBe(401);
  }
});

describe('forms that two servers read differently (FT-73)', () => {
  const host = () => `Host: 127.0.0.1:${port}`;
  const smuggled = 'POST /webhooks/org/pagerduty HTTP/1.1\r\n\r\n';
  test.each<[string, () => string]>([
    [
      'length and chunks',
      () =>
        `${head(`POST ${path} HTTP/1.1`, host(), 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n${smuggled}`,
    ],
    [
      'two lengths',
      () => `${head(`POST ${path} HTTP/1.1`, host(), 'Content-Length: 2', 'Content-Length: 4')}{}${smuggled}`,
    ],
    ['a bare line feed', () => `POST ${path} HTTP/1.1\n${host()}\nContent-Length: 2\n\n{}`],
    ['chunked in disguise', () => `${head(`POST ${path} HTTP/1.1`, host(), 'Transfer-Encoding: xchunked')}0\r\n\r\n`],
    ['an absolute address', () => head(`POST http://127.0.0.1:${port}${path} HTTP/1.1`, host(), 'Content-Length: 0')],
    ['a foreign Host', () => head(`POST ${path} HTTP/1.1`, 'Host: evil.example', 'Content-Length: 0')],
    ['two Hosts', () => head(`POST ${path} HTTP/1.1`, host(), host(), 'Content-Length: 0')],
    ['no Host', () => head(`POST ${path} HTTP/1.1`, 'Content-Length: 0')],
    ['a header that folds', () => head(`POST ${path} HTTP/1.1`, host(), 'X-A: b', ' c', 'Content-Length: 0')],
  ])('%s', async (_name, bytes) => {
    const reply = await raw(bytes());
    expect(statusOf(reply)).toBe(400);
    expect(reply.closed).toBe(true);
    expect(reply.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test('headers beyond 8 KiB are 431', async () => {
    const reply = await raw(head(`POST ${path} HTTP/1.1`, host(), `X-Big: ${'a'.repeat(9_000)}`, 'Content-Length: 0'));
    expect(statusOf(reply)).toBe(431);
  });

  test('a body declared small and sent large, and chunks without end, are cut off (FT-68)', async () => {
    const small = await raw(
      `${head(`POST ${path} HTTP/1.1`, host(), 'Content-Type: application/json', 'Content-Length: 2')}{}${'x'.repeat(5_000)}`,
    );
    expect([statusOf(small), small.closed]).toEqual([400, true]);
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const endless = await raw(
      `${head(`POST ${path} HTTP/1.1`, host(), 'Content-Type: application/json', 'Transfer-Encoding: chunked')}${chunk.repeat(18)}`,
    );
    expect(statusOf(endless)).toBe(413);
  });
});

describe('pages of other origins (W5, FT-74)', () => {
  const by = { personId: null, channel: 'cli', correlationId: 'c' };
  const allowed = 'https://venue.example';
  const preflight = (origin: string, more: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', ...more },
    });

  test('are refused unless they are on the list, and never get a wildcard', async () => {
    expect((await preflight(allowed)).status).toBe(403);
    expect((await post('foreign', { origin: allowed })).status).toBe(403);
    await desk.receiver.sources.save(
      organisationId,
      { source: 'pagerduty', corsOrigins: [allowed], forgetOldSecret: false },
      by,
    );
    const granted = await preflight(allowed);
    expect([granted.status, granted.headers.get('access-control-allow-origin')]).toEqual([204, allowed]);
    expect(granted.headers.get('access-control-allow-credentials')).toBeNull();
    expect((await preflight(allowed, { 'access-control-request-private-network': 'true' })).status).toBe(403);
    expect((await preflight('https://evil.example')).status).toBe(403);
    expect((await post('listed', { origin: allowed })).headers.get('access-control-allow-origin')).toBe(allowed);
    expect(await keys()).not.toContain('foreign');
  });

  test('a name that was rebound to this machine is refused; a public address that was set is not', async () => {
    const ask = (host: string) => raw(head(`POST ${path} HTTP/1.1`, `Host: ${host}`, 'Content-Length: 0'));
    expect(statusOf(await ask('hooks.bluebell.example'))).toBe(400);
    const wish = { source: 'pagerduty', publicUrl: 'https://hooks.bluebell.example/pd', forgetOldSecret: false };
    await desk.receiver.sources.save(organisationId, wish, by);
    expect(statusOf(await ask('hooks.bluebell.example'))).toBe(401);
    expect(statusOf(await ask('evil.example'))).toBe(400);
  });
});
