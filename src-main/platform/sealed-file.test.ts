import { createCipheriv, randomBytes, scryptSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRecoveryCode, readRecoveryCode } from './recovery-code.ts';
import { isSealed, NotOpened, sealFile, unsealFile } from './sealed-file.ts';

const passphrase = 'four quiet barns by the sea';
const code = makeRecoveryCode();
const recoveryKey = keyOf(code);
const keys = { passphrase, recoveryKey };
function keyOf(typed: string): string {
  const read = readRecoveryCode(typed);
  if (read === null || !('key' in read)) throw new Error('not a code');
  return read.key;
}
let folder: string;
let plain: string;
let sealed: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealed-'));
  plain = join(folder, 'plain');
  sealed = join(folder, 'sealed');
  await writeFile(plain, Buffer.concat([Buffer.from('Bluebell & Co'), randomBytes(300_000)]));
  await sealFile(plain, sealed, keys);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a sealed file opens with its passphrase to the very same bytes and shows nothing without it', async () => {
  expect(await isSealed(sealed)).toBe(true);
  expect(await isSealed(plain)).toBe(false);
  expect((await readFile(sealed)).includes('Bluebell')).toBe(false);
  expect((await stat(sealed)).mode & 0o077).toBe(0);
  const back = join(folder, 'back');
  await unsealFile(sealed, back, passphrase);
  expect((await readFile(back)).equals(await readFile(plain))).toBe(true);
});

test('another passphrase, one changed byte anywhere or a lost end open nothing and leave nothing', async () => {
  const back = join(folder, 'never');
  await expect(unsealFile(sealed, back, 'four quiet barns')).rejects.toThrow(NotOpened);
  const bytes = await readFile(sealed);
  for (const at of [12, 30, 40, 180, 150_000, bytes.length - 1]) {
    const changed = join(folder, `changed-${at}`);
    const copy = Buffer.from(bytes);
    copy.writeUInt8((copy.readUInt8(at) ^ 1) & 0xff, at);
    await writeFile(changed, copy);
    await expect(unsealFile(changed, back, passphrase)).rejects.toThrow(NotOpened);
  }
  for (const length of [20, 60, 190, bytes.length - 16]) {
    const cut = join(folder, `cut-${length}`);
    await writeFile(cut, bytes.subarray(0, length));
    await expect(unsealFile(cut, back, passphrase)).rejects.toThrow(NotOpened);
  }
  expect(existsSync(back)).toBe(false);
});

test('two seals of one file share no bytes beyond their mark', async () => {
  const again = join(folder, 'again');
  await sealFile(plain, again, keys);
  const [one, two] = await Promise.all([readFile(sealed), readFile(again)]);
  expect(one.subarray(10, 60).equals(two.subarray(10, 60))).toBe(false);
});

test('the recovery code opens it as well, and says what is wrong with it when it does not (BAK-04)', async () => {
  const back = join(folder, 'by-code');
  await unsealFile(sealed, back, code.toLowerCase().replaceAll('-', ' '));
  expect((await readFile(back)).equals(await readFile(plain))).toBe(true);
  const never = join(folder, 'never-by-code');
  const refusal = (typed: string, file = sealed) => expect(unsealFile(file, never, typed)).rejects;
  await refusal(`${code.slice(0, -1)}${code.endsWith('7') ? '8' : '7'}`).toThrow(/typing error/);
  await refusal(code.slice(0, -1)).toThrow('it has 27 characters, not 28');
  await refusal(makeRecoveryCode()).toThrow(/typed rightly, but it is not that of this backup/);
  const bytes = await readFile(sealed);
  bytes.writeUInt8(bytes.readUInt8(120) ^ 1, 120);
  const changed = join(folder, 'changed-for-code');
  await writeFile(changed, bytes);
  await refusal(code, changed).toThrow('changed since it was sealed');
  const without = join(folder, 'without-code');
  await sealFile(plain, without, { passphrase, recoveryKey: null });
  await refusal(code, without).toThrow(/not that of this backup/);
  expect(existsSync(never)).toBe(false);
});

test('a file sealed in the format before still opens with its passphrase', async () => {
  const [salt, iv] = [randomBytes(16), randomBytes(12)];
  const head = Buffer.concat([Buffer.from('WOPSSEAL1\n'), salt, iv]);
  const key = scryptSync(passphrase, salt, 32, { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 ** 2 });
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(head);
  const text = Buffer.from('as it was');
  const old = join(folder, 'old');
  await writeFile(old, Buffer.concat([head, cipher.update(text), cipher.final(), cipher.getAuthTag()]));
  expect(await isSealed(old)).toBe(true);
  const back = join(folder, 'old-back');
  await unsealFile(old, back, passphrase);
  expect(await readFile(back, 'utf8')).toBe('as it was');
  await expect(unsealFile(old, join(folder, 'old-never'), 'another')).rejects.toThrow(NotOpened);
});
