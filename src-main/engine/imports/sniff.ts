const zipped =
  'This is an Excel workbook or another zip file under a CSV name. Open it, choose "Save as… CSV UTF-8", and import that file.';
const startsWith: readonly { readonly bytes: readonly number[]; readonly problem: string }[] = [
  { bytes: [0x50, 0x4b, 0x03, 0x04], problem: zipped },
  { bytes: [0x50, 0x4b, 0x05, 0x06], problem: zipped },
  {
    bytes: [0xd0, 0xcf, 0x11, 0xe0],
    problem: 'This is an old Excel workbook (.xls). Open it, choose "Save as… CSV UTF-8", and import that file.',
  },
  { bytes: [0x1f, 0x8b], problem: 'The file is compressed (gzip). Unpack it and import the file inside.' },
  { bytes: [0x25, 0x50, 0x44, 0x46], problem: 'This is a PDF. Export the data as CSV instead.' },
  { bytes: [0x50, 0x41, 0x52, 0x31], problem: 'This is a Parquet file. Choose CSV when exporting.' },
  {
    bytes: [0xff, 0xfe],
    problem: 'The file is UTF-16 text (Excel calls it "Unicode Text"). Save it as "CSV UTF-8" and import that file.',
  },
  {
    bytes: [0xfe, 0xff],
    problem: 'The file is UTF-16 text (Excel calls it "Unicode Text"). Save it as "CSV UTF-8" and import that file.',
  },
];

/** Why the first block of a file cannot be text in UTF-8, with the remedy; null when it can. */
export function unreadable(head: Uint8Array): string | null {
  if (head.length === 0) return 'The file is empty (0 bytes). Export it again and import the new file.';
  const known = startsWith.find(({ bytes }) => bytes.every((byte, index) => head[index] === byte));
  if (known) return known.problem;
  let zeros = 0;
  let controls = 0;
  for (const byte of head) {
    if (byte === 0) zeros++;
    else if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) controls++;
  }
  if (zeros > head.length * 0.3) {
    return 'The file is UTF-16 text without a mark. Save it as "CSV UTF-8" and import that file.';
  }
  if (zeros + controls > Math.max(16, head.length * 0.02)) {
    return 'This is not a text file. Export the data as CSV and import that file.';
  }
  return null;
}
