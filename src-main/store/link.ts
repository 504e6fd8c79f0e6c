import type { MessagePort, Worker } from 'node:worker_threads';
import type { Bindable, Statement, StatementResult } from '../ports/store.ts';
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
  const pending = new Map<number, Pending>();
  const texts = new Map<string, number>();
  let define: [number, string][] = [];
  let outgoing: Request[] = [];
  let lastId = 0;
  let failure: WireError | null = null;

  function flush(): void {
    if (outgoing.length === 0) return;
    const envelope: Envelope = { define, requests: outgoing };
    define = [];
    outgoing = [];
    if (failure) return;
    const ports = envelope.requests.flatMap((request) => (request.kind === 'port' ? [request.port] : []));
    port.postMessage(envelope, ports);
  }

  function post(request: Request): void {
    // After every promise that is ready has gone on: what they ask side by side travels together.
    if (outgoing.length === 0) process.nextTick(flush);
    outgoing.push(request);
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
      else pending.set(id, { resolve, reject });
    });
  }

  function ask(make: (id: number) => Request): Promise<readonly StatementResult[]> {
    lastId += 1;
    const answer = wait(lastId);
    if (!failure) post(make(lastId));
    return answer;
  }

  port.on('message', (replies: Reply[]) => {
    for (const reply of replies) {
      const waiter = pending.get(reply.id);
      pending.delete(reply.id);
      if (reply.ok) waiter?.resolve(reply.results.map(unwired));
      else waiter?.reject(new StoreError(reply.error));
    }
  });

  return {
    started: wait(0),
    async run(tx, statement) {
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
    begin: (tx) => post({ kind: 'begin', tx }),
    expect(tx, statement) {
      forgetTexts();
      post({ kind: 'expect', tx, statement: wired(statement) });
    },
    commit: (tx, more) => ask((id) => ({ kind: 'commit', id, tx, more })),
    rollback: (tx, more) => post({ kind: 'rollback', tx, more }),
    async close() {
      await ask((id) => ({ kind: 'close', id }));
    },
    fail(error) {
      failure ??= error;
      const lost = [...pending.values()];
      pending.clear();
      for (const { reject } of lost) reject(new StoreError(failure));
    },
  };
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
