import { createCipheriv, createDecipheriv, randomBytes, type ScryptOptions, scrypt } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** First bytes of a sealed file; the number is that of its format. */
const mark = Buffer.from('WOPSSEAL1\n');
const saltBytes = 16;
const ivBytes = 12;
const tagBytes = 16;
const headBytes = mark.length + saltBytes + ivBytes;
/** Some 100 ms and 64 MB for each guess. */
const cost: ScryptOptions = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 ** 2 };

function keyOf(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), salt, 32, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** Encrypts and authenticates a whole file (AES-256-GCM, key by scrypt) into a new one for this user alone. */
export async function sealFile(source: string, target: string, passphrase: string): Promise<void> {
  const salt = randomBytes(saltBytes);
  const iv = randomBytes(ivBytes);
  const head = Buffer.concat([mark, salt, iv]);
  const cipher = createCipheriv('aes-256-gcm', await keyOf(passphrase, salt), iv).setAAD(head);
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

/** Whether it begins as `sealFile` writes it. */
export async function isSealed(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(mark.length), 0, mark.length, 0);
    return buffer.equals(mark);
  } finally {
    await handle.close();
  }
}

/** The wrong passphrase, or not the bytes that were written: the two look the same. */
export class NotOpened extends Error {}

/** Throws NotOpened, with no file left behind, unless every byte is what was sealed with this passphrase. */
export async function unsealFile(source: string, target: string, passphrase: string): Promise<void> {
  const handle = await open(source, 'r');
  const head = Buffer.alloc(headBytes);
  const tag = Buffer.alloc(tagBytes);
  const { size } = await handle.stat();
  try {
    if (size < headBytes + tagBytes) throw new NotOpened('The sealed file is cut short.');
    await handle.read(head, 0, headBytes, 0);
    await handle.read(tag, 0, tagBytes, size - tagBytes);
  } finally {
    await handle.close();
  }
  const key = await keyOf(passphrase, head.subarray(mark.length, mark.length + saltBytes));
  const decipher = createDecipheriv('aes-256-gcm', key, head.subarray(mark.length + saltBytes))
    .setAAD(head)
    .setAuthTag(tag);
  const end = size - tagBytes - 1;
  try {
    await pipeline(
      end < headBytes ? [] : createReadStream(source, { start: headBytes, end }),
      decipher,
      createWriteStream(target, { flags: 'wx', mode: 0o600 }),
    );
  } catch (thrown) {
    await rm(target, { force: true });
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    if (code.startsWith('E')) throw thrown;
    throw new NotOpened('This is not its passphrase, or the file was changed since it was sealed.');
  }
}
