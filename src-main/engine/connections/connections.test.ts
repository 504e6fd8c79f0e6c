import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RetryableError } from '../../../src-shared/domain/failure.ts';
import { createEnvironmentSecrets } from '../../platform/environment-secrets.ts';
import { practiceOrganisationId as org } from '../organisations/seed-practice.ts';
import { environmentVariables } from './adapter-facts.ts';
import {
  books,
  booksDesk,
  by,
  connections,
  entries,
  folder,
  http,
  machine,
  memory,
  never,
  released,
  save,
  signIn,
  signInWith,
  store,
  vendor,
} from './testing/books-desk.ts';

booksDesk();

test('a system nobody connected shows its form, with the secret as a field to type and no value', async () => {
  expect(await connections.list(org)).toMatchObject([
    { system: 'xero', state: 'not_connected', secretsPresent: [], auth: 'oauth2', mode: 'on', problem: null },
  ]);
  const [view] = await connections.list(org);
  expect(view?.fields.map(({ name, secret }) => [name, secret])).toEqual([
    ['address', false],
    ['days', false],
    ['terms', false],
    ['clientId', true],
  ]);
});

test('a secret goes to the secret store and nowhere else', async () => {
  const view = await save({ settings: { days: 14 }, secrets: { clientId: ' client-canary-1 ' } });
  expect(view).toMatchObject({ settings: { days: 14 }, secretsPresent: ['clientId'] });
  expect(await memory.read({ organisationId: org, system: 'xero', name: 'clientId' })).toBe('client-canary-1');
  expect(JSON.stringify([view, entries])).not.toContain('canary');
  await store.backup(join(folder, 'copy.db'));
  expect(readFileSync(join(folder, 'copy.db')).includes('client-canary-1')).toBe(false);
  rmSync(join(folder, 'copy.db'));
});

test.each([
  [{ settings: { days: 0 } }, 'Days to pay'],
  [{ settings: { colour: 'red' } }, 'colour'],
  [{ secrets: { clientId: 'abc' } }, 'Client id: is too short'],
  [{ secrets: { other: 'abcdef' } }, 'other'],
])('%j is refused with the field named, and nothing is saved', async (wish, named) => {
  await expect(save(wish)).rejects.toThrow(named);
  expect(await connections.get(org, 'xero')).toMatchObject({ settings: {}, secretsPresent: [] });
});

test('moving a protected address forgets the secrets; another setting does not', async () => {
  await save({ secrets: { clientId: 'client-1' } });
  expect((await save({ settings: { days: 7 } })).secretsPresent).toEqual(['clientId']);
  expect((await save({ settings: { address: 'https://elsewhere.example' } })).secretsPresent).toEqual([]);
  expect(entries.at(-1)).toMatchObject({ action: 'connection.saved', after: { secretsForgotten: true } });
});

test('only administrators connect; ops may pause, with a reason', async () => {
  await expect(save({}, 'sam')).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  await expect(connections.beginSignIn(org, 'xero', by('priya'))).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  await expect(connections.setMode(org, 'xero', 'paused', ' ', by('sam'))).rejects.toMatchObject({ code: 'REFUSED' });
  expect((await connections.setMode(org, 'xero', 'paused', 'month end', by('sam'))).mode).toBe('paused');
  expect(released).toEqual([]);
  await connections.setMode(org, 'xero', 'on', 'done', by('sam'));
  expect(released).toEqual(['xero']);
});

test('signing in stores the tokens, takes the only account, and opens the connection', async () => {
  await signIn();
  await expect
    .poll(() => connections.get(org, 'xero'))
    .toMatchObject({ state: 'connected', account: 'Bluebell Ltd', problem: null, secretsPresent: ['clientId'] });
  expect(released).toContain('xero');
  expect(vendor.seen.find(({ path }) => path === '/token')?.body).toMatch(/code_verifier=/);
});

test('a refused sign-in is a problem on the connection, in words', async () => {
  await save({ secrets: { clientId: 'client-1' } });
  const { url } = await connections.beginSignIn(org, 'xero', by());
  const query = new URL(url).searchParams;
  await http.send({
    method: 'GET',
    url: `${query.get('redirect_uri')}?error=access_denied&state=${query.get('state')}`,
  });
  await expect.poll(async () => (await connections.get(org, 'xero')).problem).toBe('Access was not granted');
});

test('with two accounts a person must choose one', async () => {
  vendor.offered = [...vendor.offered, { id: 't-2', name: 'Other Ltd', detail: 'UK' }];
  await signIn();
  expect(await connections.get(org, 'xero')).toMatchObject({
    state: 'needs_attention',
    problem: 'Choose which books to use.',
  });
  await expect(connections.chooseAccount(org, 'xero', 't-9', by())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await connections.chooseAccount(org, 'xero', 't-2', by())).toMatchObject({
    state: 'connected',
    account: 'Other Ltd',
  });
});

test('a locked keychain is a problem to read, not a page that fails', async () => {
  await signIn();
  machine.keychain = 'locked';
  expect(await connections.list(org)).toMatchObject([{ state: 'needs_attention', problem: 'The keychain is locked' }]);
  await expect(save({ settings: { days: 9 }, secrets: { clientId: 'client-2' } })).rejects.toThrow('locked');
  machine.keychain = 'ready';
  expect((await connections.get(org, 'xero')).settings).toMatchObject({ days: 30 });
});

test('disconnecting revokes at the vendor and forgets every secret, the account and the codes', async () => {
  await signIn();
  await connections.ledgers.confirm(org, 'xero', { taxes: { uk_standard: 'INPUT2' }, accounts: {} }, by());
  expect(await connections.disconnect(org, 'xero', by())).toMatchObject({
    state: 'not_connected',
    account: null,
    secretsPresent: [],
  });
  expect(vendor.seen.at(-1)).toMatchObject({ path: '/revoke' });
  expect(await memory.list(org)).toEqual([]);
  expect(await store.read.selectFrom('ledger_map').selectAll().execute()).toEqual([]);
});

test('disconnecting works when the vendor does not', async () => {
  await signIn();
  const practice = await connections.contexts.worldOf(org);
  const send = practice.http.send;
  Object.assign(practice.http, { send: async () => Promise.reject(new RetryableError('network', 'down')) });
  expect(await connections.disconnect(org, 'xero', by())).toMatchObject({ state: 'not_connected' });
  Object.assign(practice.http, { send });
  expect(entries.at(-1)).toMatchObject({ after: { revoked: false } });
});

test('what was stopped for want of a sign-in is opened again once the system takes us; what needs a person is not', async () => {
  await signIn();
  await store.transaction(async (tx) => {
    await tx
      .updateTable('connection')
      .set({ parked_code: 'auth', parked_message: 'Xero no longer accepts us' })
      .execute();
  });
  expect(await connections.get(org, 'xero')).toMatchObject({
    state: 'needs_attention',
    problem: 'Xero no longer accepts us',
  });
  released.length = 0;
  await connections.recovered(org, 'xero');
  expect(released).toEqual(['xero']);
  expect(await connections.get(org, 'xero')).toMatchObject({ state: 'connected' });
  await store.transaction(async (tx) => {
    await tx.updateTable('connection').set({ parked_code: 'misconfigured', parked_message: 'No books' }).execute();
  });
  await connections.recovered(org, 'xero');
  expect(await connections.get(org, 'xero')).toMatchObject({ problem: 'No books' });
});

test('on an agent the environment gives a setting and a secret; disconnecting keeps them, moving the address is refused', async () => {
  const practice = await connections.contexts.worldOf(org);
  const outside = createEnvironmentSecrets({
    environment: { BOOKS_CLIENT_ID: 'from-outside', BOOKS_TERMS: 'net' },
    variables: environmentVariables([books]),
    organisationId: org,
    behind: memory,
  });
  Object.assign(practice, { secrets: outside });
  await save({});
  expect((await connections.contexts.oauthClient(org, 'xero')).id).toBe('from-outside');
  await signInWith({});
  const ctx = await connections.contexts.contextOf(org, 'xero', never);
  expect(ctx.settings).toMatchObject({ terms: 'net', days: 30 });
  await expect(save({ settings: { address: 'https://elsewhere.example' } })).rejects.toMatchObject({
    code: 'misconfigured',
  });
  await connections.disconnect(org, 'xero', by());
  expect(await memory.list(org)).toEqual([]);
  expect((await connections.get(org, 'xero')).secretsPresent).toEqual(['clientId']);
});

test('the agent learns from the adapters which variables to read', () => {
  expect(environmentVariables([books])).toEqual([
    { variable: 'BOOKS_TERMS', system: 'xero', name: 'terms' },
    { variable: 'BOOKS_CLIENT_ID', system: 'xero', name: 'clientId' },
  ]);
});
