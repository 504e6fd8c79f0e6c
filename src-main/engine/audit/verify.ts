import type { AuditRow } from '../../store/repositories/audit.ts';
import { entryHash, genesis, keyIdOf, sealHolds } from './chain.ts';
import { type Checkpoint, checkpointHolds } from './checkpoints.ts';
import { Commitment } from './personal-text.ts';

type AuditFault = 'altered' | 'missing' | 'tail-missing' | 'rewritten';

/** `sequence`: the first one that is wrong. */
export interface AuditBreak {
  readonly verdict: AuditFault;
  readonly sequence: number;
  readonly detail: string;
}

export interface ChainResult {
  readonly entries: number;
  readonly head: string;
  readonly broken: AuditBreak | null;
  /** Entries whose key is not at hand: their place in the chain is checked, their seal is not. */
  readonly unsealed: number;
}

/**
 * Walks the chain and tells what was done to it (AUD-06): an entry altered, one missing in the middle, the tail missing
 * (a checkpoint knows more entries), or the chain computed anew without the key.
 */
export function chainVerifier(
  checkpoints: readonly Checkpoint[],
  key: string | null,
  /** What comes before the first row to be checked. */
  before: { readonly sequence: number; readonly hash: string } = { sequence: 0, hash: genesis },
) {
  const keyId = key === null ? null : keyIdOf(key);
  const forged = checkpoints.find((checkpoint) => !checkpointHolds(checkpoint, key));
  const heads = new Map(checkpoints.map((checkpoint) => [checkpoint.count, checkpoint.head]));
  let entries = before.sequence;
  let head = before.hash;
  let agreedUpTo = before.sequence;
  let unsealed = 0;
  let broken: AuditBreak | null = null;
  /** Entries whose text is gone, by organisation and person: right only if that person is erased further on. */
  const gone = new Map<string, number>();

  function checkAside(row: AuditRow, asides: ReadonlyMap<number, string>): AuditBreak | null {
    if (row.action === 'person.erased') gone.delete(`${row.organisation_id} ${row.object}`);
    if ((row.personal ?? null) === null) return null;
    const { person, sha256 } = Commitment.parse(JSON.parse(String(row.personal)));
    const found = asides.get(row.sequence);
    if (found !== undefined)
      return found === sha256 ? null : altered(row, 'has another text aside than it was written with');
    const whose = `${row.organisation_id} person:${person}`;
    if (!gone.has(whose)) gone.set(whose, row.sequence);
    return null;
  }

  function check(row: AuditRow): AuditBreak | null {
    const expected = entries + 1;
    if (row.sequence !== expected) {
      const gap =
        row.sequence === expected + 1 ? `Entry ${expected} is` : `Entries ${expected} to ${row.sequence - 1} are`;
      return { verdict: 'missing', sequence: expected, detail: `${gap} missing` };
    }
    if (entryHash(row) !== row.hash) return altered(row, 'does not match its own hash');
    if (row.previous_hash !== head) return altered(row, 'does not follow the entry before it');
    if (row.mac !== null && row.key_id === keyId && key !== null) {
      if (!sealHolds(key, row.hash, row.mac)) {
        const detail = `Entry ${row.sequence} was written without the key: the chain from here was computed anew`;
        return { verdict: 'rewritten', sequence: row.sequence, detail };
      }
    } else unsealed += 1;
    const known = heads.get(row.sequence);
    if (known !== undefined && known !== row.hash) {
      const detail = `The checkpoint after entry ${row.sequence} knew another chain`;
      return { verdict: 'rewritten', sequence: agreedUpTo + 1, detail };
    }
    if (known !== undefined) agreedUpTo = row.sequence;
    return null;
  }

  return {
    /**
     * The next entries in order. False: a break was found, no more are needed. `asides`: by sequence, the SHA-256 of what
     * lies aside; left out, the chain alone is checked.
     */
    take(rows: readonly AuditRow[], asides?: ReadonlyMap<number, string>): boolean {
      for (const row of rows) {
        broken ??= check(row) ?? (asides ? checkAside(row, asides) : null);
        if (broken) return false;
        entries = row.sequence;
        head = row.hash;
      }
      return true;
    },
    /** After the last entry. `stored`: how many rows there are. */
    finish(stored: number): ChainResult {
      const most = Math.max(0, ...heads.keys());
      const missing = Math.min(...gone.values());
      if (!broken && gone.size > 0) {
        const detail = `The text aside of entry ${missing} is gone, though its person was not erased`;
        broken = { verdict: 'missing', sequence: missing, detail };
      }
      if (!broken && forged) {
        const detail = `The checkpoint of ${forged.count} entries was changed`;
        broken = { verdict: 'rewritten', sequence: Math.min(forged.count, entries), detail };
      }
      if (!broken && most > entries) {
        const detail = `The last checkpoint knew ${most} entries, there are ${entries}`;
        broken = { verdict: 'tail-missing', sequence: entries + 1, detail };
      }
      return { entries: stored, head, broken, unsealed };
    },
  };
}

function altered(row: AuditRow, how: string): AuditBreak {
  return { verdict: 'altered', sequence: row.sequence, detail: `Entry ${row.sequence} ${how}` };
}
