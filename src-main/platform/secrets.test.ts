import { expect, test } from 'vitest';
import type { SecretStore } from '../ports/secrets.ts';
import { createEnvironmentSecrets } from './environment-secrets.ts';
import { createMemorySecrets } from './memory-secrets.ts';

const variables = [
  { variable: 'XERO_CLIENT_ID', system: 'xero', name: 'clientId' },
  { variable: 'SMTP_PASSWORD', system: 'email', name: 'password' },
];
const clientId = (organisationId: string) => ({ organisationId, system: 'xero', name: 'clientId' });

test('a variable is read once and removed from the environment', async () => {
  const environment: Record<string, string | undefined> = { XERO_CLIENT_ID: 'abc', SMTP_PASSWORD: 'pw', PATH: '/bin' };
  const secrets = createEnvironmentSecrets({
    environment,
    variables,
    organisationId: 'oak',
    behind: createMemorySecrets(),
  });
  expect(environment).toEqual({ PATH: '/bin' });
  expect(await secrets.read(clientId('oak'))).toBe('abc');
  expect(await secrets.list('oak')).toEqual([
    clientId('oak'),
    { organisationId: 'oak', system: 'email', name: 'password' },
  ]);
});

test('a plain variable serves one organisation; a named one only its own', async () => {
  const environment = { XERO_CLIENT_ID: 'plain', XERO_CLIENT_ID__ELM_HALL: 'elm' };
  const secrets = createEnvironmentSecrets({
    environment,
    variables,
    organisationId: 'oak',
    behind: createMemorySecrets(),
  });
  expect(await secrets.read(clientId('oak'))).toBe('plain');
  expect(await secrets.read(clientId('elm-hall'))).toBe('elm');
  expect(await secrets.read(clientId('ash'))).toBeNull();
});

test('what came from the environment is changed there, everything else behind it', async () => {
  const behind = createMemorySecrets();
  const secrets = createEnvironmentSecrets({
    environment: { XERO_CLIENT_ID: 'abc' },
    variables,
    organisationId: 'oak',
    behind,
  });
  await expect(secrets.write(clientId('oak'), 'other')).rejects.toMatchObject({ code: 'misconfigured' });
  const tokens = { organisationId: 'oak', system: 'xero', name: 'tokens' };
  await secrets.write(tokens, '{}');
  expect(await behind.read(tokens)).toBe('{}');
  expect(await secrets.read(tokens)).toBe('{}');
});

test('without a keychain the environment alone is enough, and nothing pretends to be stored', async () => {
  const nothing = async () => Promise.reject(new Error('no keychain'));
  const behind: SecretStore = {
    durability: 'os-keychain',
    state: async () => 'headless',
    read: nothing,
    write: nothing,
    forget: nothing,
    list: nothing,
  };
  const secrets = createEnvironmentSecrets({
    environment: { XERO_CLIENT_ID: 'abc' },
    variables,
    organisationId: 'oak',
    behind,
  });
  expect(await secrets.state()).toBe('ready');
  expect(await secrets.read({ organisationId: 'oak', system: 'xero', name: 'tokens' })).toBeNull();
  await expect(secrets.write({ organisationId: 'oak', system: 'xero', name: 'tokens' }, '{}')).rejects.toThrow(
    'no keychain',
  );
  const none = createEnvironmentSecrets({ environment: {}, variables, organisationId: 'oak', behind });
  expect(await none.state()).toBe('headless');
});

test('memory keeps organisations apart and forgets on request', async () => {
  const secrets = createMemorySecrets([{ ...clientId('bluebell'), value: 'sample' }]);
  expect(secrets.durability).toBe('memory');
  expect(await secrets.read(clientId('bluebell'))).toBe('sample');
  expect(await secrets.read(clientId('oak'))).toBeNull();
  await secrets.write(clientId('oak'), 'x');
  await secrets.forget(clientId('bluebell'));
  expect(await secrets.list('bluebell')).toEqual([]);
  expect(await secrets.list('oak')).toEqual([clientId('oak')]);
});
