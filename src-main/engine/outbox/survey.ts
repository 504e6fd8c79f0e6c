import { z } from 'zod';
import type { StatementResult } from '../../ports/store.ts';

/** Work that is due but stands behind another of its order key shows up in every survey. */
const blockedAgainMs = 5_000;
/** What is due later beside it costs no look of its own for each moment. */
const laterAgainMs = 100;

const Row = z.object({
  id: z.string(),
  open: z.number(),
  not_before: z.number(),
  next_at: z.number().nullable(),
  later_at: z.number().nullable(),
});

export interface Surveyed {
  readonly connectionId: string;
  /** Switched on, not parked, and no wait the vendor asked for. */
  readonly may: boolean;
  /** It may, and something is due. */
  readonly due: boolean;
  /** When to look again, ms UTC; null: nothing waits that could start by itself. */
  readonly againAt: number | null;
}

/** What `surveyConnections` said at `at`, ms UTC. */
export function surveyed(rows: StatementResult['rows'], at: number): Surveyed[] {
  return rows.map((row) => {
    const { id: connectionId, open, not_before: notBefore, next_at: nextAt, later_at: laterAt } = Row.parse(row);
    const may = open === 1 && notBefore <= at;
    if (open !== 1 || nextAt === null) return { connectionId, may, due: false, againAt: null };
    const first = Math.max(nextAt, notBefore);
    if (first > at) return { connectionId, may, due: false, againAt: first };
    const soon = laterAt === null ? blockedAgainMs : Math.max(laterAt - at, laterAgainMs);
    return { connectionId, may, due: true, againAt: at + Math.min(soon, blockedAgainMs) };
  });
}
