import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../store/tables.ts';

/** A handle that reads committed data. A transaction is one too, so reading repositories accept both. */
export type Reader = Kysely<Tables>;

/** A handle that may write. It exists only inside `Store.transaction`, so a fact and its jobs commit together or not at all. */
export type Tx = Transaction<Tables>;

export interface Store {
  /** Committed data, read on a thread of its own; never blocks the writer. */
  readonly read: Reader;
  /**
   * Runs `work` as one atomic unit. Transactions run one after another on the writer thread and share a commit with
   * those that wait beside them; the promise resolves only after the data is durably on disk (synchronous=FULL).
   * `after` callbacks run once that commit is done, never when it fails. `work` must not wait for anything but the store.
   */
  transaction<T>(work: (tx: Tx, after: (callback: () => void) => void) => Promise<T>): Promise<T>;
  /** Online copy while running, checked before it resolves; a later error leaves no file behind (BAK-01, BAK-03). */
  backup(file: string): Promise<{ bytes: number }>;
  /** Counters for the benchmark and the metrics page. */
  stats(): { commits: number; transactions: number };
  close(): Promise<void>;
}
