import type { Store } from '../ports/store.ts';

class Undone extends Error {}

/** A store in which each transaction comes to nothing once before it counts: work may run again (a full disk that was given room, an expectation that failed). */
export function undoneOnce(store: Store): Store {
  return {
    ...store,
    async transaction(work, options) {
      const first = store.transaction(async (tx, after) => {
        await work(tx, after);
        throw new Undone();
      }, options);
      await first.catch((thrown: unknown) => {
        if (!(thrown instanceof Undone)) throw thrown;
      });
      return store.transaction(work, options);
    },
  };
}
