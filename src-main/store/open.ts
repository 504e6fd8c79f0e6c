import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { Kysely } from 'kysely';
import { mayBeCutOff } from '../platform/long-threads.ts';
import type { LoopWatch } from '../platform/stand-still.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { Store, Tx } from '../ports/store.ts';
import { dialectOver, type Expect, readerDriver, transactionsOver, writerDrivers } from './kysely-driver.ts';
import { createLink, type Link } from './link.ts';
import { type Reply, StoreError, type ThreadTask, UNEXPECTED, type UpgradeStep } from './protocol.ts';
import type { Tables } from './tables.ts';
import { watchTrouble } from './trouble.ts';

const threadFile = import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js';

/** A database up to this size is checked before it is used; a larger one while it is used, or starting would take minutes. */
const CHECKED_FIRST_BYTES = 256 * 1024 * 1024;

/** Whoever asked the reader something is gone by then. */
const READER_PATIENCE_MS = 2_000;

/** How often, and how far apart, the log is tried to be emptied while somebody reads, such as a backup. */
const LOG_TRIES = 20;
const LOG_AGAIN_MS = 500;

/** A transaction carries its own: a WeakMap of them would keep each until a full collection. */
const scopeKey = Symbol('scope');

type Work<T> = (tx: Tx, after: (callback: () => void) => void) => Promise<T>;

/** What belongs to one transaction. */
interface Scope {
  readonly done: (() => void)[];
  readonly undone: (() => void)[];
  /** null: it came to nothing before, since something expected did not happen. */
  readonly expect: Expect | null;
}

export interface OpenStore {
  /** Data folder; made, private to this user, when missing. The caller already owns it (R48). */
  readonly folder: string;
  readonly runtime: Runtime;
  /** Program version, named in refusals between versions. */
  readonly version?: string;
  /** Makes room on a full disk; true: it is worth trying again (R41). */
  readonly makeRoom?: () => Promise<boolean>;
  /** Told before each long step of bringing an older database up to date. */
  readonly onUpgrade?: (step: UpgradeStep) => void;
  /** Its threads end this process when the main one stands still. */
  readonly watch?: LoopWatch;
}

/**
 * Opens `<folder>/console.db` with a writer and a reader thread, and brings its schema up to date. Rejects with
 * StoreError; its code is `SCHEMA` when the database belongs to a newer version or is not ours, `DAMAGED` when its pages
 * are not what was written (R40): nothing has been changed then.
 */
export async function openStore({
  folder,
  runtime,
  version = '0.1.0',
  makeRoom = async () => false,
  onUpgrade = () => undefined,
  watch: loop,
}: OpenStore): Promise<Store> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'console.db');
  const counters = new SharedArrayBuffer(8);
  const counts = new Int32Array(counters);
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const checkFirst = bytes > 0 && bytes <= CHECKED_FIRST_BYTES;
  const task = { file, counters, at: runtime.clock.now(), version, target: '', checkFirst, watch: loop ?? null };
  const watch = watchTrouble(runtime.clock, runtime.log);
  let closing = false;

  function startThread(thread: ThreadTask) {
    const worker = new Worker(new URL(threadFile, import.meta.url), {
      workerData: thread,
      name: `sqlite-${thread.role}`,
      // By itself a thread's heap grows by 50 MB while batches pass through it, and never shrinks again.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    if (thread.role !== 'writer') mayBeCutOff(worker);
    const link = createLink(worker);
    worker.on('error', (error) => {
      runtime.log.error('store.thread-failed', { role: thread.role, error: error.message });
      link.fail({ message: `The database thread (${thread.role}) failed: ${error.message}`, code: 'STORE_CRASHED' });
    });
    worker.on('exit', () => {
      if (!closing && (thread.role === 'writer' || thread.role === 'reader'))
        runtime.log.error('store.thread-ended', { role: thread.role });
      link.fail({ message: `The database thread (${thread.role}) has ended`, code: 'STORE_CLOSED' });
    });
    return { worker, link };
  }

  const writer = startThread({ ...task, role: 'writer' });
  writer.worker.on('message', (replies: Reply[]) => {
    for (const reply of replies) if ('step' in reply) onUpgrade(reply.step);
  });
  const reader = startThread({ ...task, role: 'reader' });
  try {
    await Promise.all([writer.link.started, reader.link.started]);
  } catch (error) {
    closing = true;
    await Promise.all([writer, reader].map(({ worker }) => worker.terminate()));
    throw error;
  }

  if (bytes > 0 && !checkFirst) {
    const { worker, link } = startThread({ ...task, role: 'check' });
    worker.unref();
    link.started.catch((thrown: unknown) => {
      if (thrown instanceof StoreError && thrown.code === 'DAMAGED') watch.damaged(thrown.message);
    });
  }

  /** Refused while there is trouble; tried once more when room was made on a full disk. */
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (watch.refusal) throw new StoreError(watch.refusal);
    try {
      return await work();
    } catch (thrown) {
      watch.note(thrown);
      if (!(thrown instanceof StoreError && thrown.code === 'SQLITE_FULL') || !(await makeRoom())) throw thrown;
      return work();
    }
  }

  const watchedReader: Link = {
    ...reader.link,
    run: (tx, statement) =>
      reader.link.run(tx, statement).catch((thrown: unknown) => {
        watch.note(thrown);
        throw thrown;
      }),
  };
  const read = new Kysely<Tables>({ dialect: dialectOver(() => readerDriver(watchedReader)) });
  const drivers = writerDrivers(writer.link);
  const usual = transactionsOver(read, drivers.usual);
  const first = transactionsOver(read, drivers.ahead);
  const inside = new AsyncLocalStorage<{ open: boolean }>();

  function scopeOf(tx: Tx & { [scopeKey]?: Scope }): Scope {
    const scope = tx[scopeKey];
    if (!scope) throw new Error('This is not the tx that store.transaction() handed out');
    return scope;
  }

  async function once<T>(work: Work<T>, ahead: boolean, hopeful: boolean): Promise<T> {
    const done: (() => void)[] = [];
    const undone: (() => void)[] = [];
    const scope = { open: true };
    const ended = (ahead ? first : usual)((tx, expect) =>
      inside.run(scope, async () => {
        const own: Scope = { done, undone, expect: hopeful ? expect : null };
        Object.assign(tx, { [scopeKey]: own });
        try {
          return await work(tx, (callback) => done.push(callback));
        } finally {
          scope.open = false;
        }
      }),
    );
    const result = await ended.catch((thrown: unknown) => {
      for (const callback of undone) callback();
      throw thrown;
    });
    for (const callback of done) callback();
    return result;
  }

  return {
    read,
    file,
    async transaction(work, { ahead = false } = {}) {
      // It would wait for its own turn for ever.
      if (inside.getStore()?.open) throw new Error('store.transaction() inside another one: pass its tx on instead');
      return guarded(() =>
        once(work, ahead, true).catch((thrown: unknown) => {
          if (!(thrown instanceof StoreError && thrown.code === UNEXPECTED)) throw thrown;
          return once(work, ahead, false);
        }),
      );
    },
    after(tx, callback, undone) {
      const scope = scopeOf(tx);
      scope.done.push(callback);
      if (undone) scope.undone.push(undone);
    },
    expect(tx, statement, told) {
      const { expect } = scopeOf(tx);
      expect?.(statement, told);
      return expect !== null;
    },
    batch: (statements) => guarded(() => writer.link.batch(statements, false)),
    port() {
      const { port1, port2 } = new MessageChannel();
      return { port: port2, ended: writer.link.attach(port1).catch(() => undefined) };
    },
    async backup(target) {
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      const { link } = startThread({ ...task, role: 'backup', target });
      const [result] = await link.started;
      return { bytes: Number(result?.rows[0]?.bytes) };
    },
    async overwriteFreed() {
      for (let tries = 1; ; tries += 1) {
        const outcome = await writer.link.overwrite();
        if (outcome !== 'read' || tries === LOG_TRIES) return outcome === 'done';
        await runtime.clock.sleep(LOG_AGAIN_MS);
      }
    },
    trouble: () => watch.trouble,
    stats: () => ({ commits: Atomics.load(counts, 0), transactions: Atomics.load(counts, 1) }),
    async close() {
      if (closing) return;
      closing = true;
      const end = async ({ worker, link }: typeof writer) => {
        await link.close().catch(() => undefined);
        await worker.terminate();
      };
      // The writer last: whoever closes last folds the journal in, and a reader may not. One in a question of minutes is
      // not waited for; the next start folds it in then.
      const late = new AbortController();
      await Promise.race([end(reader), runtime.clock.sleep(READER_PATIENCE_MS, late.signal)]);
      late.abort();
      await end(writer);
    },
  };
}
