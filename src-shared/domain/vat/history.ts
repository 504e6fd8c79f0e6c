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

/** Documents of one supplier over one amount. */
interface SameAmount {
  /** Short name for the keys of `#byNumber`. */
  readonly nickname: number;
  /** Days and labels; most amounts have one, so a map is made only for the second. */
  readonly day: Day | null;
  readonly label: string;
  more: Map<Day, string> | null;
}

/**
 * The documents met so far. Finding a duplicate takes the same time however many there are: one look-up by number, and
 * one a day for the days that count as near.
 */
export class DocumentHistory {
  readonly #names = new Map<string, number>();
  readonly #amounts = new Map<string, SameAmount>();
  readonly #byNumber = new Map<string, string>();

  /** The same document, or one with the same supplier and amount within a week; `earlier` is its label. */
  find(key: DocumentKey, day: Day | null): { kind: 'same' | 'near'; earlier: string } | null {
    const amount = this.#amounts.get(this.#amountKey(key));
    if (amount === undefined) return null;
    const same = this.#byNumber.get(numberKey(amount, key.inv));
    if (same !== undefined) return { kind: 'same', earlier: same };
    if (day === null) return null;
    if (amount.more === null) {
      const near = amount.day !== null && Math.abs(amount.day - day) <= limits.nearDuplicateDays;
      return near ? { kind: 'near', earlier: amount.label } : null;
    }
    for (let distance = 0; distance <= limits.nearDuplicateDays; distance++) {
      const earlier = amount.more.get(day - distance) ?? amount.more.get(day + distance);
      if (earlier !== undefined) return { kind: 'near', earlier };
    }
    return null;
  }

  /** Remembers a document by the label a person would find it under; of several on one day the first one is named. */
  add(key: DocumentKey, day: Day | null, label: string): void {
    const amountKey = this.#amountKey(key);
    let amount = this.#amounts.get(amountKey);
    if (amount === undefined) {
      amount = { nickname: this.#amounts.size, day, label, more: null };
      this.#amounts.set(amountKey, amount);
    } else if (day !== null && day !== amount.day) {
      amount.more ??= new Map(amount.day === null ? [] : [[amount.day, amount.label]]);
      if (!amount.more.has(day)) amount.more.set(day, label);
    }
    const number = numberKey(amount, key.inv);
    if (!this.#byNumber.has(number)) this.#byNumber.set(number, label);
  }

  #amountKey(key: DocumentKey): string {
    let name = this.#names.get(key.supplier);
    if (name === undefined) {
      const tidy = supplierKey(key.supplier);
      name = this.#names.get(tidy) ?? this.#names.size;
      this.#names.set(tidy, name);
      this.#names.set(key.supplier, name);
    }
    return `${name} ${key.gross} ${key.currency}`;
  }
}

/** A supplier name without the differences that do not count: outer and repeated blanks, capitals. */
export function supplierKey(name: string): string {
  return name.trim().replace(/\s+/g, ' ').toLowerCase();
}

function numberKey(amount: SameAmount, inv: string): string {
  return `${amount.nickname} ${inv.trim().toLowerCase()}`;
}
