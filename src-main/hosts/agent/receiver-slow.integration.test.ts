import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ConsoleRouter } from '../../engine/handlers/index.ts';
import { signed, testDesk } from '../../testing/receiver-desk.ts';
import { createFileHandles } from '../file-handles.ts';
import { serveConsole } from './server.ts';

const path = '/webhooks/org/pagerduty';

test('who sends slowly or nothing is cut off, and an honest sender does not notice (FT-69)', async () => {
  const desk = await testDesk();
  const server = await serveConsole({
    runtime: desk.runtime,
    router: {} as ConsoleRouter,
    files: createFileHandles(desk.runtime.clock),
    pages: null,
    uploadFolder: tmpdir(),
    webhooks: desk.receiver.door,
  });
  const port = Number(new URL(server.url).port);
  /** One connection of an attacker at another address, open until the listener ends it; ms it lasted. */
  const idle = (bytes: string) =>
    new Promise<number>((resolve) => {
      const from = performance.now();
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
      socket.on('error', () => undefined).on('close', () => resolve(performance.now() - from));
      socket.resume();
      socket.write(bytes);
    });
  const body = `${['Content-Type: application/json', 'Content-Length: 500'].join('\r\n')}\r\n\r\n{`;
  /** One that asked and was answered, and then says nothing more; ms it was kept after its answer. */
  const kept = new Promise<number>((resolve) => {
    let answered = 0;
    const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' });
    socket.once('data', () => {
      answered = performance.now();
    });
    socket.on('error', () => undefined).on('close', () => resolve(performance.now() - answered));
    const text = JSON.stringify({ event: { id: 'kept' } });
    const headers = {
      host: `127.0.0.1:${port}`,
      'content-length': String(text.length),
      ...signed('pagerduty', text, 0),
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.write([`POST ${path} HTTP/1.1`, ...lines, '', text].join('\r\n'));
  });
  // Five seconds, and Node's second of grace for what is on its way; while nobody waits for the place.
  expect(await kept).toBeGreaterThan(4_000);
  expect(await kept).toBeLessThan(8_000);
  // In waves below the kernel's own queue: what never gets to us cannot be cut off by us.
  const attacks: Promise<number>[] = [];
  const kinds = ['', `POST ${path} HTTP/1.1\r\nHost:`, `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${body}`];
  for (let wave = 0; wave < 5; wave++) {
    attacks.push(...Array.from({ length: 400 }, (_, index) => idle(kinds[index % 3] ?? '')));
    await wait(300);
  }
  const times: number[] = [];
  for (let index = 0; index < 50; index++) {
    const text = JSON.stringify({ event: { id: `honest-${index}` } });
    const from = performance.now();
    const reply = await fetch(`${server.url}${path}`, {
      method: 'POST',
      body: text,
      headers: signed('pagerduty', text, 0),
    });
    expect(reply.status).toBe(202);
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  expect(times[47]).toBeLessThan(500);
  // Headers within 5 s, bodies within 10 s, looked at every second.
  expect(Math.max(...(await Promise.all(attacks)))).toBeLessThan(13_000);
  await server.close();
  await desk.store.close();
});
