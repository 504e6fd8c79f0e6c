import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isSealed, NotOpened, sealFile, unsealFile } from './sealed-file.ts';

const passphrase = 'four quiet barns by the sea';
let folder: string;
let plain: string;
let sealed: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealed-'));
  plain = join(folder, 'plain');
  sealed = join(folder, 'sealed');
  await writeFile(plain, Buffer.concat([Buffer.from('Bluebell & Co'), randomBytes(300_000)]));
  await sealFile(plain, sealed, passphrase);
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
  for (const at of [12, 30, 40, 150_000, bytes.length - 1]) {
    const changed = join(folder, `changed-${at}`);
    const copy = Buffer.from(bytes);
    copy.writeUInt8((copy.readUInt8(at) ^ 1) & 0xff, at);
    await writeFile(changed, copy);
    await expect(unsealFile(changed, back, passphrase)).rejects.toThrow(NotOpened);
  }
  for (const length of [20, 60, bytes.length - 16]) {
    const cut = join(folder, `cut-${length}`);
    await writeFile(cut, bytes.subarray(0, length));
    await expect(unsealFile(cut, back, passphrase)).rejects.toThrow(NotOpened);
  }
  expect(existsSync(back)).toBe(false);
});

test('two seals of one file share no bytes beyond their mark', async () => {
  const again = join(folder, 'again');
  await sealFile(plain, again, passphrase);
  const [one, two] = await Promise.all([readFile(sealed), readFile(again)]);
  expect(one.subarray(10, 60).equals(two.subarray(10, 60))).toBe(false);
});
