import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { testClock } from '../testing/runtime.ts';
import { jsonOf, matchRoute, type SandboxSystem } from './kit.ts';
import { startSandbox } from './server.ts';

/** Keeps what it is told and answers how much it holds. */
const shelf: SandboxSystem = {
  id: 'shelf',
  hosts: ['api.shelf.example'],
  faults: ['dust', 'full'],
  misbehave: (fault, world) => {
    if (fault.fault !== 'full') return false;
    world.documents('switches').put('full', true);
    return true;
  },
  handle(request, world) {
    const items = world.documents<unknown>('items');
    if (request.path === '/broken') {
      items.put('half', 1);
      throw new Error('a mistake of the sandbox');
    }
    if (request.method === 'POST') items.put(world.uuid(), jsonOf(request));
    return {
      status: 200,
      json: {
        held: items.all(),
        dusty: world.fault('dust') !== null,
        full: world.documents('switches').get('full') !== null,
      },
    };
  },
};

async function sandbox(stateFile?: string) {
  const clock = testClock('2026-08-01T10:00:00Z');
  const started = await startSandbox({ systems: [shelf], clock, ...(stateFile === undefined ? {} : { stateFile }) });
  onTestFinished(() => started.close().catch(() => undefined));
  const at = `${started.url}/api.shelf.example`;
  const ask = async (path: string, init: RequestInit = {}) => {
    const reply = await fetch(`${at}${path}`, init);
    return {
      status: reply.status,
      body: (await reply.json().catch(() => null)) as { held: unknown[]; dusty: boolean },
    };
  };
  const put = (value: unknown) =>
    ask('/items', {
      method: 'POST',
      body: JSON.stringify(value),
      headers: { 'content-type': 'application/json', authorization: 'Bearer canary', 'idempotency-key': 'k1' },
    });
  const control = (path: string, init: RequestInit = {}) => fetch(`${started.url}${path}`, init);
  return { started, clock, ask, put, control };
}

test('a host it does not play, and a path of its own, are told apart', async () => {
  const { control } = await sandbox();
  expect((await control('/api.other.example/x')).status).toBe(404);
  expect(await (await control('/')).json()).toMatchObject({
    systems: [{ id: 'shelf', hosts: ['api.shelf.example'], faults: ['dust', 'full'] }],
  });
});

test('two systems cannot play the same host', async () => {
  const twin = { ...shelf, id: 'twin' };
  await expect(startSandbox({ systems: [shelf, twin], clock: testClock() })).rejects.toThrow('api.shelf.example');
});

test('what arrived is listed oldest first, with the time of the sandbox and no secret in it', async () => {
  const { put, ask, control } = await sandbox();
  await put({ name: 'vase', apiKey: 'canary', code: 'V1' });
  await ask('/items?access_token=canary&page=2');
  const listed = await (await control('/_received?system=shelf')).json();
  expect(listed).toMatchObject([
    {
      at: '2026-08-01T10:00:00.000Z',
      method: 'POST',
      path: '/api.shelf.example/items',
      headers: { authorization: 'Bearer ***', 'idempotency-key': 'k1' },
      body: { name: 'vase', apiKey: '***', code: 'V1' },
    },
    { method: 'GET', path: '/api.shelf.example/items?access_token=***&page=2' },
  ]);
  expect(JSON.stringify(listed)).not.toContain('canary');
  await control('/_received?system=shelf', { method: 'DELETE' });
  expect(await (await control('/_received')).json()).toEqual([]);
});

test('the state outlives its process when it has a file, and ids never come twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'sandbox.db');
  const first = await sandbox(file);
  await first.put({ n: 1 });
  const [id] = first.started.documents('shelf', 'items').entries()[0] ?? [];
  // No close: a second process reads what the first one, killed, had answered for.
  const second = await sandbox(file);
  expect((await second.ask('/items')).body.held).toEqual([{ n: 1 }]);
  expect(second.started.received('shelf')).toHaveLength(2);
  second.started.reset();
  await second.put({ n: 2 });
  expect(second.started.documents('shelf', 'items').entries()[0]?.[0]).not.toBe(id);
});

test('a step that fails leaves nothing, in the file or in memory', async () => {
  const { ask } = await sandbox();
  expect((await ask('/broken')).status).toBe(500);
  expect((await ask('/items')).body.held).toEqual([]);
});

test.each([
  ['reset-before', 0],
  ['reset-after', 1],
  ['half-body', 1],
] as const)('%s: the caller fails and %i item is there', async (fault, held) => {
  const { started, put, ask } = await sandbox();
  started.misbehave({ system: 'shelf', fault });
  const reply = await fetch(`${started.url}/api.shelf.example/items`, { method: 'POST', body: '{}' }).then(
    (one) => one.text().catch(() => 'cut'),
    () => 'cut',
  );
  expect(reply).toBe('cut');
  expect((await ask('/items')).body.held).toHaveLength(held);
  await put({});
  expect((await ask('/items')).body.held).toHaveLength(held + 1);
});

test.each([
  ['hang', 0],
  ['swallow', 1],
] as const)('%s: no answer comes, and %i item is there', async (fault, held) => {
  const { started, ask } = await sandbox();
  started.misbehave({ system: 'shelf', fault });
  const controller = new AbortController();
  const waiting = fetch(`${started.url}/api.shelf.example/items`, {
    method: 'POST',
    body: '{}',
    signal: controller.signal,
  });
  const ended = waiting.then(
    () => 'answered',
    () => 'stopped by us',
  );
  while (started.received().length === 0) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  expect(await ended).toBe('stopped by us');
  expect((await ask('/items')).body.held).toHaveLength(held);
});

test('faults count: skipped first, then as often as said, only where they fit', async () => {
  const { started, ask, put } = await sandbox();
  started.misbehave({
    system: 'shelf',
    status: 503,
    headers: { 'retry-after': '9' },
    skip: 1,
    times: 2,
    method: 'GET',
  });
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await ask('/items')).status);
  expect(statuses).toEqual([200, 503, 503, 200]);
  started.misbehave({ system: 'shelf', status: 500, effect: true, method: 'POST', path: '/items' });
  expect((await put({})).status).toBe(500);
  expect((await ask('/items')).body.held).toHaveLength(1);
});

test('a fault for one document waits for it, whatever else comes first or again', async () => {
  const { started, put } = await sandbox();
  started.misbehave({ system: 'shelf', status: 500, method: 'POST', holding: 'KP-3' });
  const statuses = [];
  for (const name of ['KP-1', 'KP-3', 'KP-3', 'KP-2']) statuses.push((await put({ name })).status);
  expect(statuses).toEqual([200, 500, 200, 200]);
});

test('a late answer is late by the sandbox’s clock', async () => {
  const { started, clock, ask } = await sandbox();
  started.misbehave({ system: 'shelf', delayMs: 60_000 });
  const asked = ask('/items');
  while (clock.sleepers === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(started.received()).toEqual([]);
  await clock.advance(60_000);
  expect((await asked).status).toBe(200);
});

test('a system knows faults of its own, over http too; an unknown one is refused', async () => {
  const { ask, control } = await sandbox();
  const set = (fault: unknown) => control('/_misbehave', { method: 'POST', body: JSON.stringify(fault) });
  expect((await set({ system: 'shelf', fault: 'dust' })).status).toBe(204);
  expect((await set({ system: 'shelf', fault: 'full' })).status).toBe(204);
  expect((await set({ system: 'shelf', fault: 'rust' })).status).toBe(400);
  expect((await set({ system: 'nobody', status: 500 })).status).toBe(400);
  expect((await set('nonsense')).status).toBe(400);
  expect((await ask('/items')).body).toMatchObject({ dusty: true, full: true });
  expect((await ask('/items')).body).toMatchObject({ dusty: false, full: true });
  await control('/_reset', { method: 'POST' });
  expect((await ask('/items')).body).toMatchObject({ full: false });
});

test('routes: named segments are decoded, an unknown method is not an unknown path', () => {
  const handle = () => ({ status: 200 });
  const routes = [{ method: 'GET', path: '/files/:id/:name', handle }];
  expect(matchRoute(routes, { method: 'GET', path: '/files/1/a%20b.csv' })).toMatchObject({
    params: { id: '1', name: 'a b.csv' },
  });
  expect(matchRoute(routes, { method: 'PUT', path: '/files/1/x' })).toBe('no-method');
  expect(matchRoute(routes, { method: 'GET', path: '/files/1' })).toBe('no-path');
});

test('the other side can be reached and acted on beside http: lines, presses, listeners of their own', async () => {
  const closed: string[] = [];
  const phone: SandboxSystem = {
    id: 'phone',
    hosts: ['api.phone.example'],
    handle: () => ({ status: 404 }),
    socket: {
      accept: (request) => request.query.get('ticket') === 'good',
      greeting: (_world, lines) => `hello ${lines.count}`,
      message: (text, world) => world.documents('heard').put(text, true),
    },
    press: (input, _world, lines) => ({ status: lines.send(JSON.stringify(input)) ? 200 : 409 }),
    async listen(hub) {
      hub.note({ method: 'RING', path: '/', headers: {}, body: hub.step((world) => world.now()) });
      return { facts: { port: 7 }, close: async () => void closed.push('phone') };
    },
  };
  const clock = testClock('2026-08-01T10:00:00Z');
  const started = await startSandbox({ systems: [shelf, phone], clock });
  const line = (ticket: string) =>
    new WebSocket(`${started.url.replace('http', 'ws')}/api.phone.example/link?ticket=${ticket}`);
  const press = (system: string) =>
    fetch(`${started.url}/_press?system=${system}`, { method: 'POST', body: '{"ring":1}' });

  expect(await (await fetch(`${started.url}/_listeners`)).json()).toEqual({ phone: { port: 7 } });
  expect(started.received('phone')).toMatchObject([{ method: 'RING', body: clock.now() }]);
  expect((await press('phone')).status).toBe(409);
  expect((await press('shelf')).status).toBe(404);
  const bad = line('bad');
  await new Promise((resolve) => bad.addEventListener('error', resolve));
  const got: string[] = [];
  const good = line('good');
  good.addEventListener('message', ({ data }) => got.push(String(data)));
  await expect.poll(() => got).toEqual(['hello 1']);
  expect((await press('phone')).status).toBe(200);
  await expect.poll(() => got).toEqual(['hello 1', '{"ring":1}']);
  good.send('thanks');
  await expect.poll(() => started.documents('phone', 'heard').entries()).toEqual([['thanks', true]]);
  await started.close();
  expect(closed).toEqual(['phone']);
});
