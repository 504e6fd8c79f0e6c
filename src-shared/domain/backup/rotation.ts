const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** BAK-02: of each of the newest so many hours, days, weeks and months that have a backup, the newest one stays. */
const kept: readonly { readonly many: number; readonly spanOf: (at: number) => string }[] = [
  { many: 24, spanOf: (at) => `${Math.floor(at / hourMs)}` },
  { many: 14, spanOf: (at) => `${Math.floor(at / dayMs)}` },
  // The epoch began on a Thursday: weeks from Monday.
  { many: 8, spanOf: (at) => `${Math.floor((at + 3 * dayMs) / (7 * dayMs))}` },
  { many: 12, spanOf: (at) => new Date(at).toISOString().slice(0, 7) },
];

/** Which of these moments (ms UTC) may go; the newest never does. Spans are those of UTC, so a clock change moves nothing. */
export function outdated<T extends { readonly at: number }>(backups: readonly T[]): T[] {
  const newestFirst = [...backups].sort((a, b) => b.at - a.at);
  const stay = new Set<T>();
  for (const { many, spanOf } of kept) {
    const spans = new Set<string>();
    for (const backup of newestFirst) {
      const span = spanOf(backup.at);
      if (spans.has(span)) continue;
      if (spans.size === many) break;
      spans.add(span);
      stay.add(backup);
    }
  }
  return newestFirst.filter((backup) => !stay.has(backup));
}
