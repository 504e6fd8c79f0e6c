/** A character whose bytes a calendar folded apart: lines are counted in bytes, and some programs fold without looking. */
const FOLDED_APART = /([\xc2-\xf4][\x80-\xbf]{0,2})(\r?\n[ \t])([\x80-\xbf]{1,3})/g;

/** The text of a calendar or table: UTF-8, UTF-16 with its mark, else Windows-1252 as Excel writes "CSV" in Britain. */
export function textOfBytes(raw: Buffer): string {
  if (raw[0] === 0xff && raw[1] === 0xfe) return raw.subarray(2).toString('utf16le');
  for (const bytes of [raw, Buffer.from(raw.toString('latin1').replace(FOLDED_APART, '$1$3$2'), 'latin1')]) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      // The next reading.
    }
  }
  return new TextDecoder('windows-1252').decode(raw);
}
