import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/fetch';
import Database from 'better-sqlite3';
import type { Client } from '../../src-main/hosts/cli/console.ts';
import { FILES_PATH, RPC_PREFIX, TOKEN_HEADER } from '../../src-shared/contract/host-bridge.ts';
import { place } from './places.ts';
import { sendEvent } from './webhook.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const program = join(root, 'src-main', 'hosts', 'cli', 'main.ts');
export const organisationId = 'bluebell';
const READY_MS = 30_000;

interface Ready {
  readonly url: string;
  readonly token: string;
  readonly webhookUrl: string;
  readonly sandboxUrl: string;
}

export interface RunningAgent {
  readonly child: ChildProcess;
  readonly ready: Ready;
  /** What it wrote to stderr so far. */
  errors(): string;
  /** Speaks to this very process, never becomes the owner itself. */
  client(): Promise<Client>;
  /** Hands a file over; its one-use handle. */
  offer(name: string, content: string): Promise<string>;
  /** SIGKILL, and wait until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; its exit code. */
  stop(): Promise<number | null>;
}

const living = new Set<ChildProcess>();

/** For `afterEach`: whatever a failed test left running. */
export async function endAll(): Promise<void> {
  for (const child of living) {
    const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
    try {
      // Its own group: a tool in front of it must not leave it behind.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
    await gone;
  }
  living.clear();
}

interface SpawnOptions {
  /** A command in front of node, such as strace with its options. */
  readonly front?: readonly string[];
  readonly node?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

function launch(words: readonly string[], { front = [], node = [], env }: SpawnOptions = {}): ChildProcess {
  const [command = process.execPath, ...rest] = [...front, process.execPath, ...node, program, ...words];
  const child = spawn(command, rest, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(env === undefined ? {} : { env }),
  });
  living.add(child);
  child.once('exit', () => living.delete(child));
  return child;
}

/** Starts the agent without waiting for it: for one that is killed while it starts. */
export function launchAgent(data: string, words: readonly string[]): { kill(): Promise<void> } {
  const child = launch(['agent', '--data', data, ...words]);
  return { kill: () => killed(child) };
}

async function killed(child: ChildProcess): Promise<void> {
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await gone(child);
}

async function gone(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** Starts `wedops agent` and waits for its one line; rejects with what it said when it ends before. */
export async function startAgent(
  data: string,
  words: readonly string[] = ['--practice', '--empty'],
  options: SpawnOptions = {},
): Promise<RunningAgent> {
  const child = launch(['agent', '--data', data, ...words], options);
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  if (!child.stdout) throw new Error('no output');
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), READY_MS);
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line', { signal: late.signal }).then(([text]) => String(text)),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the agent ended with ${String(code)}: ${said}`);
    }),
  ]);
  clearTimeout(timer);
  const ready = JSON.parse(line) as Ready;
  const headers = { [TOKEN_HEADER]: ready.token, 'x-wedops-via': 'cli' };
  return {
    child,
    ready,
    errors: () => said,
    client: async () => createORPCClient(new RPCLink({ url: `${ready.url}${RPC_PREFIX}`, headers })),
    async offer(name, content) {
      const reply = await fetch(`${ready.url}${FILES_PATH}?name=${encodeURIComponent(name)}`, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body: content,
      });
      return ((await reply.json()) as { handle: string }).handle;
    },
    kill: () => killed(child),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the agent had ended by itself (${child.exitCode ?? child.signalCode}): ${said}`);
      }
      process.kill(-(child.pid ?? 0), 'SIGTERM');
      return gone(child);
    },
  };
}

/** The sandbox as a process of its own, so that it outlives the agent. */
export async function startSandboxProcess(data: string): Promise<{ url: string; child: ChildProcess }> {
  const child = launch(['sandbox', '--data', data]);
  if (!child.stdout) throw new Error('no output');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { url: (JSON.parse(line) as { url: string }).url, child };
}

/** Runs one command to its end. `value`: what `--json` printed. */
export function wedops(
  data: string,
  words: readonly string[],
  options: { readonly front?: readonly string[]; readonly env?: NodeJS.ProcessEnv; readonly timeoutMs?: number } = {},
): Promise<{ exit: number; value: unknown; errors: string }> {
  const [command = process.execPath, ...rest] = [
    ...(options.front ?? []),
    process.execPath,
    program,
    ...words,
    '--data',
    data,
    '--json',
  ];
  return new Promise((resolve) => {
    execFile(
      command,
      rest,
      { cwd: root, timeout: options.timeoutMs ?? 60_000, maxBuffer: 64 * 1024 ** 2, env: options.env ?? process.env },
      (error, stdout, errors) => {
        let value: unknown = null;
        try {
          value = JSON.parse(stdout);
        } catch {
          // Nothing was printed: the exit code says it.
        }
        resolve({ exit: error ? Number(error.code ?? 99) : 0, value, errors });
      },
    );
  });
}

/** Reads the database beside the back of whoever has it open. */
export function peek<T>(data: string, work: (db: Database.Database) => T): T {
  const db = new Database(join(data, 'console.db'), { readonly: true, timeout: 5_000 });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

export const fault = async (sandboxUrl: string, body: object): Promise<void> => {
  const reply = await fetch(`${sandboxUrl}/_misbehave`, { method: 'POST', body: JSON.stringify(body) });
  if (reply.status !== 204) throw new Error(`The sandbox did not take ${JSON.stringify(body)}`);
};

export interface Received {
  readonly system: string;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export const received = async (sandboxUrl: string, system = ''): Promise<readonly Received[]> =>
  (await (await fetch(`${sandboxUrl}/_received${system === '' ? '' : `?system=${system}`}`)).json()) as Received[];

/** An alert that goes to every channel on any day. */
export const emergency = (title: string) => ({
  organisationId,
  severity: 'emergency' as const,
  title,
  detail: '',
  venues: [],
  key: title,
  source: 'fault',
});

/** A data folder with some history, its console ended. */
export async function lived(name: string): Promise<{ data: string; folder: string }> {
  const folder = place(name);
  const data = join(folder, 'data');
  const agent = await startAgent(data);
  const client = await agent.client();
  for (let index = 0; index < 5; index += 1) await client.alerts.raise(emergency(`before ${index}`));
  for (let index = 0; index < 5; index += 1) await sendEvent(agent.ready.webhookUrl, `lived-${index}`);
  await agent.stop();
  return { data, folder };
}
