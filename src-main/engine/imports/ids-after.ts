import type { Ids } from '../../ports/runtime.ts';

/**
 * Ids that follow one the owner drew, in order, so that a thread need not ask for each: the random end of a UUID counts up.
 * An id of another shape gets a number behind it.
 */
export function idsAfter(seed: string): Ids {
  const [, head = `${seed}-`, tail = '0'] = /^(.*-)([0-9a-f]{12})$/.exec(seed) ?? [];
  // The first half of the numbers, so that counting up never starts over.
  let count = Number.parseInt(tail, 16) % 2 ** 47;
  return {
    next() {
      count += 1;
      return `${head}${count.toString(16).padStart(12, '0')}`;
    },
  };
}
