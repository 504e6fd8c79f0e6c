// `npm test`: sets up what is missing, then style, types, build and all tests. Later steps run although an earlier one failed,
// so that one look tells everything; only a broken build stops the tests. Further arguments go to vitest. Ends with 2 when tests
// failed and nothing else did.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setup } from './setup.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
setup('test');

const failed = [];
/** True when the npm script ended well. */
function step(script, more = []) {
  const began = performance.now();
  const { status } = spawnSync('npm', ['run', '-s', script, ...(more.length > 0 ? ['--', ...more] : [])], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stderr.write(`test: ${script} ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`);
  if (status !== 0) failed.push(script);
  return status === 0;
}

step('lint');
step('typecheck');
if (step('build')) step('test:all', process.argv.slice(2));
if (failed.length > 0) process.stderr.write(`test: failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : failed.every((script) => script === 'test:all') ? 2 : 1;
