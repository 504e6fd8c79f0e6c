// `npm run wedops`: the command line, as it was built when that is up to date: a command starts in three fifths of the time. An
// agent stays for months and mostly waits: it gets a Node set to stay small, which takes this one's place and keeps its process
// id. What each setting is worth and costs: docs/decisions/0022.
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
} else {
  const built = isUpToDate('main/cli.js');
  const program = built ? 'out/main/cli.js' : 'src-main/hosts/cli/main.ts';
  if (built && words[0] === 'agent' && process.platform !== 'win32' && process.execve) {
    setup('run');
    const small = [...process.execArgv, ...flags, join(root, program), ...words];
    process.execve(process.execPath, [process.execPath, ...small], { ...environment, ...process.env });
  }
  process.argv.splice(2, 0, program);
  await import('./run.mjs');
}
