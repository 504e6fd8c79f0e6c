import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const probe = fileURLToPath(new URL('../testing/keychain-probe.ts', import.meta.url));
const has = (command: string) => spawnSync('which', [command]).status === 0;
const possible = process.platform === 'linux' && has('dbus-run-session') && has('gnome-keyring-daemon');

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'keychain-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A private home and no way to the session this test runs in. */
function environment(more: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    XDG_RUNTIME_DIR: home,
    LC_ALL: 'C.UTF-8',
    ...more,
  };
}

/** Runs steps of the probe under a Secret Service of its own; `start` is what brings the service up. */
function under(start: string, ...steps: string[]): unknown[] {
  const script = `${start}\n"${process.execPath}" "${probe}" "${home}" ${steps.join(' ')}`;
  const out = execFileSync('dbus-run-session', ['--', 'bash', '-c', script], {
    env: environment(),
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return out
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}
const unlocked = (password = 'test') =>
  `mkdir -p "$XDG_DATA_HOME/keyrings"; printf '${password}' | gnome-keyring-daemon --unlock --components=secrets >/dev/null; sleep 0.3`;
const locked = `gnome-keyring-daemon --start --components=secrets >/dev/null; sleep 0.3`;

function everyFile(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test.skipIf(!possible)('a real Secret Service keeps values across processes, and no file holds them in plain', () => {
  expect(under(unlocked(), 'state', 'write', 'read', 'list')).toEqual([
    { state: 'ready' },
    { wrote: true },
    { value: 'plaintext-canary-4711' },
    { names: ['tokens'] },
  ]);
  expect(under(unlocked(), 'state', 'read', 'big')).toEqual([
    { state: 'ready' },
    { value: 'plaintext-canary-4711' },
    { bytes: 20_000 },
  ]);
  // Not the sockets beside it, which go away with the service while one looks.
  const files = everyFile(join(home, 'data')).filter((file) => statSync(file).size > 0);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(readFileSync(file).includes('plaintext-canary-4711'), file).toBe(false);
});

test.skipIf(!possible)(
  'locked is named without a prompt, and work goes on in the same process once it is unlocked',
  () => {
    under(unlocked(), 'state', 'write');
    const unlock = `printf 'test' | gnome-keyring-daemon --replace --unlock --components=secrets >/dev/null; sleep 0.5`;
    expect(under(locked, 'state', 'read', `'run:${unlock}'`, 'state', 'read')).toEqual([
      { state: 'locked' },
      { failed: 'The keychain is locked', code: 'auth' },
      { ran: true },
      { state: 'ready' },
      { value: 'plaintext-canary-4711' },
    ]);
  },
);

test.skipIf(!possible)(
  'another keychain under the same data folder is called changed, and nothing is written to it',
  () => {
    under(unlocked(), 'state', 'write');
    rmSync(join(home, 'data'), { recursive: true });
    expect(under(unlocked('other'), 'state', 'read')).toEqual([
      { state: 'changed' },
      { failed: 'This is not the keychain the console used before', code: 'auth' },
    ]);
  },
);

test('without a service on the bus, or without a bus, the keychain is missing', () => {
  const plain = (more: Record<string, string> = {}) =>
    execFileSync(process.execPath, [probe, home, 'state', 'read'], {
      env: environment(more),
      encoding: 'utf8',
      timeout: 60_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  expect(plain()).toContain('{"state":"missing"}');
  expect(plain({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(home, 'nowhere')}` })).toContain('{"state":"missing"}');
  expect(everyFile(home)).toEqual([]);
});
