import { join } from 'node:path';
import { type Command, wholeNumber } from '../command.ts';

export const command: Command = {
  about: 'plays the outside systems on this computer, alone',
  usage: ['sandbox [--port N]'],
  examples: ['sandbox --port 4010'],
  options: { port: { type: 'string' } },
  async run({ options, dataFolder }) {
    const [{ startSandbox }, { sandboxSystems }, { systemClock }, { mkdir }] = await Promise.all([
      import('../../../sandbox/server.ts'),
      import('../../../sandbox/systems.ts'),
      import('../../../platform/runtime.ts'),
      import('node:fs/promises'),
    ]);
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    const sandbox = await startSandbox({
      port: wholeNumber(options, 'port', 0, 65_535) ?? 0,
      stateFile: join(dataFolder, 'sandbox.db'),
      systems: sandboxSystems,
      clock: systemClock,
    });
    process.stdout.write(`${JSON.stringify({ url: sandbox.url, systems: sandbox.systems.map(({ id }) => id) })}\n`);
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    await sandbox.close();
    return null;
  },
};
