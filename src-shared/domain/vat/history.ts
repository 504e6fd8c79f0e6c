import type { Day } from './calendar.ts';
import { limits } from './tables.ts';

/** What makes two documents the same, or look the same. */
export interface DocumentKey {
  readonly supplier: string;
  readonly currency: string;
  /** Gross in hundredths or any other common scale, as text that is equal for equal amounts. */
  readonly gross: string;
  readonly inv: string;
}

export interface Earlier {
  /** How a person would find the earlier document. */
  readonly label: string;
}

interface Near extends Earlier {
  readonly day: Day;
}

/**
 * The documents met so far. Finding a duplicate takes the same time however many there are: one look-up by number, and
 * one a day for the days that count as near.
 */
export class DocumentHistory {
  readonly #byNumber = new Map<string, Earlier>();
  readonly #byAmount = new Map<string, Near | Map<Day, Near>>();
  readonly #names = new Map<string, string>();

  /** The same document, or one with the same supplier and amount within a week; null when there is none. */
  find(key: DocumentKey, day: Day | null): { kind: 'same' | 'near'; earlier: Earlier } | null {
    const amount = this.#amountKey(key);
    const found = this.#byAmount.get(amount);
    const same = this.#byNumber.get(numberKey(amount, key.inv));
    if (same) return { kind: 'same', earlier: same };
    if (found === undefined || day === null) return null;
    if (!(found instanceof Map)) return near(found.day, day) ? { kind: 'near', earlier: found } : null;
    for (let distance = 0; distance <= limits.nearDuplicateDays; distance++) {
      const earlier = found.get(day - distance) ?? found.get(day + distance);
      if (earlier) return { kind: 'near', earlier };
    }
    return null;
  }

  /** Remembers a document; of several on one day the first one stays the one that is named. */
  add(key: DocumentKey, day: Day | null, label: string): void {
    const amount = this.#amountKey(key);
    const number = numberKey(amount, key.inv);
    if (!this.#byNumber.has(number)) this.#byNumber.set(number, { label });
    if (day === null) return;
    const found = this.#byAmount.get(amount);
    if (found === undefined) this.#byAmount.set(amount, { day, label });
    else if (found instanceof Map) {
      if (!found.has(day)) found.set(day, { day, label });
    } else if (found.day !== day) {
      this.#byAmount.set(
        amount,
        new Map([
          [found.day, found],
          [day, { day, label }],
        ]),
      );
    }
  }

  #amountKey(key: DocumentKey): string {
    let name = this.#names.get(key.supplier);
    if (name === undefined) {
      name = supplierKey(key.supplier);
      this.#names.set(key.supplier, name);
    }
    return `${name}\u0000${key.currency}\u0000${key.gross}`;
  }
}

/** A supplier name without the differences that do not count: outer and repeated blanks, capitals. */
export function supplierKey(name: string): string {
  return name.trim().replace(/\s+/g, ' ').toLowerCase();
}

function numberKey(amount: string, inv: string): string {
  return `${amount}\u0000${inv.trim().toLowerCase()}`;
}

function near(a: Day, b: Day): boolean {
  return Math.abs(a - b) <= limits.nearDuplicateDays;
}
