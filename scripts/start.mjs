// `npm start`: builds when sources are newer than the last build, then opens the desktop app; where that is impossible it
// says why in one line and serves the very same console to the browser. setup.mjs has run before.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUpToDate } from './built.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

if (!isUpToDate('main/desktop.js', 'preload/index.cjs', 'renderer/index.html')) {
  process.stderr.write('start: building\n');
  const build = spawnSync('npm', ['run', '-s', 'build'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (build.status !== 0) {
    process.stderr.write('start: the build failed; see above\n');
    process.exit(build.status ?? 1);
  }
}

function whyNoWindow() {
  const path = join(root, 'node_modules', 'electron', 'path.txt');
  if (
    !existsSync(path) ||
    !existsSync(join(root, 'node_modules', 'electron', 'dist', readFileSync(path, 'utf8').trim()))
  ) {
    return "Electron's binary is not on this machine";
  }
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return 'there is no display';
  return null;
}

const given = process.argv.slice(2);
const reason = whyNoWindow();
if (reason === null) {
  const electron = createRequire(join(root, 'package.json'))('electron');
  spawn(electron, [root, ...given], { stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 0));
} else {
  process.stderr.write(`start: no desktop window (${reason}); the same console is served to your browser instead.\n`);
  const agent = spawn(bin('node'), [join(root, 'scripts', 'wedops.mjs'), 'agent', '--practice', ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  agent.stdout.on('data', (chunk) => {
    said += String(chunk);
    const end = said.indexOf('\n');
    if (end < 0) return;
    const { url, token } = JSON.parse(said.slice(0, end));
    process.stdout.write(`Open ${url}/#token=${token}\n`);
    said = '';
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => agent.kill(signal));
  agent.on('exit', (code) => process.exit(code ?? 0));
}
