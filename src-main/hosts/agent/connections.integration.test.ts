import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { limitConnections } from './connections.ts';

let end: () => Promise<void> = async () => undefined;
afterEach(() => end());

/** A listener whose answers wait until they are let go. */
async function listening(waitMs?: number) {
  const held: ServerResponse[] = [];
  let most = 0;
  const server: Server = createServer((_request, reply) => {
    held.push(reply);
    most = Math.max(most, held.length);
  });
  const endWaiting = limitConnections(server, waitMs);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const all: Socket[] = [];
  end = async () => {
    for (const socket of all) socket.destroy();
    endWaiting();
    await new Promise((resolve) => server.close(resolve));
  };
  /** Resolves with the connection once it stands; `said` with the status it was told, or why it ended without one. */
  async function open(localAddress = '127.0.0.1') {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    all.push(socket);
    let got = '';
    const said = new Promise<{ status: string; text: string }>((resolve) => {
      const told = (why: string) => resolve({ status: got.slice(9, 12) || why, text: got });
      socket.on('error', ({ message }) => told(message)).on('close', () => told('closed'));
      socket.on('data', (bytes) => {
        got += String(bytes);
        if (got.includes('\r\n\r\n')) told('');
      });
    });
    await new Promise((resolve) => socket.once('connect', resolve).once('error', resolve));
    return { said, ask: () => void socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), close: () => socket.destroy() };
  }
  const openMany = (count: number, localAddress?: string) =>
    Promise.all(Array.from({ length: count }, () => open(localAddress)));
  const answer = () => {
    for (const reply of held.splice(0)) reply.end('ok');
  };
  return { held, open, openMany, answer, most: () => most, server, endWaiting };
}

test('300 at once from one address are all answered, 20 at a time, with connections that would be kept (SEC-24)', async () => {
  const { openMany, held, answer, most } = await listening(20_000);
  const many = await openMany(300);
  for (const each of many) each.ask();
  for (let served = 0; served < 300; served += 20) {
    await expect.poll(() => held.length).toBe(20);
    answer();
  }
  const statuses = (await Promise.all(many.map(({ said }) => said))).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set(['200']));
  expect(most()).toBe(20);
});

test('who waits too long is asked to come back, and another address is served meanwhile', async () => {
  const { open, openMany, held, answer } = await listening(100);
  const first = await openMany(20);
  for (const each of first) each.ask();
  await expect.poll(() => held.length).toBe(20);
  const late = await openMany(30);
  for (const each of late) each.ask();
  const other = await open('127.0.0.2');
  other.ask();
  await expect.poll(() => held.length).toBe(21);
  for (const { status, text } of await Promise.all(late.map(({ said }) => said))) {
    expect(status).toBe('503');
    expect(text.toLowerCase()).toContain('retry-after: 1\r\n');
    expect(text.toLowerCase()).toContain('x-content-type-options: nosniff\r\n');
  }
  answer();
  expect((await Promise.all([...first, other].map(({ said }) => said))).every(({ status }) => status === '200')).toBe(
    true,
  );
});

test('a connection that is kept and idle makes room for one that waits', async () => {
  const { open, openMany, held, answer } = await listening(20_000);
  const idle = await openMany(20);
  for (const each of idle) each.ask();
  await expect.poll(() => held.length).toBe(20);
  answer();
  await Promise.all(idle.map(({ said }) => said));
  const next = await open();
  next.ask();
  await expect.poll(() => held.length).toBe(1);
  answer();
  expect(await next.said).toMatchObject({ status: '200' });
});

test('200 are served in all; who goes away while waiting is forgotten, and a listener that closes waits for none', async () => {
  const { openMany, held, server, endWaiting } = await listening(20_000);
  for (let address = 1; address <= 11; address += 1)
    for (const each of await openMany(20, `127.0.0.${address}`)) each.ask();
  await expect.poll(() => held.length).toBe(200);
  const [gone, ...waiting] = await openMany(5, '127.0.0.12');
  gone?.close();
  const closed = new Promise((resolve) => server.close(resolve));
  endWaiting();
  server.closeAllConnections();
  await closed;
  expect((await Promise.all(waiting.map(({ said }) => said))).map(({ status }) => status)).toEqual(
    Array(4).fill(expect.stringMatching(/closed|ECONNRESET/)),
  );
});
