export type ProtoField =
  | { readonly field: number; readonly wire: 'varint' | 'fixed64'; readonly value: bigint }
  | { readonly field: number; readonly wire: 'block'; readonly value: Uint8Array };

/** Reads one message's fields in order. Throws RangeError on bytes that are no protobuf. */
export function readProto(bytes: Uint8Array): ProtoField[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: ProtoField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new RangeError('A varint without an end');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = Math.floor(tag / 8);
    if (tag % 8 === 0) fields.push({ field, wire: 'varint', value: varint() });
    else if (tag % 8 === 1) {
      fields.push({ field, wire: 'fixed64', value: view.getBigUint64(at, true) });
      at += 8;
    } else if (tag % 8 === 2) {
      const length = Number(varint());
      if (at + length > bytes.length) throw new RangeError('A field longer than its message');
      fields.push({ field, wire: 'block', value: bytes.subarray(at, at + length) });
      at += length;
    } else throw new RangeError(`Wire type ${tag % 8} is not used here`);
  }
  return fields;
}
