/** What somebody may have meant by a word, nearest first, at most three: begun so, holding it, or a slip or two away. */
export function nearest(wanted: string, all: readonly string[]): readonly string[] {
  const word = wanted.trim().toLowerCase();
  if (word === '') return [];
  const slips = word.length < 4 ? 1 : 2;
  return all
    .map((name) => ({ name, off: distance(word, name.toLowerCase(), slips) }))
    .filter(({ off }) => off <= slips)
    .toSorted((a, b) => a.off - b.off)
    .slice(0, 3)
    .map(({ name }) => name);
}

function distance(word: string, name: string, slips: number): number {
  if (name.startsWith(word) || (word.length > 3 && name.includes(word))) return 0;
  return Math.abs(word.length - name.length) > slips ? Number.POSITIVE_INFINITY : edits(word, name);
}

/** Letters added, left out, changed or swapped with their neighbour. */
function edits(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : changed;
      next.push(Math.min((last[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed, swapped));
    }
    [before, last] = [last, next];
  }
  return last[b.length] ?? 0;
}

/** ` Did you mean "a" or "b"?`, or nothing. */
export function didYouMean(wanted: string, all: readonly string[]): string {
  const near = nearest(wanted, all);
  return near.length === 0 ? '' : ` Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`;
}
