import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createEvents } from '../src-main/engine/events.ts';
import type { ConsoleRouter } from '../src-main/engine/handlers/index.ts';
import { createReceiver, type ReceiverDeps } from '../src-main/engine/receiver/index.ts';
import { createWeekend } from '../src-main/engine/weekend/weekend.ts';
import { serveConsole } from '../src-main/hosts/agent/server.ts';
import { createFileHandles } from '../src-main/hosts/file-handles.ts';
import { createMemorySecrets } from '../src-main/platform/memory-secrets.ts';
import { systemClock, systemIds, systemRandom } from '../src-main/platform/runtime.ts';
import type { Logger, Runtime } from '../src-main/ports/runtime.ts';
import type { Store } from '../src-main/ports/store.ts';
import { openConnection, statementRunner } from '../src-main/store/connection.ts';
import { openStore } from '../src-main/store/open.ts';
import { insertInbound, type NewInbound } from '../src-main/store/repositories/inbound.ts';
import { type BenchRow, benchRow } from './row.ts';

const requests = 2_500;
/** Turn about and short: whatever else the machine does hits all alike. */
const rounds = 9;
const connections = 32;
const secret = 'bench-secret-of-the-sender';
const quiet: Logger = { debug() {}, info() {}, warn() {}, error: console.error, with: () => quiet };
const runtime: Runtime = { clock: systemClock, ids: systemIds, random: systemRandom, log: quiet };

interface Sent {
  readonly perSecond: number;
  readonly taken: number;
  readonly refused: number;
  readonly p95: number;
  readonly p99: number;
}

function load(port: number, path: string, many: { requests: number; perSecond: number | null }): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./receiver-client.ts', import.meta.url), {
      workerData: { port, path, secret, connections, run: randomUUID(), ...many },
    });
    worker.once('message', resolve).once('error', reject);
  });
}

type Keep = (event: NewInbound) => Promise<unknown>;

/** What nobody can do without: read the body, the same HMAC, the same row durably in, an empty answer. */
async function bareServer(keep: Keep) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const ts = String(request.headers['x-timestamp']);
      const sum = createHmac('sha256', secret).update(`${ts}.`).update(body).digest('hex');
      const due = Buffer.from(`sha256=${sum}`);
      const given = Buffer.from(String(request.headers['x-signature-256']));
      const at = Date.now();
      if (due.length !== given.length || !timingSafeEqual(due, given)) {
        response.writeHead(401).end();
        return;
      }
      // A key as scattered as ours in its index, and kept as long: the insert is the same work.
      const key = { dedupeKey: `sha256:${sum}`, keepMs: 86_400_000 };
      const headers = '{"content-type":"application/json"}';
      const event = { id: systemIds.next(), organisationId: 'bench', source: 'bare', ...key, priority: 10, at };
      keep({ ...event, headers, signedAt: null, body, keyUsed: 0 }).then(
        () => response.writeHead(202, { 'content-length': '0' }).end(),
        () => response.writeHead(503).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** As most would write it: the same table and the same settings, each request its own commit on the thread that serves. */
async function oneByOne(folder: string): Promise<Keep> {
  await (await openStore({ folder, runtime })).close();
  const db = openConnection(join(folder, 'console.db'), 'writer');
  const run = statementRunner(db);
  return async (event) => {
    const { sql, params } = insertInbound(event);
    run(sql, params);
  };
}

async function ourServer(store: Store, folder: string) {
  const secrets = createMemorySecrets();
  const events = createEvents();
  const audit: ReceiverDeps['audit'] = async () => undefined as never;
  const nobody = () => Promise.reject(new Error('no effect is measured here'));
  const receiver = createReceiver({
    store,
    runtime,
    redactor: { know() {}, redact: (text) => text },
    weekend: createWeekend({ store, runtime, audit, publish: events.publish }),
    organisations: { requireRole: nobody, get: nobody },
    audit,
    events,
    alerts: {
      raise: nobody,
      resolveKey: nobody,
      acknowledge: nobody,
      snooze: nobody,
      resolve: nobody,
      refuseStranger: nobody,
      takeBundle: nobody,
      snoozeBundle: nobody,
      refuseStrangerAtBundle: nobody,
      onReceipt: nobody,
    },
    secretsOf: async () => secrets,
    newClient: nobody,
    slackPerson: async () => null,
    perMinute: Number.MAX_SAFE_INTEGER,
  });
  await receiver.sources.seed('bench', 'generic-hmac', secret, { prefix: 'sha256=', timestampHeader: 'X-Timestamp' });
  const server = await serveConsole({
    runtime,
    router: {} as ConsoleRouter,
    files: createFileHandles(systemClock),
    pages: null,
    uploadFolder: join(folder, 'uploads'),
    webhooks: receiver.door,
  });
  return { receiver, port: Number(new URL(server.url).port), close: () => server.close() };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Signed 2 kB events, durable before the answer, beside bare servers in the same process, turn about. */
export async function receiverBench(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wedops-bench-'));
  const store = await openStore({ folder, runtime });
  try {
    await store.transaction(async (tx) => {
      await tx.insertInto('organisation').values({ id: 'bench', name: 'Bench', created_at: 0 }).execute();
    });
    const ours = await ourServer(store, folder);
    const servers = {
      bare: await bareServer((event) => store.batch([insertInbound(event)])),
      ours,
      single: await bareServer(await oneByOne(join(folder, 'single'))),
    };
    const names = ['bare', 'ours', 'single'] as const;
    const path = '/webhooks/bench/generic-hmac';
    const seen: Record<(typeof names)[number], Sent[]> = { bare: [], ours: [], single: [] };
    let taken = 0;
    let refused = 0;
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const name of names) {
        const sent = await load(servers[name].port, path, { requests, perSecond: null });
        if (round > 0) seen[name].push(sent);
        if (name !== 'ours') continue;
        taken += sent.taken;
        refused += sent.refused;
      }
    }
    // Six senders at the peak season's limit, with the worker at work beside them.
    ours.receiver.start();
    const steady = await load(ours.port, path, { requests: 1_500, perSecond: 100 });
    taken += steady.taken;
    const { stored } = await store.read
      .selectFrom('inbound_event')
      .select((eb) => eb.fn.countAll<number>().as('stored'))
      .where('source', '=', 'generic-hmac')
      .executeTakeFirstOrThrow();
    await ours.receiver.stop();
    for (const name of names) await servers[name].close();
    const rate = (name: (typeof names)[number]) => median(seen[name].map(({ perSecond }) => perSecond));
    const p99 = (name: (typeof names)[number]) => median(seen[name].map((each) => each.p99));
    return [
      benchRow(
        'signed 2 kB webhooks, durable before the answer, beside a bare server',
        rate('ours'),
        'requests/s',
        rate('bare'),
        { atLeast: 0.8 },
      ),
      benchRow('the same beside one commit a request', rate('ours'), 'requests/s', rate('single'), { atLeast: 2.5 }),
      benchRow('the same, p99 beside that of the bare server', p99('ours'), 'ms', p99('bare'), { atMost: 4 }),
      benchRow('answer at 6 × 1,000 a minute, p95', steady.p95, 'ms', 50, { atMost: 1 }),
      benchRow(
        'stored events beside 2xx answers',
        stored,
        'events',
        taken,
        stored === taken && refused === 0 ? { atLeast: 1 } : { atLeast: 2 },
      ),
    ];
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
