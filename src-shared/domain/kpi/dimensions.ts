/** The one value of K5's `context` tag. */
export const context = 'wedding_industry';
/** Where the console puts what the guard kept out. */
export const otherSlug = 'other';
/** Distinct venues that may become label values; each is a billed or memory-held series at the other end. */
export const venueLimit = 500;

const longest = 60;

/**
 * A label value that survives every system's normalisation: `[a-z0-9_-]`, at most 60 characters. Text that differs only in
 * what is lost here (emoji, a tail beyond 60 characters) gets a short hash, so that two venues stay two.
 */
export function slugOf(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/['’]/g, '').replace(/&/g, ' and ');
  const slug = plain.replace(/[^a-z0-9_]+/g, '-').replace(/^-+|-+$/g, '');
  const lost = slug.length > longest || /[^\p{ASCII}]/u.test(plain) || slug === '';
  if (!lost) return slug;
  const mark = hash(text.trim().toLowerCase());
  return slug === '' ? `x-${mark}` : `${slug.slice(0, longest - 8).replace(/-+$/, '')}-${mark}`;
}

/** FNV-1a, 28 bits: tells a handful of look-alikes apart, protects nothing. */
function hash(text: string): string {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return (h >>> 4).toString(16).padStart(7, '0');
}
