import { expect, test } from 'vitest';
import { SecretsNotReady } from '../ports/secrets.ts';
import { testClock, testIds } from '../testing/runtime.ts';
import { createKeychain, type KeychainDriver } from './keychain.ts';
import type { ServiceLock } from './secret-service.ts';

const tokens = { organisationId: 'oak', system: 'xero', name: 'tokens' };

/** A keychain in memory whose trouble is ours to make. */
function machine(options: { platform?: NodeJS.Platform; session?: boolean; driver?: null } = {}) {
  const entries = new Map<string, string>();
  const trouble: { error: string | null; hang: boolean; lock: ServiceLock; calls: number; longest: number } = {
    error: null,
    hang: false,
    lock: 'unlocked',
    calls: 0,
    longest: 0,
  };
  async function call<T>(work: () => T): Promise<T> {
    trouble.calls++;
    if (trouble.hang) await new Promise<void>((free) => waiting.push(free));
    if (trouble.error !== null) throw new Error(trouble.error);
    return work();
  }
  const waiting: (() => void)[] = [];
  const key = (service: string, account: string) => `${service}/${account}`;
  const driver: KeychainDriver = {
    getPassword: (service, account) => call(() => entries.get(key(service, account)) ?? null),
    setPassword: (service, account, value) =>
      call(() => {
        trouble.longest = Math.max(trouble.longest, Buffer.byteLength(value));
        entries.set(key(service, account), value);
      }),
    deletePassword: (service, account) => call(() => entries.delete(key(service, account))),
    findCredentials: (service) =>
      call(() =>
        [...entries]
          .filter(([name]) => name.startsWith(`${service}/`))
          .map(([name, password]) => ({ account: name.slice(service.length + 1), password })),
      ),
  };
  let marked: string | null = null;
  const mark = {
    read: async () => marked,
    write: async (fingerprint: string) => {
      marked = fingerprint;
    },
  };
  const clock = testClock();
  const ids = testIds('canary');
  const start = () =>
    createKeychain({
      driver: options.driver === null ? null : driver,
      clock,
      entropy: { text: () => ids.next() },
      mark,
      platform: options.platform ?? 'linux',
      session: options.session ?? true,
      serviceLock: async () => trouble.lock,
    });
  return {
    keychain: start(),
    start,
    entries,
    trouble,
    clock,
    free: () => waiting.splice(0).forEach((one) => void one()),
    marked: () => marked,
  };
}

test('values come back, under the agreed names', async () => {
  const { keychain, entries } = machine();
  expect(await keychain.state()).toBe('ready');
  await keychain.write(tokens, 'value-1');
  expect(entries.get('wedsync-ops/oak/xero/tokens')).toBe('value-1');
  expect(await keychain.read(tokens)).toBe('value-1');
  expect(await keychain.read({ ...tokens, organisationId: 'elm' })).toBeNull();
  expect(await keychain.list('oak')).toEqual([tokens]);
  await keychain.forget(tokens);
  expect(await keychain.read(tokens)).toBeNull();
});

test('what is kept outside the keychain is a fingerprint, never the canary', async () => {
  const { keychain, entries, marked } = machine();
  await keychain.state();
  expect(marked()).toMatch(/^[\w-]{43}$/);
  expect(marked()).not.toBe(entries.get('wedsync-ops/canary'));
});

test.each([
  ['a driver that cannot be loaded', { driver: null }, 'missing'],
  ['no session', { session: false }, 'headless'],
  ['neither', { session: false, driver: null }, 'headless'],
] as const)('%s: %s', async (_what, options, state) => {
  const { keychain } = machine(options);
  expect(await keychain.state()).toBe(state);
  await expect(keychain.read(tokens)).rejects.toMatchObject({ code: 'auth', detail: { scope: 'connection' } });
  await expect(keychain.write(tokens, 'x')).rejects.toMatchObject({ code: 'auth' });
});

test('locked is told by the service without touching the driver, and unlocking needs no restart', async () => {
  const { keychain, trouble } = machine();
  await keychain.write(tokens, 'value-1');
  trouble.lock = 'locked';
  trouble.calls = 0;
  expect(await keychain.state()).toBe('locked');
  await expect(keychain.read(tokens)).rejects.toBeInstanceOf(SecretsNotReady);
  await expect(keychain.read(tokens)).rejects.toMatchObject({ message: 'The keychain is locked' });
  expect(trouble.calls).toBe(0);
  trouble.lock = 'unlocked';
  expect(await keychain.read(tokens)).toBe('value-1');
});

test('"nothing there" from a keychain locked a moment ago is not believed', async () => {
  const { keychain, trouble, entries } = machine();
  await keychain.write(tokens, 'value-1');
  entries.delete('wedsync-ops/oak/xero/tokens');
  trouble.lock = 'locked';
  await expect(keychain.read(tokens)).rejects.toMatchObject({ code: 'auth' });
  trouble.lock = 'unlocked';
  expect(await keychain.read(tokens)).toBeNull();
});

test.each([
  ['User canceled the operation.', 'locked'],
  ['Cannot get secret of a locked object', 'locked'],
  ['The name org.freedesktop.secrets was not provided by any .service files', 'missing'],
  ['Cannot autolaunch D-Bus without X11 $DISPLAY', 'missing'],
] as const)('the platform saying "%s" means %s', async (error, state) => {
  const { keychain, trouble } = machine();
  trouble.error = error;
  expect(await keychain.state()).toBe(state);
});

test('a canary that is gone or different means another keychain; nothing is overwritten until a person says so', async () => {
  const { start, entries } = machine();
  expect(await start().state()).toBe('ready');
  entries.clear();
  const second = start();
  expect(await second.state()).toBe('changed');
  await expect(second.read(tokens)).rejects.toMatchObject({ code: 'auth' });
  expect(entries.size).toBe(0);
  entries.set('wedsync-ops/canary', 'of somebody else');
  expect(await second.state()).toBe('changed');
  await second.acceptChanged();
  expect(await second.state()).toBe('ready');
  expect(await start().state()).toBe('ready');
});

test('a call that hangs is given up after ten seconds, and no other is started while it hangs', async () => {
  const { keychain, trouble, clock, free } = machine();
  expect(await keychain.state()).toBe('ready');
  trouble.hang = true;
  trouble.calls = 0;
  const reads = [1, 2, 3].map(() =>
    keychain.read(tokens).then(
      () => 'read',
      (thrown) => thrown.message,
    ),
  );
  await clock.advance(10_000);
  expect(await Promise.all(reads)).toEqual(Array(3).fill('The keychain is locked'));
  expect(await keychain.state()).toBe('locked');
  expect(trouble.calls).toBe(1);
  trouble.hang = false;
  free();
  await clock.advance(0);
  expect(await keychain.read(tokens)).toBeNull();
});

test('a keychain that cannot be asked without a prompt is left alone for a minute after a person turned one away', async () => {
  const { keychain, trouble, clock } = machine({ platform: 'darwin' });
  expect(await keychain.state()).toBe('ready');
  trouble.lock = 'unknown';
  trouble.error = 'The user name or passphrase you entered is not correct.';
  trouble.calls = 0;
  for (let round = 0; round < 5; round += 1) {
    expect(await keychain.state()).toBe('locked');
    await clock.advance(10_000);
  }
  expect(trouble.calls).toBe(1);
  trouble.error = null;
  await clock.advance(10_000);
  expect(await keychain.state()).toBe('ready');
});

test('on Windows a long value is split below the limit, between characters, and comes back whole', async () => {
  const { keychain, trouble, entries } = machine({ platform: 'win32' });
  const long = '€uro-'.repeat(2_000);
  await keychain.write(tokens, long);
  expect(trouble.longest).toBeLessThanOrEqual(2_400);
  expect(await keychain.read(tokens)).toBe(long);
  expect(await keychain.list('oak')).toEqual([tokens]);
  await keychain.write(tokens, 'short');
  expect([...entries.keys()].sort()).toEqual(['wedsync-ops/canary', 'wedsync-ops/oak/xero/tokens']);
});

test('a kill while a long value is written leaves the old one whole', async () => {
  const { keychain, trouble, start } = machine({ platform: 'win32' });
  const old = 'a'.repeat(6_000);
  await keychain.write(tokens, old);
  const writing = keychain.write(tokens, 'b'.repeat(6_000));
  // Fails somewhere between the first part and the head.
  queueMicrotask(() => undefined);
  const before = trouble.calls;
  while (trouble.calls < before + 2) await Promise.resolve();
  trouble.error = 'killed';
  await writing.catch(() => undefined);
  trouble.error = null;
  expect(await start().read(tokens)).toBe(old);
});
