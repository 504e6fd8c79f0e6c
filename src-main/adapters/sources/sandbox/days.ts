import type { SandboxWorld } from '../../../sandbox/kit.ts';

const dayMs = 86_400_000;

/** One day's cost of an item in millionths of a dollar, the same whenever it is asked for; revised with `revise`. */
export function costOf(world: SandboxWorld, day: number, account: string, item: string): number {
  const key = `${day} ${account} ${item}`;
  const revised = world.documents<{ micros: number }>('revisions').get(key);
  if (revised) return revised.micros;
  let hash = 7;
  for (const letter of key) hash = (hash * 31 + letter.charCodeAt(0)) % 1_000_003;
  return 250_000 + hash * 3;
}

export function revise(world: SandboxWorld, day: number, account: string, item: string, micros: number): void {
  world.documents<{ micros: number }>('revisions').put(`${day} ${account} ${item}`, { micros });
}

/** Days (as numbers since 1970) from `from` up to `to`, both ms; the vendor has nothing of days that have not begun. */
export function daysBetween(from: number, to: number, now: number): number[] {
  const first = Math.floor(from / dayMs);
  const end = Math.min(Math.ceil(to / dayMs), Math.floor(now / dayMs) + 1);
  return Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
}

export const startOf = (day: number) => day * dayMs;

/** One page of days by a cursor that hides where it stands; null: the cursor is none of ours. */
export function pageOf(days: readonly number[], cursor: string | null, limit: number) {
  const at = cursor === null ? 0 : Number(/^page_([0-9]+)$/.exec(cursor)?.[1] ?? Number.NaN);
  if (Number.isNaN(at) || at >= Math.max(days.length, 1)) return null;
  const next = at + limit < days.length ? `page_${at + limit}` : null;
  return { days: days.slice(at, at + limit), next };
}
