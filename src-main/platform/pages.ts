import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Failure, NeedsAttentionError, PermanentError, RetryableError } from '../../src-shared/domain/failure.ts';
import type { DrivenPage, PageDriver, PageRun } from '../ports/pages.ts';
import type { FromPages, ToPages } from './pages-protocol.ts';
import { isLoopbackHost } from './public-address.ts';

/** Where browsers are installed, by platform; nothing is ever downloaded. */
const usualPlaces = [
  '/usr/bin/google-chrome',
  '/usr/bin/microsoft-edge',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];
const childFile = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './pages-worker.ts' : './pages-worker.js', import.meta.url),
);

/** The process that drives the browser, whoever started it. */
export interface PagesChild {
  send(message: ToPages): void;
  onMessage(listener: (message: FromPages) => void): void;
  onExit(listener: () => void): void;
  kill(): void;
}

/** A child of this Node; Electron's main process has no Node to fork and brings its own way. */
export function forkedChild(file: string): PagesChild {
  const child = fork(file, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
  return {
    send: (message) => void (child.connected && child.send(message, () => undefined)),
    onMessage: (listener) => void child.on('message', (message) => listener(message as FromPages)),
    onExit(listener) {
      child.on('exit', listener);
      child.on('error', listener);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

export interface PageDriverOptions {
  /** A browser chosen by a person; otherwise the first one installed. */
  readonly browserPath?: string;
  /** Per-user folder where Chrome may be installed (Windows). */
  readonly userFolder?: string;
  /** Practice: pages come from the sandbox, `https://HOST/PATH` from `<sandbox>/HOST/PATH`. */
  readonly sandboxUrl?: string;
  /** Keeps a picture; its content id. */
  readonly keep: (picture: Uint8Array) => Promise<string>;
  readonly startChild?: (file: string) => PagesChild;
  /** Sign-in without a window, for where nobody can see one (tests). */
  readonly unseen?: boolean;
}

/** Playwright over an installed browser, in a child process. Each run has a profile of its own that goes with it. */
export function createPageDriver(options: PageDriverOptions): PageDriver {
  const { sandboxUrl, keep, startChild = forkedChild } = options;
  if (sandboxUrl !== undefined && !isLoopbackHost(new URL(sandboxUrl).hostname)) {
    throw new Error('The sandbox must be on loopback');
  }
  function browserPath(): string {
    const own =
      options.userFolder === undefined
        ? []
        : [join(options.userFolder, 'Google', 'Chrome', 'Application', 'chrome.exe')];
    const found = [...(options.browserPath === undefined ? [] : [options.browserPath]), ...own, ...usualPlaces].find(
      (path) => existsSync(path),
    );
    if (found) return found;
    throw new NeedsAttentionError('misconfigured', 'No Chrome, Edge or Chromium is installed on this machine', {
      hint: 'Install one of them, or name its program file in the settings.',
      scope: 'connection',
    });
  }

  /** One child for one run; ended with it whatever happened. */
  async function inChild<T>(
    { hosts, session, wholeMs, signal }: PageRun,
    visible: boolean,
    work: (line: ReturnType<typeof openLine>, leftMs: () => number) => Promise<T>,
  ): Promise<T> {
    const path = browserPath();
    signal.throwIfAborted();
    const until = performance.now() + wholeMs;
    const child = startChild(childFile);
    const line = openLine(child);
    const stop = () => line.end('The run of the pages took too long');
    const late = setTimeout(stop, wholeMs);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await line.opened({ type: 'open', browserPath: path, hosts, session, sandboxUrl: sandboxUrl ?? null, visible });
      return await work(line, () => until - performance.now());
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', stop);
      await line.close();
    }
  }

  return {
    practice: sandboxUrl !== undefined,
    run: (run, work) => inChild(run, false, (line) => work(pageOver(line, keep))),
    signIn: (run, { url, signedIn }) =>
      inChild(run, options.unseen !== true, async (line, leftMs) => {
        await line.ask((id) => ({ type: 'do', id, what: 'goto', args: [url] }));
        const state = await line.ask((id) => ({
          type: 'session',
          id,
          place: signedIn,
          ms: Math.max(1_000, leftMs() - 2_000),
        }));
        if (typeof state === 'string') return state;
        throw new NeedsAttentionError('auth', 'Nobody signed in', { hint: 'Begin the sign-in again.' });
      }),
  };
}

/** Questions and answers over the channel; ended, every open question fails. */
function openLine(child: PagesChild) {
  const waiting = new Map<number | 'open', { resolve: (value: unknown) => void; reject: (reason: unknown) => void }>();
  let last = 0;
  let over: RetryableError | null = null;
  let left: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });

  function end(why: string): void {
    over ??= new RetryableError('timeout', why);
    for (const { reject } of waiting.values()) reject(over);
    waiting.clear();
    child.kill();
  }
  child.onMessage((message) => {
    const key = message.type === 'opened' ? 'open' : (message.id ?? 'open');
    const one = waiting.get(key);
    waiting.delete(key);
    if (message.type === 'failed') one?.reject(errorOf(message.failure));
    else one?.resolve(message.type === 'done' ? message.value : undefined);
  });
  child.onExit(() => {
    end('The browser ended by itself');
    left();
  });
  function sent(key: number | 'open', message: ToPages): Promise<unknown> {
    if (over) return Promise.reject(over);
    return new Promise((resolve, reject) => {
      waiting.set(key, { resolve, reject });
      child.send(message);
    });
  }
  return {
    end,
    opened: (message: Extract<ToPages, { type: 'open' }>) => sent('open', message),
    ask(question: (id: number) => ToPages): Promise<unknown> {
      last += 1;
      return sent(last, question(last));
    },
    async close(): Promise<void> {
      child.send({ type: 'close' });
      const late = setTimeout(() => child.kill(), 5_000);
      await gone;
      clearTimeout(late);
    },
  };
}

function pageOver(line: Pick<ReturnType<typeof openLine>, 'ask'>, keep: PageDriverOptions['keep']): DrivenPage {
  const call =
    <A extends unknown[], R>(what: keyof DrivenPage) =>
    async (...args: A): Promise<R> =>
      (await line.ask((id) => ({ type: 'do', id, what, args }))) as R;
  return {
    goto: call('goto'),
    skeleton: call('skeleton'),
    count: call('count'),
    shapeOf: call('shapeOf'),
    value: call('value'),
    fill: call('fill'),
    click: call('click'),
    appears: call('appears'),
    picture: async () => keep(Buffer.from(await call<[], string>('picture')(), 'base64')),
  };
}

/** The failure as it was thrown in the child. */
function errorOf({ kind, code, message, ...detail }: Failure): Error {
  if (kind === 'permanent') return new PermanentError(code as PermanentError['code'], message, detail);
  if (kind === 'retryable') return new RetryableError(code as RetryableError['code'], message, detail);
  return new NeedsAttentionError(code as NeedsAttentionError['code'], message, detail);
}
