import { createHash, hkdfSync, randomBytes } from 'node:crypto';

/** Crockford's: no I, L, O or U, so that handwriting is read one way only. */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 24 characters of randomness (120 bits) and four that check them. */
const randomLetters = 24;
const allLetters = 28;
const groupLetters = 4;

/** A fresh code for paper: seven groups of four characters, the last group checking the others. */
export function makeRecoveryCode(): string {
  const text = textOf(randomBytes(15));
  return grouped(`${text}${checkOf(text)}`);
}

/**
 * What a person typed as a code: the key it stands for, or why it cannot be one as typed. null: it does not look like a
 * code at all. Case, spaces and hyphens do not matter, O is 0, I and L are 1.
 */
export function readRecoveryCode(typed: string): { readonly key: string } | { readonly mistyped: string } | null {
  const plain = typed
    .toUpperCase()
    .replace(/[\s\-–—.]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  const near = Math.abs(plain.length - allLetters) <= groupLetters;
  if (!near || !/^[0-9A-Z]+$/.test(plain) || !/\d/.test(plain)) return null;
  if (plain.length !== allLetters) return { mistyped: `it has ${plain.length} characters, not ${allLetters}` };
  const foreign = /[^0-9A-HJKMNP-TV-Z]/.exec(plain);
  if (foreign) return { mistyped: `no code has the letter ${foreign[0]}` };
  const text = plain.slice(0, randomLetters);
  if (checkOf(text) !== plain.slice(randomLetters)) return { mistyped: 'its last group does not fit the others' };
  return { key: derived(text, 'wedsync-ops recovery key', 32).toString('base64url') };
}

/** Tells which code a backup was sealed with, and nothing else about it. */
export function recoveryIdOf(key: string): Buffer {
  return derived(key, 'wedsync-ops recovery id', 8);
}

// A code has 120 random bits: nothing is gained by making each guess slow.
function derived(secret: string, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, bytes));
}

/** Five bits a character; 15 bytes make exactly 24. */
function textOf(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  return Array.from({ length: (bytes.length * 8) / 5 }, (_, at) => {
    const shift = BigInt(bytes.length * 8 - 5 * (at + 1));
    return letters.charAt(Number((bits >> shift) & 31n));
  }).join('');
}

/** Four characters, 20 bits: a slip of the pen passes once in a million times. */
function checkOf(text: string): string {
  return textOf(createHash('sha256').update(`recovery\n${text}`).digest().subarray(0, 5)).slice(0, groupLetters);
}

function grouped(text: string): string {
  return (text.match(/.{4}/g) ?? []).join('-');
}
