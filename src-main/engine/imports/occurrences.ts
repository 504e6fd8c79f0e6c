/**
 * Counts how often a row hash was met before in one file, in about 16 bytes a row: hashes met once live in an open
 * table of 64-bit fingerprints, only repeated ones in a map.
 */
export class Occurrences {
  #high = new Uint32Array(1 << 12);
  #low = new Uint32Array(1 << 12);
  #size = 0;
  readonly #repeated = new Map<string, number>();

  /** 0 for the first row with this hash (hex, at least 16 digits), 1 for the second, … */
  next(hash: string): number {
    const high = Number.parseInt(hash.slice(0, 8), 16);
    const low = Number.parseInt(hash.slice(8, 16), 16) || 1;
    if (this.#add(high, low)) return 0;
    const count = (this.#repeated.get(hash) ?? 0) + 1;
    this.#repeated.set(hash, count);
    return count;
  }

  #add(high: number, low: number): boolean {
    if (this.#size * 2 > this.#low.length) this.#grow();
    const mask = this.#low.length - 1;
    let slot = high & mask;
    while (this.#low[slot] !== 0) {
      if (this.#low[slot] === low && this.#high[slot] === high) return false;
      slot = (slot + 1) & mask;
    }
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#size++;
    return true;
  }

  #grow(): void {
    const [high, low] = [this.#high, this.#low];
    this.#high = new Uint32Array(high.length * 2);
    this.#low = new Uint32Array(low.length * 2);
    this.#size = 0;
    for (let slot = 0; slot < low.length; slot++) {
      const [one = 0, two = 0] = [high[slot], low[slot]];
      if (two !== 0) this.#add(one, two);
    }
  }
}
