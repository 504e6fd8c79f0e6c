import type { SeatDecision } from '../../ports/seat.ts';

/** What a start finds about who sends for an organisation. */
export interface Found {
  readonly own: string;
  /** As the database has it; null: it says nothing. */
  readonly stored: SeatDecision | null;
  /** The seat the database names was on this computer and is not where it was: it moved here. */
  readonly moved: boolean;
  /** As this seat remembers it outside the database; null: it remembers nothing. */
  readonly remembered: SeatDecision | null;
}

export interface Verdict {
  /** `claim`: nobody is known to send, so this seat does. */
  readonly sends: 'here' | 'elsewhere' | 'claim';
  /** The decision that holds; null: there was none. */
  readonly decision: SeatDecision | null;
  /** The database is from before that decision: an older copy, or a backup (FT-20, BAK-07). */
  readonly older: boolean;
}

/**
 * Who sends, at a start (R52): the later of what the database and this seat's own memory say. Silence is worse than a message
 * too many, so in doubt this one sends: a folder that moved on its computer goes on, and so does a database from before there
 * were seats. Only where another folder is known to send does this one wait for a person.
 */
export function senderAtStart({ own, stored, moved, remembered }: Found): Verdict {
  const older = remembered !== null && remembered.number > (stored?.number ?? 0);
  const decision = older ? remembered : stored;
  if (decision === null || (moved && !older)) return { sends: 'claim', decision, older };
  return { sends: decision.seatId === own ? 'here' : 'elsewhere', decision, older };
}

/** A mark of a sender, as another system gives it back. */
export interface Mark {
  readonly seatId: string;
  readonly startId: string;
  /** When the message with it arrived there, ms UTC. */
  readonly at: number;
}

/** What a start had sent before may still arrive so long after the next one began. */
const stillArrivesMs = 10_000;

/**
 * Whether a mark is of somebody who sends beside us: another seat after we began to, or, of our own seat (a cloned disk),
 * another start while this one runs.
 */
export function isRival(
  { seatId, startId, at }: Mark,
  own: { readonly seatId: string; readonly startId: string; readonly startedAt: number; readonly since: number },
): boolean {
  if (seatId !== own.seatId) return at > own.since;
  return startId !== own.startId && at > Math.max(own.since, own.startedAt + stillArrivesMs);
}
