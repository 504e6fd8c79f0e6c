import { join } from 'node:path';
import { formatBytes } from '../../src-shared/format/number.ts';
import type { HostParts } from '../compose.ts';
import type { Engine, NoticePort } from '../engine/engine.ts';
import { openData } from '../open-data.ts';
import type { OwnerLock } from '../platform/owner-lock.ts';
import type { PagesChild } from '../platform/pages.ts';
import { createRedactor } from '../platform/redactor.ts';
import { systemClock, systemIds, systemRandom } from '../platform/runtime.ts';
import type { FileHandles } from '../ports/files.ts';
import type { Runtime } from '../ports/runtime.ts';
import { StoreError, type UpgradeStep } from '../store/protocol.ts';
import type { ConsoleServer } from './agent/server.ts';
import { createFileHandles } from './file-handles.ts';
import { fileLog } from './log.ts';
import { FolderUnavailable } from './owner.ts';
import { loadPages } from './pages.ts';
import { pagesFolder, resourcesFolder, version } from './resources.ts';
import { giveBackAtRest } from './rest.ts';
import { askRestore, restoreIfAsked } from './restore-asked.ts';
import { noteProperEnd, noteStart } from './starts.ts';
import { createWatchdog } from './watchdog.ts';

export interface OwnerOptions {
  readonly dataFolder: string;
  readonly lock: OwnerLock;
  readonly host: 'desktop' | 'agent' | 'cli';
  /** Adds the practice organisation to a folder that has none; a fresh folder gets it anyway unless `empty`. */
  readonly practice?: boolean;
  /** A fresh folder starts with the practice organisation unless this is set. */
  readonly empty: boolean;
  /** Starts without sending, receiving or schedules (R49). */
  readonly safeMode?: boolean;
  /** A sandbox that runs elsewhere on this machine; otherwise practice starts its own. */
  readonly sandboxUrl?: string | undefined;
  /** How many times faster the practice organisation's schedules run. */
  readonly practiceSpeed?: number | undefined;
  readonly notices?: NoticePort;
  readonly pagesChild?: (file: string) => PagesChild;
  readonly systemProxy?: (url: string) => Promise<string>;
  /** `none`: a command at work serves nobody. `api`: the desktop's door for commands. `pages`: the agent. */
  readonly serve: 'none' | 'api' | 'pages';
  readonly port?: number | undefined;
  /** Of the start before, when the same process starts again: open pages stay signed in. */
  readonly token?: string | undefined;
  /** Serves the metrics page to these addresses (loopback when empty); left out: no such page. */
  readonly metricsFrom?: readonly string[] | undefined;
  readonly bind?: string | undefined;
}

/** A running console: engine, its handles and, unless it is a command, its loopback listener. */
export interface RunningConsole {
  readonly engine: Engine;
  readonly runtime: Runtime;
  readonly files: FileHandles;
  readonly server: ConsoleServer | null;
  /** Address of the sandbox in practice mode. */
  readonly sandboxUrl: string | null;
  /** Settles when this console is to stop and start again (a restore). */
  readonly restartAsked: Promise<void>;
  /** R51, in order: listener, engine, lock. */
  stop(): Promise<void>;
}

/** A disk too full for a note must not keep the console from starting: it has a reserve for alerts. */
async function countedStart(dataFolder: string, { clock, log }: Runtime): Promise<{ readonly loop: boolean }> {
  try {
    return await noteStart(dataFolder, clock);
  } catch (thrown) {
    log.warn('console.start-uncounted', { error: String(thrown) });
    return { loop: false };
  }
}

/** What is wrong with the database or its disk, said as such: exit status 3, and nothing was changed. */
async function usable<T>(dataFolder: string, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown;
    const { code, message } = thrown;
    if (code === 'SCHEMA') throw new FolderUnavailable(message);
    if (code === 'DAMAGED' || code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
      throw new FolderUnavailable(
        `The database in ${dataFolder} is damaged (${message}). It was not changed. Restore a backup: wedops restore FILE; the damaged one is kept beside it.`,
      );
    }
    if (code.startsWith('SQLITE_')) {
      throw new FolderUnavailable(`The database in ${dataFolder} cannot be used now (${code}: ${message}).`);
    }
    throw thrown;
  }
}

/** Below this it is over before anybody has read it. */
const toldFromBytes = 64 * 1024 ** 2;

/** A first start of a newer version on a large database answers nobody for a minute: it says what it does, and why. */
function sayUpgrade({ clock, log }: Runtime, { host, notices }: OwnerOptions): (step: UpgradeStep) => void {
  const began = clock.monotonicMs();
  return (step) => {
    log.info('store.upgrade', { ...step });
    const { stage, from, to, bytes } = step;
    if (bytes < toldFromBytes) return;
    const seconds = Math.round((clock.monotonicMs() - began) / 1_000);
    const text = {
      copying: `This version changes the database (schema ${from} to ${to}). So that nothing can be lost, all ${formatBytes(bytes)} of it are copied and the copy is checked first. With millions of rows that takes a minute or two; nothing is sent or received until then.`,
      checking: `Copied after ${seconds} s. Every page of the copy is being checked.`,
      changing: `The copy is sound (${seconds} s). The database is being changed.`,
      'writing-anew': `Somebody was erased, so all ${formatBytes(bytes)} of the database are written anew: what is gone stays in no free space. Nothing is sent or received until then.`,
    }[stage];
    if (host !== 'desktop') process.stderr.write(`${text}\n`);
    else if (stage === 'copying') {
      const title = 'WedSync Ops is preparing its database';
      notices?.show({ key: 'upgrade', title, body: text, urgent: false, address: '/settings/backup' });
    } else if (stage === 'changing') notices?.remove('upgrade');
  };
}

/** How often a taken port is tried again. */
const doorAgainMs = 5_000;

/**
 * The listener, if this host has one. A taken port stops nothing else (FT-72): the agent says so, raises an alert and tries
 * the very same port again, since senders and bookmarks know no other. Rejects for a host that does not stay.
 */
async function openDoor(parts: {
  readonly options: OwnerOptions;
  readonly runtime: Runtime;
  readonly engine: Engine;
  open(): Promise<ConsoleServer>;
  announce(server: ConsoleServer | null, shut?: string): Promise<void>;
}) {
  const { options, runtime, engine, open, announce } = parts;
  const ended = new AbortController();
  let server: ConsoleServer | null = null;
  let trying: Promise<void> = Promise.resolve();

  async function opened(now: ConsoleServer | null): Promise<void> {
    server = now;
    if (now) engine.listensAt(now.url);
    await announce(now);
  }
  async function keepTrying(): Promise<void> {
    while (server === null && !ended.signal.aborted) {
      await runtime.clock.sleep(doorAgainMs, ended.signal);
      if (ended.signal.aborted) return;
      const now = await open().catch(() => null);
      if (now === null) continue;
      await opened(now);
      runtime.log.info('console.door-open', { url: now.url });
      await engine.doorShut(null);
    }
  }

  if (options.serve === 'none') await opened(null);
  else {
    try {
      await opened(await open());
    } catch (thrown) {
      if (!(thrown instanceof FolderUnavailable) || options.host !== 'agent') {
        await engine.stop();
        throw thrown;
      }
      runtime.log.error('console.door-shut', { error: thrown.message });
      process.stderr.write(`${thrown.message} Everything else runs; the port is tried again.\n`);
      await announce(null, thrown.message);
      await engine.doorShut(thrown.message);
      trying = keepTrying().catch((failed: unknown) =>
        runtime.log.error('console.door-failed', { error: String(failed) }),
      );
    }
  }
  return {
    server: () => server,
    async close(): Promise<void> {
      ended.abort();
      await trying;
      await server?.close();
    },
  };
}

/** What a page was answered leaves before the console stops. */
const answerLeavesMs = 300;

/** Starts everything for the process that holds the folder's lock, and announces it. */
export async function startConsole(options: OwnerOptions): Promise<RunningConsole> {
  const { dataFolder, lock, host } = options;
  const redactor = createRedactor();
  const runtime: Runtime = {
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    log: fileLog(dataFolder, (text) => redactor.redact(text)),
  };
  const files = createFileHandles(runtime.clock);
  await restoreIfAsked(dataFolder, runtime.clock, runtime.log);
  let startAgain: () => void = () => undefined;
  const restartAsked = new Promise<void>((resolve) => {
    startAgain = resolve;
  });
  // A command is over before anything could watch it, and nobody starts it again by itself.
  const stays = host !== 'cli';
  const watchdog = stays ? createWatchdog(runtime.log) : null;
  const { loop } = stays ? await countedStart(dataFolder, runtime) : { loop: false };
  const parts: HostParts = {
    dataFolder,
    host,
    practice: options.practice === true,
    empty: options.empty,
    safeMode: options.safeMode === true ? 'on' : loop ? 'unless-practice' : 'off',
    ...(options.sandboxUrl === undefined ? {} : { sandboxUrl: options.sandboxUrl }),
    ...(options.practiceSpeed === undefined ? {} : { practiceSpeed: options.practiceSpeed }),
    ...(options.notices === undefined ? {} : { notices: options.notices }),
    onUpgrade: sayUpgrade(runtime, options),
    ...(watchdog === null ? {} : { watch: watchdog.watch }),
    ...(options.pagesChild === undefined ? {} : { pagesChild: options.pagesChild }),
    ...(options.systemProxy === undefined ? {} : { systemProxy: options.systemProxy }),
    ...(stays
      ? {
          restoreAtRestart: async (path: string) => {
            await askRestore(dataFolder, path);
            setTimeout(startAgain, answerLeavesMs).unref();
          },
        }
      : {}),
    runtime,
    redactor,
    files,
    resourcesFolder,
    version,
    environment: process.env,
  };
  const data = await openData(parts);
  // Half of a start is reading the program: the database's threads start meanwhile.
  const { compose } = await import('../compose.ts');
  const { engine, sandboxUrl } = await usable(dataFolder, () => compose(parts, data));
  const open = async () => {
    const { serveConsole } = await import('./agent/server.ts');
    return serveConsole({
      runtime,
      router: engine.router,
      files,
      pages: options.serve === 'pages' ? await loadPages(pagesFolder) : null,
      uploadFolder: join(dataFolder, 'uploads'),
      viewFile: join(dataFolder, 'view.json'),
      webhooks: engine.webhooks,
      ...(options.metricsFrom === undefined
        ? {}
        : { metrics: { text: () => engine.metricsText(), from: options.metricsFrom } }),
      onPage: () => engine.showSamples(),
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.token === undefined ? {} : { token: options.token }),
      ...(options.bind === undefined ? {} : { host: options.bind }),
    });
  };
  const announce = (server: ConsoleServer | null, shut: string | null = null) =>
    lock.announce({
      ...{ pid: process.pid, startId: runtime.ids.next(), host },
      ...{ url: server?.url ?? null, token: server?.token ?? null, shut },
    });
  const door = await openDoor({ options, runtime, engine, open, announce });
  runtime.log.info('console.started', { host });
  watchdog?.start();
  const stopResting = host === 'agent' ? giveBackAtRest(runtime) : null;

  let stopping: Promise<void> | null = null;
  return {
    engine,
    runtime,
    files,
    get server() {
      return door.server();
    },
    sandboxUrl,
    restartAsked,
    stop() {
      stopping ??= (async () => {
        stopResting?.();
        await door.close();
        await engine.stop();
        watchdog?.stop();
        if (stays) await noteProperEnd(dataFolder).catch(() => undefined);
        runtime.log.info('console.stopped', { host });
        await lock.release();
      })();
      return stopping;
    },
  };
}
