import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { systemEntropy } from '../../platform/entropy.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { createNetwork } from '../../platform/network.ts';
import { createRedactor } from '../../platform/redactor.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { companyTls, testTls } from '../../testing/tls.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Caller } from '../handlers/base.ts';
import { networkHandlers } from '../handlers/network.ts';
import { createOrganisations } from '../organisations/organisations.ts';
import { practiceOrganisationId as organisationId, seedPractice } from '../organisations/seed-practice.ts';
import { createNetworkSettings, proxyPassword } from './network-settings.ts';

let audited: string[];
let secrets: ReturnType<typeof createMemorySecrets>;
let folder: string;
let client: (caller?: Partial<Caller>) => ReturnType<typeof clientOf>;

function clientOf(handlers: ReturnType<typeof networkHandlers>, caller: Caller) {
  return createRouterClient(handlers, { context: { caller, correlationId: 'c-1', log: testRuntime().log } });
}

beforeEach(async () => {
  const runtime = testRuntime();
  folder = mkdtempSync(join(tmpdir(), 'network-settings-'));
  const store = await openStore({ folder, runtime });
  audited = [];
  secrets = createMemorySecrets();
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const audit: AppendAudit = async (_tx, entry) => void audited.push(JSON.stringify(entry));
  const events = { publish: () => undefined };
  await seedPractice({ store, runtime, audit });
  const organisations = createOrganisations({
    ...{ store, runtime, entropy: systemEntropy, audit, events },
    personKey: async () => null,
    buyerChanged: async () => undefined,
  });
  const network = createNetwork({
    clock: runtime.clock,
    redactor: createRedactor(),
    environment: {},
    planFile: join(folder, 'network.json'),
    password: {
      read: () => secrets.read(proxyPassword),
      write: (value) => (value === null ? secrets.forget(proxyPassword) : secrets.write(proxyPassword, value)),
    },
  });
  const settings = createNetworkSettings({ network, secrets, store, clock: runtime.clock, audit, organisations });
  const handlers = networkHandlers({ network: settings });
  client = (caller = {}) => clientOf(handlers, { via: 'window', access: 'admin', personId: null, ...caller });
});

test('a proxy is set with name and password; the password is shown nowhere and only the keychain has it', async () => {
  const view = await client().save({
    organisationId,
    ...{ proxy: 'address', address: 'http://proxy.example:3128', user: 'ops', password: 'long secret' },
    bypass: [' inside.example ', ''],
  });
  expect(view).toMatchObject({
    ...{ proxy: 'address', user: 'ops', passwordPresent: true, bypass: ['inside.example'] },
    ...{ through: 'proxy.example:3128', problem: null },
  });
  const everywhere = [JSON.stringify(view), readFileSync(join(folder, 'network.json'), 'utf8'), ...audited].join('');
  expect(everywhere).not.toContain('long secret');
  expect(audited.at(-1)).toContain('network.changed');
  expect(await secrets.read(proxyPassword)).toBe('long secret');

  // Left out stays; an emptied name takes its password along.
  expect(await client().save({ organisationId, bypass: [] })).toMatchObject({ passwordPresent: true });
  expect(await client().save({ organisationId, user: '' })).toMatchObject({ passwordPresent: false });
  expect(await secrets.read(proxyPassword)).toBeNull();
  expect(await client().save({ organisationId, proxy: 'none' })).toMatchObject({ through: null, address: '' });
});

test.each([
  '',
  'proxy.example',
  'socks5://proxy.example:1080',
  'http://me:secret@proxy.example:1',
  'http://p.example/x',
])('"%s" is no address of a proxy, and nothing changes', async (address) => {
  const saving = client().save({ organisationId, proxy: 'address', address });
  await expect(saving).rejects.toMatchObject({ code: 'REFUSED' });
  expect(await client().view({ organisationId })).toMatchObject({ proxy: 'system', address: '' });
});

test('a certificate of an authority is taken and named; a server’s, or a text that is none, is refused', async () => {
  const certificates = `Company CA\n${companyTls.ca}\n`;
  expect((await client().save({ organisationId, certificates })).certificates).toMatchObject([
    { subject: 'CN=Oak Hall traffic check, O=Oak Hall Ltd', expired: false },
  ]);
  for (const wrong of [companyTls.cert, 'no certificate', testTls.key]) {
    const saving = client().save({ organisationId, certificates: wrong });
    await expect(saving).rejects.toMatchObject({ code: 'REFUSED' });
  }
  expect((await client().view({ organisationId })).certificates).toHaveLength(1);
  expect((await client().save({ organisationId, certificates: '' })).certificates).toEqual([]);
});

test('nobody but an administrator changes the way out', async () => {
  const refusal = { code: 'NOT_ALLOWED' };
  for (const caller of [{ access: 'operate' as const }, { access: 'read' as const }, { personId: 'sam' }]) {
    await expect(client(caller).save({ organisationId, proxy: 'none' })).rejects.toMatchObject(refusal);
    await expect(client(caller).probe({ organisationId, host: 'example.com' })).rejects.toMatchObject(refusal);
  }
});
