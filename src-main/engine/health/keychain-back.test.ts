import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { adapterKit } from '../../adapters/kit/adapter.ts';
import { systemEntropy } from '../../platform/entropy.ts';
import { createKeychain } from '../../platform/keychain.ts';
import type { Store } from '../../ports/store.ts';
import { getConnection } from '../../store/repositories/connections.ts';
import { parkConnection, runStatement } from '../../store/repositories/outbox-statements.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { connectionsOver } from '../connections/testing/connections-over.ts';
import { createWeekend } from '../weekend/weekend.ts';
import { createHealth } from './index.ts';

const org = 'oak';
let store: Store;
afterEach(() => store.close());

const settings = z.object({});
const secrets = z.object({ key: z.string().meta({ label: 'Key' }) });

/** A real organisation with one system and a real keychain, whose driver answers, hangs or is locked as a test says. */
async function desk() {
  const runtime = testRuntime('2026-11-24T13:00:00Z');
  const { clock } = runtime;
  store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'keychain-back-')), runtime });
  const machine = { hangs: false, lock: 'unlocked' as 'unlocked' | 'locked', accepts: true };
  let free: (() => void)[] = [];
  const entries = new Map<string, string>();
  let marked: string | null = null;
  async function answer<T>(work: () => T): Promise<T> {
    if (machine.hangs) await new Promise<void>((resolve) => free.push(resolve));
    return work();
  }
  const keychain = createKeychain({
    driver: {
      getPassword: (service, account) => answer(() => entries.get(`${service}/${account}`) ?? null),
      setPassword: (service, account, value) => answer(() => void entries.set(`${service}/${account}`, value)),
      deletePassword: (service, account) => answer(() => entries.delete(`${service}/${account}`)),
      findCredentials: (service) =>
        answer(() =>
          [...entries]
            .filter(([name]) => name.startsWith(`${service}/`))
            .map(([name, password]) => ({ account: name.slice(service.length + 1), password })),
        ),
    },
    clock,
    entropy: systemEntropy,
    mark: {
      read: async () => marked,
      write: async (text) => {
        marked = text;
      },
    },
    platform: 'linux',
    session: true,
    serviceLock: async () => machine.lock,
  });
  const kit = adapterKit({ settings, secrets });
  const system = kit.adapter({
    manifest: { id: 'pagerduty', name: 'Pager', category: 'channel', auth: 'api-key', hosts: [], helpPage: 'x' },
    limits: { concurrency: 1 },
    settings: { version: 1, schema: settings, upgrades: [] },
    secrets,
    actions: {},
    receivers: {},
    async checkHealth({ secrets: { key } }) {
      const ok = machine.accepts && key === 'canary-key';
      const failure = { kind: 'needs-attention', code: 'auth', scope: 'connection', message: 'Not accepted' } as const;
      return [{ id: 'key', label: 'Key', neededFor: [], failure: ok ? null : failure }];
    },
  });
  const world = { http: { send: () => Promise.reject(new Error('none')) }, secrets: keychain, signInPage: String };
  const audit = async () => undefined as never;
  const connections = connectionsOver({
    store,
    runtime,
    registry: [system],
    worlds: { real: world, practice: world },
    audit,
  });
  const opened: string[] = [];
  connections.onOpened((_organisation, id) => opened.push(id));
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: org, name: 'Oak', created_at: 0 }).execute();
    const row = { id: `${org}/pagerduty`, organisation_id: org, system: 'pagerduty', created_at: 0, updated_at: 0 };
    await tx.insertInto('connection').values(row).execute();
  });
  await keychain.write({ organisationId: org, system: 'pagerduty', name: 'key' }, 'canary-key');
  const health = createHealth({
    ...{ store, runtime, registry: [system], connections },
    organisations: { get: audit, requireRole: audit },
    weekend: createWeekend({ store, runtime, audit, publish: () => undefined }),
    alerts: { raise: audit, resolveKey: audit, testChannel: audit },
    readRecord: async () => [],
    redactor: { redact: (text) => text },
    events: { publish: () => undefined },
    lineOf: () => null,
    sample: async () => undefined,
  });
  /** A round every ten seconds, as the loop makes them; time stands still unless the keychain is waited for. */
  const pass = async (ms: number) => {
    for (let spent = 0; spent < ms; spent += 10_000) {
      await clock.advance(10_000);
      let over = false;
      const round = health.tick().finally(() => {
        over = true;
      });
      while (!over) await clock.advance(machine.hangs ? 1_000 : 0);
      await round;
    }
  };
  return {
    machine,
    opened,
    pass,
    /** As a delivery does that asked for its secret in vain. */
    park: () =>
      store.transaction(async (tx) => {
        await runStatement(tx, parkConnection(`${org}/pagerduty`, 'auth', 'The keychain is locked', clock.now()));
      }),
    /** One delivery that went through, now. */
    delivered: () =>
      store.transaction(async (tx) => {
        const at = clock.now();
        const job = {
          job_id: 'j',
          connection_id: `${org}/pagerduty`,
          organisation_id: org,
          number: 1,
          stage: 'send',
        } as const;
        const none = { failure: null, receipt: null, note: null };
        await tx
          .insertInto('outbox_attempt')
          .values({ ...job, ...none, started_at: at, ended_at: at })
          .execute();
      }),
    checkNow: () => health.checkNow(org, 'pagerduty'),
    parked: async () => (await getConnection(store.read, org, 'pagerduty'))?.parked_code ?? null,
    answersAgain() {
      machine.hangs = false;
      for (const go of free) go();
      free = [];
    },
  };
}

test('FT-78 a keychain that hung answers again: what stopped for want of a secret goes on at the next round, by itself', async () => {
  const { machine, opened, pass, park, parked, answersAgain } = await desk();
  await pass(60_000);
  machine.hangs = true;
  await park();
  await pass(90_000);
  expect(await parked()).toBe('auth');
  answersAgain();
  await pass(10_000);
  expect(await parked()).toBeNull();
  expect(opened).toEqual(['pagerduty']);
});

test('FT-75 a keychain that was locked is unlocked: what stopped for want of a secret goes on at the next round, by itself', async () => {
  const { machine, opened, pass, park, parked } = await desk();
  await pass(60_000);
  machine.lock = 'locked';
  await park();
  await pass(90_000);
  expect(await parked()).toBe('auth');
  machine.lock = 'unlocked';
  await pass(10_000);
  expect(await parked()).toBeNull();
  expect(opened).toEqual(['pagerduty']);
});

test('a system that itself accepts us no longer stays stopped, however well the keychain is', async () => {
  const { machine, opened, pass, park, parked } = await desk();
  await pass(60_000);
  machine.accepts = false;
  await park();
  await pass(400_000);
  expect(await parked()).toBe('auth');
  machine.accepts = true;
  await pass(75_000);
  expect(await parked()).toBeNull();
  expect(opened).toEqual(['pagerduty']);
});

describe('a system that passes its check and refuses deliveries', () => {
  test('is opened by itself once, then waits for a person however often the check passes', async () => {
    const { opened, pass, park, parked, checkNow } = await desk();
    await pass(60_000);
    await park();
    await pass(400_000);
    expect(await parked()).toBeNull();
    await park();
    await pass(3_600_000);
    expect(await parked()).toBe('auth');
    expect(opened).toEqual(['pagerduty']);
    // Who asks for the check has reason to.
    await checkNow();
    expect(await parked()).toBeNull();
  });

  test('is opened again after it, or the keychain, was seen out of order meanwhile', async () => {
    const { machine, opened, pass, park, parked } = await desk();
    await pass(60_000);
    await park();
    await pass(400_000);
    await park();
    machine.lock = 'locked';
    await pass(30_000);
    machine.lock = 'unlocked';
    await pass(10_000);
    expect(await parked()).toBeNull();
    await park();
    machine.accepts = false;
    await pass(400_000);
    machine.accepts = true;
    await pass(75_000);
    expect(await parked()).toBeNull();
    expect(opened).toHaveLength(3);
  });

  test('and lets others through is tried once an hour, not at every check', async () => {
    const { opened, pass, park, delivered } = await desk();
    await pass(60_000);
    for (let spent = 0; spent < 3 * 3_600_000; spent += 300_000) {
      await park();
      await delivered();
      await pass(300_000);
    }
    expect(opened.length).toBeGreaterThan(1);
    expect(opened.length).toBeLessThanOrEqual(4);
  });
});
