import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type Encoding = 'hex' | 'base64';
export type Part = Buffer | string;

/** HMAC over the parts as if they were one; lower-case hex or padded base64. */
export function hmac(
  algorithm: 'sha1' | 'sha256',
  key: Buffer | string,
  parts: readonly Part[],
  encoding: Encoding,
): string {
  const sum = createHmac(algorithm, key);
  for (const part of parts) sum.update(part);
  return sum.digest(encoding);
}

/** Takes equally long wherever two texts of one length differ; unequal lengths are unequal. */
export function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** As `sameText` for secrets, whose length stays unknown as well. */
export function sameSecret(left: string, right: string): boolean {
  const sum = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(sum(left), sum(right));
}

/** Bytes of a text in the standard base64 alphabet, padded or not; null: it is none. */
export function base64Bytes(text: string): Buffer | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null;
}

/** How a digest is written, by its look; null: it is none of these. */
export function writingOf(text: string): 'hex' | 'upper-case hex' | 'base64' | 'base64url' | null {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) return 'hex';
  if (/^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/.test(text)) return 'upper-case hex';
  if (/^(?:[A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=)$/.test(text)) return 'base64';
  if (/^[A-Za-z0-9_-]{27}=?$|^[A-Za-z0-9_-]{43}=?$/.test(text)) return 'base64url';
  return null;
}
