import { decimal } from '../money/index.ts';
import { type BreakdownPart, exactPlus } from './document-sum.ts';
import type { Used } from './focus.ts';

/** What one import gave to a document. */
export interface Given {
  readonly importId: string;
  readonly breakdown: readonly BreakdownPart[];
}

/** Usage that more than one import gave for the same time. */
export interface CountedAgain {
  readonly imports: readonly string[];
  readonly services: readonly string[];
  /** The time they share. */
  readonly used: Used;
  /** Exact decimal text: of each service, all that was given but the largest. */
  readonly amount: string;
}

/**
 * Finds usage of one service that `given` to a line shares its time with what another import gave to the same document
 * (`all`, with the line's own). Rows that are equal were recognised when they came in; a month-to-date row, or a day that the
 * vendor restated, differs in its amount, so it is a row of its own and was added. Parts that do not say when they were used
 * (what a vendor's API gave) are never meant: of a month fetched again only the difference is kept.
 */
export function countedAgain(given: readonly Given[], all: readonly Given[]): CountedAgain | null {
  const imports = new Set<string>();
  const services: string[] = [];
  let amount = '0';
  let used: Used = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  for (const label of new Set(given.flatMap(({ breakdown }) => breakdown.map((part) => part.label)))) {
    const others = partsOf(label, all);
    const repeated = new Set<Timed>();
    for (const part of others) {
      if (!given.some(({ importId }) => importId === part.importId)) continue;
      for (const other of others) {
        const from = Math.max(part.used.from, other.used.from);
        const to = Math.min(part.used.to, other.used.to);
        if (other.importId === part.importId || from >= to) continue;
        repeated.add(part).add(other);
        used = { from: Math.min(used.from, from), to: Math.max(used.to, to) };
      }
    }
    if (repeated.size === 0) continue;
    services.push(label);
    for (const { importId } of repeated) imports.add(importId);
    const bySize = [...repeated].toSorted((a, b) => decimal(b.amount).abs().cmp(decimal(a.amount).abs()));
    for (const part of bySize.slice(1)) amount = exactPlus(amount, part.amount);
  }
  return services.length === 0 ? null : { imports: [...imports].toSorted(), services, used, amount };
}

interface Timed {
  readonly importId: string;
  readonly amount: string;
  readonly used: Used;
}

function partsOf(label: string, all: readonly Given[]): Timed[] {
  return all.flatMap(({ importId, breakdown }) =>
    breakdown.flatMap((part) =>
      part.label === label && part.used ? [{ importId, amount: part.amount, used: part.used }] : [],
    ),
  );
}
