import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pagerduty } from '../../adapters/pagerduty/index.ts';
import { xero } from '../../adapters/xero/index.ts';
import { systemEntropy } from '../../platform/entropy.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import type { SecretStoreState } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { getConnection, insertConnection } from '../../store/repositories/connections.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createOrganisations } from '../organisations/organisations.ts';
import { practiceOrganisationId, seedPractice } from '../organisations/seed-practice.ts';
import { createChangedKeychain } from './changed-keychain.ts';

const folder = mkdtempSync(join(tmpdir(), 'changed-keychain-'));
const runtime = testRuntime();
const by = { personId: null, channel: 'window' as const, correlationId: 'c-1' };
const record: string[] = [];
let store: Store;
let state: SecretStoreState = 'changed';
let keychain: ReturnType<typeof createChangedKeychain>;
let real: string;

beforeAll(async () => {
  store = await openStore({ folder, runtime });
  const audit = async (_: unknown, entry: { action: string; organisationId: string | null }) => {
    record.push(`${entry.organisationId} ${entry.action}`);
  };
  const events = { publish: () => undefined };
  await seedPractice({ store, runtime, audit });
  const organisations = createOrganisations({
    store,
    runtime,
    entropy: systemEntropy,
    audit,
    events,
    personKey: async () => null,
    buyerChanged: async () => undefined,
  });
  real = (await organisations.create('bluebell', { name: 'Oak Hall', timeZone: 'Europe/London' }, by)).id;
  const set = (system: string, mode: 'on' | 'off') =>
    store.transaction((tx) =>
      insertConnection(tx, {
        id: `${real}/${system}`,
        organisation_id: real,
        system,
        mode,
        settings: '{}',
        settings_version: 1,
        parked_code: null,
        parked_message: null,
        not_before: null,
        breaker: null,
        account: null,
        created_at: 1,
        updated_at: 1,
      }),
    );
  await set('pagerduty', 'on');
  await set('xero', 'off');
  const secrets = {
    ...createMemorySecrets(),
    state: async () => state,
    acceptChanged: async () => {
      state = 'ready';
    },
  };
  const deps = { store, clock: runtime.clock, secrets, adapters: [pagerduty, xero], organisations, audit, events };
  keychain = createChangedKeychain(deps);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

test('practice has nothing in the keychain and decides nothing about it', async () => {
  expect(await keychain.view(practiceOrganisationId)).toMatchObject({ systems: [] });
  await expect(keychain.accept(practiceOrganisationId, by)).rejects.toMatchObject({ code: 'REFUSED' });
  expect(state).toBe('changed');
});

test.each(['ready', 'locked', 'missing', 'headless'] as const)(
  'one that is %s is not accepted: there is nothing to decide',
  async (now) => {
    state = now;
    await expect(keychain.accept(real, by)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(state).toBe(now);
    expect((await getConnection(store.read, real, 'pagerduty'))?.parked_code).toBeNull();
  },
);

test('accepted, what is set up and not switched off waits to be connected again, and the record of each real organisation says so', async () => {
  state = 'changed';
  await expect(keychain.accept(real, { ...by, personId: 'nobody' })).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  record.length = 0;
  expect(await keychain.accept(real, by)).toEqual({
    state: 'ready',
    systems: [{ system: 'pagerduty', name: 'PagerDuty' }],
  });
  expect(await getConnection(store.read, real, 'pagerduty')).toMatchObject({ parked_code: 'auth' });
  expect(await getConnection(store.read, real, 'xero')).toMatchObject({ parked_code: null });
  expect(record).toEqual([`${real} keychain.accepted`]);
});
