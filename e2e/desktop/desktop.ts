import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const bundle = at('../../out/main/desktop.js');

/** True when the product has been built; `npm test` builds before it runs the journeys. */
export const isBuilt = () => existsSync(bundle) && existsSync(at('../../out/preload/index.cjs'));

/** The desktop app as built, run against the Electron double in a process of its own. */
export interface Desktop {
  ask<T>(doing: string, input?: unknown): Promise<T>;
  /** Runs an expression in the window's page. */
  evaluate<T>(expression: string): Promise<T>;
  readonly exited: Promise<number | null>;
  readonly stderr: () => string;
  kill(): void;
}

/**
 * Its settings of the operating system live in the data folder too, so that nothing of this machine is touched.
 * `lacks`: what this desktop has not (`tray`, `notifications`).
 */
export function startDesktop(
  dataFolder: string,
  words: readonly string[] = [],
  lacks: readonly string[] = [],
): Desktop {
  const child: ChildProcess = fork(bundle, ['--data', dataFolder, ...words], {
    execArgv: ['--import', at('../electron-double/register.ts')],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, XDG_CONFIG_HOME: join(dataFolder, 'config'), ELECTRON_DOUBLE_LACKS: lacks.join() },
  });
  let heard = '';
  child.stderr?.on('data', (chunk) => {
    heard += String(chunk);
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let last = 0;
  child.on('message', ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new Error(error));
  });
  const exited = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => {
      for (const { reject } of waiting.values()) reject(new Error(`The desktop app has ended (${code}): ${heard}`));
      resolve(code);
    });
  });
  function ask<T>(doing: string, input?: unknown): Promise<T> {
    const id = ++last;
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      child.send({ id, doing, input }, (error) => error && reject(error));
    });
  }
  return {
    ask,
    evaluate: (expression) => ask('evaluate', expression),
    exited,
    stderr: () => heard,
    kill: () => child.kill('SIGKILL'),
  };
}

/** Looks until it holds, at most 20 s; says what was last seen otherwise. */
export async function until<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > end) throw new Error(`Did not happen within 20 s; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
