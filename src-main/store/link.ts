import type { MessagePort, Worker } from 'node:worker_threads';
import type { Bindable, Statement, StatementResult } from '../ports/store.ts';
import type { Overwritten } from './freed-space.ts';
import {
  type Envelope,
  type Reply,
  type Request,
  StoreError,
  type WireError,
  type WireResult,
  type WireStatement,
} from './protocol.ts';

/** Statement texts a line remembers; beyond that it starts over. */
const keptTexts = 1_000;
/** Statements that leave at once instead of at the end of the turn: the thread works on them while the turn makes more. */
const sentAtOnce = 64;

/** The calling side of a line to a database thread. */
export interface Link {
  /** The thread's own start. */
  readonly started: Promise<readonly StatementResult[]>;
  run(tx: number, statement: Statement): Promise<StatementResult>;
  batch(statements: readonly Statement[], patient: boolean): Promise<readonly StatementResult[]>;
  /** Patient batches under way are committed without waiting for more. */
  hurry(): void;
  /** Opens another line; resolves when it has ended and nothing from it can be written any more. */
  attach(port: MessagePort): Promise<void>;
  begin(tx: number): void;
  expect(tx: number, statement: Statement): void;
  /** What was expected, when the shared commit is durable. `more`: another transaction begins right behind. */
  commit(tx: number, more: boolean): Promise<readonly StatementResult[]>;
  rollback(tx: number, more: boolean): void;
  /** Writes what an erasure freed anew. */
  overwrite(): Promise<Overwritten>;
  close(): Promise<void>;
  /** Fails everything that waits, and everything asked later. */
  fail(error: WireError): void;
}

interface Pending {
  readonly resolve: (results: readonly StatementResult[]) => void;
  readonly reject: (error: Error) => void;
}

/** Requests made in one turn of the event loop travel in one message. */
export function createLink(port: Worker | MessagePort): Link {
  /**
   * Who waits, at the place that is the id. No Map: filled and emptied all the time it makes itself a new table every few entries,
   * and a table that has grown old keeps the later ones, with all they held, until a full collection.
   */
  let pending: (Pending | undefined)[] = [];
  /** Ids that nobody waits for. */
  let free: number[] = [];
  const texts = new Map<string, number>();
  let define: [number, string][] = [];
  let outgoing: Request[] = [];
  let outgoingStatements = 0;
  /** The transaction that has begun and of which nothing has been sent: while it only expects, it is one request in the end. */
  let unsent: { readonly tx: number; readonly expected: Statement[] } | null = null;
  let failure: WireError | null = null;

  function flush(): void {
    if (outgoing.length === 0) return;
    const envelope: Envelope = { define, requests: outgoing };
    define = [];
    outgoing = [];
    outgoingStatements = 0;
    if (failure) return;
    const ports = envelope.requests.flatMap((request) => (request.kind === 'port' ? [request.port] : []));
    port.postMessage(envelope, ports);
  }

  function post(request: Request, statements = 1): void {
    // After every promise that is ready has gone on: what they ask side by side travels together.
    if (outgoing.length === 0) process.nextTick(flush);
    outgoing.push(request);
    outgoingStatements += statements;
    if (outgoingStatements >= sentAtOnce) flush();
  }

  function sendBegun(): void {
    if (!unsent) return;
    const { tx, expected } = unsent;
    unsent = null;
    post({ kind: 'begin', tx });
    for (const statement of expected) {
      forgetTexts();
      post({ kind: 'expect', tx, statement: wired(statement) });
    }
  }

  function forgetTexts(): void {
    if (texts.size < keptTexts) return;
    // What is already on its way goes out under the old numbers.
    flush();
    texts.clear();
  }

  function wired({ sql, params, rows }: Statement): WireStatement {
    let number = texts.get(sql);
    if (number === undefined) {
      number = texts.size;
      texts.set(sql, number);
      define.push([number, sql]);
    }
    return { sql: number, params: params.map(alone), ...(rows && { rows }) };
  }

  function wait(id: number): Promise<readonly StatementResult[]> {
    return new Promise((resolve, reject) => {
      if (failure) reject(new StoreError(failure));
      else pending[id] = { resolve, reject };
    });
  }

  function ask(make: (id: number) => Request, statements?: number): Promise<readonly StatementResult[]> {
    const id = free.pop() ?? pending.length;
    const answer = wait(id);
    if (!failure) post(make(id), statements);
    return answer;
  }

  port.on('message', (replies: Reply[]) => {
    for (const reply of replies) {
      const waiter = pending[reply.id];
      if (!waiter) continue;
      pending[reply.id] = undefined;
      free.push(reply.id);
      if (reply.ok) waiter.resolve(reply.results.map(unwired));
      else waiter.reject(new StoreError(reply.error));
    }
  });

  return {
    started: wait(0),
    async run(tx, statement) {
      if (tx !== 0) sendBegun();
      forgetTexts();
      const wire = wired(statement);
      const [result] = await ask((id) => ({ kind: 'run', id, tx, statement: wire }));
      return result ?? { rows: [], changes: 0 };
    },
    batch(statements, patient) {
      forgetTexts();
      const wire = statements.map(wired);
      return ask((id) => ({ kind: 'batch', id, statements: wire, patient }));
    },
    hurry: () => post({ kind: 'hurry' }),
    async attach(another) {
      await ask((id) => ({ kind: 'port', id, port: another }));
    },
    begin(tx) {
      unsent = { tx, expected: [] };
    },
    expect(tx, statement) {
      if (unsent?.tx === tx) return void unsent.expected.push(statement);
      forgetTexts();
      post({ kind: 'expect', tx, statement: wired(statement) });
    },
    commit(tx, more) {
      if (!unsent) return ask((id) => ({ kind: 'commit', id, tx, more }));
      const { expected } = unsent;
      unsent = null;
      forgetTexts();
      const statements = together(expected).map(wired);
      return ask((id) => ({ kind: 'unit', id, tx, statements, more }), expected.length);
    },
    rollback(tx, more) {
      sendBegun();
      post({ kind: 'rollback', tx, more });
    },
    async overwrite() {
      const [result] = await ask((id) => ({ kind: 'overwrite', id }));
      return result?.rows[0]?.outcome as Overwritten;
    },
    async close() {
      await ask((id) => ({ kind: 'close', id }));
    },
    fail(error) {
      failure ??= error;
      const lost = pending;
      pending = [];
      free = [];
      for (const waiter of lost) waiter?.reject(new StoreError(failure));
    },
  };
}

/** Statements of one text that follow each other, as one with many rows. */
function together(statements: readonly Statement[]): Statement[] {
  const made: { sql: string; params: readonly Bindable[]; rows: (readonly Bindable[])[] }[] = [];
  for (const { sql, params } of statements) {
    const row = params.map(alone);
    const last = made.at(-1);
    if (last?.sql === sql) last.rows.push(row);
    else made.push({ sql, params: [], rows: [row] });
  }
  return made;
}

/** A small buffer is a window on a pool of 64 KiB, and handing over the window hands over the pool. */
function alone(value: Bindable): Bindable {
  return value instanceof Uint8Array && value.byteLength < value.buffer.byteLength ? new Uint8Array(value) : value;
}

/** Rows as objects again. */
export function unwired({ columns, rows, changes }: WireResult): StatementResult {
  const objects = rows.map((row) => {
    const object: Record<string, unknown> = {};
    for (const [index, column] of columns.entries()) object[column] = row[index];
    return object;
  });
  return { rows: objects, changes };
}
