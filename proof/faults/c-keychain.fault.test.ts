import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { broken } from '../rig/invariants.ts';
import { can } from '../rig/places.ts';

const Said = z.object({
  before: z.string(),
  during: z.string(),
  /** Of each alert raised meanwhile: until the call answered and until the last channel had it, ms. */
  answeredMs: z.array(z.number()),
  toldMs: z.array(z.number()),
  /** Stalls of the loop above 200 ms in each stretch of ten seconds, as the console records them. */
  stalls: z.array(z.number()),
  backMs: z.number(),
  exit: z.number(),
});

const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Runs `program` beside a Secret Service of its own, unlocked, which keeps what it is given under `keyrings`. */
function besideKeyring(home: string, keyrings: string, program: string): unknown {
  const script = `
    mkdir -p "$XDG_DATA_HOME/keyrings"
    printf 'pw' | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 & export KEYRING=$!
    sleep 1
    "$0" --input-type=module -e "$1"
    kill -CONT $KEYRING; kill $KEYRING
  `;
  const done = spawnSync('dbus-run-session', ['--', 'bash', '-c', script, process.execPath, program], {
    encoding: 'utf8',
    timeout: 160_000,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      XDG_DATA_HOME: keyrings,
      XDG_RUNTIME_DIR: home,
      LC_ALL: 'C.UTF-8',
    },
  });
  const line = done.stdout.split('\n').find((one) => one.startsWith('{'));
  return JSON.parse(line ?? JSON.stringify(done.stderr));
}

test.skipIf(!can.secretService)(
  'FT-77 another keychain under the same data folder: no crash, the systems to connect again are named, and they can be',
  () => {
    const home = mkdtempSync(join(tmpdir(), 'wedops-changed-'));
    const data = join(home, 'console');
    const begin = `
    const { startAgent } = await import(${url('../rig/console.ts')});
    const agent = await startAgent(${JSON.stringify(data)});
    const client = await agent.client();
  `;
    const first = besideKeyring(
      home,
      join(home, 'share'),
      `${begin}
    const { id } = await client.settings.createOrganisation({ organisationId: 'bluebell', name: 'Real' });
    const connect = (system, secrets, settings = {}) => client.settings.saveConnection({ organisationId: id, system, settings, secrets });
    await connect('pagerduty', { routingKeys: '0123456789abcdef0123456789abcdef' });
    await connect('datadog', { apiKey: '0123456789abcdef0123456789abcdef' });
    const { state } = await client.settings.connection({ organisationId: id, system: 'pagerduty' });
    console.log(JSON.stringify({ id, state, exit: await agent.stop() }));`,
    );
    expect(first).toMatchObject({ state: 'connected', exit: 0 });
    const { id } = z.object({ id: z.string() }).parse(first);

    const second = besideKeyring(
      home,
      join(home, 'other-share'),
      `${begin}
    const organisationId = ${JSON.stringify(id)};
    const one = (system) => client.settings.connection({ organisationId, system });
    const save = () => client.settings.saveConnection({ organisationId, system: 'pagerduty', settings: {}, secrets: { routingKeys: 'fedcba9876543210fedcba9876543210' } });
    const before = await client.settings.keychain({ organisationId });
    const refused = await save().then(() => 'saved', (thrown) => thrown.data?.happened ?? String(thrown));
    const cutOff = (await one('pagerduty')).state;
    const after = await client.settings.acceptKeychain({ organisationId });
    const twice = await client.settings.acceptKeychain({ organisationId }).then(() => 'accepted', (thrown) => thrown.code);
    const waiting = [(await one('pagerduty')).problem, (await one('datadog')).problem];
    const mended = (await save()).state;
    const record = (await client.audit.list({ organisationId, after: null })).rows.map(({ action }) => action);
    console.log(JSON.stringify({ before, refused, cutOff, after, twice, waiting, mended, record, exit: await agent.stop() }));`,
    );
    const systems = [{ name: 'Datadog' }, { name: 'PagerDuty' }];
    expect(second).toMatchObject({
      before: { state: 'changed', systems },
      refused: expect.stringContaining('not the keychain the console used before'),
      cutOff: 'needs_attention',
      after: { state: 'ready', systems },
      twice: 'REFUSED',
      waiting: [expect.stringContaining('PagerDuty'), expect.stringContaining('Datadog')],
      mended: 'connected',
      exit: 0,
    });
    expect(second).toHaveProperty('record', expect.arrayContaining(['keychain.accepted', 'connection.saved']));

    // The keychain of before has all it had, and is now the one that is not known.
    const third = besideKeyring(
      home,
      join(home, 'share'),
      `${begin}
    const { state } = await client.settings.keychain({ organisationId: ${JSON.stringify(id)} });
    console.log(JSON.stringify({ state, exit: await agent.stop() }));`,
    );
    expect(third).toMatchObject({ state: 'changed', exit: 0 });
    expect(broken({ data })).toEqual([]);
  },
  240_000,
);

test.skipIf(!can.secretService)(
  'FT-78 a keychain that does not answer for a minute: screens and the sending of others go on, and it is there again with its answer',
  () => {
    const home = mkdtempSync(join(tmpdir(), 'wedops-hanging-'));
    const data = join(home, 'console');
    const program = `
    import { readFileSync, readdirSync } from 'node:fs';
    const { startAgent, organisationId } = await import(${url('../rig/console.ts')});
    const { setTimeout: wait } = await import('node:timers/promises');
    const data = ${JSON.stringify(data)};
    const keyring = Number(process.env.KEYRING);
    const agent = await startAgent(data);
    const client = await agent.client();
    const keychain = async () => (await client.app.status({})).keychain;
    const before = await keychain();
    const real = (await client.settings.createOrganisation({ organisationId: 'bluebell', name: 'Real' })).id;
    const stallsSoFar = () => readdirSync(data + '/logs').flatMap((name) =>
      readFileSync(data + '/logs/' + name, 'utf8').split('\\n').filter((line) => line.includes('loop.lag'))).length;
    process.kill(keyring, 'SIGSTOP');
    const hanging = [];
    const answeredMs = [], toldMs = [], stalls = [];
    for (let stretch = 0; stretch < 6; stretch += 1) {
      const from = stallsSoFar();
      const until = performance.now() + 10_000;
      hanging.push(client.settings.connections({ organisationId: real }).catch(String));
      const began = performance.now();
      const { id } = await client.alerts.raise({ organisationId, severity: 'critical', title: 'Meanwhile ' + stretch, detail: '', venues: [], key: 'k' + stretch, source: 'fault' });
      answeredMs.push(performance.now() - began);
      let told = null;
      while (told === null && performance.now() < until) { told = (await client.alerts.get({ organisationId, alertId: id })).toldMs; await wait(100); }
      if (told !== null) toldMs.push(told);
      await wait(Math.max(0, until - performance.now()));
      stalls.push(stallsSoFar() - from);
    }
    const during = await keychain();
    await Promise.all(hanging);
    process.kill(keyring, 'SIGCONT');
    const back = performance.now();
    while ((await keychain()) !== 'ready' && performance.now() - back < 30_000) await wait(200);
    console.log(JSON.stringify({ before, during, answeredMs, toldMs, stalls, backMs: performance.now() - back, exit: await agent.stop() }));
  `;
    const said = Said.parse(besideKeyring(home, join(home, 'share'), program));
    expect(said).toMatchObject({ before: 'ready', during: 'locked', exit: 0 });
    expect(Math.max(...said.answeredMs)).toBeLessThan(1_000);
    expect(said.toldMs).toHaveLength(6);
    // A busy machine stalls a loop too; waiting for the keychain would do so in every stretch.
    expect(Math.min(...said.stalls)).toBe(0);
    expect(said.backMs).toBeLessThan(10_000);
    expect(broken({ data })).toEqual([]);
  },
  180_000,
);
