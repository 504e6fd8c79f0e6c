import { longThreadsEnded } from '../../../platform/long-threads.ts';
import type { RunningConsole } from '../../start.ts';
import { type Command, text, wholeNumber } from '../command.ts';

/** How long a second agent waits for the owner to say where it is. */
const PATIENCE_MS = 5_000;

export const command: Command = {
  about: 'the console without a window, in a browser on this computer; prints where it is',
  usage: [
    'agent [--port N] [--host H] [--practice] [--sandbox URL] [--safe-mode] [--metrics] [--metrics-from ADDRESS,ADDRESS]',
  ],
  examples: ['agent', 'agent --practice --data /tmp/practice'],
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    practice: { type: 'boolean' },
    sandbox: { type: 'string' },
    'safe-mode': { type: 'boolean' },
    metrics: { type: 'boolean' },
    'metrics-from': { type: 'string' },
    // Not in the usage: for rehearsals and tests that cannot wait out the schedules of the real thing.
    'practice-speed': { type: 'string' },
  },
  async run({ options, dataFolder, say }) {
    const [{ FolderUnavailable, ownOrFind }, { startConsole }, { hasPages }] = await Promise.all([
      import('../../owner.ts'),
      import('../../start.ts'),
      import('../../resources.ts'),
    ]);
    const bind = text(options, 'host');
    if (bind !== undefined && bind !== '127.0.0.1' && bind !== '::1') {
      // Other addresses need TLS (SEC-19); a tunnel or proxy in front of loopback gives that today.
      throw new FolderUnavailable(
        `The agent serves this computer only (127.0.0.1 or ::1), not ${bind}. Put a TLS proxy in front of it.`,
      );
    }
    const from = text(options, 'metrics-from');
    const metricsFrom =
      options.metrics === true || from !== undefined ? (from?.split(',').map((one) => one.trim()) ?? []) : undefined;
    const start = async (before: RunningConsole | null) => {
      const ownership = await ownOrFind(dataFolder, PATIENCE_MS);
      if (!ownership.owned) {
        throw new FolderUnavailable(
          `The data folder is already served by process ${ownership.owner.pid} (${ownership.owner.host}) at ${ownership.owner.url}.`,
        );
      }
      return startConsole({
        dataFolder,
        lock: ownership.lock,
        host: 'agent',
        practice: options.practice === true,
        empty: options.empty === true,
        sandboxUrl: text(options, 'sandbox'),
        safeMode: options['safe-mode'] === true,
        practiceSpeed: wholeNumber(options, 'practice-speed', 1, 3_600),
        serve: 'pages',
        metricsFrom,
        port: before?.server ? Number(new URL(before.server.url).port) : wholeNumber(options, 'port', 0, 65_535),
        token: before?.server?.token,
        bind,
      }).catch(async (thrown: unknown) => {
        await ownership.lock.release();
        throw thrown;
      });
    };
    let running = await start(null);
    // After that has begun to open the database: these are half of the listener.
    const [{ METRICS_PATH }, { WEBHOOKS_PREFIX }] = await Promise.all([
      import('../../agent/server.ts'),
      import('../../agent/receiver-routes.ts'),
    ]);
    if (running.engine.safeMode)
      say('Safe mode: nothing is sent or received, and no schedule runs. Quit and start again to leave it.');
    const { unsafePlace } = await import('../../../platform/folder-place.ts');
    const place = await unsafePlace(dataFolder);
    if (place !== null) {
      say(`The data folder is not safe where it is: ${place}. Choose a folder on this computer: --data DIR.`);
    }
    if (!hasPages()) say('The screens are not built yet (npm run build); the contract and the commands work.');
    // Before anybody is told where it is: whoever reads that may end it at once, and properly.
    const ended = new Promise<'ended'>((resolve) => {
      process.once('SIGINT', () => resolve('ended'));
      process.once('SIGTERM', () => resolve('ended'));
    });
    process.stdout.write(
      `${JSON.stringify({
        url: running.server?.url ?? null,
        token: running.server?.token ?? null,
        webhookUrl: running.server === null ? null : `${running.server.url}${WEBHOOKS_PREFIX}`,
        metricsUrl:
          running.server === null || metricsFrom === undefined ? null : `${running.server.url}${METRICS_PATH}`,
        pid: process.pid,
        ...(running.sandboxUrl === null ? {} : { sandboxUrl: running.sandboxUrl }),
      })}\n`,
    );
    // A restore stops everything and starts again at the same address: open pages find their console again.
    while ((await Promise.race([ended, running.restartAsked])) !== 'ended') {
      await running.stop();
      await longThreadsEnded();
      running = await start(running);
    }
    await running.stop();
    return null;
  },
};
