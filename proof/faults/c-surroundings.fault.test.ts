import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { endAll, organisationId, startAgent } from '../rig/console.ts';
import { broken } from '../rig/invariants.ts';
import { can, place, removeAll } from '../rig/places.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

test('FT-30 the zone of the machine changes nothing that is due or stored', () => {
  const module = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
  const script = `
    const { weekendAt } = await import(${module('src-shared/domain/wedding-time/weekend-at.ts')});
    const { bankHolidaysKnown } = await import(${module('src-shared/domain/wedding-time/bank-holidays.ts')});
    const { nextOccurrence, readRule } = await import(${module('src-shared/domain/schedule/schedule.ts')});
    const rules = ['every 1st at 07:00', 'daily at 01:30', 'last working day at 17:00', 'every Monday at 08:00'].map(readRule);
    const out = [];
    const moves = (process.env.MOVES ?? '').split(' ');
    for (let at = Date.parse('2026-01-01T00:30:00Z'); at < Date.parse('2027-12-31T00:00:00Z'); at += 17 * 3_600_000) {
      if (moves[0] !== '') process.env.TZ = moves[out.length % moves.length];
      const { validUntil, weddingDay, peakHours, saturday, season } = weekendAt({
        at, zone: 'Europe/London', weddingDates: new Set(['2026-03-29', '2026-10-25']),
        bankHolidays: bankHolidaysKnown('england-and-wales'), manual: [],
      });
      const due = rules.map((rule) => nextOccurrence(rule, at, 'Europe/London', new Set(['2026-12-28'])).at);
      out.push([at, validUntil, JSON.stringify(weddingDay), peakHours, saturday, season, ...due, new Date(at).toISOString()]);
    }
    console.log(JSON.stringify(out));
  `;
  const under = (zone: string, moves = '') =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, TZ: zone, MOVES: moves },
      maxBuffer: 64 * 1024 ** 2,
    });
  const home = under('Europe/London');
  expect(JSON.parse(home).length).toBeGreaterThan(1_000);
  for (const zone of ['UTC', 'Pacific/Auckland', 'America/Los_Angeles', 'Asia/Kathmandu']) {
    expect(under(zone) === home, zone).toBe(true);
  }
  // And while it runs: somebody travels, or sets the computer right.
  expect(under('UTC', 'Asia/Kathmandu America/Los_Angeles Europe/London Pacific/Auckland') === home).toBe(true);
});

test('FT-72 the port is taken: the next start says so, and the configured port is never changed silently', async () => {
  const data = join(place('port'), 'data');
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as AddressInfo;
  const agent = await startAgent(data, ['--practice', '--empty', '--port', String(port)]);
  expect(agent.ready.url).toBeNull();
  expect(agent.errors()).toContain(`Port ${port} `);
  holder.close();
  // Everything else runs meanwhile; the very same port is opened once it is free.
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
  await expect.poll(answers, { timeout: 20_000, interval: 250 }).toBe(true);
  expect(await agent.stop()).toBe(0);
  expect(broken({ data })).toEqual([]);
}, 60_000);

test('FT-76 no keychain at all: the console starts, says so, and a real connection is refused in words', async () => {
  const data = join(place('no-keychain'), 'data');
  const { DBUS_SESSION_BUS_ADDRESS: _, ...env } = process.env;
  const agent = await startAgent(data, ['--practice', '--empty'], { env });
  const client = await agent.client();
  expect(['headless', 'missing']).toContain((await client.app.status({})).keychain);
  await expect(client.alerts.list({ organisationId, filter: 'open' })).resolves.toBeTruthy();
  const db = new Database(join(data, 'console.db'));
  db.exec("INSERT INTO organisation (id, name, practice, created_at) VALUES ('real', 'Real', 0, 0)");
  db.exec(
    `INSERT INTO person (organisation_id, id, name, roles, current) VALUES ('real', 'ada', 'Ada', '["admin"]', 1)`,
  );
  db.close();
  const secrets = { apiToken: 'canary-of-a-key-7141' };
  const wish = { organisationId: 'real', system: 'pagerduty', settings: {}, secrets };
  await expect(client.settings.saveConnection(wish)).rejects.toMatchObject({
    message: expect.stringMatching(/keychain/i),
  });
  expect(await agent.stop()).toBe(0);
  expect(broken({ data, canaries: ['canary-of-a-key-7141'] })).toEqual([]);
}, 60_000);

test.skipIf(!can.secretService)(
  'FT-75 a locked keychain: the console starts, alerts are stored, nothing lies in plain text',
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'wedops-locked-'));
    const data = join(home, 'console');
    const script = `
    mkdir -p "$XDG_DATA_HOME/keyrings"; printf 'pw' | gnome-keyring-daemon --unlock --components=secrets >/dev/null; sleep 0.3
    dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/aliases/default,/org/freedesktop/secrets/collection/login >/dev/null
    exec "$0" --input-type=module -e "$1"
  `;
    const program = `
    const { startAgent } = await import(${JSON.stringify(new URL('../rig/console.ts', import.meta.url).href)});
    const agent = await startAgent(${JSON.stringify(data)});
    const client = await agent.client();
    const { keychain } = await client.app.status({});
    const { id } = await client.alerts.raise({ organisationId: 'bluebell', severity: 'emergency', title: 'locked', detail: '', venues: [], key: 'locked', source: 'fault' });
    console.log(JSON.stringify({ keychain, stored: id !== '', exit: await agent.stop() }));
  `;
    const done = spawnSync('dbus-run-session', ['--', 'bash', '-c', script, process.execPath, program], {
      encoding: 'utf8',
      timeout: 60_000,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: home,
        XDG_DATA_HOME: join(home, 'share'),
        XDG_RUNTIME_DIR: home,
        LC_ALL: 'C.UTF-8',
      },
    });
    expect(done.stdout, done.stderr).toMatch(/\{"keychain":"locked","stored":true,"exit":0\}/);
    expect(broken({ data })).toEqual([]);
  },
  90_000,
);
