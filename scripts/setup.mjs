// Brings a fresh clone to where `npm start`, `npm test`, `npm run wedops` and `npm run bench` work. Plain Node 18, no
// dependencies, quick when nothing is to be done. Prints what it does to stderr, so that `--json` output stays clean.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.wedsync-setup.json');

const say = (line) => process.stderr.write(`setup: ${line}\n`);
const run = (command, args, options = {}) =>
  spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32', ...options });
const works = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** What is needed besides npm packages, by purpose: a file that proves it is there, and Debian's package. */
const system = {
  run: [],
  start: [],
  test: [
    {
      file: ['/usr/bin/gnome-keyring-daemon'],
      package: 'gnome-keyring',
      why: 'a Secret Service for the keychain tests',
    },
    { file: ['/usr/bin/dbus-run-session'], package: 'dbus', why: 'a private message bus for the keychain tests' },
    { file: ['/usr/bin/chromium', '/usr/bin/google-chrome'], package: 'chromium', why: 'the browser journeys' },
    { glob: '/usr/lib/postgresql', file: ['/usr/lib/postgresql'], package: 'postgresql', why: 'the warehouse tests' },
    { file: ['/usr/bin/prometheus', '/usr/local/bin/prometheus'], package: 'prometheus', why: 'the metrics tests' },
  ],
};
/** The fault and security suites need what the tests need, and a way to make the disk fail. */
system.proof = [
  ...system.test,
  { file: ['/usr/bin/strace'], package: 'strace', why: 'disks that fail and the power cut' },
  { file: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'], package: 'iproute2', why: 'a console without a network' },
];
const always = [
  {
    file: [
      '/usr/lib/x86_64-linux-gnu/libsecret-1.so.0',
      '/usr/lib/aarch64-linux-gnu/libsecret-1.so.0',
      '/usr/lib64/libsecret-1.so.0',
      '/usr/lib/libsecret-1.so.0',
    ],
    package: 'libsecret-1-dev',
    why: 'the keychain',
  },
];

function systemParts(purpose) {
  if (process.platform !== 'linux') return;
  const missing = [...always, ...(system[purpose] ?? [])].filter(({ file }) => !file.some((path) => existsSync(path)));
  if (missing.length === 0) return;
  const names = missing.map((part) => part.package);
  const asked = readStamp().asked ?? '';
  const isRoot = process.getuid?.() === 0;
  const canSudo = !isRoot && works('sudo', ['-n', 'true']);
  if (!existsSync('/usr/bin/apt-get') || !(isRoot || canSudo)) {
    if (asked !== names.join())
      for (const part of missing) say(`please install ${part.package}: needed for ${part.why}`);
    remember({ asked: names.join() });
    return;
  }
  // A package this machine's sources do not have is not asked for again at every start.
  if (asked === names.join()) return;
  say(`installing ${names.join(', ')} (apt-get)`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (args) =>
    run(isRoot ? 'apt-get' : 'sudo', isRoot ? args : ['-n', 'apt-get', ...args], { env: environment });
  apt(['update', '-q']);
  // One by one, so that one missing package does not cost the others.
  for (const name of names) {
    if (apt(['install', '-y', '-q', '--no-install-recommends', name]).status !== 0) say(`could not install ${name}`);
  }
  remember({ asked: names.join() });
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stamp, 'utf8'));
  } catch {
    return {};
  }
}

function remember(more) {
  if (existsSync(modules)) writeFileSync(stamp, JSON.stringify({ ...readStamp(), ...more }));
}

const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** True when what is installed is what the lock file names. */
function isInstalled() {
  if (!existsSync(join(modules, '.package-lock.json'))) return false;
  const installed = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(readJson('package-lock.json').packages).every(
    ([path, { version, optional }]) => path === '' || optional === true || installed[path]?.version === version,
  );
}

/** What the reviewed install scripts leave behind. */
const left = { node: 'node/bin/node', keytar: 'keytar/build/Release/keytar.node' };
const isLeft = (name) => process.platform === 'win32' || !left[name] || existsSync(join(modules, left[name]));

function packages() {
  const { failed = [] } = readStamp();
  const allowed = Object.entries(readJson('package.json').allowScripts ?? {}).flatMap(([name, yes]) =>
    yes ? [name] : [],
  );
  const environment = { ...process.env, ELECTRON_SKIP_BINARY_DOWNLOAD: '1' };
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  let due = allowed.filter((name) => !isLeft(name) && !failed.includes(name));
  if (!isInstalled()) {
    say(`installing npm packages (npm ci); install scripts run only for: ${allowed.join(', ')}`);
    const done = run('npm', ['ci', '--ignore-scripts', ...quiet], { env: environment });
    if (done.status !== 0) {
      say('npm ci failed; see above');
      process.exit(done.status ?? 1);
    }
    due = allowed;
  }
  for (const name of due) {
    const built = run('npm', ['rebuild', name, '--ignore-scripts=false', ...quiet], { env: environment });
    if (built.status === 0) continue;
    say(`the install script of ${name} failed; "npm run wedops -- doctor" tells what that costs`);
    // Nothing runs without the pinned Node, so that is tried again; the rest is not, at every command.
    if (name !== 'node') remember({ failed: [...(readStamp().failed ?? []), name] });
  }
}

/** Only the desktop app needs it; its download failing leaves everything else working. */
function electronBinary(purpose) {
  const path = join(modules, 'electron', 'path.txt');
  if (purpose !== 'start' || existsSync(path) || readStamp().electronTried === true) return;
  say("downloading Electron's binary (first start only)");
  const got = run(process.execPath, [join(modules, 'electron', 'install.js')], {
    timeout: 180_000,
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  if (got.status !== 0 || !existsSync(path))
    say("Electron's binary could not be downloaded; the screens open in a browser instead");
  remember({ electronTried: true });
}

/** `purpose`: start, test, proof (the fault and security suites) or run (a command, the benchmark). */
export function setup(purpose) {
  // keytar may be built against the keychain's library, so that comes first.
  systemParts(purpose);
  packages();
  electronBinary(purpose);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup(process.argv[2] ?? 'run');
