import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { SealKeys } from '../ports/backups.ts';
import { readRecoveryCode, recoveryIdOf } from './recovery-code.ts';

/** First bytes of a sealed file; the number is that of its format. */
const mark = Buffer.from('WOPSSEAL2\n');
/** The format before: one key, made from the passphrase itself. */
const markOfOld = Buffer.from('WOPSSEAL1\n');
const saltBytes = 16;
const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const idBytes = 8;
const wrapBytes = ivBytes + keyBytes + tagBytes;
// Mark, salt, the file's key under the passphrase, which recovery code, the same key under that, the file's own start value.
const at = {
  salt: mark.length,
  byPassphrase: mark.length + saltBytes,
  recoveryId: mark.length + saltBytes + wrapBytes,
  byRecovery: mark.length + saltBytes + wrapBytes + idBytes,
  iv: mark.length + saltBytes + 2 * wrapBytes + idBytes,
};
const headBytes = at.iv + ivBytes;
const headBytesOfOld = mark.length + saltBytes + ivBytes;
/** Some 100 ms and 64 MB for each guess. */
const cost: ScryptOptions = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 ** 2 };

function keyOf(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), salt, keyBytes, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

const wrapKeyOf = (recoveryKey: string) => createHash('sha256').update(recoveryKey).digest();

/** The file's key, encrypted and authenticated under another one. */
function wrapped(fileKey: Buffer, under: Buffer): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', under, iv).setAAD(mark);
  return Buffer.concat([iv, cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
}

/** null: not the key it was wrapped under. */
function unwrapped(wrap: Buffer, under: Buffer): Buffer | null {
  const decipher = createDecipheriv('aes-256-gcm', under, wrap.subarray(0, ivBytes))
    .setAAD(mark)
    .setAuthTag(wrap.subarray(ivBytes + keyBytes));
  try {
    return Buffer.concat([decipher.update(wrap.subarray(ivBytes, ivBytes + keyBytes)), decipher.final()]);
  } catch {
    return null;
  }
}

/**
 * Encrypts and authenticates a whole file (AES-256-GCM, a key of its own) into a new one for this user alone. That key
 * stands in its head twice: under the passphrase (scrypt) and under the recovery code, if there is one.
 */
export async function sealFile(source: string, target: string, keys: SealKeys): Promise<void> {
  const salt = randomBytes(saltBytes);
  const iv = randomBytes(ivBytes);
  const fileKey = randomBytes(keyBytes);
  const head = Buffer.concat([
    mark,
    salt,
    wrapped(fileKey, await keyOf(keys.passphrase, salt)),
    ...(keys.recoveryKey === null
      ? [Buffer.alloc(idBytes + wrapBytes)]
      : [recoveryIdOf(keys.recoveryKey), wrapped(fileKey, wrapKeyOf(keys.recoveryKey))]),
    iv,
  ]);
  const cipher = createCipheriv('aes-256-gcm', fileKey, iv).setAAD(head);
  await pipeline(
    createReadStream(source),
    cipher,
    async function* (parts: AsyncIterable<Buffer>) {
      yield head;
      yield* parts;
      yield cipher.getAuthTag();
    },
    createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true }),
  );
}

/** Whether it begins as `sealFile` writes it, now or before. */
export async function isSealed(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(mark.length), 0, mark.length, 0);
    return buffer.equals(mark) || buffer.equals(markOfOld);
  } finally {
    await handle.close();
  }
}

/** The wrong passphrase or code, or not the bytes that were written; the text says which, as far as it can be known. */
export class NotOpened extends Error {}

const notThePassphrase = 'This is not its passphrase, or the file was changed since it was sealed.';

/** The file's key by what a person typed: its passphrase, or the recovery code of the time it was made. */
async function openedBy(typed: string, head: Buffer): Promise<Buffer> {
  const code = readRecoveryCode(typed);
  if (code !== null && 'key' in code) {
    if (!timingSafeEqual(recoveryIdOf(code.key), head.subarray(at.recoveryId, at.byRecovery))) {
      throw new NotOpened(
        'This recovery code is typed rightly, but it is not that of this backup: another one was in force when it was made.',
      );
    }
    const key = unwrapped(head.subarray(at.byRecovery, at.iv), wrapKeyOf(code.key));
    if (key === null) throw new NotOpened('The file was changed since it was sealed.');
    return key;
  }
  const salt = head.subarray(at.salt, at.byPassphrase);
  const key = unwrapped(head.subarray(at.byPassphrase, at.recoveryId), await keyOf(typed, salt));
  if (key !== null) return key;
  throw new NotOpened(code === null ? notThePassphrase : `This recovery code has a typing error: ${code.mistyped}.`);
}

/**
 * Opens it with what a person typed: the passphrase, or the recovery code, in force when it was made. Throws NotOpened,
 * with no file left behind, unless every byte is what was sealed.
 */
export async function unsealFile(source: string, target: string, typed: string): Promise<void> {
  const handle = await open(source, 'r');
  const begin = Buffer.alloc(headBytes);
  const tag = Buffer.alloc(tagBytes);
  const { size } = await handle.stat();
  let isOld: boolean;
  try {
    await handle.read(begin, 0, headBytes, 0);
    isOld = begin.subarray(0, mark.length).equals(markOfOld);
    if (size < (isOld ? headBytesOfOld : headBytes) + tagBytes) throw new NotOpened('The sealed file is cut short.');
    await handle.read(tag, 0, tagBytes, size - tagBytes);
  } finally {
    await handle.close();
  }
  const head = isOld ? begin.subarray(0, headBytesOfOld) : begin;
  const key = isOld ? await keyOf(typed, head.subarray(at.salt, at.salt + saltBytes)) : await openedBy(typed, head);
  const decipher = createDecipheriv('aes-256-gcm', key, head.subarray(head.length - ivBytes))
    .setAAD(head)
    .setAuthTag(tag);
  const end = size - tagBytes - 1;
  try {
    await pipeline(
      end < head.length ? [] : createReadStream(source, { start: head.length, end }),
      decipher,
      createWriteStream(target, { flags: 'wx', mode: 0o600 }),
    );
  } catch (thrown) {
    await rm(target, { force: true });
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    if (code.startsWith('E')) throw thrown;
    throw new NotOpened(isOld ? notThePassphrase : 'The file was changed since it was sealed.');
  }
}
