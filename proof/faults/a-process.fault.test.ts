import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';

import {
  emergency,
  endAll,
  fault,
  organisationId,
  peek,
  received,
  startAgent,
  startSandboxProcess,
  wedops,
} from '../rig/console.ts';
import { broken } from '../rig/invariants.ts';
import { can, place, removeAll } from '../rig/places.ts';
import { powerCuts, record } from '../rig/power.ts';
import { kills, storm } from '../rig/storm.ts';
import { sendEvent } from '../rig/webhook.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

test(`FT-02 FT-08 killed ${kills} times at random under mixed load: whatever was acknowledged is there once`, async () => {
  const outcome = await storm(place('storm'), kills, Number(process.env.FAULT_SEED ?? 20261122));
  expect(outcome.wrong).toEqual([]);
  expect(outcome.kills).toBe(kills);
  expect(outcome.acknowledged.webhooks).toBeGreaterThan(kills);
  expect(outcome.acknowledged.alerts).toBeGreaterThan(kills / 4);
  expect(outcome.acknowledged.batches, outcome.refusals.join()).toBeGreaterThan(0);
  expect(outcome.acknowledged.crm).toBeGreaterThan(0);
  expect(outcome.acknowledged.metrics).toBeGreaterThan(0);
}, 14_400_000);

test.skipIf(!can.strace)(
  'FT-09 the power fails: at every moment the disk was told to keep, every acknowledged fact is there',
  async () => {
    const folder = place('power');
    const { journal, acknowledged } = await record(folder);
    const { cuts, wrong } = powerCuts(folder, journal, acknowledged);
    expect(cuts).toBeGreaterThan(20);
    expect(wrong).toEqual([]);
  },
  180_000,
);

test('FT-10 a console whose loop stands still is ended within 20 s, and the alert it was telling goes at once after the next start, late on record', async () => {
  const folder = place('hang');
  const data = join(folder, 'data');
  const { url } = await startSandboxProcess(join(folder, 'vendor'));
  const channels = ['slack', 'email', 'sms', 'pagerduty', 'webhook'];
  for (const system of channels) await fault(url, { system, delayMs: 3_000, times: 0 });
  const words = ['--practice', '--practice-speed', '60', '--sandbox', url, '--empty'];
  const agent = await startAgent(data, words, { node: ['--inspect=127.0.0.1:0'] });
  const { id } = await (await agent.client()).alerts.raise(emergency('hangs before it is told'));
  const began = performance.now();
  await hang(agent.errors());
  await once(agent.child, 'exit');
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(agent.child.signalCode).toBe('SIGKILL');
  expect(agent.errors()).toContain('did not answer');

  const next = await startAgent(data, words);
  const client = await next.client();
  const started = performance.now();
  const told = async () => (await client.alerts.get({ organisationId, alertId: id })).toldMs;
  await expect.poll(told, { timeout: 15_000, interval: 100 }).not.toBeNull();
  expect(performance.now() - started).toBeLessThan(10_000);
  // Counted from the commit, through the hang.
  expect(await told()).toBeGreaterThan(14_000);
  for (const system of channels)
    expect(JSON.stringify(await received(url, system)), system).toContain('hangs before it is told');
  expect(await next.stop()).toBe(0);
  expect(broken({ data, sandbox: join(folder, 'vendor') })).toEqual([]);
}, 90_000);

test('FT-12 ended again and again at start: the fourth start in five minutes is a safe one, in which reading works', async () => {
  const data = join(place('loop'), 'data');
  // A real organisation; practice alone is never stopped by this.
  await (await startAgent(data, ['--empty'])).stop();
  await realOrganisation(data);
  for (let index = 0; index < 3; index += 1) await (await startAgent(data, ['--empty'])).kill();
  const fourth = await startAgent(data, ['--empty']);
  const client = await fourth.client();
  expect(await client.app.status({})).toMatchObject({ safeMode: true });
  expect(fourth.errors()).toContain('Safe mode');
  await expect(client.alerts.list({ organisationId: 'real', filter: 'open' })).resolves.toBeTruthy();
  expect(await fourth.stop()).toBe(0);
  expect(broken({ data })).toEqual([]);
}, 60_000);

test('FT-13 little memory and a gigantic file: refused or read in a stream, and the console lives', async () => {
  const folder = place('memory');
  const data = join(folder, 'data');
  const agent = await startAgent(data, ['--practice', '--empty'], { node: ['--max-old-space-size=256'] });
  // One line of 1 GiB: a reader that waits for its end would need more than there is.
  const file = join(folder, 'huge.csv');
  spawnSync('bash', ['-c', `head -c 1073741824 /dev/zero | tr '\\0' 'x' > ${file}`]);
  const said = await wedops(data, ['import', 'costs', file], { timeoutMs: 100_000 });
  expect(said.exit).not.toBe(0);
  expect(JSON.stringify(said.value)).toContain('longer than a million characters');
  expect(agent.child.exitCode).toBeNull();
  await expect((await agent.client()).app.status({})).resolves.toBeTruthy();
  expect(await agent.stop()).toBe(0);
  expect(broken({ data })).toEqual([]);
}, 120_000);

test.runIf(process.platform === 'linux')(
  'FT-14 out of file descriptors: no crash, and all is well once there are some',
  async () => {
    const data = join(place('descriptors'), 'data');
    const agent = await startAgent(data, ['--practice', '--empty'], {
      front: ['bash', '-c', 'ulimit -n 64; exec "$@"', 'bash'],
    });
    const port = Number(new URL(agent.ready.url).port);
    const open: Socket[] = [];
    for (let index = 0; index < 120; index += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      open.push(socket);
    }
    await wait(1_000);
    // An address may have twenty: that fewer are left shows that it was the descriptors that ran out.
    expect(open.filter((socket) => !socket.destroyed).length).toBeLessThan(20);
    const during = await sendEvent(agent.ready.webhookUrl, 'descriptors-during');
    for (const socket of open) socket.destroy();
    await expect
      .poll(() => sendEvent(agent.ready.webhookUrl, 'descriptors-after'), { timeout: 20_000, interval: 500 })
      .toBeOneOf([200, 202]);
    expect(agent.child.exitCode).toBeNull();
    expect(await agent.stop()).toBe(0);
    const acknowledged = ['descriptors-after', ...(during === 202 ? ['descriptors-during'] : [])];
    expect(broken({ data, acknowledged })).toEqual([]);
  },
  60_000,
);

test('FT-15 told to end with 500 waiting: gone within 8 s, and all of it goes on at the next start', async () => {
  const data = join(place('orderly'), 'data');
  const agent = await startAgent(data);
  const client = await agent.client();
  await client.settings.setMode({ organisationId, system: 'webhook', mode: 'paused', reason: 'test' });
  // An address has twenty connections.
  for (let index = 0; index < 240; index += 10) {
    const some = Array.from({ length: 10 }, (_, offset) => client.alerts.raise(emergency(`waits ${index + offset}`)));
    await Promise.all(some);
  }
  const open = () =>
    peek(data, (db) =>
      db.prepare("SELECT count(*) FROM outbox_job WHERE state IN ('queued', 'sending')").pluck().get(),
    );
  expect(open()).toBeGreaterThan(500);
  const began = performance.now();
  expect(await agent.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(peek(data, (db) => db.prepare("SELECT count(*) FROM outbox_job WHERE state = 'sending'").pluck().get())).toBe(
    0,
  );
  const waiting = Number(open());
  const next = await startAgent(data);
  await (await next.client()).settings.setMode({ organisationId, system: 'webhook', mode: 'on', reason: 'test' });
  await expect.poll(() => Number(open()), { timeout: 30_000, interval: 500 }).toBeLessThan(waiting / 2);
  expect(await next.stop()).toBe(0);
  expect(broken({ data })).toEqual([]);
}, 120_000);

test('FT-29 stopped for a while and woken: what fell due meanwhile is told once, and the console goes on', async () => {
  const data = join(place('suspend'), 'data');
  const agent = await startAgent(data);
  const client = await agent.client();
  const { id } = await client.alerts.raise(emergency('before the sleep'));
  const pids = [-(agent.child.pid ?? 0)];
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  // Longer than the watchdog's patience: sleep is no hang.
  await wait(17_000);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  await wait(3_000);
  expect(agent.child.exitCode).toBeNull();
  await expect
    .poll(async () => (await client.alerts.get({ organisationId, alertId: id })).toldMs, { timeout: 20_000 })
    .not.toBeNull();
  await expect(client.alerts.raise(emergency('after the sleep'))).resolves.toBeTruthy();
  expect(await agent.stop()).toBe(0);
  expect(broken({ data })).toEqual([]);
}, 60_000);

/** `FAULT_OWNER_ROUNDS=50` is the whole. */
const rounds = Number(process.env.FAULT_OWNER_ROUNDS ?? 2);

test(
  'FT-85 five agents and five commands on one folder at once: one owner, everyone else connects or says why not',
  async () => {
    const data = join(place('owners'), 'data');
    for (let round = 0; round < rounds; round += 1) {
      const agents = Array.from({ length: 5 }, () =>
        startAgent(data).then(
          (agent) => agent,
          (thrown: Error) => thrown,
        ),
      );
      const commands = Array.from({ length: 5 }, () => wedops(data, ['audit', 'verify']));
      const started = await Promise.all(agents);
      const running = started.filter((one) => !(one instanceof Error));
      // Commands at work end; then it is an agent's turn.
      expect(running).toHaveLength(1);
      for (const one of started)
        if (one instanceof Error) expect(one.message).toMatch(/ended with 3: .*(served|held) by/s);
      for (const { exit } of await Promise.all(commands)) expect(exit).toBe(0);
      for (const one of running) expect(await (one as Awaited<ReturnType<typeof startAgent>>).stop()).toBe(0);
    }
    expect(broken({ data })).toEqual([]);
  },
  rounds * 60_000,
);

test('FT-86 a forged record of an owner, with a living process id: taken over, because nobody holds the lock', async () => {
  const data = join(place('forged'), 'data');
  await (await startAgent(data)).stop();
  const record = { pid: process.pid, startId: 'x', host: 'agent', url: 'http://127.0.0.1:9', token: 'forged' };
  writeFileSync(join(data, 'owner.json'), JSON.stringify(record));
  const agent = await startAgent(data);
  await expect((await agent.client()).app.status({})).resolves.toBeTruthy();
  expect(await agent.stop()).toBe(0);
  writeFileSync(join(data, 'owner.json'), '{"pid": "not a record');
  expect(await wedops(data, ['audit', 'verify'])).toMatchObject({ exit: 0 });
  expect(broken({ data })).toEqual([]);
}, 60_000);

test('FT-89 a database of a newer version: exit 3 with both versions, and the file is not touched', async () => {
  const data = join(place('newer'), 'data');
  await (await startAgent(data)).stop();
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(join(data, 'console.db'));
  db.pragma('user_version = 9999');
  db.close();
  const before = readdirSync(data).filter((name) => name.startsWith('console.db'));
  const said = await wedops(data, ['audit', 'verify']);
  expect(said).toMatchObject({ exit: 3 });
  expect(JSON.stringify(said.value)).toContain('made by version');
  expect(readdirSync(data).filter((name) => name.startsWith('console.db'))).toEqual(before);
}, 60_000);

/** A cable that leads nowhere: whatever is asked for, a name included, goes into it and is counted. */
const nowhere = (folder: string) => `
ip link add nowhere type veth peer name end
ip link set nowhere addrgenmode none; ip link set end addrgenmode none
ip addr add 10.9.9.1/24 dev nowhere
ip link set nowhere arp off; ip link set end up; ip link set nowhere up
ip route add default dev nowhere
echo nameserver 10.9.9.53 > ${folder}/names; mount --bind ${folder}/names /etc/resolv.conf
`;

test.skipIf(!can.networkNamespace || !can.mount).each([
  ['without any network', null],
  ['on a network that leads nowhere', nowhere],
])(
  'FT-34 %s the console starts, practice works, and nothing but loopback is asked for',
  async (_where, cable) => {
    const folder = place('offline');
    const data = join(folder, 'data');
    const inside = `set -e; ip link set lo up; ${cable?.(folder) ?? ''} "$@"; ${cable ? 'ip -s -j link show nowhere' : ''}`;
    const front = ['unshare', '-n', '-m', 'bash', '-c', inside, 'bash'];
    const script = `
    const { startAgent } = await import(${JSON.stringify(new URL('../rig/console.ts', import.meta.url).href)});
    const agent = await startAgent(${JSON.stringify(data)});
    const client = await agent.client();
    const { id } = await client.alerts.raise(${JSON.stringify(emergency('offline'))});
    for (let tries = 0; tries < 100; tries += 1) {
      if ((await client.alerts.get({ organisationId: 'bluebell', alertId: id })).toldMs !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    console.log(JSON.stringify({ told: (await client.alerts.get({ organisationId: 'bluebell', alertId: id })).toldMs !== null, exit: await agent.stop() }));
  `;
    const [command = '', ...words] = [...front, process.execPath, '--input-type=module', '-e', script];
    const done = spawnSync(command, words, { encoding: 'utf8', timeout: 60_000 });
    expect(done.stdout, done.stderr).toContain('{"told":true,"exit":0}');
    if (cable) expect(done.stdout).toMatch(/"tx":\{"bytes":0,"packets":0,/);
    expect(broken({ data })).toEqual([]);
  },
  90_000,
);

/** Makes the main thread of a program started with `--inspect` run in circles; `said`: what it wrote to stderr. */
async function hang(said: string): Promise<void> {
  const socket = new WebSocket(/ws:\/\/\S+/.exec(said)?.[0] ?? '');
  await once(socket, 'open');
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'for (;;) {}' } }));
}

async function realOrganisation(data: string): Promise<void> {
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(join(data, 'console.db'));
  db.prepare("INSERT INTO organisation (id, name, practice, created_at) VALUES ('real', 'Real', 0, 0)").run();
  db.close();
}
