import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/fetch';
import type { ContractRouterClient } from '@orpc/contract';
import { ChosenHandle, FILES_PATH, RPC_PREFIX, TOKEN_HEADER } from '../../../src-shared/contract/host-bridge.ts';
import type { Contract } from '../../../src-shared/contract/index.ts';
import type { OwnerRecord } from '../../platform/owner-lock.ts';
import { ownOrFind } from '../owner.ts';
import { fewAtOnce } from './few-at-once.ts';
import { fileGiven } from './given-files.ts';

export type Client = ContractRouterClient<Contract>;

/** The contract, wherever the engine runs, and the two ways files go to and fro. */
export interface OpenConsole {
  readonly client: Client;
  /** Offers a file of this machine; the answer is its one-use handle. */
  offer(path: string): Promise<string>;
  /** The bytes of a download handle. */
  download(handle: string): Promise<Buffer>;
  /** Process that does the work: this one, or the owner of the folder. */
  readonly inProcess: boolean;
  readonly sandboxUrl: string | null;
  close(): Promise<void>;
}

export interface ConsoleOptions {
  readonly dataFolder: string;
  readonly empty: boolean;
  readonly sandboxUrl?: string | undefined;
}

/** A command waits this long for another command at work to end. */
const PATIENCE_MS = 60_000;

/** Talks to the owner of the folder, or becomes it for the length of this command. */
export async function openConsole(options: ConsoleOptions): Promise<OpenConsole> {
  const ownership = await ownOrFind(options.dataFolder, PATIENCE_MS);
  return ownership.owned ? compose(options, ownership.lock) : connect(ownership.owner);
}

function connect(owner: OwnerRecord): OpenConsole {
  const base = owner.url ?? '';
  const headers = { [TOKEN_HEADER]: owner.token ?? '', 'x-wedops-via': 'cli' };
  return {
    client: createORPCClient(new RPCLink({ url: `${base}${RPC_PREFIX}`, headers, fetch: fewAtOnce() })),
    inProcess: false,
    sandboxUrl: null,
    async offer(path) {
      const file = await fileGiven(path);
      const reply = await fetch(`${base}${FILES_PATH}?name=${encodeURIComponent(basename(file))}`, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body: Readable.toWeb(createReadStream(file)) as ReadableStream,
        duplex: 'half',
      } as RequestInit);
      if (!reply.ok) throw new Error(`The console did not take the file (${reply.status})`);
      return ChosenHandle.parse(await reply.json()).handle;
    },
    async download(handle) {
      const reply = await fetch(`${base}${FILES_PATH}/${encodeURIComponent(handle)}`, { headers });
      if (!reply.ok) throw new Error(`The console did not hand the file over (${reply.status})`);
      return Buffer.from(await reply.arrayBuffer());
    },
    close: async () => undefined,
  };
}

async function compose(
  options: ConsoleOptions,
  lock: import('../../platform/owner-lock.ts').OwnerLock,
): Promise<OpenConsole> {
  const [{ startConsole }, { createRouterClient }, { readFile }] = await Promise.all([
    import('../start.ts'),
    import('@orpc/server'),
    import('node:fs/promises'),
  ]);
  try {
    const running = await startConsole({
      dataFolder: options.dataFolder,
      lock,
      host: 'cli',
      empty: options.empty,
      sandboxUrl: options.sandboxUrl,
      serve: 'none',
    });
    return {
      client: createRouterClient(running.engine.router, {
        context: () => ({
          caller: { via: 'cli', access: 'admin', personId: null },
          correlationId: running.runtime.ids.next(),
          log: running.runtime.log,
        }),
      }) as Client,
      inProcess: true,
      sandboxUrl: running.sandboxUrl,
      async offer(path) {
        const file = await fileGiven(path);
        return running.files.offer(file, basename(file), { temporary: false });
      },
      async download(handle) {
        const file = await running.files.take(handle);
        if (!file) throw new Error('The file is no longer there');
        const bytes = await readFile(file.path);
        await file.dispose();
        return bytes;
      },
      close: () => running.stop(),
    };
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}
