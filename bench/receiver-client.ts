import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/** The sender's side of `bench/receiver.ts`, on a thread of its own: ready-made requests over keep-alive connections. */
interface Task {
  readonly port: number;
  readonly path: string;
  readonly secret: string;
  readonly connections: number;
  readonly requests: number;
  readonly run: string;
  /** Requests a second, evenly; null: as fast as answers come. */
  readonly perSecond: number | null;
}

const task = workerData as Task;
const bodies = Array.from({ length: task.requests }, (_, index) => request(index));
const latencies: number[] = [];
let next = 0;
let opened = 0;
let taken = 0;
let refused = 0;
const begun = performance.now();

function request(index: number): Buffer {
  const event = { type: 'vendor.activity', run: task.run, index, text: 'x'.repeat(1_900) };
  const body = Buffer.from(JSON.stringify(event));
  const ts = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', task.secret).update(`${ts}.`).update(body).digest('hex');
  const head = [
    `POST ${task.path} HTTP/1.1`,
    `Host: 127.0.0.1:${task.port}`,
    'Content-Type: application/json',
    `X-Timestamp: ${ts}`,
    `X-Signature-256: sha256=${signature}`,
    `Content-Length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

/** When request `index` may leave, ms after the beginning. */
const dueMs = (index: number) => (task.perSecond === null ? 0 : (index * 1_000) / task.perSecond);

function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    // From two addresses: no single one may hold more than 20 connections.
    const localAddress = `127.0.0.${1 + (opened++ % 2)}`;
    const socket = connect({ port: task.port, host: '127.0.0.1', localAddress });
    let sentAt = 0;
    let waiting = '';
    socket.setNoDelay(true);
    socket.on('error', reject);
    function send(): void {
      const index = next++;
      const body = bodies[index];
      if (body === undefined) {
        socket.end();
        resolve();
        return;
      }
      const inMs = begun + dueMs(index) - performance.now();
      const go = () => {
        sentAt = performance.now();
        socket.write(body);
      };
      if (inMs > 1) setTimeout(go, inMs);
      else go();
    }
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      waiting += chunk.toString('latin1');
      if (!waiting.endsWith('\r\n\r\n')) return;
      if (waiting.startsWith('HTTP/1.1 2')) taken += 1;
      else refused += 1;
      waiting = '';
      latencies.push(performance.now() - sentAt);
      send();
    });
  });
}

await Promise.all(Array.from({ length: task.connections }, open));
const ms = performance.now() - begun;
latencies.sort((a, b) => a - b);
parentPort?.postMessage({
  perSecond: (taken * 1_000) / ms,
  taken,
  refused,
  p95: latencies[Math.floor(latencies.length * 0.95)] ?? 0,
  p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
});
