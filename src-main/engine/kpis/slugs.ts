import { otherSlug, slugOf, venueLimit } from '../../../src-shared/domain/kpi/dimensions.ts';
import type { KpiDimensionRow } from '../../store/repositories/kpis.ts';

/**
 * Label values of venues and regions. A name keeps its slug for good, two names never share one, and names beyond the
 * limit count together as `other`, so that a file with 50,000 made-up venues costs one series.
 */
export function slugBook(organisationId: string, known: readonly KpiDimensionRow[]) {
  const byName = new Map(known.map((row) => [`${row.kind} ${row.name_key}`, row.slug]));
  const taken = new Set(known.map((row) => `${row.kind} ${row.slug}`));
  const added: KpiDimensionRow[] = [];
  let folded = 0;

  function slug(kind: KpiDimensionRow['kind'], name: string): string {
    const tidy = name.trim();
    if (tidy === '') return '';
    const nameKey = tidy.toLowerCase();
    const found = byName.get(`${kind} ${nameKey}`);
    if (found !== undefined) return found;
    if (taken.size >= venueLimit * 2 || countOf(kind) >= venueLimit) {
      folded++;
      byName.set(`${kind} ${nameKey}`, otherSlug);
      return otherSlug;
    }
    const base = slugOf(tidy);
    let own = base === otherSlug ? 'other-1' : base;
    for (let i = 2; taken.has(`${kind} ${own}`); i++) own = `${base}-${i}`;
    taken.add(`${kind} ${own}`);
    byName.set(`${kind} ${nameKey}`, own);
    added.push({ organisation_id: organisationId, kind, name_key: nameKey, name: tidy.slice(0, 300), slug: own });
    return own;
  }
  const counts = new Map<string, number>();
  for (const row of known) counts.set(row.kind, (counts.get(row.kind) ?? 0) + 1);
  const countOf = (kind: string) => (counts.get(kind) ?? 0) + added.filter((row) => row.kind === kind).length;

  return {
    slug,
    /** Slugs given since; to be stored with the points. */
    added: added as readonly KpiDimensionRow[],
    /** Names counted as `other`. */
    get folded() {
      return folded;
    },
  };
}
export type SlugBook = ReturnType<typeof slugBook>;
