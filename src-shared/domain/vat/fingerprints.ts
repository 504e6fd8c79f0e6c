/** FNV-1a over the UTF-16 units of a text, stirred at the end; two seeds give two independent halves. */
function hash32(text: string, seed: number): number {
  let hash = seed | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/**
 * Numbers by text, in 12 bytes a slot and outside the heap: a million texts take 25 MB where a Map takes 150. Texts are told
 * apart by 64 bits; who must be certain compares what the number stands for.
 */
export class Fingerprints {
  #high = new Uint32Array(1 << 8);
  #low = new Uint32Array(1 << 8);
  /** 0: free; otherwise the number plus one. */
  #values = new Uint32Array(1 << 8);
  #size = 0;

  /** The number first set for this text; -1 when there is none. */
  get(text: string): number {
    const slot = this.#slot(hash32(text, 0x811c9dc5), hash32(text, 0x5bd1e995));
    return (this.#values[slot] ?? 0) - 1;
  }

  /** Sets the number unless the text has one. @returns the number it has now */
  add(text: string, value: number): number {
    const [high, low] = [hash32(text, 0x811c9dc5), hash32(text, 0x5bd1e995)];
    const slot = this.#slot(high, low);
    const known = this.#values[slot] ?? 0;
    if (known !== 0) return known - 1;
    this.#put(slot, high, low, value + 1);
    if (++this.#size * 4 > this.#values.length * 3) this.#grow();
    return value;
  }

  #slot(high: number, low: number): number {
    const mask = this.#values.length - 1;
    let slot = high & mask;
    while (this.#values[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high)) slot = (slot + 1) & mask;
    return slot;
  }

  #put(slot: number, high: number, low: number, value: number): void {
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#values[slot] = value;
  }

  #grow(): void {
    const [highs, lows, values] = [this.#high, this.#low, this.#values];
    this.#high = new Uint32Array(values.length * 2);
    this.#low = new Uint32Array(values.length * 2);
    this.#values = new Uint32Array(values.length * 2);
    for (let from = 0; from < values.length; from++) {
      const value = values[from] ?? 0;
      const [high = 0, low = 0] = [highs[from], lows[from]];
      if (value !== 0) this.#put(this.#slot(high, low), high, low, value);
    }
  }
}
