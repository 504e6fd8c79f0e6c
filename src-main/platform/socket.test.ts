import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { testClock } from '../testing/runtime.ts';
import { createPracticeSockets } from './practice-lines.ts';
import { createSockets } from './socket.ts';

async function server(): Promise<{ port: number; wss: WebSocketServer; heard: string[] }> {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: false });
  await new Promise<void>((resolve) => wss.once('listening', resolve));
  onTestFinished(() => {
    for (const line of wss.clients) line.terminate();
    wss.close();
  });
  const heard: string[] = [];
  wss.on('connection', (line, request) => {
    heard.push(request.url ?? '');
    line.send('hello');
    line.on('message', (data) => heard.push(String(data)));
  });
  return { port: (wss.address() as AddressInfo).port, wss, heard };
}

test('a line carries text both ways and ends when it is told to', async () => {
  const { port, heard } = await server();
  const stop = new AbortController();
  const got: string[] = [];
  const ended = createSockets({ clock: testClock() }).talk(
    `ws://127.0.0.1:${port}/x`,
    {
      message(text, reply) {
        got.push(text);
        reply(`re: ${text}`);
      },
    },
    stop.signal,
  );
  await expect.poll(() => heard).toEqual(['/x', 're: hello']);
  expect(got).toEqual(['hello']);
  stop.abort();
  await ended;
});

test('a line that is half dead is noticed by its silence', async () => {
  const { port } = await server();
  const clock = testClock();
  let over = false;
  const ended = createSockets({ clock })
    .talk(`ws://127.0.0.1:${port}/`, { message: () => undefined }, new AbortController().signal)
    .then(() => {
      over = true;
    });
  for (let i = 0; i < 6; i++) {
    await expect.poll(() => clock.sleepers).toBe(1);
    await clock.advance(10_000);
  }
  expect(over).toBe(false);
  await expect.poll(() => clock.sleepers).toBe(1);
  await clock.advance(10_000);
  await ended;
});

test('nobody there is not sent; a signal that is already over opens nothing', async () => {
  const sockets = createSockets({ clock: testClock() });
  const never = new AbortController().signal;
  await expect(sockets.talk('ws://127.0.0.1:1/', { message: () => undefined }, never)).rejects.toMatchObject({
    code: 'network',
  });
  await sockets.talk('ws://127.0.0.1:1/', { message: () => undefined }, AbortSignal.abort());
});

test('practice reaches nothing but the sandbox, by the vendor’s own addresses', async () => {
  const { port, heard } = await server();
  const sockets = createPracticeSockets({
    sockets: createSockets({ clock: testClock() }),
    sandboxUrl: `http://127.0.0.1:${port}`,
  });
  const stop = new AbortController();
  const ended = sockets.talk(
    'wss://wss-primary.slack.com/link/?ticket=1',
    { message: () => stop.abort() },
    stop.signal,
  );
  await ended;
  expect(heard[0]).toBe('/wss-primary.slack.com/link/?ticket=1');
  for (const url of ['ws://evil.example/', 'https://slack.com/', 'nonsense']) {
    await expect(sockets.talk(url, { message: () => undefined }, stop.signal)).rejects.toMatchObject({
      code: 'misconfigured',
    });
  }
  expect(() => createPracticeSockets({ sockets, sandboxUrl: 'https://sandbox.example' })).toThrow('loopback');
});
