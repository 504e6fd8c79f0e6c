// `npm run wedops`: the command line. An agent stays for months and mostly waits: it runs what was built, when that is up to
// date, in a Node set to stay small, which takes this one's place and keeps its process id. What each setting is worth and
// costs: docs/decisions/0022.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUpToDate } from './built.mjs';
import { setup } from './setup.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const flags = ['--max-semi-space-size=1', '--no-parallel-scavenge', '--no-short-builtin-calls', '--no-sparkplug'];
const environment = {
  NODE_DISABLE_COMPILE_CACHE: '1',
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

const words = process.argv.slice(2);
if (Number(process.versions.node.split('.')[0]) < 24) {
  setup('run');
  const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  process.exitCode = spawnSync(pinned, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1;
} else if (words[0] === 'agent' && process.platform !== 'win32' && process.execve && isUpToDate('main/cli.js')) {
  setup('run');
  const program = join(root, 'out', 'main', 'cli.js');
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...flags, program, ...words], {
    ...environment,
    ...process.env,
  });
} else {
  process.argv.splice(2, 0, 'src-main/hosts/cli/main.ts');
  await import('./run.mjs');
}
