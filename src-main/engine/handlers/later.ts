import { type AnyRouter, lazy } from '@orpc/server';

/**
 * A screen's handlers and its contract, read and built when somebody first asks for it: two thirds of what can be called
 * is about money, and a console at rest needs none of it. What could not be read is tried again at the next call.
 */
export function later<T extends AnyRouter>(load: () => Promise<T>) {
  let loaded: Promise<{ default: T }> | null = null;
  return lazy(() => {
    loaded ??= load().then(
      (router) => ({ default: router }),
      (thrown: unknown) => {
        loaded = null;
        throw thrown;
      },
    );
    return loaded;
  });
}
