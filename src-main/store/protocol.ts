import type { MessagePort } from 'node:worker_threads';
import type { LoopWatch } from '../platform/stand-still.ts';
import type { Bindable, Statement } from '../ports/store.ts';

/** A statement on the wire: its text travels once a line, in `define`, and is a number from then on. */
export interface WireStatement {
  readonly sql: number;
  readonly params: readonly Bindable[];
  readonly rows?: Statement['rows'];
}

/** Column names once, then the values row by row: several times cheaper to hand over than objects. */
export interface WireResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly changes: number;
}

/** One message to a database thread. */
export interface Envelope {
  readonly define: readonly (readonly [number, string])[];
  readonly requests: readonly Request[];
}

/** What a client posts to a database thread; `tx` 0 means outside a transaction. */
export type Request =
  | { readonly kind: 'run'; readonly id: number; readonly tx: number; readonly statement: WireStatement }
  | { readonly kind: 'begin'; readonly tx: number }
  /** Changes a row; otherwise nothing of the transaction is kept. Answered with the commit. */
  | { readonly kind: 'expect'; readonly tx: number; readonly statement: WireStatement }
  /** `more`: another transaction of this client begins right behind, so the shared commit may wait for it. */
  | { readonly kind: 'commit'; readonly id: number; readonly tx: number; readonly more: boolean }
  | { readonly kind: 'rollback'; readonly tx: number; readonly more: boolean }
  /** A whole transaction that only expects: begin, each row of `statements` on its own, commit. */
  | {
      readonly kind: 'unit';
      readonly id: number;
      readonly tx: number;
      readonly statements: readonly WireStatement[];
      readonly more: boolean;
    }
  /** `patient`: nobody waits for it; it may share its commit with others of its kind. */
  | {
      readonly kind: 'batch';
      readonly id: number;
      readonly statements: readonly WireStatement[];
      readonly patient: boolean;
    }
  /** Another line. Answered when it has ended: everything from it is done or, when it was patient and had not begun, dropped. */
  | { readonly kind: 'port'; readonly id: number; readonly port: MessagePort }
  /** Somebody waits for the patient batches sent so far: their commit waits for no more of them. */
  | { readonly kind: 'hurry' }
  /** Writes what an erasure freed anew, between two transactions. Answered with `outcome`. */
  | { readonly kind: 'overwrite'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number };

export interface WireError {
  readonly message: string;
  /** SQLite's own code where there is one, e.g. `SQLITE_CONSTRAINT_UNIQUE`. */
  readonly code: string;
}

/**
 * Before anything is changed the whole database is copied and the copy checked (R44): with millions of rows, a minute. After
 * an erasure it is written anew.
 */
export interface UpgradeStep {
  readonly stage: 'copying' | 'checking' | 'changing' | 'writing-anew';
  /** Schema numbers. */
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

export type Reply =
  | { readonly id: number; readonly ok: true; readonly results: readonly WireResult[] }
  /** No answer: nobody waits for this id. */
  | { readonly id: -1; readonly ok: true; readonly results: readonly []; readonly step: UpgradeStep }
  | { readonly id: number; readonly ok: false; readonly error: WireError };

/** How a database thread is started. */
export interface ThreadTask {
  readonly role: 'writer' | 'reader' | 'backup' | 'check';
  readonly file: string;
  /** Two counters shared with the thread: commits, transactions. */
  readonly counters: SharedArrayBuffer;
  /** Writer only: for the migration record. */
  readonly at: number;
  readonly version: string;
  /** Backup only. */
  readonly target: string;
  /** Writer only: look at every page before the first use. */
  readonly checkFirst: boolean;
  /** Writer and reader: looks after the main thread as well; null: nobody asked. */
  readonly watch: LoopWatch | null;
}

/** Code of a transaction that came to nothing since a statement did not do what was expected of it. */
export const UNEXPECTED = 'UNEXPECTED';

/** A statement, commit or whole database thread failed; `code` is SQLite's where there is one. */
export class StoreError extends Error {
  readonly code: string;
  constructor(error: WireError) {
    super(error.message);
    this.name = 'StoreError';
    this.code = error.code;
  }
}

export function wireError(thrown: unknown): WireError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'STORE';
  return { message, code };
}
