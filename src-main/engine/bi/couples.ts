import { slugOf } from '../../../src-shared/domain/kpi/dimensions.ts';

/** Words of a label looked at together; no name has more. */
const longest = 6;

/**
 * Whether a label of a venue or region carries the name of a couple known here, as a home that serves as a venue may (X13).
 * `Anna Reed & Ben Shah` is known by the whole and by each person with more than one name.
 */
export function couplesIn(names: readonly string[]): (label: string) => boolean {
  const known = new Set<string>();
  for (const couple of names) {
    for (const part of [couple, ...couple.split(/\s*(?:&|\+|,|\band\b)\s*/i)]) {
      const slug = slugOf(part);
      if (slug.split('-').length >= 2) known.add(slug);
    }
  }
  if (known.size === 0) return () => false;
  const answers = new Map<string, boolean>();
  return (label) => {
    const before = answers.get(label);
    if (before !== undefined) return before;
    const words = label.split('-');
    let found = false;
    for (let from = 0; from < words.length && !found; from++)
      for (let to = from + 2; to <= Math.min(words.length, from + longest) && !found; to++)
        found = known.has(words.slice(from, to).join('-'));
    answers.set(label, found);
    return found;
  };
}
