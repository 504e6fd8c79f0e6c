import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TOKEN_HEADER } from '../../../src-shared/contract/host-names.ts';
import { ended, type Started, started, wedops } from '../testing/wedops.ts';

interface Ready {
  readonly url: string;
  readonly token: string;
}

/**
 * Loaded into the agent, its threads and its children before anything of ours: whom they reach for, one line each. Every way out of
 * Node goes through one of these.
 */
const guard = (record: string) => `
  import { appendFileSync } from 'node:fs';
  import { Socket } from 'node:net';
  import dgram from 'node:dgram';
  import dns from 'node:dns';
  const note = (way, host) => appendFileSync(${JSON.stringify(record)}, way + ' ' + String(host ?? 'localhost') + '\\n');
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function (...given) {
    const [first] = Array.isArray(given[0]) ? given[0] : given;
    if (typeof first === 'object' ? first.path === undefined : !isNaN(first)) note('tcp', typeof first === 'object' ? first.host : given[1]);
    return connect.apply(this, given);
  };
  const send = dgram.Socket.prototype.send;
  dgram.Socket.prototype.send = function (...given) { note('udp', given.findLast((one) => typeof one === 'string')); return send.apply(this, given); };
  for (const asking of [dns, dns.promises])
    for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveMx', 'resolveTxt']) {
      const ask = asking[name];
      asking[name] = function (host, ...rest) { note('dns', host); return ask.call(this, host, ...rest); };
    }
`;

let folder: string;
let record: string;
let agent: Started<Ready>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-practice-'));
  record = join(folder, 'reached.txt');
  const file = join(folder, 'guard.mjs');
  await writeFile(record, '');
  await writeFile(file, guard(record));
  const before = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = `${before ?? ''} --import=${file}`;
  agent = await started<Ready>('agent', '--practice', '--data', join(folder, 'data'));
  if (before === undefined) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = before;
});
afterEach(async () => {
  await ended(agent.child);
  await rm(folder, { recursive: true, force: true });
});

test('in practice nothing reaches for anything outside this computer, whatever is asked of it (X9, ux 14.12)', async () => {
  const { url, token } = agent.ready;
  const call = async (name: string, input: object = {}) => {
    const reply = await fetch(`${url}/rpc/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [TOKEN_HEADER]: token },
      body: JSON.stringify({ json: { organisationId: 'bluebell', ...input } }),
    });
    expect([name, reply.status]).toEqual([name, 200]);
  };
  // A page: the samples come, and with them an emergency that goes to every channel.
  await fetch(url);
  await call('systems/checkAll');
  await call('weekend/preflight');
  await call('weekend/setHeartbeat', { url: 'https://heartbeat.example/secret' });
  for (const system of ['slack', 'email', 'sms', 'pagerduty', 'webhook']) await call('systems/sendTest', { system });
  await call('kpis/push');
  await call('kpis/syncBi');
  await wedops('alert', 'raise', '--severity', 'emergency', '--title', 'Gallery down', '--data', join(folder, 'data'));
  const reached = (await readFile(record, 'utf8')).trim().split('\n');
  // The guard does see what is reached: the sandbox is spoken to.
  expect(reached.filter((line) => line === 'tcp 127.0.0.1').length).toBeGreaterThan(20);
  const outside = reached.filter((line) => !/^\w+ (127(\.\d+){3}|::1|localhost)$/.test(line));
  expect([...new Set(outside)]).toEqual([]);
}, 120_000);
