import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { xero } from '../../adapters/xero/index.ts';
import { systemEntropy } from '../../platform/entropy.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { createOAuthReturn } from '../../platform/oauth-return.ts';
import { createRedactor } from '../../platform/redactor.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createConnections } from '../connections/connections.ts';
import { createOrganisations } from '../organisations/organisations.ts';
import { practiceOrganisationId as organisationId, seedPractice } from '../organisations/seed-practice.ts';
import type { Caller } from './base.ts';
import { settingsHandlers } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'settings-'));
const runtime = testRuntime();
let store: Store;
let client: (caller: Partial<Caller>) => ReturnType<typeof clientOf>;

function clientOf(handlers: ReturnType<typeof settingsHandlers>, caller: Caller) {
  return createRouterClient(handlers, { context: { caller, correlationId: 'c-1', log: runtime.log } });
}

beforeAll(async () => {
  store = await openStore({ folder, runtime });
  const audit = async () => undefined;
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
  const world = {
    http: { send: () => Promise.reject(new Error('nothing is sent here')) },
    secrets: createMemorySecrets(),
    signInPage: (url: string) => url,
  };
  const connections = createConnections({
    store,
    runtime,
    registry: [xero],
    worlds: { real: world, practice: world },
    redactor: createRedactor(),
    entropy: systemEntropy,
    oauthReturn: createOAuthReturn({ clock: runtime.clock }),
    organisations,
    audit,
    events,
  });
  const handlers = settingsHandlers({
    organisations,
    erasing: null as never,
    connections,
    keychain: null as never,
    seats: null as never,
  });
  client = (caller) => clientOf(handlers, { via: 'window', access: 'admin', personId: null, ...caller });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

test('the answers keep the contract, and no answer carries a PIN', async () => {
  const settings = client({});
  expect(await settings.organisation({ organisationId })).toMatchObject({ id: 'bluebell', vatRegistered: true });
  const people = await settings.people({ organisationId });
  expect(Object.keys(people[0] ?? {}).sort()).toEqual([
    'current',
    'firstPinBy',
    'hasPin',
    'id',
    'name',
    'ownPin',
    'roles',
  ]);
  expect(await settings.connections({ organisationId })).toMatchObject([{ system: 'xero', state: 'not_connected' }]);
});

test.each([
  ['organisation', {}],
  ['people', {}],
  ['connections', {}],
  ['connection', { system: 'xero' }],
  ['ledgerMap', { system: 'xero' }],
] as const)('%s of an organisation that does not exist is not found, or not connected', async (name, more) => {
  const call = client({})[name] as (input: unknown) => Promise<unknown>;
  await expect(call({ organisationId: 'elsewhere', ...more })).rejects.toMatchObject({
    code: expect.stringMatching(/NOT_FOUND|REFUSED/),
  });
});

test.each(['read', 'operate'] as const)(
  'a caller with %s access changes no settings, whoever it acts for',
  async (access) => {
    const settings = client({ access, personId: 'alex' });
    const refusal = { code: 'NOT_ALLOWED' };
    await expect(settings.saveOrganisation({ organisationId, patch: { name: 'X' } })).rejects.toMatchObject(refusal);
    await expect(settings.savePerson({ organisationId, name: 'X', roles: ['admin'] })).rejects.toMatchObject(refusal);
    await expect(settings.saveConnection({ organisationId, system: 'xero', settings: {} })).rejects.toMatchObject(
      refusal,
    );
    await expect(settings.beginSignIn({ organisationId, system: 'xero' })).rejects.toMatchObject(refusal);
    await expect(settings.disconnect({ organisationId, system: 'xero' })).rejects.toMatchObject(refusal);
  },
);

test.each(['sam', 'priya', 'nobody'])('admin access alone does not make %s an administrator', async (personId) => {
  const settings = client({ personId });
  const refusal = { code: 'NOT_ALLOWED' };
  await expect(settings.saveOrganisation({ organisationId, patch: { name: 'X' } })).rejects.toMatchObject(refusal);
  await expect(settings.savePerson({ organisationId, name: 'X', roles: ['admin'] })).rejects.toMatchObject(refusal);
  await expect(settings.saveConnection({ organisationId, system: 'xero', settings: {} })).rejects.toMatchObject(
    refusal,
  );
  // Whoever makes an organisation is its administrator, and one may back up or restore what all of them have.
  await expect(settings.createOrganisation({ organisationId, name: 'X' })).rejects.toMatchObject(refusal);
});

test('an administrator makes another organisation; without saying from which one nobody does, once there is one', async () => {
  await expect(client({ personId: 'alex' }).createOrganisation({ name: 'X' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  const made = await client({ personId: 'alex' }).createOrganisation({ organisationId, name: 'Oak & Co' });
  expect(made).toMatchObject({ name: 'Oak & Co', practice: false });
});

test('a refusal arrives as the four parts a person reads', async () => {
  await expect(client({}).saveOrganisation({ organisationId, patch: { timeZone: 'Mars' } })).rejects.toMatchObject({
    code: 'REFUSED',
    data: { happened: '"Mars" is not a time zone.', remedy: 'For example Europe/London.' },
  });
  await expect(client({}).ledgerMap({ organisationId, system: 'xero' })).rejects.toMatchObject({
    code: 'REFUSED',
    data: { happened: 'Xero is not connected' },
  });
});

test('a person is added, given a PIN, and acts', async () => {
  const settings = client({});
  const { id } = await settings.savePerson({ organisationId, name: 'Jo Bell', roles: ['finance_approver'] });
  expect(await settings.setPin({ organisationId, personId: id, pin: '13579' })).toMatchObject({ hasPin: true });
  await expect(settings.actAs({ organisationId, personId: id, pin: '1111' })).rejects.toMatchObject({
    code: 'REFUSED',
  });
  expect(await settings.actAs({ organisationId, personId: id, pin: '13579' })).toMatchObject({ current: true });
  await settings.actAs({ organisationId, personId: 'alex', pin: '' });
});
