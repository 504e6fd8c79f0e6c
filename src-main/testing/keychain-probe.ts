/** `keychain-probe.ts FOLDER STEP...`: works the keychain in a process of its own and prints one JSON line a step. */
import { execSync } from 'node:child_process';
import { join } from 'node:path';
import { systemEntropy } from '../platform/entropy.ts';
import { canaryMark, createKeychain, loadKeytar } from '../platform/keychain.ts';
import { systemClock } from '../platform/runtime.ts';

const [folder = '', ...steps] = process.argv.slice(2);
const address = { organisationId: 'oak', system: 'xero', name: 'tokens' };
const keychain = createKeychain({
  driver: await loadKeytar(),
  clock: systemClock,
  entropy: systemEntropy,
  mark: canaryMark(join(folder, 'keychain-mark')),
  platform: process.platform,
  session: true,
});

async function work(step: string): Promise<unknown> {
  if (step.startsWith('run:')) {
    execSync(step.slice(4), { stdio: 'ignore', shell: '/bin/bash' });
    return { ran: true };
  }
  switch (step) {
    case 'state':
      return { state: await keychain.state() };
    case 'write':
      await keychain.write(address, 'plaintext-canary-4711');
      return { wrote: true };
    case 'read':
      return { value: await keychain.read(address) };
    case 'list':
      return { names: (await keychain.list('oak')).map(({ name }) => name) };
    case 'big':
      await keychain.write({ ...address, name: 'big' }, 'x'.repeat(20_000));
      return { bytes: (await keychain.read({ ...address, name: 'big' }))?.length };
    default:
      throw new Error(`No step "${step}"`);
  }
}

for (const step of steps) {
  const done = await work(step).catch((thrown) => ({ failed: thrown.message, code: thrown.code }));
  process.stdout.write(`${JSON.stringify(done)}\n`);
}
process.exit(0);
