import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { wedopsProgram } from '../../testing/wedops-program.ts';

export interface Started<T> {
  readonly child: ChildProcess;
  readonly ready: T;
}

/** Starts a command that goes on running; `ready` is the one line it prints then. It may be killed before. */
export function launched<T>(...words: string[]): { readonly child: ChildProcess; readonly ready: Promise<T> } {
  const child = spawn(process.execPath, [wedopsProgram, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ready = Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => JSON.parse(String(line)) as T),
    once(child, 'exit').then(([code]) => {
      throw new Error(`wedops ${words[0]} ended with ${String(code)} before it was ready`);
    }),
  ]);
  ready.catch(() => undefined);
  return { child, ready };
}

/** The same, waited for. */
export async function started<T>(...words: string[]): Promise<Started<T>> {
  const { child, ready } = launched<T>(...words);
  return { child, ready: await ready };
}

/** Ends it as asked and waits until it is gone. */
export async function ended(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<void> {
  const exit = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
  child.kill(signal);
  await exit;
}

/** One command, a process of its own; its JSON. Exit 1 is allowed where something was left out. */
export function wedops<T>(...words: string[]): Promise<T> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [wedopsProgram, ...words, '--json'], { timeout: 110_000 }, (error, stdout, stderr) => {
      const exit = error ? Number(error.code ?? 99) : 0;
      if (exit > 1) reject(new Error(`${words.join(' ')} ended with ${exit}: ${stdout}${stderr}`));
      else resolve(JSON.parse(stdout) as T);
    });
  });
}
