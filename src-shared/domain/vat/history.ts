import type { Day } from './calendar.ts';
import { type Fingerprint, Fingerprints, fingerprint } from './fingerprints.ts';
import { limits } from './tables.ts';

/** What makes two documents the same, or look the same. */
export interface DocumentKey {
  readonly supplier: string;
  readonly currency: string;
  /** Gross in hundredths or any other common scale, as text that is equal for equal amounts. */
  readonly gross: string;
  readonly inv: string;
}

/** No day is this one. */
const noDay = -0x80000000;
/** Stands before a UTF-16 unit that needs two bytes; all others need one. */
const wide = 0xff;

/**
 * The documents met so far, in some 100 bytes each and outside the heap, so that a file of a million lines fits beside
 * everything else. Finding a duplicate takes the same time however many there are: one look-up by number, and one a day for
 * the days that count as near.
 */
export class DocumentHistory {
  readonly #names = new Map<string, number>();
  /** By amount: its first document. By amount and number: of the others. By amount and day where an amount has several: the first. */
  readonly #amounts = new Fingerprints();
  readonly #numbers = new Fingerprints();
  readonly #onDay = new Fingerprints();
  /** First documents of amounts that were met on several days. */
  readonly #several = new Set<number>();
  #days = new Int32Array(1 << 8);
  /** Amount and number of each: most amounts have one document, which `#numbers` need not hold. */
  #prints = new Int32Array(2 << 8);
  /** Where the label of a document ends; the next one begins there. */
  #ends = new Uint32Array(1 << 8);
  #labels = new Uint8Array(1 << 12);
  #count = 0;
  /** A document is looked for, then added. */
  #last: { readonly key: DocumentKey; readonly amount: Fingerprint } | null = null;

  /** The same document, or one with the same supplier and amount within a week; `earlier` is its label. */
  find(key: DocumentKey, day: Day | null): { kind: 'same' | 'near'; earlier: string } | null {
    const amount = this.#amountOf(key);
    const first = this.#amounts.get(amount);
    if (first < 0) return null;
    const same = this.#numbered(first, numberOf(amount, key.inv));
    if (same >= 0) return { kind: 'same', earlier: this.#label(same) };
    if (day === null) return null;
    if (!this.#several.has(first)) {
      const firstDay = this.#days[first] ?? noDay;
      const near = firstDay !== noDay && Math.abs(firstDay - day) <= limits.nearDuplicateDays;
      return near ? { kind: 'near', earlier: this.#label(first) } : null;
    }
    for (let distance = 0; distance <= limits.nearDuplicateDays; distance++) {
      for (const on of [day - distance, day + distance]) {
        const earlier = this.#onDay.get(fingerprint(` ${on}`, amount));
        if (earlier >= 0) return { kind: 'near', earlier: this.#label(earlier) };
      }
    }
    return null;
  }

  /** Remembers a document by the label a person would find it under; of several on one day the first one is named. */
  add(key: DocumentKey, day: Day | null, label: string): void {
    const amount = this.#amountOf(key);
    const print = numberOf(amount, key.inv);
    const own = this.#keep(day, label, print);
    const first = this.#amounts.add(amount, own);
    const firstDay = this.#days[first] ?? noDay;
    if (day !== null && day !== firstDay) {
      if (!this.#several.has(first)) {
        this.#several.add(first);
        if (firstDay !== noDay) this.#onDay.add(fingerprint(` ${firstDay}`, amount), first);
      }
      this.#onDay.add(fingerprint(` ${day}`, amount), own);
    }
    if (first !== own) this.#numbers.add(print, own);
  }

  /** The document with this number among those of the amount whose first one is given; -1 when there is none. */
  #numbered(first: number, print: Fingerprint): number {
    const isFirst = this.#prints[2 * first] === print.high && this.#prints[2 * first + 1] === print.low;
    return isFirst ? first : this.#numbers.get(print);
  }

  #keep(day: Day | null, label: string, { high, low }: Fingerprint): number {
    const own = this.#count++;
    if (own >= this.#days.length) {
      this.#days = longer(this.#days, new Int32Array(own * 2));
      this.#ends = longer(this.#ends, new Uint32Array(own * 2));
      this.#prints = longer(this.#prints, new Int32Array(own * 4));
    }
    this.#prints[2 * own] = high;
    this.#prints[2 * own + 1] = low;
    const from = own === 0 ? 0 : (this.#ends[own - 1] ?? 0);
    // Three bytes are the most a UTF-16 unit takes.
    if (from + label.length * 3 > this.#labels.length) {
      this.#labels = longer(this.#labels, new Uint8Array(this.#labels.length * 2 + label.length * 3));
    }
    this.#days[own] = day ?? noDay;
    let to = from;
    for (let i = 0; i < label.length; i++) {
      const unit = label.charCodeAt(i);
      if (unit >= wide) {
        this.#labels[to++] = wide;
        this.#labels[to++] = unit >>> 8;
      }
      this.#labels[to++] = unit;
    }
    this.#ends[own] = to;
    return own;
  }

  #label(own: number): string {
    const bytes = this.#labels.subarray(own === 0 ? 0 : this.#ends[own - 1], this.#ends[own]);
    const units: number[] = [];
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0;
      units.push(byte === wide ? ((bytes[++i] ?? 0) << 8) | (bytes[++i] ?? 0) : byte);
    }
    return String.fromCharCode(...units);
  }

  #amountOf(key: DocumentKey): Fingerprint {
    if (this.#last?.key === key) return this.#last.amount;
    let name = this.#names.get(key.supplier);
    if (name === undefined) {
      const tidy = supplierKey(key.supplier);
      name = this.#names.get(tidy) ?? this.#names.size;
      this.#names.set(tidy, name);
      this.#names.set(key.supplier, name);
    }
    const amount = fingerprint(`${name} ${key.gross} ${key.currency}`);
    this.#last = { key, amount };
    return amount;
  }
}

function longer<T extends Int32Array | Uint32Array | Uint8Array>(old: T, roomy: T): T {
  roomy.set(old);
  return roomy;
}

/** A supplier name without the differences that do not count: outer and repeated blanks, capitals. */
export function supplierKey(name: string): string {
  return name.trim().replace(/\s+/g, ' ').toLowerCase();
}

function numberOf(amount: Fingerprint, inv: string): Fingerprint {
  return fingerprint(` ${inv.trim().toLowerCase()}`, amount);
}
