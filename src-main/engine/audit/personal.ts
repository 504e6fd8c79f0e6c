import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

// The first byte says how a text lies: readable behind a salt, or sealed for one person.
const PLAIN = 0;
const SEALED = 1;
const keyBytes = 32;
const saltBytes = 16;
const tagBytes = 16;
/** Each text has a key of its own, so its first number need not differ. */
const nonce = Buffer.alloc(12);
const purpose = 'wedsync audit personal';
/** What stands before the 32 bytes of an X25519 key in PKCS #8. */
const pkcs8Head = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** The private key that 32 unguessable bytes (base64url) stand for. */
export function privateKeyOf(seed: string): KeyObject {
  const bytes = createHash('sha256').update(`person-key\n${seed}`).digest();
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, bytes]), format: 'der', type: 'pkcs8' });
}

/** Its other half, base64url: seals and cannot open. */
export function publicTextOf(privateKey: KeyObject): string {
  return String(createPublicKey(privateKey).export({ format: 'jwk' }).x);
}

/** Told apart without revealing anything. */
export function keyNameOf(publicKey: string): string {
  return createHash('sha256').update(publicKey).digest('hex').slice(0, 32);
}

/**
 * Text that only the person's private key opens (X25519, AES-256-GCM), so that writing needs no secret store.
 * `publicKey` null: nobody could keep a key for that person; the text then lies readable behind a random salt.
 */
export function asideOf(text: string, publicKey: string | null, seed: string): Buffer {
  if (publicKey === null) {
    const salt = createHash('sha256').update(`salt\n${seed}`).digest().subarray(0, saltBytes);
    return Buffer.concat([Buffer.from([PLAIN]), salt, Buffer.from(text)]);
  }
  const once = privateKeyOf(seed);
  const sender = Buffer.from(publicTextOf(once), 'base64url');
  const cipher = createCipheriv('aes-256-gcm', agreed(once, publicOf(publicKey), sender), nonce);
  return Buffer.concat([
    Buffer.from([SEALED]),
    sender,
    cipher.update(text, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

/** What an entry's hash covers: it says nothing, since text or salt of it cannot be guessed. */
export function commitmentOf(sealed: Uint8Array): string {
  return createHash('sha256').update(sealed).digest('hex');
}

/** The key of this one text; it opens no other. null: it lies readable. */
export function keyOfText(sealed: Uint8Array, privateKey: KeyObject): Buffer | null {
  if (sealed[0] === PLAIN) return null;
  const sender = Buffer.from(sealed.subarray(1, 1 + keyBytes));
  return agreed(privateKey, publicOf(sender.toString('base64url')), sender);
}

/** null: not readable with that key. */
export function textOf(sealed: Uint8Array, key: Buffer | null): string | null {
  if (sealed[0] === PLAIN) return Buffer.from(sealed.subarray(1 + saltBytes)).toString();
  if (key === null || sealed.length < 1 + keyBytes + tagBytes) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAuthTag(sealed.subarray(-tagBytes));
  try {
    return decipher.update(sealed.subarray(1 + keyBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
}

function publicOf(x: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

function agreed(privateKey: KeyObject, publicKey: KeyObject, sender: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', diffieHellman({ privateKey, publicKey }), sender, purpose, keyBytes));
}
