// Runs a TypeScript program of this project: `node scripts/run.mjs FILE …`. Sets up what is missing first, then goes on in
// this process when it is the pinned Node already, else in that one.
import { spawnSync } from 'node:child_process';
import * as modules from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setup } from './setup.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [file = '', ...words] = process.argv.slice(2);
const program = resolve(root, file);
setup(file.startsWith('proof/') ? 'proof' : 'run');
if (Number(process.versions.node.split('.')[0]) >= 24) {
  // From the first file on: what was read before is not read again, and Node's reader of types (30 MB) is not even loaded.
  modules.enableCompileCache(join(root, 'node_modules', '.cache', 'compiled'));
  process.argv.splice(1, 2, program);
  await import(pathToFileURL(program).href);
} else {
  const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const done = spawnSync(pinned, [program, ...words], { stdio: 'inherit' });
  process.exitCode = done.status ?? 1;
}
