import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { endAll, organisationId, received, startAgent, wedops } from '../rig/console.ts';
import { broken, filesUnder } from '../rig/invariants.ts';
import { can, place, removeAll } from '../rig/places.ts';
import { sendEvent } from '../rig/webhook.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

const alert = (title: string) => ({
  organisationId,
  severity: 'emergency' as const,
  title,
  detail: '',
  venues: [],
  key: title,
  source: 'security',
});

/** A canary in every spelling in which it could hide. */
const spellings = (canary: string) => [
  canary,
  Buffer.from(canary).toString('base64').replace(/=+$/, ''),
  Buffer.from(canary).toString('hex'),
  encodeURIComponent(canary),
  JSON.stringify(canary).slice(1, -1),
];

test('SEC-32 SEC-30 canaries planted in every secret of every system are in no file, log, export, bundle or request but the secret store', async () => {
  const folder = place('canary');
  const data = join(folder, 'data');
  const agent = await startAgent(data);
  const client = await agent.client();
  // Practice put a secret of its own into every field of every system: those are the canaries.
  const store = join(data, 'practice-secrets.json');
  const canaries = [...new Set(secretsIn(JSON.parse(readFileSync(store, 'utf8'))))].filter((text) => text.length >= 12);
  expect(canaries.length).toBeGreaterThan(10);
  await client.alerts.raise(alert('canary sweep'));
  await sendEvent(agent.ready.webhookUrl, 'canary-sweep');
  await client.systems.checkAll({ organisationId });
  const diagnostics = await wedops(data, ['diagnostics', '--out', join(folder, 'diagnostics.json')]);
  expect([0, 1]).toContain(diagnostics.exit);
  await wedops(data, ['audit', 'export', '--out', join(folder, 'audit.jsonl')]);
  await wedops(data, ['backup', '--out', join(folder, 'backup.db')]);
  const processes = process.platform === 'linux' ? wordsOf(agent.child.pid ?? 0) : [];
  expect(processes.some((words) => words.includes('main.ts'))).toBe(process.platform === 'linux');
  const requests = JSON.stringify((await received(agent.ready.sandboxUrl)).map(({ path, body }) => [path, body]));
  await agent.stop();
  const found: string[] = [];
  for (const file of filesUnder(folder)) {
    // The sandbox is the vendors' side: they know their own keys.
    if (file === store || /sandbox\.db/.test(file)) continue;
    const bytes = readFileSync(file);
    for (const [index, canary] of canaries.entries()) {
      if (spellings(canary).some((text) => bytes.includes(text))) found.push(`canary ${index} in ${file}`);
    }
  }
  for (const [index, canary] of canaries.entries()) {
    if (requests.includes(canary)) found.push(`canary ${index} in the path or body of a request`);
    if (processes.some((words) => words.includes(canary))) found.push(`canary ${index} in the words of a process`);
  }
  expect(found).toEqual([]);
  expect(broken({ data })).toEqual([]);
}, 120_000);

/** Command line and environment of a process and of all it started. */
function wordsOf(pid: number): string[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  const own = ['cmdline', 'environ', 'comm'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'latin1'));
  return [...own, ...children.flatMap(wordsOf)];
}

/** Leaves that are secrets, not their names. */
function secretsIn(value: unknown): string[] {
  if (typeof value === 'string') {
    try {
      const inner: unknown = JSON.parse(value);
      if (typeof inner === 'object' && inner !== null) {
        const { accessToken, refreshToken, clientSecret } = inner as Record<string, unknown>;
        return [accessToken, refreshToken, clientSecret].filter((text): text is string => typeof text === 'string');
      }
    } catch {
      // A plain value.
    }
    return /^[\x21-\x7e]+$/.test(value) ? [value] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  if ('value' in value) return secretsIn(value.value);
  return Object.values(value).flatMap(secretsIn);
}

test.skipIf(!can.otherUser)(
  'SEC-21 SEC-28 another user of this computer reads nothing of the data folder and gets nowhere without the token',
  async () => {
    const folder = place('other-user');
    chmodSync(folder, 0o755);
    const data = join(folder, 'data');
    // The worst case: the folder was there before, open to everybody.
    mkdirSync(data, { mode: 0o755 });
    chmodSync(data, 0o755);
    const agent = await startAgent(data);
    const as = (script: string) =>
      spawnSync('setpriv', ['--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'bash', '-c', script], {
        encoding: 'utf8',
      });
    for (const file of filesUnder(data)) expect(as(`cat '${file}'`).status, file).not.toBe(0);
    expect(as(`touch '${join(data, 'mine')}'`).status).not.toBe(0);
    const port = new URL(agent.ready.url).port;
    const reply = as(
      `exec 3<>/dev/tcp/127.0.0.1/${port}; printf 'POST /rpc/app/status HTTP/1.1\\r\\nHost: 127.0.0.1:${port}\\r\\nContent-Type: application/json\\r\\nContent-Length: 11\\r\\n\\r\\n{"json":{}}' >&3; head -n 1 <&3`,
    );
    expect(reply.stdout).toContain('401');
    const ps = as('ps -eo args');
    expect(ps.stdout).not.toContain(agent.ready.token);
    expect(await agent.stop()).toBe(0);
  },
  60_000,
);

test('SEC-21 the token of a start is in no file but the owner record, and in no log', async () => {
  const data = join(place('token'), 'data');
  const agent = await startAgent(data);
  await fetch(`${agent.ready.url}/?token=${agent.ready.token}`);
  await (await agent.client()).app.status({});
  const holding = filesUnder(data).filter((file) => readFileSync(file).includes(agent.ready.token));
  expect(holding).toEqual([join(data, 'owner.json')]);
  expect(await agent.stop()).toBe(0);
  expect(existsSync(join(data, 'owner.json'))).toBe(false);
}, 60_000);

test('SEC-19 the agent listens on loopback alone and refuses any other address', async () => {
  const data = join(place('bind'), 'data');
  for (const host of ['0.0.0.0', '::', '192.168.1.10']) {
    expect(await wedops(data, ['agent', '--host', host]), host).toMatchObject({ exit: 3 });
  }
  const agent = await startAgent(data);
  const port = Number(new URL(agent.ready.url).port);
  const { networkInterfaces } = await import('node:os');
  const outside = Object.values(networkInterfaces())
    .flat()
    .filter((one) => one !== undefined && !one.internal && one.family === 'IPv4')
    .map((one) => one?.address ?? '');
  for (const address of outside) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address);
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      setTimeout(() => resolve(false), 2_000);
    });
    expect(open, address).toBe(false);
  }
  expect(await agent.stop()).toBe(0);
}, 60_000);

test('SEC-08 SEC-17 SEC-47 no path leads out: pages, uploads, downloads and file names', async () => {
  const folder = place('paths');
  const data = join(folder, 'data');
  const agent = await startAgent(data);
  const { url, token } = agent.ready;
  const raw = (path: string) =>
    new Promise<string>((resolve, reject) => {
      const { port, host } = new URL(url);
      const socket = connect(Number(port), '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('error', reject).on('close', () => resolve(text));
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });
  for (const path of [
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/assets/../../../../etc/passwd',
    '/..\\..\\package.json',
    '//etc/passwd',
    '/index.html%00.js',
  ]) {
    const said = await raw(path);
    expect(said, path).not.toContain('root:');
    expect(said, path).not.toContain('wedsync-ops-console"');
    // A path that is no file is the console's own page, which finds no screen of that name.
    expect(/^HTTP\/1.1 (400|404)/.test(said) || said.includes('<title>WedSync Ops</title>'), path).toBe(true);
  }
  for (const name of ['../../../outside.csv', '..\\..\\outside.csv', '/etc/outside.csv', 'a\0b.csv']) {
    await fetch(`${url}/files?name=${encodeURIComponent(name)}`, {
      method: 'PUT',
      headers: { 'x-wedops-token': token, 'content-type': 'application/octet-stream' },
      body: 'x',
    }).catch(() => undefined);
  }
  expect(filesUnder(folder).filter((file) => file.includes('outside'))).toEqual([]);
  expect(existsSync('/etc/outside.csv')).toBe(false);
  const download = await fetch(`${url}/files/${encodeURIComponent('../owner.json')}`, {
    headers: { 'x-wedops-token': token },
  });
  expect([400, 401, 404]).toContain(download.status);
  expect(await agent.stop()).toBe(0);
}, 60_000);

test('SEC-46 keys that reach into prototypes are refused or plain data, and the process stays as it was', async () => {
  const data = join(place('prototype'), 'data');
  const agent = await startAgent(data);
  const { url, token } = agent.ready;
  const call = (path: string, body: string) =>
    fetch(`${url}/rpc/${path}`, {
      method: 'POST',
      headers: { 'x-wedops-token': token, 'content-type': 'application/json' },
      body,
    });
  for (const body of [
    '{"json":{"organisationId":"bluebell","__proto__":{"polluted":"yes"}}}',
    '{"json":{"organisationId":"bluebell","constructor":{"prototype":{"polluted":"yes"}}}}',
    '{"json":{"organisationId":"bluebell"},"meta":[[0,"__proto__","polluted"]]}',
    '{"json":{"organisationId":"bluebell"},"meta":[[1,"constructor","prototype","polluted"]],"maps":[["__proto__","polluted"]]}',
    '{"__proto__":{"json":{"organisationId":"bluebell"}}}',
    `{"json":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
  ]) {
    const reply = await call('app/counts', body);
    expect(reply.status, body.slice(0, 90)).toBeLessThan(500);
    expect(await reply.text()).not.toContain('polluted');
  }
  const status = await call('app/status', '{"json":{}}');
  expect(status.status).toBe(200);
  expect(await status.text()).not.toContain('polluted');
  expect(await agent.stop()).toBe(0);
}, 60_000);

test('SEC-16 no call gives one organisation’s rows to another, whatever id is asked for', async () => {
  const data = join(place('tenants'), 'data');
  const first = await startAgent(data);
  const { id } = await (await first.client()).alerts.raise(alert('MARKER-OF-BLUEBELL'));
  await first.stop();
  const db = new Database(join(data, 'console.db'));
  db.prepare("INSERT INTO organisation (id, name, practice, created_at) VALUES ('other', 'Other', 1, 0)").run();
  db.close();
  const agent = await startAgent(data);
  const client = await agent.client();
  const asked = await Promise.allSettled([
    client.alerts.get({ organisationId: 'other', alertId: id }),
    client.alerts.list({ organisationId: 'other', filter: 'open' }),
    client.alerts.acknowledge({ organisationId: 'other', alertId: id, note: '' }),
    client.audit.list({ organisationId: 'other', after: null }),
    client.exports.suppliers({ organisationId: 'other' }),
    client.app.counts({ organisationId: 'other' }),
  ]);
  expect(JSON.stringify(asked)).not.toContain('MARKER-OF-BLUEBELL');
  expect((await client.alerts.get({ organisationId, alertId: id })).state).toBe('firing');
  expect(await agent.stop()).toBe(0);
}, 60_000);

test('SEC-45 AUD-06 an entry edited while the console was closed is told at the next start, on screen and on record, once', async () => {
  const data = join(place('tamper'), 'data');
  await (await startAgent(data)).stop();
  const db = new Database(join(data, 'console.db'));
  db.exec('DROP TRIGGER audit_entry_no_update');
  db.prepare("UPDATE audit_entry SET actor = 'person:nobody' WHERE sequence = 5").run();
  db.close();
  for (let start = 0; start < 2; start += 1) {
    const agent = await startAgent(data);
    const client = await agent.client();
    const { rows } = await client.alerts.list({ organisationId, filter: 'open' });
    expect(rows.filter(({ title }) => title === 'The audit record was changed')).toHaveLength(1);
    expect(await client.audit.verify({})).toMatchObject({ ok: false, verdict: 'altered', firstBroken: 5 });
    await agent.stop();
  }
  const after = new Database(join(data, 'console.db'), { readonly: true });
  expect(after.prepare("SELECT count(*) FROM audit_entry WHERE action = 'audit.break-found'").pluck().get()).toBe(1);
  after.close();
}, 60_000);

test('SEC-46 a restore takes no file that is not a backup, and no path of the page’s choosing', async () => {
  const folder = place('restore');
  const data = join(folder, 'data');
  await (await startAgent(data)).stop();
  const before = readFileSync(join(data, 'console.db'));
  writeFileSync(join(folder, 'fake.db'), 'SQLite format 3\0 and nothing else');
  const stranger = new Database(join(folder, 'stranger.db'));
  stranger.exec('CREATE TABLE outbox_job (state, delivery_class)');
  stranger.close();
  for (const file of [join(folder, 'fake.db'), join(folder, 'stranger.db'), '/etc/passwd', folder]) {
    expect((await wedops(data, ['restore', file])).exit, file).not.toBe(0);
  }
  expect(readFileSync(join(data, 'console.db')).equals(before)).toBe(true);
  expect(readdirSync(data).filter((name) => name.includes('.part'))).toEqual([]);
}, 60_000);
