const utf8 = new TextEncoder();
/** Text this short is at most 127 bytes, whose length fits one byte. */
const shortText = 42;

/** The few parts of the protobuf wire format that metrics need: varints, doubles, and fields with a length. */
export class ProtoWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  /** Used again for every message inside this one: a push of five hundred points has ten thousand of them. */
  #inner: ProtoWriter | null = null;

  /** Valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  string(field: number, text: string): this {
    if (text.length > shortText) return this.block(field, utf8.encode(text));
    this.#room(140);
    this.#small(field * 8 + 2);
    const { written } = utf8.encodeInto(text, this.#bytes.subarray(this.#at + 1));
    this.#bytes[this.#at] = written;
    this.#at += written + 1;
    return this;
  }

  block(field: number, bytes: Uint8Array): this {
    this.#room(bytes.length + 12);
    this.#small(field * 8 + 2);
    this.#small(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /** A message inside this one. */
  message(field: number, write: (inner: ProtoWriter) => void): this {
    this.#inner ??= new ProtoWriter();
    this.#inner.#at = 0;
    write(this.#inner);
    return this.block(field, this.#inner.bytes());
  }

  double(field: number, value: number): this {
    this.#room(16);
    this.#small(field * 8 + 1);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
    return this;
  }

  /** fixed64 and sfixed64. */
  fixed64(field: number, value: bigint): this {
    this.#room(16);
    this.#small(field * 8 + 1);
    this.#view.setBigInt64(this.#at, BigInt.asIntN(64, value), true);
    this.#at += 8;
    return this;
  }

  /** int64, enum and bool. */
  integer(field: number, value: number | bigint): this {
    this.#room(20);
    this.#small(field * 8);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) this.#small(value);
    else this.#large(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  #small(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  #large(value: bigint): void {
    let rest = value;
    while (rest > 0x7fn) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + more));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
