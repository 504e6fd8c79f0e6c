import type { Change } from '../../src-shared/contract/app.ts';

/** Changes a slow subscriber may have waiting; beyond that its oldest are merged away. */
const kept = 500;

export interface Events {
  /** Call after the commit. A listener that throws harms nobody else. */
  publish(change: Change): void;
  /** Returns its own "stop". */
  subscribe(listener: (change: Change) => void): () => void;
  /** Every change from now on, until the signal aborts or the loop is left. */
  stream(signal?: AbortSignal): AsyncIterableIterator<Change>;
}

/** Tells screens and capabilities what changed; carries no data but ids. */
export function createEvents(onListenerError: (thrown: unknown) => void = () => undefined): Events {
  const listeners = new Set<(change: Change) => void>();

  function subscribe(listener: (change: Change) => void): () => void {
    const own = (change: Change) => listener(change);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  return {
    publish(change) {
      for (const listener of [...listeners]) {
        try {
          listener(change);
        } catch (thrown) {
          onListenerError(thrown);
        }
      }
    },
    subscribe,
    stream(signal) {
      // Subscribed at the call, not at the first pull: nothing published in between is missed.
      const waiting: Change[] = [];
      let wake = () => undefined as undefined;
      const stop = subscribe((change) => {
        waiting.push(change);
        if (waiting.length > kept) mergeOldest(waiting);
        wake();
      });
      let ended = signal?.aborted ?? false;
      function end(): undefined {
        ended = true;
        stop();
        wake();
      }
      signal?.addEventListener('abort', end, { once: true });
      if (ended) stop();
      return {
        async next() {
          while (!ended) {
            const change = waiting.shift();
            if (change) return { done: false, value: change };
            await new Promise<void>((resolve) => {
              wake = () => void resolve();
            });
          }
          return { done: true, value: undefined };
        },
        async return() {
          signal?.removeEventListener('abort', end);
          end();
          return { done: true, value: undefined };
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
  };
}

/** One change per topic and organisation; no ids means "read everything of this topic again". */
function mergeOldest(waiting: Change[]): void {
  const merged = new Map<string, Change>();
  for (const { topic, organisationId } of waiting) {
    merged.set(`${topic} ${organisationId}`, { topic, organisationId, ids: [] });
  }
  waiting.splice(0, waiting.length, ...merged.values());
}
