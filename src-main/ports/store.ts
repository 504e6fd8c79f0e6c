import type { MessagePort } from 'node:worker_threads';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../store/tables.ts';

/** A handle that reads committed data. A transaction is one too, so reading repositories accept both. */
export type Reader = Kysely<Tables>;

/** A handle that may write. It exists only inside `Store.transaction`, so a fact and its jobs commit together or not at all. */
export type Tx = Transaction<Tables>;

/** What SQLite can bind. Integers beyond 2^53 go in as bigint; booleans are stored as 0 and 1. */
export type Bindable = string | number | bigint | boolean | null | Uint8Array;

/** One statement of a batch: SQL with `?` marks and the values for them. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly Bindable[];
  /** Many rows for one statement that gives none back: it runs once a row, with `params` and then the row's values. */
  readonly rows?: readonly (readonly Bindable[])[];
}

/** `rows`: what a SELECT or RETURNING gave; `changes`: rows written by this statement. */
export interface StatementResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly changes: number;
}

/** It stays until the console is started again. */
export interface StoreTrouble {
  readonly kind: 'disk' | 'damaged';
  /** For a person: what happened and what to do. */
  readonly message: string;
}

export interface Store {
  /** Committed data, read on a thread of its own; never blocks the writer. */
  readonly read: Reader;
  /**
   * Runs `work` as one atomic unit. Transactions run one after another on the writer thread and share a commit with
   * those that wait beside them; the promise resolves only after the data is durably on disk (synchronous=FULL).
   * `after` callbacks run once that commit is done, never when it fails. `work` must not wait for anything but the store.
   * `ahead`: a person waits for it, so it has the next turn, before whatever the console itself wants to write.
   */
  transaction<T>(
    work: (tx: Tx, after: (callback: () => void) => void) => Promise<T>,
    options?: { readonly ahead?: boolean },
  ): Promise<T>;
  /**
   * Like `after` of the transaction that `tx` belongs to, for callees that were given the `tx` alone. `undone` is called
   * instead when nothing of the transaction was kept.
   */
  after(tx: Tx, callback: () => void, undone?: () => void): void;
  /**
   * Sends a statement that has to change a row, without waiting for it: what it gave is `told` after the commit, before the
   * `after` callbacks. When it changes none, or fails, nothing of the transaction is kept, and its `work` is run once more.
   * false: that is so now; the statement has not been sent, and has to be run and looked at like any other.
   */
  expect(tx: Tx, statement: Statement, told: (result: StatementResult) => void): boolean;
  /**
   * The fast lane: all statements as one atomic unit in one message to the writer, in a commit shared with its
   * neighbours. Resolves after that commit with one result per statement; rejects, with nothing changed, when one fails.
   */
  batch(statements: readonly Statement[]): Promise<readonly StatementResult[]>;
  /**
   * A line to the same writer for another thread: hand it over in `postMessage(value, [port])` and open it there with
   * `connectToWriter` of `store/client.ts`. `ended` resolves when the port is closed, or its thread gone, and the writer is
   * done with everything that came by it: what is cleared earlier can come back.
   */
  port(): { readonly port: MessagePort; readonly ended: Promise<void> };
  /** The database file, for a thread that reads or checkpoints by a connection of its own. */
  readonly file: string;
  /** Online copy while running, checked before it resolves; a later error leaves no file behind (BAK-01, BAK-03). */
  backup(file: string): Promise<{ bytes: number }>;
  /**
   * After an erasure left its mark: nothing of what it took away stays in the file's free space. Others wait meanwhile, for
   * two seconds at most; none is refused. false: the file is too large for that, or somebody reads for longer than ten
   * seconds, and the next start does it. Rejects where another program keeps the database locked; the mark stays.
   */
  overwriteFreed(): Promise<boolean>;
  /** Why nothing is written any more; null while all is well. */
  trouble(): StoreTrouble | null;
  /** Counters for the benchmark and the metrics page. */
  stats(): { commits: number; transactions: number };
  close(): Promise<void>;
}

/** A worker thread's own look at what is committed, without a way over other threads. */
export interface LocalReader {
  has(sql: string, params: readonly Bindable[]): boolean;
  rows(sql: string, params: readonly Bindable[]): readonly Readonly<Record<string, unknown>>[];
  /**
   * Moves the write-ahead log into the database, off the writer's thread. Call it when nothing of this thread's is being
   * written, or the log cannot start anew.
   */
  settle(): void;
  close(): void;
}
