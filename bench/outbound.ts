import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createHttp } from '../src-main/platform/http.ts';
import { createRedactor } from '../src-main/platform/redactor.ts';
import { systemClock } from '../src-main/platform/runtime.ts';
import { type BenchRow, benchRow } from './row.ts';

const calls = 3_000;
const rounds = 5;
const atOnce = 8;
const body = JSON.stringify({ text: 'x'.repeat(900) });
const bytes = Buffer.from(body);
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

type Send = (url: string) => Promise<number>;
interface Cost {
  readonly perSecond: number;
  /** Processor time of this thread and its helpers a call, µs. */
  readonly cpuUs: number;
}

/** Answers every POST with a little JSON, on a thread of its own so that its work is not counted here. */
const answering = `
  const { createServer } = require('node:http');
  const { parentPort } = require('node:worker_threads');
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}'));
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

async function cost(send: Send, url: string): Promise<Cost> {
  let left = calls;
  const threadCpu = () => {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  };
  const cpu = threadCpu();
  const began = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left > 0) {
        left -= 1;
        if ((await send(url)) !== 200) throw new Error('an answer that was not 200');
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  return { perSecond: calls / seconds, cpuUs: (threadCpu() - cpu) / calls };
}

/** One POST of 1 kB and its JSON answer through the adapters' client, beside global fetch and axios. */
export async function outboundBench(): Promise<BenchRow[]> {
  const worker = new Worker(answering, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const url = `http://127.0.0.1:${port}/`;
  const headers = { 'content-type': 'application/json' };
  const http = createHttp({ clock: systemClock, redactor: createRedactor() });
  const sides: Record<string, Send> = {
    ours: async (to) =>
      (
        await http.send({
          method: 'POST',
          url: to,
          headers,
          bytes,
          firstByteMs: 5_000,
          wholeMs: 10_000,
        })
      ).status,
    fetch: async (to) => {
      const reply = await fetch(to, { method: 'POST', headers, body });
      await reply.json();
      return reply.status;
    },
  };
  if (existsSync(fileURLToPath(new URL('./node_modules/axios', import.meta.url)))) {
    const { default: axios } = await import('axios' as string);
    const { Agent } = await import('node:http');
    const client = axios.create({ httpAgent: new Agent({ keepAlive: true }) });
    sides.axios = async (to) => (await client.post(to, body, { headers })).status;
  }
  const seen = new Map<string, Cost[]>(Object.keys(sides).map((name) => [name, []]));
  try {
    for (const [, send] of Object.entries(sides)) await cost(send, url);
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, send] of Object.entries(sides)) seen.get(name)?.push(await cost(send, url));
    }
  } finally {
    await http.close();
    await worker.terminate();
  }
  const speed = (name: string) => median((seen.get(name) ?? []).map(({ perSecond }) => perSecond));
  const cpu = (name: string) => median((seen.get(name) ?? []).map(({ cpuUs }) => cpuUs));
  return [
    benchRow(
      'outbound request through the adapters’ client beside global fetch',
      speed('ours'),
      'requests/s',
      speed('fetch'),
      { atLeast: 3 },
    ),
    benchRow('its processor time beside global fetch', cpu('ours'), 'µs', cpu('fetch'), { atMost: 0.3 }),
    ...(sides.axios === undefined
      ? []
      : [benchRow('its processor time beside axios', cpu('ours'), 'µs', cpu('axios'), { atMost: 0.22 })]),
  ];
}

if (import.meta.main) console.table(await outboundBench());
