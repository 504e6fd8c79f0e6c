import type { MessagePort, Worker } from 'node:worker_threads';
import type { StatementResult } from '../ports/store.ts';
import { type Reply, type Request, StoreError, type WireError } from './protocol.ts';

type WithId = Extract<Request, { id: number }>;
type Unnumbered<R> = R extends WithId ? Omit<R, 'id'> : never;

/** The calling side of a line to a database thread. */
export interface Link {
  /** Posts a request and waits for its answer. */
  ask(request: Unnumbered<WithId>): Promise<readonly StatementResult[]>;
  /** Posts a request that has no answer. */
  tell(request: Extract<Request, { kind: 'begin' | 'rollback' }>): void;
  /** Fails everything that waits, and everything asked later. */
  fail(error: WireError): void;
}

interface Pending {
  readonly resolve: (results: readonly StatementResult[]) => void;
  readonly reject: (error: Error) => void;
}

/** Requests made in one turn of the event loop travel in one message. */
export function createLink(
  port: Worker | MessagePort,
): Link & { readonly started: Promise<readonly StatementResult[]> } {
  const pending = new Map<number, Pending>();
  let outgoing: Request[] = [];
  let lastId = 0;
  let failure: WireError | null = null;

  function post(request: Request): void {
    if (outgoing.length === 0) {
      queueMicrotask(() => {
        const batch = outgoing;
        outgoing = [];
        if (!failure) port.postMessage(batch);
      });
    }
    outgoing.push(request);
  }

  function wait(id: number): Promise<readonly StatementResult[]> {
    return new Promise((resolve, reject) => {
      if (failure) reject(new StoreError(failure));
      else pending.set(id, { resolve, reject });
    });
  }

  port.on('message', (replies: Reply[]) => {
    for (const reply of replies) {
      const waiter = pending.get(reply.id);
      pending.delete(reply.id);
      if (reply.ok) waiter?.resolve(reply.results);
      else waiter?.reject(new StoreError(reply.error));
    }
  });

  return {
    started: wait(0),
    ask(request) {
      const id = ++lastId;
      const answer = wait(id);
      if (!failure) post({ ...request, id } as Request);
      return answer;
    },
    tell: post,
    fail(error) {
      failure ??= error;
      const lost = [...pending.values()];
      pending.clear();
      for (const { reject } of lost) reject(new StoreError(failure));
    },
  };
}
