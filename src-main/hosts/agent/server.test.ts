import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { audit } from '../../../src-shared/contract/audit.ts';
import { TOKEN_HEADER } from '../../../src-shared/contract/host-names.ts';
import { implementGuarded, refused } from '../../engine/handlers/base.ts';
import type { ConsoleRouter } from '../../engine/handlers/index.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createFileHandles } from '../file-handles.ts';
import { loadPages } from '../pages.ts';
import { type ConsoleServer, serveConsole } from './server.ts';

const os = implementGuarded({ audit });

/** Two real procedures are enough to see how calls pass; the rest of the contract is not asked for here. */
const router = {
  audit: {
    verify: os.audit.verify.handler(() => {
      throw new Error('a secret detail /home/someone');
    }),
    list: os.audit.list.handler(() => {
      throw refused({ happened: 'No.', remedy: 'Ask again.' });
    }),
    extract: os.audit.extract.handler(() => ({ fileName: 'a', text: 'b' })),
  },
} as unknown as ConsoleRouter;

let folder: string;
let server: ConsoleServer;
let runtime: ReturnType<typeof testRuntime>;
let files: ReturnType<typeof createFileHandles>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-agent-'));
  await writeFile(join(folder, 'index.html'), '<html><style nonce="__CSP_NONCE__"></style></html>');
  await writeFile(join(folder, 'app.js'), 'export {};');
  await writeFile(join(folder, 'notes.private'), 'not a page');
  runtime = testRuntime();
  files = createFileHandles(runtime.clock);
  server = await serveConsole({
    runtime,
    router,
    files,
    pages: await loadPages(folder),
    uploadFolder: join(folder, 'up'),
    viewFile: join(folder, 'view.json'),
  });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const call = (path: string, headers: Record<string, string> = {}, body = '{"json":{}}') =>
  fetch(`${server.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
const withToken = () => ({ [TOKEN_HEADER]: server.token });

/** fetch does not let a caller choose its Host; this does. */
function rawGet(path: string, headers: readonly string[]): Promise<number> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers, setHost: false }, (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('the loopback listener', () => {
  test('answers nothing to a Host that is not its own, before anything else', async () => {
    const { host, port } = new URL(server.url);
    expect(await rawGet('/', ['Host', host])).toBe(200);
    expect(await rawGet('/', ['Host', `localhost:${port}`])).toBe(200);
    expect(await rawGet('/', ['Host', `evil.example:${port}`])).toBe(400);
    expect(await rawGet('/', ['Host', '127.0.0.1'])).toBe(400);
    expect(await rawGet('/rpc/audit/verify', ['Host', 'evil.example'])).toBe(400);
    // Two of them: whoever stands before us may have looked at the other one.
    expect(await rawGet('/', ['Host', host, 'Host', 'evil.example'])).toBe(400);
    expect(await rawGet('/', ['Host', host, 'host', host])).toBe(400);
  });

  test('takes calls with its own token only, and slows whoever keeps guessing', async () => {
    expect((await call('/rpc/audit/extract')).status).toBe(401);
    expect((await call('/rpc/audit/extract', { [TOKEN_HEADER]: 'x'.repeat(server.token.length) })).status).toBe(401);
    for (let tries = 0; tries < 8; tries++) await call('/rpc/audit/extract');
    const slowed = call('/rpc/audit/extract');
    await expect.poll(() => runtime.clock.sleepers).toBe(1);
    await runtime.clock.advance(2_000);
    expect((await slowed).status).toBe(401);
    // Only in its header: an address is written down, and a cookie is shared by every port of this machine.
    const body = '{"json":{"organisationId":"o"}}';
    runtime.clock.jump(120_000);
    await runtime.clock.advance(120_000);
    expect(
      (await call(`/rpc/audit/extract?${TOKEN_HEADER}=${server.token}&token=${server.token}`, {}, body)).status,
    ).toBe(401);
    expect((await call('/rpc/audit/extract', { cookie: `${TOKEN_HEADER}=${server.token}` }, body)).status).toBe(401);
    expect((await call('/rpc/audit/extract', { authorization: `Bearer ${server.token}` }, body)).status).toBe(401);
    const right = await call('/rpc/audit/extract', withToken(), '{"json":{"organisationId":"o"}}');
    expect(right.status).toBe(200);
  });

  test('refuses a foreign Origin, bodies that are not JSON and bodies that are too big', async () => {
    const port = Number(new URL(server.url).port);
    for (const origin of [
      'https://evil.example',
      'http://127.0.0.1',
      `http://127.0.0.1:${port + 1}`,
      `http://127.0.0.1:${port}.evil.example`,
      `http://127.0.0.1.evil.example:${port}`,
      `https://127.0.0.1:${port}`,
      'null',
    ]) {
      expect((await call('/rpc/audit/extract', { ...withToken(), origin })).status, origin).toBe(403);
    }
    const own = { ...withToken(), origin: server.url };
    expect((await call('/rpc/audit/extract', own, '{"json":{"organisationId":"o"}}')).status).toBe(200);
    expect((await call('/rpc/audit/extract', { ...withToken(), 'content-type': 'text/plain' })).status).toBe(415);
    expect((await call('/rpc/audit/extract', withToken(), `{"json":"${'x'.repeat(1_100_000)}"}`)).status).toBe(413);
  });

  test('sends pages from its fixed list with a policy that allows no inline script', async () => {
    const page = await fetch(`${server.url}/exports/batches`);
    const policy = page.headers.get('content-security-policy') ?? '';
    const nonce = /nonce="([^"]+)"/.exec(await page.text())?.[1];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('server')).toBeNull();
    expect((await fetch(`${server.url}/app.js`)).headers.get('content-type')).toContain('text/javascript');
    expect((await fetch(`${server.url}/notes.private`)).status).toBe(404);
    expect((await fetch(`${server.url}/..%2f..%2fetc%2fpasswd.js`)).status).toBe(404);
  });

  test('holds no page in memory: each is read when it is asked for; one that came later or has gone is none', async () => {
    await writeFile(join(folder, 'app.js'), 'export default 2;');
    await writeFile(join(folder, 'later.js'), 'export {};');
    expect(await (await fetch(`${server.url}/app.js`)).text()).toBe('export default 2;');
    expect((await fetch(`${server.url}/later.js`)).status).toBe(404);
    await rm(join(folder, 'app.js'));
    expect((await fetch(`${server.url}/app.js`)).status).toBe(404);
  });

  test('pages and API answers alike are stored nowhere, belong to this origin and name no server (SEC-23)', async () => {
    const answers = [
      await fetch(`${server.url}/`),
      await fetch(`${server.url}/nothing.js`),
      await call('/rpc/audit/extract', withToken(), '{"json":{"organisationId":"o"}}'),
      await call('/rpc/audit/extract'),
    ];
    for (const { headers, url, status } of answers) {
      expect(Object.fromEntries(headers), `${url} ${status}`).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
      });
      expect([headers.get('server'), headers.get('x-powered-by'), headers.get('set-cookie')]).toEqual([
        null,
        null,
        null,
      ]);
    }
    for (const answer of [answers[0], answers[2]])
      expect(answer?.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('the token of a start is 256 random bits, and another one at the next start (SEC-21)', async () => {
    const other = await serveConsole({ runtime, router, files, pages: null, uploadFolder: folder });
    for (const { token } of [server, other]) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(other.token).not.toBe(server.token);
    await other.close();
  });

  test('gives a refusal its four parts, and a defect nothing but its reference', async () => {
    const refusal = await call('/rpc/audit/list', withToken(), '{"json":{"organisationId":"o"}}');
    expect(refusal.status).toBe(422);
    expect(await refusal.json()).toMatchObject({
      json: { code: 'REFUSED', defined: true, data: { happened: 'No.', remedy: 'Ask again.' } },
    });
    const defect = await call('/rpc/audit/verify', withToken());
    expect(defect.status).toBe(500);
    const text = await defect.text();
    expect(text).not.toContain('secret detail');
    expect(text).toContain(defect.headers.get('x-correlation-id'));
    expect(
      runtime.log.lines.some(({ event, fields }) => event === 'call.failed' && fields.path === 'audit.verify'),
    ).toBe(true);
  });

  test('turns an upload into a one-use handle and hands a prepared file out once', async () => {
    const put = (name: string, token: Record<string, string>) =>
      fetch(`${server.url}/files?name=${encodeURIComponent(name)}`, {
        method: 'PUT',
        headers: token,
        body: 'a,b\n1,2\n',
      });
    expect((await put('costs.csv', {})).status).toBe(401);
    const reply = await put('../../costs.csv', withToken());
    const { handle, name, bytes } = (await reply.json()) as { handle: string; name: string; bytes: number };
    expect({ name, bytes }).toEqual({ name: 'costs.csv', bytes: 8 });
    expect(await readdir(join(folder, 'up'))).toHaveLength(1);
    expect((await files.peek(handle))?.name).toBe('costs.csv');
    expect(await files.take(handle).then((file) => file && readFile(file.path, 'utf8'))).toBe('a,b\n1,2\n');
    expect(await files.take(handle)).toBeNull();

    await writeFile(join(folder, 'pack.zip'), 'zip');
    const ready = await files.offer(join(folder, 'pack.zip'), 'pack.zip', { temporary: true });
    const fetched = await fetch(`${server.url}/files/${ready}`, { headers: withToken() });
    expect(await fetched.text()).toBe('zip');
    expect((await fetch(`${server.url}/files/${ready}`, { headers: withToken() })).status).toBe(404);
  });
});

describe('the view of the pages', () => {
  const put = (body: string, headers: Record<string, string> = withToken()) =>
    fetch(`${server.url}/view`, { method: 'PUT', headers: { 'content-type': 'application/json', ...headers }, body });
  const read = async (headers: Record<string, string> = withToken()) => {
    const reply = await fetch(`${server.url}/view`, { headers });
    return reply.ok ? await reply.json() : reply.status;
  };

  test('is kept for the next start, for this user alone', async () => {
    expect(await read()).toEqual({});
    expect((await put('{"theme":"dark"}')).status).toBe(200);
    expect(await read()).toEqual({ theme: 'dark' });
    const file = join(folder, 'view.json');
    expect((await stat(file)).mode & 0o077).toBe(0);
    await writeFile(file, 'half of {');
    expect(await read()).toEqual({});
  });

  test('is read and written with the token only, from our own pages, as texts and not without end (SEC-21, SEC-22)', async () => {
    expect(await read({})).toBe(401);
    expect((await put('{}', {})).status).toBe(401);
    expect((await put('{}', { ...withToken(), origin: 'https://evil.example' })).status).toBe(403);
    expect((await put('{"theme":1}')).status).toBe(400);
    expect((await put('{"theme":"dark"}', { ...withToken(), 'content-type': 'text/plain' })).status).toBe(400);
    expect((await put(JSON.stringify({ long: 'x'.repeat(70_000) }))).status).toBe(413);
    expect(await readdir(folder)).not.toContain('view.json');
  });
});

describe('the metrics page', () => {
  const serve = (from?: readonly string[]) =>
    serveConsole({
      runtime,
      router,
      files,
      pages: null,
      uploadFolder: join(folder, 'up'),
      ...(from === undefined ? {} : { metrics: { text: async () => 'wedsync_x 1\n', from } }),
    });

  test.each([
    ['is not there unless it is switched on', undefined, 404],
    ['is read from this computer without a token', [], 200],
    ['is refused to an address that is not on its list', ['10.1.2.3'], 403],
  ] as const)('%s', async (_what, from, status) => {
    const own = await serve(from);
    const reply = await fetch(`${own.url}/metrics`);
    expect(reply.status).toBe(status);
    if (status === 200) {
      expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(await reply.text()).toBe('wedsync_x 1\n');
    }
    await own.close();
  });
});

test('a port that is taken is said in words, and no other is taken in its place (FT-72)', async () => {
  const port = Number(new URL(server.url).port);
  const second = serveConsole({ runtime, router, files, pages: null, uploadFolder: folder, port });
  await expect(second).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken by another program`);
});
