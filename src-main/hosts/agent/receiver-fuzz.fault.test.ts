import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConsoleRouter } from '../../engine/handlers/index.ts';
import { organisationId, secretOf, signed, testDesk } from '../../testing/receiver-desk.ts';
import { createFileHandles } from '../file-handles.ts';
import { serveConsole } from './server.ts';

const batches = 1_000;
const perBatch = 100;
const abreast = 32;

/** Framings that hold together, and some that do not. */
type Framing = 'length' | 'chunks' | 'too short' | 'too long' | 'both' | 'none';

interface Raw {
  readonly method: string;
  readonly source: string;
  readonly path: string;
  readonly version: string;
  readonly lineEnd: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly framing: Framing;
  readonly authentic: boolean;
  readonly body: Buffer;
}

const able = ['generic-hmac', 'pagerduty', 'xero', 'slack'] as const;
const often = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 24, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
/** What fits in a line; anything else is a split of lines, which `lineEnd` and `headers` do on purpose. */
const headerText = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('v1=', 'v1=00', 'v0=zz', '0', '-1', '1e9', 'gzip', 'application/json', 'null', '%', '%00', '\u0000'),
);
/** Those that break the request itself are rarer, or nothing would get past them. */
const headerName = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(
      ...['content-type', 'Content-Type', 'content-encoding', 'x-signature-256', 'x-timestamp', 'cookie', '__proto__'],
      ...['x-slack-signature', 'x-slack-request-timestamp', 'x-twilio-signature', 'x-xero-signature', 'webhook-id'],
      ...[
        'webhook-timestamp',
        'webhook-signature',
        'x-wedsync-token',
        'authorization',
        'origin',
        'x-pagerduty-signature',
      ],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['host', 'Host', 'connection', 'upgrade', 'transfer-encoding', 'content-length', 'expect', 'x y', ''],
    ),
  },
);
const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
const body = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 8, arbitrary: fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        ...['', 'null', '{"__proto__":{"x":1},"constructor":{"prototype":{}}}', '{"a":1,"a":2}', '{"events":[]}'],
        ...[
          '{"type":"url_verification","challenge":{}}',
          '{"event":{"id":1e400}}',
          'payload=%',
          'payload=%7B%7D',
          deep,
        ],
        ...['{"events":[null,1,{"tenantId":"t"}]}', '[]', '[null]', '\ufeff{}', '{"title":"\u0000","key":"\ud800"}'],
      )
      .map((text) => Buffer.from(text)),
  },
);
const request: fc.Arbitrary<Raw> = fc.record({
  method: often('POST', 'PUT', 'GET', 'OPTIONS', 'HEAD', 'DELETE', 'QUERY', 'CONNECT', 'post', 'P\u0000ST'),
  source: often(
    'generic-hmac',
    'pagerduty',
    'xero',
    'slack',
    'twilio',
    'datadog',
    'grafana',
    'tave',
    'nobody',
    '%2e%2e',
  ),
  path: often(
    '',
    '?token=x',
    `?token=${secretOf('tave')}&vendor=v`,
    '/',
    '/more',
    '?%',
    '#',
    ' ',
    '\u0000',
    `?${'a'.repeat(300)}`,
  ),
  version: often('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', ''),
  lineEnd: often('\r\n', '\n', '\r', '\r\n '),
  headers: fc.array(fc.tuple(headerName, headerText), { maxLength: 4 }),
  framing: often<Framing>('length', 'chunks', 'too short', 'too long', 'both', 'none'),
  authentic: fc.boolean(),
  body,
});

function bytesOf(raw: Raw, port: number, now: number): Buffer {
  const { method, source, path, version, lineEnd, headers, framing, authentic, body } = raw;
  const known = able.find((each) => each === source);
  const proof = authentic && known ? Object.entries(signed(known, body, now)) : [['content-type', 'application/json']];
  const size =
    { 'too short': body.length + 50, 'too long': Math.max(0, body.length - 3) }[framing as string] ?? body.length;
  const frame = [
    ...(framing === 'chunks' || framing === 'none' ? [] : [['content-length', String(size)]]),
    ...(framing === 'chunks' || framing === 'both' ? [['transfer-encoding', 'chunked']] : []),
  ];
  const lines = [['host', `127.0.0.1:${port}`], ...proof, ...frame, ...headers].map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = Buffer.from(
    [`${method} /webhooks/${organisationId}/${source}${path} ${version}`, ...lines, '', ''].join(lineEnd),
    'latin1',
  );
  const chunked = framing === 'chunks' || framing === 'both';
  const sent = chunked ? [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')] : [body];
  return Buffer.concat([head, ...sent]);
}

/** The status of the answer; 0: the connection was closed without one. Whoever waits for more of us is not waited for. */
function send(port: number, bytes: Buffer, from: number): Promise<number> {
  return new Promise((resolve) => {
    let answer = '';
    let timer: NodeJS.Timeout | undefined;
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (from % 200)}` });
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0));
    };
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.includes('\r\n\r\n') && !answer.startsWith('HTTP/1.1 100')) end();
    });
    socket.on('close', end).on('error', () => undefined);
    socket.write(bytes);
    timer = setTimeout(end, 40);
  });
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** What is still held after collecting, MiB. */
function held(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

test(`${batches * perBatch} raw requests of any kind: no crash, nothing 5xx but 503, memory stays (FT-68)`, async () => {
  const desk = await testDesk('2027-07-13T10:00:00Z');
  const server = await serveConsole({
    runtime: desk.runtime,
    router: {} as ConsoleRouter,
    files: createFileHandles(desk.runtime.clock),
    pages: null,
    uploadFolder: tmpdir(),
    webhooks: desk.receiver.door,
  });
  const port = Number(new URL(server.url).port);
  const seen = new Map<number, number>();
  let batch = 0;
  let settled = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: perBatch, maxLength: perBatch }), async (requests) => {
      const waiting = [...requests.entries()];
      const now = desk.runtime.clock.now();
      await Promise.all(
        Array.from({ length: abreast }, async (_, worker) => {
          for (let next = waiting.pop(); next; next = waiting.pop()) {
            const status = await send(port, bytesOf(next[1], port, now), batch * abreast + worker);
            seen.set(status, (seen.get(status) ?? 0) + 1);
            if (status >= 500) throw new Error(`answered ${status}`);
          }
        }),
      );
      batch += 1;
      // The shares of the senders fill up again; what was taken has its effects.
      desk.runtime.clock.jump(2_000);
      await desk.runtime.clock.advance(2_000);
      if (batch % 50 === 0) await desk.receiver.workDue();
      if (batch === batches / 4) settled = held();
    }),
    { numRuns: batches, seed: 20261122, endOnFailure: true },
  );
  await desk.receiver.workDue();
  const growth = held() - settled;
  const rows = await desk.store.read.selectFrom('inbound_event').select('state').execute();
  process.stderr.write(
    `receiver-fuzz: ${rows.length} events taken, growth ${growth.toFixed(1)} MiB, answers ${JSON.stringify([...seen].sort((a, b) => a[0] - b[0]))}\n`,
  );
  expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(batches * perBatch);
  // Every kind of answer came up: the requests reach all the way in.
  for (const status of [200, 202, 400, 401, 404, 405, 415])
    expect([status, (seen.get(status) ?? 0) > 10]).toEqual([status, true]);
  expect(rows.length).toBeGreaterThan(3_000);
  expect(rows.filter(({ state }) => state === 'failed' || state === 'stored')).toEqual([]);
  expect(growth).toBeLessThan(50);
  // Still serving.
  expect(
    (await fetch(`${server.url}/webhooks/${organisationId}/pagerduty`, { method: 'POST', body: '{}' })).status,
  ).toBe(401);
  await server.close();
  await desk.store.close();
}, 600_000);
