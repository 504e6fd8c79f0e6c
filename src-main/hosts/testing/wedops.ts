import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

export interface Started<T> {
  readonly child: ChildProcess;
  readonly ready: T;
}

/** Starts a command that goes on running; resolves with the one line it prints when it is ready. */
export async function started<T>(...words: string[]): Promise<Started<T>> {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`wedops ${words[0]} ended with ${String(code)} before it was ready`);
    }),
  ])) as [string];
  return { child, ready: JSON.parse(line) as T };
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
    execFile(process.execPath, [program, ...words, '--json'], { timeout: 110_000 }, (error, stdout, stderr) => {
      const exit = error ? Number(error.code ?? 99) : 0;
      if (exit > 1) reject(new Error(`${words.join(' ')} ended with ${exit}: ${stdout}${stderr}`));
      else resolve(JSON.parse(stdout) as T);
    });
  });
}
