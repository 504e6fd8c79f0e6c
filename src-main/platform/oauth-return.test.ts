import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { testClock } from '../testing/runtime.ts';
import { createOAuthReturn } from './oauth-return.ts';

const clock = testClock();
const back = (more: Partial<Parameters<ReturnType<typeof createOAuthReturn>['listen']>[0]> = {}) =>
  createOAuthReturn({ clock }).listen({ ports: [0], path: '/callback', state: 'st', waitMs: 300_000, ...more });

async function visit(address: string, headers: Record<string, string> = {}): Promise<number> {
  const request = get(address, { headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode ?? 0;
}
const gone = (address: string) =>
  visit(address).then(
    () => false,
    () => true,
  );

test('answers one request on one path with the right state, then is gone', async () => {
  const { redirectUri, answer } = await back();
  expect(redirectUri).toMatch(/^http:\/\/localhost:\d+\/callback$/);
  expect(await visit(redirectUri.replace('/callback', '/other?state=st'))).toBe(400);
  expect(await visit(`${redirectUri}?state=wrong&code=1`)).toBe(400);
  expect(await visit(`${redirectUri}?state=st&code=1`, { host: 'evil.example' })).toBe(400);
  expect(await visit(`${redirectUri}?state=st&code=1`)).toBe(200);
  expect(await answer).toEqual({ state: 'st', code: '1' });
  expect(await gone(`${redirectUri}?state=st&code=1`)).toBe(true);
});

test('stands on loopback alone: not even another address of this computer reaches it', async () => {
  const { redirectUri, close } = await back();
  // Whoever listens on every address answers here as well.
  const port = Number(new URL(redirectUri).port);
  const socket = connect(port, '127.0.0.2');
  const reached = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  expect(reached).toBe(false);
  await close();
});

test('closes by itself after five minutes at most', async () => {
  const { redirectUri, answer } = await back({ waitMs: 3_600_000 });
  await clock.advance(300_000);
  expect(await answer).toBeNull();
  expect(await gone(redirectUri)).toBe(true);
});

test('takes the next port of the list when one is busy, and says so when all are', async () => {
  const busy = createServer();
  await once(busy.listen(0, '127.0.0.1'), 'listening');
  const address = busy.address();
  const taken = typeof address === 'object' && address !== null ? address.port : 0;
  const { redirectUri, close } = await back({ ports: [taken, 0] });
  expect(redirectUri).not.toContain(`:${taken}/`);
  await close();
  await expect(back({ ports: [taken] })).rejects.toMatchObject({ code: 'misconfigured' });
  busy.close();
});
